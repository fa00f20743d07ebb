import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { ENGINES_TIMEOUT_MS, freshDatabase, type FreshDatabase } from '../test/setup/engines.ts';
import { API_ROLE, prepareApiRole } from './api-role.ts';
import { migrate } from './migrate.ts';
import { createScopedPool } from './scoped-pool.ts';

let database: FreshDatabase;
let admin: pg.Client;
const user = `plain_${randomBytes(6).toString('hex')}`;
let url: string;

beforeAll(async () => {
  database = await freshDatabase();
  admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  const password = randomBytes(12).toString('hex');
  await admin.query(`drop schema public cascade; create role ${user} login password '${password}';
    create schema public authorization ${user}`);
  const changed = new URL(database.url);
  changed.username = user;
  changed.password = password;
  url = changed.href;
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await admin.query(`drop owned by ${user}; drop role ${user}`);
  await admin.end();
  await database.drop();
});

const currentUser = async (): Promise<{ name: string; unprotected: number }> => {
  let unprotected = 0;
  const pool = createScopedPool({
    url,
    size: 1,
    name: 'x',
    onError: () => undefined,
    onUnprotected: () => {
      unprotected += 1;
    },
  });
  const { rows } = await pool.query<{ name: string }>('select current_user as name');
  await pool.end();
  return { name: rows[0]!.name, unprotected };
};

it('is said plainly to be missing where the user may not take it on, and everything else is there', async () => {
  const warnings: string[] = [];
  expect(await migrate(url, undefined, (text) => void warnings.push(text))).not.toEqual([]);
  expect(warnings).toEqual([
    expect.stringMatching(/^row-level security does not stand behind the API: .*administrator/),
  ]);
  expect(await currentUser()).toEqual({ name: user, unprotected: 1 });
});

it('is taken on once an administrator has granted it and the migration has run again', async () => {
  await admin.query(`grant ${API_ROLE} to ${user}`);
  const warnings: string[] = [];
  expect(await migrate(url, undefined, (text) => void warnings.push(text))).toEqual([]);
  expect(warnings).toEqual([]);
  expect(await currentUser()).toEqual({ name: API_ROLE, unprotected: 0 });
});

it('gets its rights anew as often as one likes', async () => {
  expect(await prepareApiRole(admin)).toBeNull();
  expect(await prepareApiRole(admin)).toBeNull();
});
