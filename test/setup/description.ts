/**
 * Holds what the running API answers against its description, strictly: the status, the media type and every field. What the API
 * accepts is held against the description of the request, too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { ApiDependencies } from '../../api/dependencies.ts';
import { apiDescription } from '../../api/openapi/document.ts';

/** One request and its answer. */
export interface Sent {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The JSON value of the body; undefined: none, or it is not JSON. */
  readonly request?: unknown;
  readonly status: number;
  /** Null: no header. */
  readonly contentType: string | null;
  readonly text: string;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: object }>>;
}
interface Described {
  readonly operationId: string;
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

/** Pages for people, and routes that are there in the sandbox only. */
const PAGES = /^\/(?:return|docs|pay|style|llms\.txt|ops)(?:[/?]|$)/;

/** Throws an error that says where an answer differs from its description. */
export type AnswerCheck = (sent: Sent) => void;

/** What is wrong with a value by the schema at a place of the description; null: nothing. */
type Complaint = (pointer: readonly string[], value: unknown) => string | null;

function complaintsBy(document: object): Complaint {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(document, 'api');
  const compiled = new Map<string, ValidateFunction>();
  const validator = (pointer: readonly string[]): ValidateFunction => {
    const ref = `api#/${pointer.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    const known = compiled.get(ref) ?? ajv.compile({ $ref: ref });
    compiled.set(ref, known);
    return known;
  };
  return (pointer, value) => {
    const validate = validator(pointer);
    if (validate(value)) return null;
    const { errors } = validate;
    const places = errors?.slice(0, 4).map(({ params, instancePath }) => ({ instancePath, ...params }));
    return `${ajv.errorsText(errors, { dataVar: '' })} (${JSON.stringify(places)})`;
  };
}

/** Where the description says what a webhook of this type carries. */
const webhookOf = (type: string): string[] => [
  'webhooks',
  type,
  'post',
  'requestBody',
  'content',
  'application/json',
  'schema',
];

const HOOK_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

/** What a merchant's server was sent. */
interface SentHook {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly event: Readonly<Record<string, unknown>>;
}

/** Throws an error that says where a webhook differs from its description, strictly: the headers, the type and every field. */
export function webhookCheck(connectors: ApiDependencies['connectors']): (hook: SentHook) => void {
  const document = apiDescription({ connectors, publicUrl: 'https://pay.example.com' });
  const complaint = complaintsBy(document);
  const described = document['webhooks'] as Readonly<Record<string, unknown>>;
  return ({ headers, event }) => {
    const plain = withoutAlias(event);
    const type = String(plain['type']);
    const missing = HOOK_HEADERS.filter((name) => typeof headers[name] !== 'string');
    const wrong =
      missing.length > 0
        ? `without ${missing.join(', ')}`
        : Object.hasOwn(described, type)
          ? complaint(webhookOf(type), plain)
          : 'there is no such type';
    if (wrong === null) return;
    const text = JSON.stringify(event).slice(0, 2000);
    throw new Error(`the webhook ${type} is what its description does not say: ${wrong}\n${text}`);
  };
}

/** An event with the names of FuratPay laid over it, without them. */
function withoutAlias(event: SentHook['event']): SentHook['event'] {
  const { event_type, ...rest } = event;
  if (event_type === undefined) return event;
  const { object } = event['data'] as { readonly object: unknown };
  return { ...rest, type: event_type, data: { object } };
}

/** `connectors`: those of the API whose answers are checked. */
export function answerCheck(connectors: ApiDependencies['connectors']): AnswerCheck {
  const document = apiDescription({ connectors, publicUrl: 'https://pay.example.com' });
  const complaint = complaintsBy(document);
  const paths = document['paths'] as Readonly<Record<string, Readonly<Record<string, Described>>>>;
  const templates = Object.keys(paths)
    .toSorted((a, b) => a.split('{').length - b.split('{').length)
    .map((template) => ({
      template,
      pattern: new RegExp(
        `^${template.replaceAll('.', '\\.').replaceAll(/\{\w+\}/g, '[^/]+')}${template.startsWith('/webhooks/') ? '(?:/.*)?' : ''}/?$`,
        'i',
      ),
    }));

  return (sent) => {
    const { method, path, request, status, text } = sent;
    const [address = ''] = path.split('?');
    if (PAGES.test(address) || method === 'OPTIONS') return;
    const type = sent.contentType?.split(';')[0] ?? null;
    const template = templates.find(({ pattern }) => pattern.test(address))?.template;
    const verb = (method === 'HEAD' ? 'GET' : method).toLowerCase();
    const described = template === undefined ? undefined : paths[template]?.[verb];
    const fail = (what: string): never => {
      throw new Error(
        `${method} ${path} answered what its description does not say: ${what}\n${text.slice(0, 2000)}`,
      );
    };
    const hold = (pointer: string[], value: unknown, what: string): void => {
      const wrong = complaint(pointer, value);
      if (wrong !== null) fail(`${what} ${wrong}`);
    };
    if (template === undefined || described === undefined) {
      if (![400, 404, 405].includes(status)) return fail(`there is no such operation, and yet ${status}`);
      return hold(['components', 'schemas', 'Problem'], JSON.parse(text), 'the problem');
    }
    if (status === 304 && verb === 'get') return;
    const answer =
      described.responses[String(status)] ??
      described.responses[`${String(status)[0]}XX`] ??
      fail(`status ${status}`);
    const contents = answer.content ?? {};
    if (type === null) {
      if (text !== '') fail('a body without a type');
      return;
    }
    const content = contents[type] ?? fail(`type ${type} with status ${status}`);
    if (method !== 'HEAD' && content.schema !== undefined) {
      const pointer = ['paths', template, verb, 'responses', String(status), 'content', type, 'schema'];
      const value: unknown = JSON.parse(text);
      hold(pointer, value, 'the answer');
      // An event is what the webhook of its type is.
      if (status === 200)
        for (const event of eventsIn(template, value)) hold(webhookOf(event.type), event, 'an event');
    }
    const json = described.requestBody?.content?.['application/json'];
    if (status < 300 && request !== undefined && json !== undefined) {
      const pointer = ['paths', template, verb, 'requestBody', 'content', 'application/json', 'schema'];
      hold(pointer, request, 'it took a request that');
    }
    if (status < 300) keepExample(described.operationId, sent);
  };
}

/** The events that an answer has. */
function eventsIn(template: string, value: unknown): readonly { readonly type: string }[] {
  if (template === '/v1/events/{id}') return [value as { type: string }];
  return template === '/v1/events' ? (value as { data: { type: string }[] }).data : [];
}

const EXAMPLES = process.env['SARRAF_KEEP_EXAMPLES'];

/** For whoever writes `api/openapi/examples.json` anew: the latest of each operation, in the folder that the variable names. */
function keepExample(operationId: string, { request, text, contentType }: Sent): void {
  if (EXAMPLES === undefined || text === '' || !/json/.test(contentType ?? '')) return;
  mkdirSync(EXAMPLES, { recursive: true });
  const example = { ...(request === undefined ? {} : { request }), answer: JSON.parse(text) as unknown };
  writeFileSync(join(EXAMPLES, `${operationId}.json`), JSON.stringify(example, null, 2));
}
