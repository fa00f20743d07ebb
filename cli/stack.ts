/**
 * All of Sarraf on one machine: the engines, the simulators, the API and a worker, each a process of its own, and a
 * demo merchant linked to every simulator. What `npm start`, the demo, the benchmark and the end-to-end tests stand on.
 */
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { loadServiceConfig, type Config } from '../config/index.ts';
import { messageOf } from '../config/system-error.ts';
import { migrate } from '../db/migrate.ts';
import { createPool } from '../db/pool.ts';
import { createSealer } from '../db/sealed.ts';
import { startEngines, type Engines, type Report } from '../engines/index.ts';
import { reportStep } from '../engines/report.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.ts';
import { ensureDemoMerchant, type DemoMerchant } from './demo-merchant.ts';
import { hashOperatorKey } from './operator-key.ts';
import { operatorKeyFor, samePorts, sandboxEnvironment, serviceEnvironment } from './stack-environment.ts';
import { processFiles } from './process-files.ts';
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
  /** For benchmarks: Temporal clears its queues every second. */
  readonly forLoad?: boolean;
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
  await ensureDataDirectory(config.dataDir);
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
    const files = await processFiles();
    const sandbox = await reportStep(
      report,
      'provider simulators',
      async () =>
        supervisor.start({
          name: 'sandbox',
          script: files.sandbox,
          env: await sandboxEnvironment(config),
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
            script: files.api,
            env: { ...env, SANDBOX_CONTROL_URL: controlUrl, ...options.apiEnv },
          }),
          supervisor.start({
            name: 'worker',
            script: files.worker,
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
        script: files.worker,
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

/** Before several parts fail on it side by side. */
async function ensureDataDirectory(dataDir: string): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true });
    await access(dataDir, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Error(
      `the data directory ${dataDir} cannot be written (${messageOf(error)}): choose another one with SARRAF_DATA_DIR`,
      { cause: error },
    );
  }
}

const never = new Promise<never>(() => undefined);

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
