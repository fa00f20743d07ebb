import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { takeTurn } from './provider-turns.ts';

let db: TestRecord;

beforeAll(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
beforeEach(() => db.pool.query('delete from provider_turns'));

it('gives turns one after the other, whoever asks at the same moment', async () => {
  const started = performance.now();
  const waits = await Promise.all(Array.from({ length: 30 }, () => takeTurn(db.pool, db.account_id, 10)));
  const took = performance.now() - started;
  const sorted = waits.map((wait) => wait ?? NaN).sort((a, b) => a - b);
  expect(sorted[0]).toBeLessThan(50);
  // The last turn is 29 tenths of a second after the first; it was asked for while the others were.
  expect(sorted.at(-1)).toBeGreaterThan(2_900 - took - 50);
  expect(sorted.at(-1)).toBeLessThanOrEqual(2_900);
  const { rows } = await db.pool.query<{ ahead_ms: number }>(
    `select extract(epoch from next_at - clock_timestamp())::float8 * 1000 as ahead_ms from provider_turns`,
  );
  expect(rows[0]?.ahead_ms).toBeGreaterThan(3_000 - (performance.now() - started) - 50);
});

it('saves no turns up for later', async () => {
  expect(await takeTurn(db.pool, db.account_id, 1)).toBe(0);
  await db.pool.query(`update provider_turns set next_at = now() - interval '1 hour'`);
  expect(await takeTurn(db.pool, db.account_id, 1)).toBe(0);
  expect(await takeTurn(db.pool, db.account_id, 1)).toBeGreaterThan(900);
});

it('refuses, and takes no turn, when the next one is too far away', async () => {
  await takeTurn(db.pool, db.account_id, 1);
  await db.pool.query(`update provider_turns set next_at = now() + interval '25 seconds'`);
  expect(await takeTurn(db.pool, db.account_id, 1)).toBeNull();
  await db.pool.query(`update provider_turns set next_at = now() + interval '15 seconds'`);
  expect(await takeTurn(db.pool, db.account_id, 1)).toBeGreaterThan(14_000);
});
