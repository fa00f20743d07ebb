/** The configuration of one run, read from the environment once, at the start of a process. */
import { resolve } from 'node:path';
import { ConfigError, problemsIn } from './config-error.ts';
import type { Problem } from './config-error.ts';
import type { NamedKey } from './parsers.ts';
import { environment, SIMULATOR_PORT } from './schema.ts';
import type { Environment, VariableName } from './schema.ts';

/** What `npm start` listens on when nothing else is said. (The demo and the tests take free ports.) */
export const START_PORTS = {
  postgres: 54_320,
  temporal: 7233,
  temporalUi: 8233,
  sandboxControl: 8090,
} as const;

/** Where api and worker show their metrics when nothing else is said. */
const METRICS_PORTS = { api: 9464, worker: 9465 } as const;

export interface TemporalConfig<Address = string | null> {
  /** `host:port`; null: use the embedded server. */
  readonly address: Address;
  readonly namespace: string;
  readonly taskQueue: string;
  /** The version of its workflow code that a worker says; null: it says none. */
  readonly buildId: string | null;
  /** null: no TLS. Paths of PEM files; null: not given. */
  readonly tls: {
    readonly cert: string | null;
    readonly key: string | null;
    readonly ca: string | null;
  } | null;
  readonly apiKey: string | null;
  readonly uiUrl: string | null;
  /** null: payloads are not encrypted. The first key encrypts, all decrypt. */
  readonly payloads: { readonly keys: readonly NamedKey[]; readonly acceptPlaintext: boolean } | null;
}

export interface Secrets {
  /** The first encrypts, all decrypt. */
  readonly credentialsKeys: readonly NamedKey[];
  readonly apiKeyPepper: Buffer;
}

export interface Config {
  readonly environment: 'development' | 'test' | 'production';
  /** Absolute path. */
  readonly dataDir: string;
  readonly log: { readonly level: Environment['LOG_LEVEL'] };
  /** `url` null: use the embedded Postgres. */
  readonly database: { readonly url: string | null; readonly poolSize: number };
  /** How long calls to providers and the bodies of webhooks are kept, days. */
  readonly exchangesKept_days: number;
  readonly temporal: TemporalConfig;
  readonly api: {
    readonly host: string;
    readonly port: number;
    readonly publicUrl: string;
    /** Per minute and process; null: any number. */
    readonly limits: { readonly requestsPerKey: number | null; readonly failuresPerAddress: number | null };
    readonly engineCallsAtOnce: number;
    readonly trustedProxies: readonly string[];
    /** SHA-256 of each operator's key. */
    readonly operatorKeys: readonly Buffer[];
    /** Of the pages under `/ops`. */
    readonly operationsAccess: Environment['OPERATIONS_ACCESS'];
  };
  readonly metrics: {
    readonly host: string;
    /** Null: nothing was said. */
    readonly apiPort: number | 'off' | null;
    readonly workerPort: number | 'off' | null;
    /** Null: the Temporal SDK shows none. */
    readonly temporalPort: number | null;
  };
  /** Which addresses the base URLs of provider accounts may lead to. */
  readonly providers: {
    readonly addresses: Environment['PROVIDER_ADDRESSES'];
    /** The control API of the simulators; null: there are none. */
    readonly sandboxControlUrl: string | null;
  };
  /** Ports of the embedded parts; null: nothing was said. */
  readonly ports: {
    readonly postgres: number | null;
    readonly temporal: number | null;
    readonly temporalUi: number | null;
    readonly sandboxControl: number | null;
    /** By lower-case provider name. */
    readonly simulators: Readonly<Record<string, number>>;
  };
  readonly sandboxSeed: number;
  /** null where unset: then `ensureSecrets` generates it (never in production). */
  readonly secrets: { readonly [Name in keyof Secrets]: Secrets[Name] | null };
}

/** The configuration of a process that serves: api, worker. Nothing it needs can be missing. */
export interface ServiceConfig extends Omit<Config, 'database' | 'temporal' | 'secrets' | 'metrics'> {
  readonly database: { readonly url: string; readonly poolSize: number };
  readonly temporal: TemporalConfig<string>;
  readonly metrics: {
    readonly host: string;
    readonly apiPort: number | 'off';
    readonly workerPort: number | 'off';
    readonly temporalPort: number | null;
  };
  readonly secrets: Secrets;
}

type Variables = Readonly<Record<string, string | undefined>>;

const SERVICE_NEEDS = ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'CREDENTIALS_KEY', 'API_KEY_PEPPER'] as const;

/**
 * The configuration for the commands that bring their own engines (start, demo, doctor, tests).
 * Throws one `ConfigError` that lists every problem; in production also everything that is missing.
 */
