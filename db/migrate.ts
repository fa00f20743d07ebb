/** Runs the numbered SQL files of `migrations/` once each, in order. Safe to run from several processes at once. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { prepareApiRole } from './api-role.ts';

const DIRECTORY = fileURLToPath(new URL('./migrations/', import.meta.url));
/** Any fixed number: the advisory lock that lets one process migrate while the others wait. */
const LOCK = 7_277_223;

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

/** The migrations of this version of the code, in order. Throws when the numbers are not 1, 2, 3 … */
export async function listMigrations(directory = DIRECTORY): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  return Promise.all(
    names.map(async (name, index) => {
      const number = Number(name.slice(0, 4));
      if (number !== index + 1) throw new Error(`migration ${name} should have number ${index + 1}`);
      const sql = await readFile(directory + name, 'utf8');
      return { number, name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/**
 * Brings the database up to this version and returns the names of what was applied. Each file is one transaction.
 * Throws when an applied file was changed afterwards, or when the database is newer than the code. Then gives the role of the
 * API its rights; `warn` is told when that is not allowed.
 */
export async function migrate(
  databaseUrl: string,
  directory = DIRECTORY,
  warn: (text: string) => void = console.warn,
): Promise<string[]> {
  const migrations = await listMigrations(directory);
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'sarraf-migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [LOCK]);
    await client.query(`create table if not exists schema_migrations (
      number integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`);
    const applied = await appliedMigrations(client);
    checkHistory(migrations, applied);
    const pending = migrations.filter(({ number }) => !applied.has(number));
    for (const migration of pending) await apply(client, migration);
    // The rights are those of this version's tables; other directories are other tables.
    const refused = directory === DIRECTORY ? await prepareApiRole(client) : null;
    if (refused !== null) warn(refused);
    return pending.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** How many migrations the code knows and the database lacks; throws when the database cannot be asked. */
export async function pendingMigrations(pool: pg.Pool): Promise<number> {
  const migrations = await listMigrations();
  const { rows } = await pool.query<{ known: string | null }>(
    `select to_regclass('schema_migrations')::text as known`,
  );
  if (!rows[0]?.known) return migrations.length;
  const applied = await appliedMigrations(pool);
  return migrations.filter(({ number }) => !applied.has(number)).length;
}

async function appliedMigrations(client: pg.Client | pg.Pool): Promise<Map<number, string>> {
  const { rows } = await client.query<{ number: number; checksum: string }>(
    'select number, checksum from schema_migrations',
  );
  return new Map(rows.map(({ number, checksum }) => [number, checksum]));
}

function checkHistory(migrations: Migration[], applied: Map<number, string>): void {
  for (const [number, checksum] of applied) {
    const migration = migrations.find((candidate) => candidate.number === number);
    if (!migration)
      throw new Error(
        `the database has migration ${number}, which this version does not know: run a newer version`,
      );
    if (migration.checksum !== checksum)
      throw new Error(`migration ${migration.name} was changed after it had been applied`);
  }
}

async function apply(client: pg.Client, { number, name, sql, checksum }: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(sql);
    await client.query('insert into schema_migrations (number, name, checksum) values ($1, $2, $3)', [
      number,
      name,
      checksum,
    ]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw new Error(`migration ${name} failed: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
