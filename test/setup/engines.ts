/**
 * The real engines for tests: started by the first test that asks, shared by all, stopped at the end of the run.
 * Each test file takes a database and a task queue of its own, so files can run side by side.
 */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { TestEngines } from './engine-host.ts';

/** Starting them may take a download; give `beforeAll` this long (milliseconds). */
export const ENGINES_TIMEOUT_MS = 180_000;

let asked: Promise<TestEngines> | undefined;

async function engines(): Promise<TestEngines> {
  asked ??= ask();
  return asked;
}

async function ask(): Promise<TestEngines> {
  const url = process.env.SARRAF_TEST_ENGINES;
  if (!url)
    throw new Error(
      'test/setup/global-setup.mjs did not run: start the tests with jest and its configuration',
    );
  const response = await fetch(url, { signal: AbortSignal.timeout(ENGINES_TIMEOUT_MS) });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as TestEngines;
}

export interface FreshDatabase {
  readonly url: string;
  /** Ends what is still connected and deletes the database. */
  drop(): Promise<void>;
}

/** A migrated, empty database that nobody else uses. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const { admin_url, template } = await engines();
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  // Without a line in the log for each page: nobody will ever recover it.
  await run(admin_url, `create database "${name}" template "${template}" strategy file_copy`);
  const url = new URL(admin_url);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => run(admin_url, `drop database if exists "${name}" with (force)`),
  };
}

/** `host:port` of a Temporal server that has Sarraf's search attributes and can skip time. */
export async function temporalAddress(): Promise<string> {
  return (await engines()).temporal_address;
}

export async function temporalNamespace(): Promise<string> {
  return (await engines()).temporal_namespace;
}

/** A task queue that nobody else uses. */
export function freshTaskQueue(): string {
  return `test-${randomUUID()}`;
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    // Two copies of one template at the same moment: the second is told that it is in use, and waits its turn.
    await client.query('select pg_advisory_lock(7277224)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
