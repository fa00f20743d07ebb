/** A Postgres server of our own, on loopback, with its data in a directory that stays. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { EngineFailedError, startEngineProcess, untilReady } from './engine-process.ts';
import { choosePort, LOOPBACK } from './ports.ts';
import { postgresBinaries } from './postgres-binaries.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { commandAs, giveTo, postgresUser, runAs } from './postgres-user.ts';
import type { PostgresUser, RunAs } from './postgres-user.ts';
import { removeStalePid } from './stale-pid.ts';
import { codeOf, messageOf } from '../config/system-error.ts';

const run = promisify(execFile);

/** The major version that the data directory belongs to. */
export const POSTGRES_MAJOR = '18';
const SUPERUSER = 'postgres';
const DATABASE = 'sarraf';
const READY_WITHIN_MS = 60_000;
const PORT_ATTEMPTS = 3;

/** For tests only: a crash of the machine loses data, and nothing waits for the disk. */
const THROWAWAY_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
const SETTINGS = [
  `listen_addresses=${LOOPBACK}`,
  // Only TCP: a socket file would need a directory that every user can write.
  'unix_socket_directories=',
  'max_connections=200',
  'timezone=UTC',
  'log_timezone=UTC',
];

export interface PostgresOptions {
  /** Kept between starts. Holds the cluster and the superuser's password. */
  readonly dataDir: string;
  /** Free when null or 0. */
  readonly port?: number | null;
  /** Directory of `postgres.log`. */
  readonly logDir: string;
  /** For tests: durability off. */
  readonly throwaway?: boolean;
}

export interface Postgres {
  /** URL of the database `sarraf`, with the superuser's password. */
  readonly url: string;
  readonly pid: number;
  /** Resolves when the server has ended, with a sentence about how. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/**
 * Creates the cluster if there is none, starts it and makes sure of the database. Throws `PortTakenError`,
 * `EngineFailedError` with the end of the log, or an error that says what is wrong with the data directory.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const binaries = await postgresBinaries();
  const user = await postgresUser();
  const cluster = join(options.dataDir, 'cluster');
  await mkdir(options.dataDir, { recursive: true });
  const as = await runAs(user, [binaries.postgres, cluster]);

  const password = await ensurePassword(options.dataDir);
  await ensureCluster({ cluster, password, binaries, user, as });
  await removeStalePid({
    path: join(cluster, 'postmaster.pid'),
    engine: 'Postgres',
    data: cluster,
    isEngine: (command) => /(^|\/)postgres(\s|$)/.test(command),
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(options, { cluster, password, binaries, as });
    } catch (error) {
      // Somebody else took the free port between its choice and its use.
      const collided = error instanceof EngineFailedError && error.log.includes('Address already in use');
      if (!collided || options.port || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

interface Prepared {
  readonly cluster: string;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly as: RunAs;
}

async function startOnce(options: PostgresOptions, prepared: Prepared): Promise<Postgres> {
  const { cluster, password, binaries, as } = prepared;
  const port = await choosePort(options.port, 'Postgres', 'POSTGRES_PORT');
  const settings = [...SETTINGS, ...(options.throwaway ? THROWAWAY_SETTINGS : [])];
  const invocation = commandAs(as, binaries.postgres, [
    '-D',
    cluster,
    '-p',
    String(port),
    ...settings.flatMap((setting) => ['-c', setting]),
  ]);
  const about = { name: 'Postgres', logFile: join(options.logDir, 'postgres.log') };
  const engine = await startEngineProcess({
    ...about,
    ...invocation,
    // "Fast shutdown": ends the sessions and checkpoints; SIGTERM would wait for the sessions.
    stopSignal: 'SIGINT',
    stopWithinMs: 20_000,
  });
  const url = `postgres://${SUPERUSER}:${password}@${LOOPBACK}:${port}`;
  await untilReady(engine, about, () => ensureDatabase(`${url}/postgres`), READY_WITHIN_MS);
  return { url: `${url}/${DATABASE}`, pid: engine.pid, ended: engine.ended, stop: engine.stop };
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 5_000 });
  await client.connect();
  try {
    const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await client.query(`create database ${client.escapeIdentifier(DATABASE)}`);
  } finally {
    await client.end();
  }
}

/** The superuser's password: made once, readable by us only. */
async function ensurePassword(dataDir: string): Promise<string> {
  const file = join(dataDir, 'password');
  try {
    await writeFile(file, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  return (await readFile(file, 'utf8')).trim();
}

async function ensureCluster(options: Prepared & { user: PostgresUser | null }): Promise<void> {
  const { cluster } = options;
  const version = await readFile(join(cluster, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version === null) {
    await createCluster(options);
  } else if (version.trim() !== POSTGRES_MAJOR) {
    throw new Error(
      `${cluster} belongs to Postgres ${version.trim()} and this is Postgres ${POSTGRES_MAJOR}: move it away, or use its own Postgres with DATABASE_URL`,
    );
  }
}

/** Under another name first, so that an interrupted creation is never taken for a cluster. */
async function createCluster(options: Prepared & { user: PostgresUser | null }): Promise<void> {
  const { cluster, password, binaries, user, as } = options;
  const draft = `${cluster}.new`;
  const passwordFile = `${cluster}.password`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft);
  await chmod(draft, 0o700);
  await giveTo(user, draft);
  await rm(passwordFile, { force: true });
  await writeFile(passwordFile, password, { mode: 0o600, flag: 'wx' });
  await giveTo(user, passwordFile);
  const { command, args, uid, gid } = commandAs(as, binaries.initdb, [
    `--pgdata=${draft}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // The same sort order on every machine.
    '--no-locale',
    '--no-instructions',
  ]);
  try {
    await run(command, args, { uid, gid });
    await stat(join(draft, 'PG_VERSION'));
    await rename(draft, cluster);
  } catch (error) {
    throw new Error(`Postgres could not create its data directory ${cluster}: ${messageOf(error).trim()}`, {
      cause: error,
    });
  } finally {
    await rm(passwordFile, { force: true });
  }
}
