/**
 * All of Sarraf on one machine: the engines, the simulators, the API and a worker, each a process of its own, and a
 * demo merchant linked to every simulator. What `npm start`, the demo, the benchmark and the end-to-end tests stand on.
 */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { ensureSecrets, isLoopback, loadServiceConfig, type Config } from '../config/index.ts';
import { migrate } from '../db/migrate.ts';
import { createPool } from '../db/pool.ts';
import { createSealer } from '../db/sealed.ts';
import { startEngines, type Engines, type Report } from '../engines/index.ts';
import { choosePort } from '../engines/ports.ts';
import { reportStep } from '../engines/report.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';
import { ensureDemoMerchant, type DemoMerchant } from './demo-merchant.ts';
import { hashOperatorKey, operatorKeyOf } from './operator-key.ts';
import { createSupervisor, type Supervised, type SupervisorEvent } from './supervisor.ts';

/** A provider simulator as it runs: where it listens and which credentials it accepts. */
export interface SimulatorFacts {
  readonly base_url: string;
  readonly credentials: Readonly<Record<string, string>>;
}

export interface StackOptions {
  /** Keep data on disk between starts. */
  readonly keep: boolean;
  readonly ui: boolean;
  /** For tests and benchmarks: Postgres does not wait for the disk. */
  readonly throwaway?: boolean;
  /** Engines that run already; they are not stopped with the stack. */
  readonly engines?: Pick<Engines, 'database' | 'temporal'>;
  /** The API key of an earlier start. */
  readonly knownKey?: string | null;
  /** More variables for the API process. */
  readonly apiEnv?: NodeJS.ProcessEnv;
  /** More variables for each of the workers; one, without any. */
  readonly workers?: readonly NodeJS.ProcessEnv[];
  readonly onEvent?: (event: SupervisorEvent) => void;
}

export interface Stack {
  readonly apiUrl: string;
  /** With which merchants are made. */
  readonly operatorKey: string;
  readonly merchant: DemoMerchant;
  readonly engines: Pick<Engines, 'database' | 'temporal'>;
  readonly sandbox: {
    readonly controlUrl: string;
    readonly providers: Readonly<Record<string, SimulatorFacts>>;
  };
  readonly api: Supervised;
  /** The first one. */
  readonly worker: Supervised;
  /** Rejects when an engine ends by itself. */
  readonly failed: Promise<never>;
  /** Stops the API first, so that requests under way still find a worker; then the rest, engines last. */
  stop(): Promise<void>;
}