export function loadConfig(variables: Variables = process.env): Config {
  const env = parse(variables, variables.NODE_ENV === 'production' ? SERVICE_NEEDS : []);
  return toConfig(env);
}

/** The configuration of api and worker. Throws one `ConfigError` that lists every problem and all that is missing. */
export function loadServiceConfig(variables: Variables = process.env): ServiceConfig {
  const config = toConfig(parse(variables, SERVICE_NEEDS));
  const { database, temporal, secrets } = config;
  return {
    ...config,
    metrics: metricsWithPorts(config.metrics),
    database: { ...database, url: given('DATABASE_URL', database.url) },
    temporal: { ...temporal, address: given('TEMPORAL_ADDRESS', temporal.address) },
    secrets: {
      credentialsKeys: given('CREDENTIALS_KEY', secrets.credentialsKeys),
      apiKeyPepper: given('API_KEY_PEPPER', secrets.apiKeyPepper),
    },
  };
}

function metricsWithPorts({ apiPort, workerPort, ...metrics }: Config['metrics']): ServiceConfig['metrics'] {
  return {
    ...metrics,
    apiPort: apiPort ?? METRICS_PORTS.api,
    workerPort: workerPort ?? METRICS_PORTS.worker,
  };
}

/** What setting up a database and a namespace needs; no secrets. */
export type SetupConfig = Pick<ServiceConfig, 'database' | 'temporal'>;

/** What the merchant's command line needs; null: not said. */
export interface ClientConfig {
  /** Absolute path. */
  readonly dataDir: string;
  readonly apiUrl: string | null;
  readonly apiKey: string | null;
  readonly operatorKey: string | null;
  /** JSON text. */
  readonly credentials: string | null;
}

/** The configuration of `cli/sarraf.ts`, which may run far from any server. Throws one `ConfigError`. */
export function loadClientConfig(variables: Variables = process.env): ClientConfig {
  const env = parse(variables, []);
  return {
    dataDir: resolve(env.SARRAF_DATA_DIR),
    apiUrl: env.SARRAF_API_URL ?? null,
    apiKey: env.SARRAF_API_KEY ?? null,
    operatorKey: env.SARRAF_OPERATOR_KEY ?? null,
    credentials: env.SARRAF_CREDENTIALS ?? null,
  };
}

/** The configuration of `cli/migrate.ts`. Throws one `ConfigError` that lists every problem. */
export function loadSetupConfig(variables: Variables = process.env): SetupConfig {
  const { database, temporal } = toConfig(parse(variables, ['DATABASE_URL', 'TEMPORAL_ADDRESS']));
  return {
    database: { ...database, url: given('DATABASE_URL', database.url) },
    temporal: { ...temporal, address: given('TEMPORAL_ADDRESS', temporal.address) },
  };
}

/** The same configuration with the usual port wherever none was chosen, for `npm start`. */
export function withStartPorts(config: Config): Config {
  const { postgres, temporal, temporalUi, sandboxControl } = config.ports;
  return {
    ...config,
    metrics: metricsWithPorts(config.metrics),
    ports: {
      ...config.ports,
      postgres: postgres ?? START_PORTS.postgres,
      temporal: temporal ?? START_PORTS.temporal,
      temporalUi: temporalUi ?? START_PORTS.temporalUi,
      sandboxControl: sandboxControl ?? START_PORTS.sandboxControl,
    },
  };
}

/** Required variables were checked before; this only tells the compiler. */
function given<T>(name: VariableName, value: T | null): T {
  if (value === null) throw new ConfigError([{ variable: name, wrong: 'is missing', right: null }]);
  return value;
}

function parse(variables: Variables, required: readonly VariableName[]): Environment {
  // Compose files and CI pass unset variables as empty text.
  const set = Object.fromEntries(Object.entries(variables).filter(([, text]) => text?.trim()));
  const simulatorPorts: Record<string, string | undefined> = {};
  for (const [name, text] of Object.entries(set)) {
    const provider = SIMULATOR_PORT.exec(name)?.[1];
    if (provider) simulatorPorts[provider.toLowerCase()] = text;
  }

  const result = environment.safeParse({ ...set, simulatorPorts });
  const problems = [
    ...problemsIn(result.error?.issues ?? [], set, required),
    ...halves(set),
    ...(result.success ? contradictions(result.data) : []),
  ];
  if (!result.success || problems.length > 0) throw new ConfigError(problems);
  return result.data;
}

