/** The fields of a JSON schema as rows of a table, those of inner objects under their own. */
import { html, type Html } from '../html.ts';
import { inline } from './words.ts';

export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly title?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly additionalProperties?: boolean | JsonSchema;
}

export interface FieldRow {
  readonly name: string;
  readonly type: Html;
  readonly required: boolean;
  readonly description: string;
  readonly depth: number;
}

const DEEPEST = 3;

/** `schema` is an object; references are named, not followed. */
export function fieldRows(schema: JsonSchema, depth = 0): FieldRow[] {
  const { properties = {}, required = [] } = schema;
  return Object.entries(properties).flatMap(([name, field]) => [
    {
      name,
      type: typeOf(field),
      required: required.includes(name),
      description: [field.description ?? '', limits(field)].filter(Boolean).join(' '),
      depth,
    },
    ...(depth < DEEPEST ? innerOf(field).flatMap((inner) => fieldRows(inner, depth + 1)) : []),
  ]);
}

/** The objects that a field holds, through lists and alternatives. */
function innerOf({ properties, items, anyOf, ...field }: JsonSchema): JsonSchema[] {
  if (properties !== undefined) return [{ ...field, properties }];
  if (items !== undefined) return innerOf(items);
  const inner = (anyOf ?? []).flatMap(innerOf);
  // Of several forms, the names say which is meant.
  return inner.length <= 1 ? inner : inner.map((form) => ({ ...form, properties: titled(form) }));
}

function titled({ title, properties = {} }: JsonSchema): Readonly<Record<string, JsonSchema>> {
  if (title === undefined) return properties;
  return Object.fromEntries(
    Object.entries(properties).map(([name, field]) => [
      name,
      { ...field, description: `${title}: ${field.description ?? name}` },
    ]),
  );
}

function typeOf(schema: JsonSchema): Html {
  const { $ref, const: only, enum: words, anyOf, items, type, format, properties } = schema;
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return html`<a href="${`/docs/reference/objects#${name}`}">${name}</a>`;
  }
  if (only !== undefined) return html`<code>${JSON.stringify(only)}</code>`;
  if (words !== undefined)
    return html`${words.map((word, index) => html`${index === 0 ? '' : ' or '}<code>${String(word)}</code>`)}`;
  if (anyOf !== undefined)
    return html`${anyOf.map((one, index) => html`${index === 0 ? '' : ' or '}${typeOf(one)}`)}`;
  if (items !== undefined) return html`list of ${typeOf(items)}`;
  const names =
    typeof type === 'string' ? [type] : (type ?? [properties === undefined ? 'anything' : 'object']);
  return html`${names.join(' or ')}${format === undefined ? '' : ` (${format})`}`;
}

function limits({ minimum, maximum, maxLength }: JsonSchema): string {
  const parts = [
    minimum === undefined || minimum === 0 ? '' : `At least ${minimum}.`,
    maximum === undefined ? '' : `At most ${maximum}.`,
    maxLength === undefined ? '' : `At most ${maxLength} characters.`,
  ];
  return parts.filter(Boolean).join(' ');
}

/** `caption` says what it has the fields of. */
export function fieldTable(caption: string, rows: readonly FieldRow[]): Html {
  if (rows.length === 0) return html``;
  const [kind = caption] = caption.split(':');
  return html`<h3>${kind}</h3>
    <div class="table" role="group" aria-label="${caption}" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Type</th>
            <th scope="col">What it is</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, type, required, description, depth }) =>
              html`<tr>
                <td class="${`deep-${depth}`}">
                  <code>${name}</code>${required ? html` <strong>required</strong>` : null}
                </td>
                <td>${type}</td>
                <td>${inline(description)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