/** Starts everything and resolves when all of it answers. When a part cannot start, those that did are stopped again. */
export async function startStack(config: Config, report: Report, options: StackOptions): Promise<Stack> {
  const own = options.engines
    ? null
    : await startEngines(config, report, { ...options, searchAttributes: SEARCH_ATTRIBUTES });
  const engines = options.engines ?? own;
  if (!engines) throw new Error('no engines');
  const supervisor = createSupervisor({
    logDir: join(config.dataDir, 'logs'),
    ...(options.onEvent ? { onEvent: options.onEvent } : {}),
  });
  const stop = async (): Promise<void> => {
    await supervisor.stop(['api', 'worker', 'sandbox']);
    await own?.stop();
  };
  try {
    const base = await serviceEnvironment(config, engines);
    const operatorKey = operatorKeyFor(base);
    const env: NodeJS.ProcessEnv = { OPERATOR_KEY_SHA256: hashOperatorKey(operatorKey), ...base };
    await reportStep(
      report,
      'database schema',
      () => migrate(engines.database.url),
      (applied) => (applied.length === 0 ? 'up to date' : `${applied.length} migrations`),
    );
    const sandbox = await reportStep(
      report,
      'provider simulators',
      () =>
        supervisor.start({
          name: 'sandbox',
          script: 'sandbox/main.ts',
          env: sandboxEnvironment(config),
          envOnRestart: samePorts,
        }),
      ({ ready }) => `control at ${String(ready['control_url'])}`,
    );
    const providers = sandbox.ready['providers'] as Record<string, SimulatorFacts>;
    const controlUrl = String(sandbox.ready['control_url']);
    const merchant = await demoMerchant(env, providers, options.knownKey ?? null);
    const [workerEnv = {}, ...moreWorkers] = options.workers ?? [];
    const [api, worker] = await reportStep(
      report,
      'API and worker',
      () =>
        Promise.all([
          supervisor.start({
            name: 'api',
            script: 'api/main.ts',
            env: { ...env, SANDBOX_CONTROL_URL: controlUrl, ...options.apiEnv },
          }),
          supervisor.start({
            name: 'worker',
            script: 'worker/main.ts',
            env: { ...env, ...workerEnv },
            stopWithinMs: 35_000,
            envOnRestart: () => ({ SARRAF_CRASH_AT: '' }),
          }),
        ]),
      () => `at ${env['PUBLIC_URL']}`,
    );
    for (const [index, more] of moreWorkers.entries()) {
      await supervisor.start({
        name: `worker-${index + 2}`,
        script: 'worker/main.ts',
        env: { ...env, ...more },
        stopWithinMs: 35_000,
      });
    }
    const apiUrl = String(env['PUBLIC_URL']);
    await tellWebhookUrls(controlUrl, apiUrl, merchant);
    return {
      apiUrl,
      operatorKey,
      merchant,
      engines,
      sandbox: { controlUrl, providers },
      api,
      worker,
      failed: own?.failed ?? never,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const never = new Promise<never>(() => undefined);

/** The environment of api and worker: ours, with the addresses and secrets of this run. */
async function serviceEnvironment(
  config: Config,
  { database, temporal }: StackOptions['engines'] & object,
): Promise<NodeJS.ProcessEnv> {
  const port = await choosePort(config.api.port, 'the API', 'API_PORT');
  const publicUrl = process.env['PUBLIC_URL'] ?? `http://${config.api.host}:${port}`;
  return {
    ...process.env,
    ...(await ensureSecrets(config)),
    SARRAF_DATA_DIR: config.dataDir,
    LOG_LEVEL: config.log.level,
    DATABASE_URL: database.url,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_NAMESPACE: temporal.namespace,
    TEMPORAL_TASK_QUEUE: config.temporal.taskQueue,
    ...(temporal.uiUrl ? { TEMPORAL_UI_URL: temporal.uiUrl } : {}),
    API_HOST: config.api.host,
    API_PORT: String(port),
    PUBLIC_URL: publicUrl,
    // Any free port, unless one was chosen.
    API_METRICS_PORT: String(config.metrics.apiPort ?? 0),
    WORKER_METRICS_PORT: String(config.metrics.workerPort ?? 0),
    // The simulators are on this machine.
    PROVIDER_ADDRESSES: process.env['PROVIDER_ADDRESSES'] ?? 'loopback',
    OPERATIONS_ACCESS: process.env['OPERATIONS_ACCESS'] ?? operationsAccess(config, publicUrl),
  };
}

/** The same at each start, because it follows from a secret that is kept; what the environment says of operators comes first. */
function operatorKeyFor({ API_KEY_PEPPER: pepper = '' }: NodeJS.ProcessEnv): string {
  return operatorKeyOf(createHmac('sha256', pepper).update('the operator of npm start').digest());
}

/** Nobody has to sign in among play money on a machine of their own. */
function operationsAccess({ environment, api }: Config, publicUrl: string): string {
  const isHere = isLoopback(api.host) && isLoopback(new URL(publicUrl).hostname);
  return isHere && environment !== 'production' ? 'open' : 'sign_in';
}

function sandboxEnvironment({ ports, sandboxSeed }: Config): NodeJS.ProcessEnv {
  const simulators = Object.entries(ports.simulators).map(([name, port]) => [
    `SANDBOX_${name.toUpperCase()}_PORT`,
    String(port),
  ]);
  return {
    ...process.env,
    SANDBOX_CONTROL_PORT: String(ports.sandboxControl ?? 0),
    SANDBOX_SEED: String(sandboxSeed),
    ...Object.fromEntries(simulators),
  };
}

/** A simulator that comes back listens where it did before, because provider accounts carry its address. */
function samePorts(ready: Readonly<Record<string, unknown>>): NodeJS.ProcessEnv {
  const providers = Object.entries(ready['providers'] as Record<string, SimulatorFacts>);
  return {
    SANDBOX_CONTROL_PORT: new URL(String(ready['control_url'])).port,
    ...Object.fromEntries(
      providers.map(([name, { base_url }]) => [`SANDBOX_${name.toUpperCase()}_PORT`, new URL(base_url).port]),
    ),
  };
}

async function demoMerchant(
  env: NodeJS.ProcessEnv,
  simulators: Readonly<Record<string, SimulatorFacts>>,
  knownKey: string | null,
): Promise<DemoMerchant> {
  const { database, secrets } = loadServiceConfig(env);
  const pool = createPool({ url: database.url, size: 1, name: 'sarraf-setup', onError: () => undefined });
  try {
    return await ensureDemoMerchant(
      pool,
      createSealer(secrets.credentialsKeys),
      secrets.apiKeyPepper,
      simulators,
      knownKey,
    );
  } finally {
    await pool.end();
  }
}

/** What a merchant types into each provider's dashboard: where webhooks go. */
async function tellWebhookUrls(
  controlUrl: string,
  apiUrl: string,
  { accounts }: DemoMerchant,
): Promise<void> {
  for (const [provider, account] of Object.entries(accounts)) {
    const response = await fetch(`${controlUrl}/${provider}/webhook_url`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: `${apiUrl}/webhooks/${provider}/${account}` }),
    });
    if (!response.ok)
      throw new Error(`the ${provider} simulator did not take its webhook URL: ${await response.text()}`);
  }
}
