/** The two engines that everything runs on: given by the configuration, or started here. */
import { Connection } from '@temporalio/client';
import { join } from 'node:path';
import pg from 'pg';
import type { Config, TemporalConfig } from '../config/index.ts';
import { temporalConnectionOptions } from '../config/index.ts';
import { messageOf } from '../config/system-error.ts';
import { startPostgres } from './postgres.ts';
import { reportStep } from './report.ts';
import type { Report } from './report.ts';
import { ensureTemporalCli } from './temporal-cli.ts';
import { addSearchAttributes } from './temporal-namespace.ts';
import type { SearchAttributes } from './temporal-namespace.ts';
import { startTemporalServer } from './temporal-server.ts';

export type { Report, Step } from './report.ts';
export { silentReport } from './report.ts';

export interface EngineOptions {
  readonly searchAttributes: SearchAttributes;
  /** Keep workflows and data on disk between starts, under the configuration's data directory. */
  readonly keep: boolean;
  /** Start the Temporal UI too. */
  readonly ui: boolean;
  /** For tests: Postgres does not wait for the disk. */
  readonly throwaway?: boolean;
  /** For benchmarks: Temporal clears its queues every second. */
  readonly forLoad?: boolean;
}

export interface Engines {
  readonly database: { readonly url: string; readonly own: boolean; readonly pid: number | null };
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    readonly uiUrl: string | null;
    readonly own: boolean;
    readonly pid: number | null;
  };
  /** Rejects when an engine of ours ends by itself. */
  readonly failed: Promise<never>;
  /** Stops what is ours, Temporal before Postgres. */
  stop(): Promise<void>;
}

/** One engine: `ended` is null when it is not ours. */
interface Running<T> {
  readonly facts: T;
  readonly ended: Promise<string> | null;
  stop(): Promise<void>;
}

/**
 * Both engines, running and reachable: `DATABASE_URL` and `TEMPORAL_ADDRESS` each replace one. Ports come from
 * `config.ports`, free ones where null. Throws when one cannot be had; then nothing is left running.
 */
export async function startEngines(config: Config, report: Report, options: EngineOptions): Promise<Engines> {
  const [database, temporal] = await Promise.allSettled([
    startDatabase(config, report, options),
    startTemporal(config, report, options),
  ]);
  if (database.status === 'rejected' || temporal.status === 'rejected') {
    const reasons = [database, temporal].flatMap((result) =>
      result.status === 'rejected' ? [result.reason as unknown] : [],
    );
    if (database.status === 'fulfilled') await database.value.stop();
    if (temporal.status === 'fulfilled') await temporal.value.stop();
    throw reasons.length === 1 ? reasons[0] : new AggregateError(reasons, reasons.map(messageOf).join('\n'));
  }
  return together(database.value, temporal.value);
}

function together(database: Running<Engines['database']>, temporal: Running<Engines['temporal']>): Engines {
  let stopping = false;
  const failed = new Promise<never>((_, reject) => {
    for (const { ended } of [database, temporal]) {
      void ended?.then((sentence) => {
        if (!stopping) reject(new Error(sentence));
      });
    }
  });
  // Whoever does not look at it must not die of it.
  failed.catch(() => undefined);
  return {
    database: database.facts,
    temporal: temporal.facts,
    failed,
    async stop() {
      stopping = true;
      await temporal.stop();
      await database.stop();
    },
  };
}

async function startDatabase(
  config: Config,
  report: Report,
  { throwaway }: EngineOptions,
): Promise<Running<Engines['database']>> {
  const { url } = config.database;
  if (url !== null) {
    await reportStep(
      report,
      'Postgres',
      () => postgresVersion(url),
      (version) => `${version} at ${hostOf(url)}, from DATABASE_URL`,
    );
    return { facts: { url, own: false, pid: null }, ended: null, stop: () => Promise.resolve() };
  }
  const server = await reportStep(
    report,
    'Postgres',
    () =>
      startPostgres({
        dataDir: join(config.dataDir, 'postgres'),
        logDir: join(config.dataDir, 'logs'),
        port: config.ports.postgres,
        ...(throwaway === undefined ? {} : { throwaway }),
      }),
    (running) => `embedded, at ${hostOf(running.url)}`,
  );
  const { pid, ended, stop } = server;
  return { facts: { url: server.url, own: true, pid }, ended, stop };
}

async function startTemporal(
  config: Config,
  report: Report,
  options: EngineOptions,
): Promise<Running<Engines['temporal']>> {
  const { address, namespace, uiUrl } = config.temporal;
  if (address !== null) {
    await reportStep(
      report,
      'Temporal',
      () => prepareTemporal({ ...config.temporal, address }, options.searchAttributes),
      (version) => `server ${version} at ${address}, from TEMPORAL_ADDRESS`,
    );
    const facts = { address, namespace, uiUrl, own: false, pid: null };
    return { facts, ended: null, stop: () => Promise.resolve() };
  }
  const cli = await ensureTemporalCli(report);
  const server = await reportStep(
    report,
    'Temporal',
    () =>
      startTemporalServer({
        cli: cli.path,
        port: config.ports.temporal,
        ...(options.ui ? { uiPort: config.ports.temporalUi } : {}),
        ...(options.keep ? { dbFile: join(config.dataDir, 'temporal', 'temporal.db') } : {}),
        namespace,
        searchAttributes: options.searchAttributes,
        ...(options.forLoad ? { forLoad: true } : {}),
        logDir: join(config.dataDir, 'logs'),
      }),
    (running) => `embedded, at ${running.address}`,
  );
  const { pid, ended, stop } = server;
  const facts = { address: server.address, namespace, uiUrl: uiUrl ?? server.uiUrl, own: true, pid };
  return { facts, ended, stop };
}

/** Connects, and returns the server's version. The error carries no password. */
export async function postgresVersion(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ server_version: string }>('show server_version');
    return rows[0]?.server_version.split(' ')[0] ?? 'unknown';
  } catch (error) {
    throw new Error(`the Postgres of DATABASE_URL (${hostOf(url)}) cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Connects, and returns the version of the configured server. The error names the address, and no secret. */
export function temporalVersion(config: TemporalConfig<string>): Promise<string> {
  return withTemporal(config, async (connection) => {
    const { serverVersion } = await connection.workflowService.getSystemInfo({});
    await connection.workflowService.describeNamespace({ namespace: config.namespace });
    return serverVersion || 'of unknown version';
  });
}

/** Adds the search attributes that are missing, and returns the server's version. */
export async function prepareTemporal(
  config: TemporalConfig<string>,
  searchAttributes: SearchAttributes,
): Promise<string> {
  await withTemporal(config, (connection) =>
    addSearchAttributes(connection, config.namespace, searchAttributes),
  );
  return temporalVersion(config);
}

async function withTemporal<T>(
  config: TemporalConfig<string>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  try {
    const options = await temporalConnectionOptions(config);
    const connection = await Connection.connect({ ...options, connectTimeout: '5s' });
    return await work(connection).finally(() => connection.close());
  } catch (error) {
    throw new Error(
      `the Temporal server of TEMPORAL_ADDRESS (${config.address}, namespace ${config.namespace}) cannot be used: ${messageOf(error)}`,
      { cause: error },
    );
  }
}

/** Host and port of a database URL, without user and password. */
export function hostOf(url: string): string {
  return new URL(url).host;
}
