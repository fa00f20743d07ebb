/**
 * The API's description, OpenAPI 3.1: made of the schemas that requests are parsed with and of those that tests hold answers against.
 * `npm run docs` keeps it in `docs/openapi.json`; the API serves it at `/openapi.json`.
 */
import type { z } from 'zod';
import { CURRENT_API_VERSION } from '../../domain/api-version.ts';
import { OUTGOING_TYPES, type OutgoingType } from '../../domain/outgoing.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { errorCatalogue, type ErrorCode } from '../error-catalogue.ts';
import { event } from '../schemas/event.ts';
import { problem } from '../schemas/installation.ts';
import { accountOperations } from './accounts.ts';
import { errorsOf } from './errors.ts';
import { examples } from './examples.ts';
import { HEADERS, IDEMPOTENCY_KEY, VERSION_HEADER } from './headers.ts';
import { answerSchemas, requestSchema, type Json } from './json-schemas.ts';
import { TAGS, takesIdempotencyKey, type Answer, type Operation } from './operation.ts';
import { paymentOperations } from './payments.ts';
import { recordOperations } from './records.ts';

type Needs = Pick<ApiDependencies, 'connectors' | 'publicUrl'>;

/** Every operation, in the order of the reference. */
export function apiOperations(needs: Pick<Needs, 'connectors'>): readonly Operation[] {
  const all = [...paymentOperations(needs), ...accountOperations(needs), ...recordOperations(needs)];
  const order = Object.keys(TAGS);
  return all.toSorted((a, b) => order.indexOf(a.tag) - order.indexOf(b.tag));
}

/** The document. `publicUrl`: where the API is. */
export function apiDescription(needs: Needs): Json {
  const operations = apiOperations(needs);
  const wanted = new Map<string, z.ZodType>([
    ['Problem', problem],
    ['Event', event],
  ]);
  for (const { id, answers } of operations)
    for (const { status, schema } of answers) if (schema !== null) wanted.set(`${id}${status}`, schema);
  const schemas = answerSchemas(wanted);
  const paths: Record<string, Record<string, Json>> = {};
  for (const operation of operations) {
    const path = templateOf(operation.path);
    paths[path] = {
      ...paths[path],
      [operation.method]: describe(operation, (place) => schemas.inline.get(place) ?? {}),
    };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Sarraf',
      version: CURRENT_API_VERSION,
      summary: 'One API over the regional payment rails.',
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    servers: [{ url: needs.publicUrl }],
    externalDocs: { url: `${needs.publicUrl}/docs` },
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    webhooks: Object.fromEntries(OUTGOING_TYPES.map((type) => [type, webhook(type)])),
    components: {
      schemas: schemas.named,
      headers: HEADERS,
      securitySchemes: SECURITY,
    },
  };
}

const ABOUT = `Amounts are integers in minor units of an ISO 4217 currency; every amount has a \`display\` for people beside it. Times are RFC 3339 in UTC. \
Every error is \`application/problem+json\`: decide by its \`code\`. Every POST takes an \`Idempotency-Key\`, and repeating it with the same key is safe. \
Fields that are not described are refused in requests; new fields may come in answers.`;

const SECURITY = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, `sk_live_…` or `sk_sandbox_…`, with the scope that the operation names.',
  },
  basic: { type: 'http', scheme: 'basic', description: 'The same key as the user name, without a password.' },
  operatorKey: { type: 'http', scheme: 'bearer', description: 'The key of an operator, `sk_operator_…`.' },
};

/** `/v1/invoices/:id` → `/v1/invoices/{id}` */
export function templateOf(path: string): string {
  return path.replaceAll(/\{[^}]*\}/g, '').replaceAll(/:(\w+)/g, '{$1}');
}

function describe(operation: Operation, schemaAt: (place: string) => Json): Json {
  const { id, summary, description, tag, answers, body, bodyTypes = [] } = operation;
  const types = [...(body === undefined ? [] : ['application/json']), ...bodyTypes];
  const failures = byStatus(errorsOf(operation));
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    ...securityOf(operation),
    parameters: parametersOf(operation),
    ...(types.length === 0
      ? {}
      : {
          requestBody: {
            required: body === undefined || needsBody(body),
            content: Object.fromEntries(
              types.map((type) => [type, type === 'application/json' && body ? jsonBody(id, body) : {}]),
            ),
          },
        }),
    responses: Object.fromEntries([
      ...answers.map((answer) => [
        String(answer.status),
        answerOf(operation, answer, schemaAt(`${id}${answer.status}`)),
      ]),
      ...[...failures]
        .sort(([a], [b]) => a - b)
        .map(([status, codes]) => [
          String(status),
          errorAnswer(
            codes,
            answers.find((answer) => answer.status === status) && schemaAt(`${id}${status}`),
          ),
        ]),
    ]),
  };
}

function byStatus(codes: readonly ErrorCode[]): Map<number, ErrorCode[]> {
  const found = new Map<number, ErrorCode[]>();
  for (const code of codes) {
    const { status } = errorCatalogue[code];
    found.set(status, [...(found.get(status) ?? []), code]);
  }
  return found;
}

function securityOf({ access }: Operation): Json {
  switch (access) {
    case 'public':
      return { security: [] };
    case 'operator':
      return { security: [{ operatorKey: [] }] };
    default:
      return { security: [{ apiKey: [access] }, { basic: [access] }] };
  }
}

