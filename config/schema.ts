/** Every environment variable Sarraf reads, with its form, its default and a line for people. */
import { z } from 'zod';
import {
  baseUrl,
  matching,
  listOf,
  namedKeys,
  oneOf,
  onOff,
  port,
  portOrOff,
  secretBytes,
  sha256Hashes,
  url,
  wholeNumber,
} from './parsers.ts';

interface About {
  /** The heading it stands under in `.env.example`. */
  readonly group:
    | 'General'
    | 'Database'
    | 'Temporal'
    | 'API'
    | 'Metrics'
    | 'Providers'
    | 'Secrets'
    | 'Command line'
    | 'Embedded engines and sandbox';
  /** One or two lines for people. */
  readonly text: string;
  /** Shown in `.env.example` when there is no default, and when the variable is missing. */
  readonly example?: string;
  /** Its value may be or contain a secret, and is never printed. */
  readonly secret?: true;
}

/** What is said of each variable, kept beside its schema. */
export const about = z.registry<About>();

const path = () => matching(/^[^\0]+$/, 'a path');

export const variables = {
  NODE_ENV: oneOf('development', 'test', 'production').default('development').register(about, {
    group: 'General',
    text: 'production: nothing is generated or embedded; all secrets and addresses must be given.',
  }),
  SARRAF_DATA_DIR: path().default('.data').register(about, {
    group: 'General',
    text: 'Where the embedded engines, logs, generated secrets and runtime.json live.',
  }),
  LOG_LEVEL: oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent')
    .default('info')
    .register(about, {
      group: 'General',
      text: 'Logs are JSON lines. One of trace, debug, info, warn, error, fatal, silent.',
    }),

  DATABASE_URL: url(
    ['postgres:', 'postgresql:'],
    'a Postgres URL such as postgres://user:password@host:5432/sarraf',
  )
    .optional()
    .register(about, {
      group: 'Database',
      text: 'Use this Postgres (15 or newer) instead of the embedded one.',
      example: 'postgres://sarraf:password@127.0.0.1:5432/sarraf',
      secret: true,
    }),
  DATABASE_POOL_SIZE: wholeNumber(1, 1000).default(10).register(about, {
    group: 'Database',
    text: 'Connections at most, for each process. A worker has one more.',
  }),
  EXCHANGES_KEPT_DAYS: wholeNumber(1, 3650).default(90).register(about, {
    group: 'Database',
    text: 'How long calls to providers and the bodies of webhooks are kept, in days.',
  }),

  TEMPORAL_ADDRESS: matching(
    /^(\[[0-9a-f:]+\]|[A-Za-z0-9._-]+):\d{1,5}$/i,
    'host:port, such as 127.0.0.1:7233',
  )
    .optional()
    .register(about, {
      group: 'Temporal',
      text: 'Use this Temporal server (1.32 or newer) or Temporal Cloud instead of the embedded one. The test clock, and so the\ndemo, need frontend.WorkflowTimeSkippingEnabled=true in its dynamic configuration.',
      example: '127.0.0.1:7233',
    }),
  TEMPORAL_NAMESPACE: matching(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'the name of a Temporal namespace')
    .default('default')
    .register(about, { group: 'Temporal', text: 'The namespace of all workflows.' }),
  TEMPORAL_TASK_QUEUE: matching(/^[\w.:-]{1,200}$/, 'letters, digits and . : _ - only')
    .default('sarraf')
    .register(about, { group: 'Temporal', text: 'The task queue that api and worker meet on.' }),
  TEMPORAL_TLS: onOff().optional().register(about, {
    group: 'Temporal',
    text: 'on or off. Without it TLS is on exactly when an API key or a certificate is given.',
    example: 'on',
  }),
  TEMPORAL_TLS_CERT: path().optional().register(about, {
    group: 'Temporal',
    text: 'Client certificate for mutual TLS: path of a PEM file.',
    example: '/etc/sarraf/temporal.pem',
  }),
  TEMPORAL_TLS_KEY: path().optional().register(about, {
    group: 'Temporal',
    text: 'The private key of that certificate: path of a PEM file.',
    example: '/etc/sarraf/temporal.key',
  }),
  TEMPORAL_TLS_CA: path().optional().register(about, {
    group: 'Temporal',
    text: 'The authority that signed the server certificate, when it is a private one: path of a PEM file.',
    example: '/etc/sarraf/temporal-ca.pem',
  }),
  TEMPORAL_API_KEY: matching(/^\S+$/, 'an API key without blanks').optional().register(about, {
    group: 'Temporal',
    text: 'API key of Temporal Cloud.',
    secret: true,
  }),
  TEMPORAL_PAYLOAD_KEY: namedKeys().optional().register(about, {
    group: 'Temporal',
    text: 'Encrypts what Temporal keeps of workflows: 32 bytes in base64. The same for api and worker. Unset: readable in the Temporal UI.\nTo rotate: k2:<base64>,k1:<base64>, where the first encrypts and all decrypt.',
    example: 'base64 of 32 random bytes: openssl rand -base64 32',
    secret: true,
  }),
  TEMPORAL_PAYLOAD_PLAINTEXT: oneOf('refuse', 'accept').default('refuse').register(about, {
    group: 'Temporal',
    text: 'With a payload key: accept also reads what was written before there was one, until the last such workflow has closed.',
  }),
  WORKER_BUILD_ID: matching(/^[\w.:+-]{1,128}$/, 'letters, digits and . : _ + - only')
    .optional()
    .register(about, {
      group: 'Temporal',
      text: 'Names the version of the workflow code that a worker runs; it then gets work only when this version is the current one of the deployment TEMPORAL_TASK_QUEUE.',
      example: '2026-11-21.1',
    }),
  TEMPORAL_UI_URL: baseUrl().optional().register(about, {
    group: 'Temporal',
    text: 'Where people open the Temporal UI; shown to them at start.',
    example: 'http://127.0.0.1:8233',
  }),

  API_HOST: matching(/^[A-Za-z0-9.:_-]+$/, 'a host name or an IP address')
    .default('127.0.0.1')
    .register(about, {
      group: 'API',
      text: 'The address the API listens on; 0.0.0.0 in a container.',
    }),
  API_PORT: port().default(8080).register(about, {
    group: 'API',
    text: 'The port the API listens on; 0 takes any free one.',
  }),
  PUBLIC_URL: baseUrl().optional().register(about, {
    group: 'API',
    text: 'Where providers and customers reach the API. Without it: http://127.0.0.1:API_PORT.',
    example: 'https://pay.example.com',
  }),

  RATE_LIMIT_PER_MINUTE: wholeNumber(0, 100_000_000).default(30_000).register(about, {
    group: 'API',
    text: 'How many requests an API key may send in a minute, to each API process. 0: any number.',
  }),
  ENGINE_CALLS_AT_ONCE: wholeNumber(1, 10_000).default(16).register(about, {
    group: 'API',
    text: 'Calls to Temporal about invoices that each API process has under way at once, shared equally among the merchants who have any.',
  }),
  AUTH_FAILURES_PER_MINUTE: wholeNumber(0, 100_000_000).default(120).register(about, {
    group: 'API',
    text: 'How many requests without a valid key an address may send in a minute before it is told to wait. 0: any number.',
  }),
  TRUSTED_PROXIES: listOf(
    /^(?:loopback|linklocal|uniquelocal|[0-9a-f:.]+(?:\/\d{1,3})?)$/i,
    'addresses or networks of your proxies, such as 10.0.0.0/8,192.0.2.7, or loopback, linklocal, uniquelocal',
  )
    .optional()
    .register(about, {
      group: 'API',
      text: 'Proxies in front of the API whose X-Forwarded-For is believed. Without any, the address of the connection counts.',
      example: '10.0.0.0/8',
    }),
  METRICS_HOST: matching(/^[A-Za-z0-9.:_-]+$/, 'a host name or an IP address')
    .default('127.0.0.1')
    .register(about, {
      group: 'Metrics',
      text: 'The address that GET /metrics of api and worker listen on. They show no secrets, but how business goes:\nkeep them away from the internet.',
    }),
  API_METRICS_PORT: portOrOff().optional().register(about, {
    group: 'Metrics',
    text: "The port of the API's metrics for Prometheus: 9464 when unset; off for none.",
    example: '9464',
  }),
  WORKER_METRICS_PORT: portOrOff().optional().register(about, {
    group: 'Metrics',
    text: "The port of a worker's metrics: 9465 when unset; off for none. Of several workers on one machine, the first takes it.",
    example: '9465',
  }),
  TEMPORAL_METRICS_PORT: port().optional().register(about, {
    group: 'Metrics',
    text: 'Has the Temporal SDK in a worker show its own metrics on this port, too. Unset: it does not.',
    example: '9466',
  }),

  OPERATIONS_ACCESS: oneOf('sign_in', 'open').default('sign_in').register(about, {
    group: 'API',
    text: 'The pages under /ops: sign_in (operators with passwords), or open: whoever is on this machine is an administrator of the\nsandbox. open is for a loopback API_HOST outside of production only; npm start chooses it there.',
  }),

  PROVIDER_ADDRESSES: oneOf('public', 'loopback', 'any').default('public').register(about, {
    group: 'Providers',
    text: 'Where provider accounts and webhook endpoints may lead: public (the internet only), loopback (this machine, too:\nsimulators), or any (private networks as well). Live ones take https and public addresses only, whatever stands here.\nnpm start and the demo: loopback.',
  }),

  CREDENTIALS_KEY: namedKeys().optional().register(about, {
    group: 'Secrets',
    text: 'Encrypts the provider credentials in the database: 32 bytes in base64 (openssl rand -base64 32).\nTo rotate: k2:<base64>,k1:<base64>, where the first encrypts and all decrypt. Generated when unset, except in production.',
    example: 'base64 of 32 random bytes: openssl rand -base64 32',
    secret: true,
  }),
  API_KEY_PEPPER: secretBytes().optional().register(about, {
    group: 'Secrets',
    text: 'Keys the hash under which API keys are stored, and the return links of customers: 32 bytes or more in base64.\nChanging it ends every API key and every such link. Generated when unset, except in production.',
    example: 'base64 of 32 random bytes: openssl rand -base64 32',
    secret: true,
  }),

  OPERATOR_KEY_SHA256: sha256Hashes().optional().register(about, {
    group: 'Secrets',
    text: 'SHA-256 of the key with which operators make merchants, in hexadecimal: `npm run sarraf -- operator-key` makes both.\nSeveral with commas, to replace one. Without any, nobody is an operator; npm start makes one of its own.',
    example: '64 hexadecimal digits: npm run sarraf -- operator-key',
    secret: true,
  }),

  SARRAF_API_URL: baseUrl().optional().register(about, {
    group: 'Command line',
    text: 'The API that `npm run sarraf` talks to. Without it: that of the last npm start, from runtime.json.',
    example: 'https://pay.example.com',
  }),
  SARRAF_API_KEY: matching(/^\S+$/, 'an API key without blanks').optional().register(about, {
    group: 'Command line',
    text: 'The API key that `npm run sarraf` uses there.',
    secret: true,
  }),
  SARRAF_OPERATOR_KEY: matching(/^\S+$/, 'an operator key without blanks').optional().register(about, {
    group: 'Command line',
    text: 'The operator key that `npm run sarraf -- merchants …` and `keys … --merchant` use there.',
    secret: true,
  }),
  SARRAF_CREDENTIALS: matching(/^\s*\{[^]*\}\s*$/, 'a JSON object')
    .optional()
    .register(about, {
      group: 'Command line',
      text: 'Credentials of a provider account as a JSON object, for `providers link` and `providers rotate`.',
      secret: true,
    }),

  POSTGRES_PORT: port().optional().register(about, {
    group: 'Embedded engines and sandbox',
    text: 'Port of the embedded Postgres. npm start: 54320.',
    example: '54320',
  }),
  TEMPORAL_PORT: port().optional().register(about, {
    group: 'Embedded engines and sandbox',
    text: 'Port of the embedded Temporal server. npm start: 7233.',
    example: '7233',
  }),
  TEMPORAL_UI_PORT: port().optional().register(about, {
    group: 'Embedded engines and sandbox',
    text: 'Port of the embedded Temporal UI. npm start: 8233.',
    example: '8233',
  }),
  SANDBOX_CONTROL_PORT: port().optional().register(about, {
    group: 'Embedded engines and sandbox',
    text: 'Port of the control API of the provider simulators. npm start: 8090.',
    example: '8090',
  }),
  SANDBOX_CONTROL_URL: baseUrl().optional().register(about, {
    group: 'Embedded engines and sandbox',
    text: 'Where the API drives the simulators, so that the checkout page of a sandbox invoice can play the customer.\nnpm start and the demo: the control API above.',
    example: 'http://127.0.0.1:8090',
  }),
  SANDBOX_SEED: wholeNumber(0, 4_294_967_295).default(1).register(about, {
    group: 'Embedded engines and sandbox',
    text: 'Seeds the credentials and the random faults of the simulators, so that a run can be repeated.',
  }),
} as const;

/** `SANDBOX_FINAN_PORT` and the like: one for each simulator, whatever simulators there are. */
export const SIMULATOR_PORT = /^SANDBOX_(?!CONTROL_)([A-Z][A-Z0-9_]*)_PORT$/;

/** The whole environment. What it does not know (`PATH`, `HOME`) it leaves alone. */
export const environment = z.object({ ...variables, simulatorPorts: z.record(z.string(), port()) });

export type Environment = z.output<typeof environment>;
export type VariableName = keyof typeof variables;

/** True when Sarraf reads an environment variable of that name. */
export function isVariable(name: string): name is VariableName {
  return Object.hasOwn(variables, name) || SIMULATOR_PORT.test(name);
}