/** True for the names and addresses by which only this machine itself is reached. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}

/** A certificate without its key, and the other way round: told of whatever else is wrong. */
function halves(set: Variables): Problem[] {
  const pair = ['TEMPORAL_TLS_CERT', 'TEMPORAL_TLS_KEY'] as const;
  const missing = pair.filter((name) => set[name] === undefined);
  const [variable] = missing;
  if (variable === undefined || missing.length === pair.length) return [];
  const there = pair.find((name) => name !== variable);
  return [{ variable, wrong: `is missing although ${there} is set`, right: 'both or neither' }];
}

/** Settings that are each right and together wrong. */
function contradictions(env: Environment): Problem[] {
  const problems: Problem[] = [];
  const isReached =
    !isLoopback(env.API_HOST) || !isLoopback(new URL(env.PUBLIC_URL ?? 'http://127.0.0.1').hostname);
  if (env.OPERATIONS_ACCESS === 'open' && (env.NODE_ENV === 'production' || isReached)) {
    problems.push({
      variable: 'OPERATIONS_ACCESS',
      wrong: 'is open although this is production, or others reach API_HOST or PUBLIC_URL',
      right: 'sign_in',
    });
  }
  if (env.TEMPORAL_TLS === false && wantsTls(env)) {
    problems.push({
      variable: 'TEMPORAL_TLS',
      wrong: 'is off although an API key or a certificate is given',
      right: 'on, so that they do not travel in the clear',
    });
  }
  return problems;
}

function wantsTls(env: Environment): boolean {
  return Boolean(env.TEMPORAL_API_KEY ?? env.TEMPORAL_TLS_CERT ?? env.TEMPORAL_TLS_CA);
}

function toConfig(env: Environment): Config {
  return {
    environment: env.NODE_ENV,
    dataDir: resolve(env.SARRAF_DATA_DIR),
    log: { level: env.LOG_LEVEL },
    database: { url: env.DATABASE_URL ?? null, poolSize: env.DATABASE_POOL_SIZE },
    exchangesKept_days: env.EXCHANGES_KEPT_DAYS,
    temporal: toTemporal(env),
    api: {
      host: env.API_HOST,
      port: env.API_PORT,
      publicUrl: env.PUBLIC_URL ?? `http://127.0.0.1:${env.API_PORT}`,
      limits: {
        requestsPerKey: env.RATE_LIMIT_PER_MINUTE || null,
        failuresPerAddress: env.AUTH_FAILURES_PER_MINUTE || null,
      },
      engineCallsAtOnce: env.ENGINE_CALLS_AT_ONCE,
      trustedProxies: env.TRUSTED_PROXIES ?? [],
      operatorKeys: env.OPERATOR_KEY_SHA256 ?? [],
      operationsAccess: env.OPERATIONS_ACCESS,
    },
    metrics: {
      host: env.METRICS_HOST,
      apiPort: env.API_METRICS_PORT ?? null,
      workerPort: env.WORKER_METRICS_PORT ?? null,
      temporalPort: env.TEMPORAL_METRICS_PORT ?? null,
    },
    providers: {
      addresses: env.PROVIDER_ADDRESSES,
      sandboxControlUrl: env.SANDBOX_CONTROL_URL ?? null,
    },
    ports: {
      postgres: env.POSTGRES_PORT ?? null,
      temporal: env.TEMPORAL_PORT ?? null,
      temporalUi: env.TEMPORAL_UI_PORT ?? null,
      sandboxControl: env.SANDBOX_CONTROL_PORT ?? null,
      simulators: env.simulatorPorts,
    },
    sandboxSeed: env.SANDBOX_SEED,
    secrets: {
      credentialsKeys: env.CREDENTIALS_KEY ?? null,
      apiKeyPepper: env.API_KEY_PEPPER ?? null,
    },
  };
}

function toTemporal(env: Environment): TemporalConfig {
  const tls = env.TEMPORAL_TLS ?? wantsTls(env);
  return {
    address: env.TEMPORAL_ADDRESS ?? null,
    namespace: env.TEMPORAL_NAMESPACE,
    taskQueue: env.TEMPORAL_TASK_QUEUE,
    buildId: env.WORKER_BUILD_ID ?? null,
    tls: tls
      ? {
          cert: env.TEMPORAL_TLS_CERT ?? null,
          key: env.TEMPORAL_TLS_KEY ?? null,
          ca: env.TEMPORAL_TLS_CA ?? null,
        }
      : null,
    apiKey: env.TEMPORAL_API_KEY ?? null,
    uiUrl: env.TEMPORAL_UI_URL ?? null,
    payloads:
      env.TEMPORAL_PAYLOAD_KEY === undefined
        ? null
        : {
            keys: env.TEMPORAL_PAYLOAD_KEY,
            acceptPlaintext: env.TEMPORAL_PAYLOAD_PLAINTEXT === 'accept',
          },
  };
}