function jsonBody(id: string, body: z.ZodType): Json {
  const example = examples[id]?.request;
  return { schema: requestSchema(body), ...(example === undefined ? {} : { example }) };
}

/** A body without a required field may be left out. */
function needsBody(body: z.ZodType): boolean {
  const { required } = requestSchema(body);
  return Array.isArray(required) && required.length > 0;
}

/** The prefix of the ids that stand behind each part of a path. */
const IDS: Readonly<Record<string, string>> = {
  invoices: 'inv',
  payments: 'pay',
  captures: 'cap',
  voids: 'void',
  refunds: 'rfd',
  events: 'evt',
  cases: 'case',
  incidents: 'inc',
  exchanges: '(?:exc|whk)',
  reconciliation_runs: 'rec',
  audit_entries: 'aud',
  api_keys: 'key',
  merchants: 'mer',
  provider_accounts: 'pacc',
  webhook_endpoints: 'whe',
  deliveries: 'dlv',
};

function parametersOf(operation: Operation): Json[] {
  const { path, query, access } = operation;
  const inPath = [...path.replaceAll(/\{[^}]*\}/g, '').matchAll(/([^/]+)\/:(\w+)/g)].map(
    ([, collection = '', name]) => ({
      name,
      in: 'path',
      required: true,
      schema:
        name === 'id'
          ? { type: 'string', pattern: `^${IDS[collection] ?? '[a-z]+'}_\\w+$` }
          : { type: 'string' },
    }),
  );
  const schema: { properties?: Record<string, Json>; required?: readonly string[] } =
    query === undefined ? {} : requestSchema(query);
  const { properties = {}, required = [] } = schema;
  const inQuery = Object.entries(properties).map(([name, { description, ...form }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    ...styleOf(form['type']),
    schema: form,
  }));
  return [
    ...inPath,
    ...inQuery,
    ...(takesIdempotencyKey(operation) ? [IDEMPOTENCY_KEY] : []),
    ...(access === 'public' ? [] : [VERSION_HEADER]),
  ];
}

/** How what is no single text is written in a query: `a,b` and `name[field]=value`. */
function styleOf(type: unknown): Json {
  if (type === 'array') return { style: 'form', explode: false };
  return type === 'object' ? { style: 'deepObject', explode: true } : {};
}

const header = (name: string): [string, Json] => [name, { $ref: `#/components/headers/${name}` }];

function answerOf(
  operation: Operation,
  { description, schema, types = [], headers = [], status }: Answer,
  json: Json,
): Json {
  const { id, access } = operation;
  const example = status !== 503 ? examples[id]?.answer : undefined;
  const limited = access !== 'public' && access !== 'operator' ? ['RateLimit', 'RateLimit-Policy'] : [];
  const names = [
    'Request-Id',
    ...(access === 'public' ? [] : ['Sarraf-Version']),
    ...limited,
    ...headers,
    ...(takesIdempotencyKey(operation) ? ['Idempotent-Replayed'] : []),
  ];
  return {
    description,
    headers: Object.fromEntries(names.map(header)),
    content: {
      ...(schema === null
        ? {}
        : { 'application/json': { schema: json, ...(example === undefined ? {} : { example }) } }),
      ...Object.fromEntries(types.map((type) => [type, {}])),
    },
  };
}

/** `also`: the schema of an answer with the same status that is no error. */
function errorAnswer(codes: readonly ErrorCode[], also: Json | undefined): Json {
  const waits = codes.some((code) => [409, 429, 503].includes(errorCatalogue[code].status));
  return {
    description: codes.map((code) => `\`${code}\`: ${errorCatalogue[code].title}.`).join(' '),
    headers: Object.fromEntries(['Request-Id', ...(waits ? ['Retry-After'] : [])].map(header)),
    content: {
      ...(also === undefined ? {} : { 'application/json': { schema: also } }),
      'application/problem+json': {
        schema: {
          allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
        },
      },
    },
  };
}

/** What `data.object` of an event is. */
function objectOf(type: OutgoingType): string {
  const [group = ''] = type.split('.');
  const names: Readonly<Record<string, string>> = {
    invoice: 'Invoice',
    payment: 'Payment',
    case: 'Case',
    provider: 'Incident',
    webhook_endpoint: 'WebhookEndpoint',
    reconciliation_run: 'ReconciliationRun',
    capture: 'Operation',
    void: 'Operation',
    refund: 'Operation',
  };
  const name = names[group];
  if (name === undefined) throw new Error(`the description does not say what events of ${group} are about`);
  return name;
}

function webhook(type: OutgoingType): Json {
  const object = { anyOf: [{ $ref: `#/components/schemas/${objectOf(type)}` }, { type: 'null' }] };
  const narrowed = {
    properties: { type: { const: type }, data: { properties: { object } } },
  };
  return {
    post: {
      summary: `The event \`${type}\``,
      tags: ['Events and webhooks'],
      parameters: ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
        name,
        in: 'header',
        required: true,
        schema: { type: 'string' },
      })),
      requestBody: {
        required: true,
        content: {
          'application/json': { schema: { allOf: [{ $ref: '#/components/schemas/Event' }, narrowed] } },
        },
      },
      responses: {
        '2XX': {
          description: 'You have it. Any other answer, or none within 15 seconds, and it comes again.',
        },
        '410': { description: 'You want no more: the endpoint is disabled.' },
      },
    },
  };
}
