/**
 * The process that owns the engines of one test run: starts them, prepares the database that each test file
 * gets a copy of, prints one line of JSON, and stops everything when its input ends.
 */
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loadConfig } from '../../config/index.ts';
import { migrate } from '../../db/migrate.ts';
import { startEngines } from '../../engines/index.ts';
import type { Report } from '../../engines/index.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.ts';

/** Where the tests find what they share. */
export interface TestEngines {
  /** URL of the server's maintenance database, as a user that may create databases. */
  readonly admin_url: string;
  /** The migrated database to copy. */
  readonly template: string;
  readonly temporal_address: string;
  readonly temporal_namespace: string;
}

const MEMORY = '/dev/shm';
const PLENTY_BYTES = 4 * 1024 ** 3;

const report: Report = {
  step: (title) => ({
    progress: () => undefined,
    done: () => undefined,
    failed: () => process.stderr.write(`test engines: ${title} failed\n`),
  }),
};

async function main(): Promise<void> {
  const dataDir = await mkdtemp(join(await scratch(), 'sarraf-test-'));
  const clean = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  const config = { ...loadConfig(process.env), dataDir };
  const engines = await startEngines(config, report, {
    searchAttributes: SEARCH_ATTRIBUTES,
    keep: false,
    ui: false,
    throwaway: true,
  }).catch(async (error: unknown) => {
    await clean();
    throw error;
  });

  const adminUrl = withDatabase(engines.database.url, 'postgres');
  const template = `sarraf_template_${process.pid}_${Date.now()}`;
  const stop = async (): Promise<void> => {
    if (!engines.database.own) await run(adminUrl, `drop database if exists "${template}" with (force)`);
    await engines.stop();
    await clean();
  };
  process.stdin.resume().once('end', () => void stop().then(() => process.exit(0), fail));
  // Ctrl-C is for the test run; when that ends, our input does.
  process.on('SIGINT', () => undefined);

  try {
    await run(adminUrl, `create database "${template}"`);
    await migrate(withDatabase(engines.database.url, template));
  } catch (error) {
    await stop();
    throw error;
  }
  const ready: TestEngines = {
    admin_url: adminUrl,
    template,
    temporal_address: engines.temporal.address,
    temporal_namespace: engines.temporal.namespace,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

/**
 * A folder that also the user can reach that Postgres runs as when we are root. In memory where there is plenty: each database is a
 * thousand small files, and a disk's file system takes several times as long to make and to forget them.
 */
async function scratch(): Promise<string> {
  const room = await statfs(MEMORY).catch(() => null);
  return room && Math.min(room.bavail * room.bsize, freemem()) > PLENTY_BYTES ? MEMORY : tmpdir();
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

function fail(error: unknown): never {
  process.stderr.write(
    `test engines: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
}

main().catch(fail);
