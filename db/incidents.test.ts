import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { affectedPayments, findIncident, listIncidents, settleIncidents } from './incidents.ts';
import { listOutgoingEvents } from './outgoing-events.ts';
import { forceBreaker, removeHealth, upsertHealth, type HealthRow } from './provider-health.ts';

let db: TestRecord;
beforeAll(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
afterEach(async () => {
  await db.pool.query('delete from provider_health; delete from incidents; delete from outgoing_events');
  await db.pool.query('update provider_accounts set breaker_forced = null, revision = 1');
});

const owner = () => ({ merchant_id: db.merchant_id, mode: 'sandbox' }) as const;
const ANY = { type: null, invoice_id: null, payment_id: null, created_gte: null, created_lte: null };
const PAGE = { limit: 10, after: null, before: null };
const say = (worker: string, state: HealthRow['state'], ago_s = 0): Promise<void> =>
  upsertHealth(db.pool, worker, [
    {
      account_id: db.account_id,
      revision: 1,
      state,
      since: new Date(Date.now() - ago_s * 1000).toISOString(),
      failures: state === 'closed' ? 0 : 5,
      cooldown_s: state === 'closed' ? 0 : 30,
    },
  ]);
const incidents = async () =>
  (await listIncidents(db.pool, owner(), { status: null, account_id: null }, PAGE)).rows;
const told = async () => {
  const { rows } = await listOutgoingEvents(db.pool, owner(), ANY, PAGE);
  return rows.toReversed().map(({ type }) => type);
};

it('opens one incident however many workers see it at once, and tells the merchant once', async () => {
  await Promise.all(['a', 'b', 'c'].map((worker) => say(worker, 'open')));
  const turns = await Promise.all(Array.from({ length: 8 }, () => settleIncidents(db.pool)));
  expect(turns.flat()).toMatchObject([{ type: 'provider.degraded', account_id: db.account_id }]);
  expect(await incidents()).toMatchObject([{ failures: 5, recovered_at: null, provider: 'bank' }]);
  const { rows } = await listOutgoingEvents(db.pool, owner(), ANY, PAGE);
  const [incident] = await incidents();
  expect(rows).toMatchObject([
    {
      type: 'provider.degraded',
      mode: 'sandbox',
      invoice_id: null,
      currency: null,
      data: { incident_id: incident?.id, account_id: db.account_id, failures: 5, recovered_at: null },
    },
  ]);
});

it('goes on while any worker has trouble, also while one tries, and ends once when a call was answered', async () => {
  await say('a', 'open', 60);
  await say('b', 'open', 60);
  await settleIncidents(db.pool);
  await say('a', 'half_open');
  await say('b', 'closed');
  expect(await settleIncidents(db.pool)).toEqual([]);
  await say('a', 'closed');
  const turns = await Promise.all(Array.from({ length: 8 }, () => settleIncidents(db.pool)));
  expect(turns.flat()).toMatchObject([{ type: 'provider.recovered' }]);
  expect(await incidents()).toMatchObject([{ recovery: 'answered' }]);
  expect(await told()).toEqual(['provider.degraded', 'provider.recovered']);
});

it('does not end because workers were restarted, but when nobody has heard of it for ten minutes', async () => {
  await say('a', 'open');
  await settleIncidents(db.pool);
  await removeHealth(db.pool, 'a');
  expect(await settleIncidents(db.pool)).toEqual([]);
  await db.pool.query(`update incidents set seen_at = now() - interval '11 minutes'`);
  expect(await settleIncidents(db.pool)).toMatchObject([{ type: 'provider.recovered' }]);
  expect(await incidents()).toMatchObject([{ recovery: 'quiet' }]);
});

it('is another incident when it happens again', async () => {
  for (const state of ['open', 'closed', 'open'] as const) {
    await say('a', state);
    await settleIncidents(db.pool);
  }
  expect(await incidents()).toMatchObject([{ recovered_at: null }, { recovery: 'answered' }]);
  const open = await listIncidents(db.pool, owner(), { status: 'open', account_id: db.account_id }, PAGE);
  expect(open.rows).toHaveLength(1);
  const over = await listIncidents(db.pool, owner(), { status: 'recovered', account_id: null }, PAGE);
  expect(over.rows).toMatchObject([{ recovery: 'answered' }]);
});

it('is not what an operator has decided', async () => {
  await forceBreaker(
    db.pool,
    owner(),
    db.account_id,
    { state: 'open', reason: 'maintenance' },
    { actor: { type: 'api_key', id: 'key_1' }, details: {} },
  );
  expect(await settleIncidents(db.pool)).toEqual([]);
});

it('affects the payments of the account that are open, and shows them to their merchant only', async () => {
  const open = await db.payment(await db.invoice());
  const paid = await db.payment(await db.invoice());
  await db.pool.query(`update payments set status = 'paid' where id = $1`, [paid]);
  await say('a', 'open');
  await settleIncidents(db.pool);
  const [incident] = await incidents();
  const { rows, has_more } = await affectedPayments(db.pool, incident!);
  expect(rows.map(({ id }) => id)).toEqual([open]);
  expect(has_more).toBe(false);
  const stranger = { merchant_id: 'mer_other', mode: 'sandbox' } as const;
  expect(await findIncident(db.pool, stranger, incident!.id)).toBeNull();
  expect(await findIncident(db.pool, { ...owner(), mode: 'live' }, incident!.id)).toBeNull();
  expect(await findIncident(db.pool, owner(), incident!.id)).toMatchObject({ id: incident!.id });
});
