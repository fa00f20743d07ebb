/** The reference: every operation with its parameters, fields, answers and errors, and every object, from the OpenAPI document. */
import { html, type Html } from '../html.ts';
import { anchor, codeBlock, slug, type Section } from './markdown.ts';
import { fieldRows, fieldTable, type JsonSchema, type FieldRow } from './fields.ts';
import { inline } from './words.ts';

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required: boolean;
  readonly description?: string;
  readonly schema: JsonSchema;
}
interface Media {
  readonly schema?: JsonSchema;
  readonly example?: unknown;
}
interface Described {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, Media>> };
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, Media>> }>
  >;
}

/** The parts of the document that are shown. */
export interface Description {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema>> };
  readonly servers: readonly { readonly url: string }[];
}

export interface Chapter {
  readonly slug: string;
  readonly title: string;
  readonly body: Html;
  readonly sections: readonly Section[];
}

/** A page for each tag, and one with all objects. */
export function referenceChapters(description: Description): readonly Chapter[] {
  const operations = Object.entries(description.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const base = description.servers[0]?.url ?? '';
  const chapters = description.tags.map(({ name, description: about }): Chapter => {
    const own = operations.filter(({ operation }) => operation.tags.includes(name));
    return {
      slug: `reference/${slug(name)}`,
      title: name,
      body: html`<h1>${name}</h1>
        <p>${about}</p>
        <ul>
          ${own.map(
            ({ path, method, operation }) =>
              html`<li>
                <a href="${`#${operation.operationId}`}">${operation.summary}</a>:
                <code>${method.toUpperCase()} ${path}</code>
              </li>`,
          )}
        </ul>
        ${own.map(({ path, method, operation }) => operationSection(base, path, method, operation))}`,
      sections: own.map(({ path, method, operation }) => ({
        depth: 2,
        id: operation.operationId,
        title: operation.summary,
        text: `${method} ${path} ${operation.description ?? ''}`,
      })),
    };
  });
  return [...chapters, objects(description)];
}

function operationSection(base: string, path: string, method: string, operation: Described): Html {
  const { operationId, summary, description, parameters, requestBody, responses } = operation;
  const body = requestBody?.content['application/json'];
  const answers = Object.entries(responses).filter(([status]) => Number(status) < 400);
  const errors = Object.entries(responses).filter(([status]) => Number(status) >= 400);
  const success = answers[0]?.[1].content?.['application/json'];
  return html`<section class="operation">
    <h2 id="${operationId}">${summary}${anchor(operationId, summary)}</h2>
    <p>
      <code><span class="verb">${method}</span> ${path}</code> ${needs(operation)}
    </p>
    ${description === undefined ? null : html`<p>${inline(description)}</p>`}
    ${parameters.length === 0 ? null : fieldTable(`Parameters: ${summary}`, parameters.map(parameterRow))}
    ${body?.schema === undefined ? null : fieldTable(`Body: ${summary}`, fieldRows(body.schema))}
    ${codeBlock(curl(base, path, method, operation, body?.example), 'request')}
    <h3>Answers</h3>
    <ul>
      ${answers.map(
        ([status, { description: words, content = {} }]) =>
          html`<li>
            <strong>${status}</strong> ${inline(words)}
            ${Object.entries(content).map(
              ([type, { schema }]) =>
                html`<code>${type}</code> ${schema === undefined ? null : typeLink(schema)} `,
            )}
          </li>`,
      )}
    </ul>
    ${success?.example === undefined ? null : codeBlock(JSON.stringify(success.example, null, 2), 'answer')}
    <h3>Errors</h3>
    <ul>
      ${errors.map(
        ([status, { description: words }]) => html`<li><strong>${status}</strong> ${errorLinks(words)}</li>`,
      )}
    </ul>
  </section>`;
}

/** What one has to have to call it. */
function needs({ security }: Described): Html {
  const [first] = security;
  const scope = first?.['apiKey']?.[0];
  if (scope !== undefined) return html`needs the scope <code>${scope}</code>`;
  return first === undefined ? html`needs no key` : html`needs the key of an operator`;
}

function parameterRow({ name, in: place, required, description, schema }: Parameter): FieldRow {
  const [row] = fieldRows({
    type: 'object',
    properties: { [name]: schema },
    required: required ? [name] : [],
  });
  return {
    name: place === 'header' ? name : place === 'path' ? `{${name}}` : `?${name}`,
    type: row?.type ?? html`string`,
    required,
    description: description ?? row?.description ?? '',
    depth: 0,
  };
}

/** A request that can be tried. */
function curl(base: string, path: string, method: string, operation: Described, example: unknown): string {
  const isOpen = operation.security.length === 0;
  const key = operation.security.some((one) => 'operatorKey' in one) ? '$OPERATOR_KEY' : '$KEY';
  const makes = operation.parameters.some(({ name }) => name === 'Idempotency-Key');
  const lines = [
    `curl -s ${method === 'get' ? '' : `-X ${method.toUpperCase()} `}"${base}${path}"`,
    ...(isOpen ? [] : [`-H "Authorization: Bearer ${key}"`]),
    ...(makes ? [`-H "Idempotency-Key: $(uuidgen)"`] : []),
    ...(example === undefined
      ? []
      : [`-H 'Content-Type: application/json'`, `-d '${JSON.stringify(example).replaceAll("'", `'\\''`)}'`]),
  ];
  return lines.join(' \\\n  ');
}

function typeLink(schema: JsonSchema): Html | null {
  const name = nameOf(schema) ?? nameOf(schema.properties?.['data']?.items ?? {});
  if (name === null) return null;
  const words = nameOf(schema) === null ? `list of ${name}` : name;
  return html`<a href="${`/docs/reference/objects#${name}`}">${words}</a>`;
}

const nameOf = ({ $ref }: JsonSchema): string | null => $ref?.split('/').at(-1) ?? null;

/** Each code leads to its explanation. */
function errorLinks(words: string): Html[] {
  return [...words.matchAll(/`(\w+)`: ([^`]*)/g)].map(
    ([, code = '', title = '']) =>
      html`<a href="${`/docs/errors#${code}`}"><code>${code}</code></a
        >: ${title.trim()} `,
  );
}

function objects({ components }: Description): Chapter {
  const all = Object.entries(components.schemas);
  return {
    slug: 'reference/objects',
    title: 'Objects',
    body: html`<h1>Objects</h1>
      <p>What answers and webhooks are made of. An answer has exactly these fields; new ones may come.</p>
      ${all.map(
        ([name, schema]) =>
          html`<section class="operation">
            <h2 id="${name}">${name}${anchor(name, name)}</h2>
            <p>${inline(schema.description ?? '')}</p>
            ${fieldTable(`Fields: ${name}`, fieldRows(schema))}
          </section>`,
      )}`,
    sections: all.map(([name, { description = '' }]) => ({
      depth: 2,
      id: name,
      title: name,
      text: description,
    })),
  };
}
