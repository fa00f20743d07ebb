import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { settleDegradations } from './degradations.ts';
import { listIncidents } from './incidents.ts';
import { measureServices } from './service-performance.ts';

let db: TestRecord;
beforeEach(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterEach(() => db.close());

/** So many payments that ended a while ago, and whether a webhook has told of each. */
async function payments(count: number, status: 'paid' | 'failed', heard = true): Promise<void> {
  for (let number = 0; number < count; number += 1) {
    const invoice = await db.invoice();
    const id = await db.payment(invoice);
    await db.pool.query(
      `update payments set status = $2, updated_at = now() - interval '5 minutes' where id = $1`,
      [id, status],
    );
    if (heard) await db.webhook(invoice, id, {});
  }
}
const sweep = async (ahead_ms = 0) => {
  await measureServices(db.pool, Date.now() + ahead_ms);
  const told = await settleDegradations(db.pool, Date.now() + ahead_ms);
  return told.map(({ type }) => type);
};
const incidents = async () => {
  const owner = { merchant_id: db.merchant_id, mode: 'sandbox' } as const;
  const page = { limit: 10, after: null, before: null };
  return (await listIncidents(db.pool, owner, { status: null, account_id: null }, page)).rows;
};

it('opens one incident when far fewer payments succeed than usual, and ends it when they do again', async () => {
  await payments(20, 'paid');
  expect(await sweep()).toEqual([]);
  await payments(30, 'failed');
  const turns = await Promise.all([sweep(), sweep(), sweep()]);
  expect(turns.flat()).toEqual(['provider.degraded']);
  expect(await sweep()).toEqual([]);
  expect(await incidents()).toMatchObject([
    { cause: 'low_success_rate', detail: expect.stringContaining('40 %') as string, recovered_at: null },
  ]);
  await db.pool.query(`update payments set status = 'canceled' where status = 'failed'`);
  expect(await sweep()).toEqual(['provider.recovered']);
  expect(await incidents()).toMatchObject([{ recovery: 'usual_again' }]);
}, 60_000);

it('opens one when webhooks have stopped, and ends it when nothing is left in the window', async () => {
  await payments(4, 'paid');
  expect(await sweep()).toEqual([]);
  await payments(6, 'paid', false);
  expect(await sweep()).toEqual(['provider.degraded']);
  expect(await incidents()).toMatchObject([{ cause: 'webhooks_missing' }]);
  expect(await sweep(3_601_000)).toEqual(['provider.recovered']);
}, 60_000);

it('misses no webhooks of an account that never had any', async () => {
  await payments(8, 'paid', false);
  expect(await sweep()).toEqual([]);
}, 60_000);

it('takes an hour of trouble for no new usual', async () => {
  await payments(20, 'paid');
  await sweep();
  await payments(60, 'failed');
  for (let time = 0; time < 5; time += 1) await sweep();
  const { rows } = await db.pool.query('select success_rate from provider_usual');
  expect(rows).toEqual([{ success_rate: 1 }]);
}, 60_000);
