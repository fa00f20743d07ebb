import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENGINES_TIMEOUT_MS, freshDatabase, type FreshDatabase } from '../test/setup/engines.ts';
import { listMigrations, migrate, pendingMigrations } from './migrate.ts';
import { createPool } from './pool.ts';

let database: FreshDatabase;
let directory: string;

beforeEach(async () => {
  database = await freshDatabase();
  directory = `${await mkdtemp(join(tmpdir(), 'migrations-'))}/`;
}, ENGINES_TIMEOUT_MS);
afterEach(async () => {
  await database.drop();
  await rm(directory, { recursive: true });
});

const wipe = async (): Promise<void> => {
  const pool = createPool({ url: database.url, size: 1, name: 'test', onError: () => undefined });
  await pool.query('drop schema public cascade; create schema public');
  await pool.end();
};

describe('migrate', () => {
  it('applies every file once, in order', async () => {
    await wipe();
    const names = (await listMigrations()).map(({ name }) => name);
    expect(await migrate(database.url)).toEqual(names);
    expect(await migrate(database.url)).toEqual([]);
  });

  it('gives events from before webhooks the mode of their invoice', async () => {
    await wipe();
    const all = await listMigrations();
    const webhooks = all.findIndex(({ name }) => name.endsWith('_outgoing_webhooks.sql'));
    for (const { name } of all.slice(0, webhooks))
      await copyFile(join(__dirname, 'migrations', name), directory + name);
    await migrate(database.url, directory);
    const pool = createPool({ url: database.url, size: 1, name: 'test', onError: () => undefined });
    await pool.query(`insert into merchants (id, name) values ('mer_1', 'A shop')`);
    for (const mode of ['live', 'sandbox']) {
      await pool.query(
        `insert into invoices (id, merchant_id, mode, currency, amount, due_at, created_at, updated_at, state, version, status)
         values ('inv_' || $1, 'mer_1', $1, 'VND', 1, now(), now(), now(), '{"payments": []}', 0, 'open')`,
        [mode],
      );
      await pool.query(
        `insert into outgoing_events (id, merchant_id, invoice_id, sequence, line, type, data, created_at)
         values ('evt_' || $1, 'mer_1', 'inv_' || $1, 1, 1, 'invoice.paid', '{}', now())`,
        [mode],
      );
    }
    await migrate(database.url);
    const { rows } = await pool.query('select id, mode from outgoing_events order by id');
    await pool.end();
    expect(rows).toEqual([
      { id: 'evt_live', mode: 'live' },
      { id: 'evt_sandbox', mode: 'sandbox' },
    ]);
  });

  it('is safe from several processes at once', async () => {
    await wipe();
    const applied = await Promise.all(Array.from({ length: 5 }, () => migrate(database.url)));
    expect(applied.flat()).toEqual((await listMigrations()).map(({ name }) => name));
  });

  it('leaves nothing of a file that fails, and says which it was', async () => {
    await wipe();
    await writeFile(`${directory}0001_good.sql`, 'create table good (id int)');
    await writeFile(`${directory}0002_bad.sql`, 'create table half (id int); select nonsense');
    await expect(migrate(database.url, directory)).rejects.toThrow(
      /0002_bad\.sql failed: column "nonsense" does not exist/,
    );
    await writeFile(`${directory}0002_bad.sql`, 'create table half (id int)');
    expect(await migrate(database.url, directory)).toEqual(['0002_bad.sql']);
  });

  it('refuses a file that was changed after it had been applied', async () => {
    await wipe();
    await writeFile(`${directory}0001_one.sql`, 'create table one (id int)');
    await migrate(database.url, directory);
    await writeFile(`${directory}0001_one.sql`, 'create table one (id bigint)');
    await expect(migrate(database.url, directory)).rejects.toThrow(/was changed after it had been applied/);
  });

  it('refuses a database that is newer than the code, and numbers with gaps', async () => {
    await expect(migrate(database.url, directory)).rejects.toThrow(/run a newer version/);
    await writeFile(`${directory}0002_two.sql`, 'select 1');
    await expect(listMigrations(directory)).rejects.toThrow(/should have number 1/);
  });

  it('knows how many are pending', async () => {
    const pool = createPool({ url: database.url, size: 1, name: 'test', onError: () => undefined });
    expect(await pendingMigrations(pool)).toBe(0);
    await pool.query('drop schema public cascade; create schema public');
    expect(await pendingMigrations(pool)).toBe((await listMigrations()).length);
    await pool.end();
  });
});
