import { randomBytes } from 'node:crypto';
import type { InvoiceEvent } from '../domain/events.ts';
import { record } from '../domain/reduce.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { commitEvents } from './commit.ts';
import { nextDelivery, recordAttempt, takeLeftDeliveries, type Attempt } from './deliveries.ts';
import { disableEndpoint } from './endpoint-events.ts';
import { isId, newId } from './ids.ts';
import { deleteEndpoint } from './webhook-endpoints.ts';

let db: TestRecord;
beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
beforeEach(() => db.pool.query('update webhook_endpoints set deleted_at = now() where deleted_at is null'));

const endpoint = async (event_types: readonly string[], mode = 'sandbox'): Promise<string> => {
  const id = newId('whe');
  await db.pool.query(
    `insert into webhook_endpoints (id, merchant_id, mode, url, event_types, api_version, secrets, created_at, updated_at)
     values ($1, $2, $3, 'http://127.0.0.1:1', $4, '2026-11-01', $5, now(), now())`,
    [id, db.merchant_id, mode, event_types, randomBytes(8)],
  );
  return id;
};
/** An invoice that is paid in one commit. */
const paid = async () => {
  const invoice = await db.invoice();
  const payment_id = await db.payment(invoice);
  const events: InvoiceEvent[] = [
    {
      type: 'payment.requested',
      payment_id,
      provider: 'finan',
      method: 'bank_transfer',
      account_id: db.account_id,
      amount: 100_000,
      poll_s: [60],
    },
    {
      type: 'money.received',
      payment_id,
      key: payment_id,
      amount: 100_000,
      fee: null,
      paid_at: null,
      source: 'webhook',
    },
  ];
  const { state: after, recorded } = record(invoice, events, Date.now());
  const commit = { before: invoice, after, recorded };
  return { id: invoice.id, commit, result: await commitEvents(db.pool, commit) };
};
const rowsOf = async (endpointId: string) =>
  (
    await db.pool.query<{ id: string; type: string; status: string; reason: string | null }>(
      `select d.id, e.type, d.status, d.reason from deliveries d join outgoing_events e on e.id = d.event_id
       where d.endpoint_id = $1 order by d.id`,
      [endpointId],
    )
  ).rows;
const attempt = (delivery_id: string, endpoint_id: string, outcome: Attempt['outcome']): Attempt => ({
  delivery_id,
  endpoint_id,
  at: new Date().toISOString(),
  duration_ms: 5,
  url: 'http://127.0.0.1:1',
  status: outcome.status === 'delivered' ? 200 : 500,
  failure: null,
  response_body: '',
  outcome,
  now: new Date().toISOString(),
});

describe('a commit', () => {
  it('addresses its events to the endpoints that want them, and to no others, in the order of the events', async () => {
    const all = await endpoint(['*']);
    const group = await endpoint(['invoice.*', 'refund.*']);
    const one = await endpoint(['payment.paid', 'invoice.paid']);
    const other = await endpoint(['case.*']);
    const live = await endpoint(['*'], 'live');
    const { result } = await paid();
    expect(result).toMatchObject({ committed: true });
    expect('endpoints' in result && [...result.endpoints].sort()).toEqual([all, group, one].sort());
    expect((await rowsOf(all)).map(({ type }) => type)).toEqual([
      'payment.money_received',
      'payment.paid',
      'invoice.paid',
    ]);
    expect((await rowsOf(group)).map(({ type }) => type)).toEqual(['invoice.paid']);
    expect((await rowsOf(one)).map(({ type }) => type)).toEqual(['payment.paid', 'invoice.paid']);
    expect(await rowsOf(other)).toEqual([]);
    expect(await rowsOf(live)).toEqual([]);
    for (const { id } of await rowsOf(all)) expect(isId('dlv', id)).toBe(true);
  });

  it('addresses nothing twice when it is repeated, and nothing to a merchant without endpoints', async () => {
    const { commit, result } = await paid();
    expect(result).toEqual({ committed: true, waiting: [], endpoints: [] });
    const id = await endpoint(['*']);
    expect(await commitEvents(db.pool, commit)).toEqual({ committed: false });
    expect(await rowsOf(id)).toEqual([]);
  });
});

describe('a queue', () => {
  it('gives one delivery after the other, each when the one before has ended', async () => {
    const endpoint_id = await endpoint(['*']);
    const { id: subject } = await paid();
    const seen: string[] = [];
    for (;;) {
      const next = await nextDelivery(db.pool, { endpoint_id, subject });
      if (!next) break;
      seen.push(next.event.type);
      const isFirst = seen.length === 1;
      await recordAttempt(
        db.pool,
        attempt(
          next.id,
          endpoint_id,
          isFirst
            ? { status: 'pending', next_attempt_at: new Date(Date.now() + 60_000).toISOString() }
            : { status: 'delivered' },
        ),
      );
    }
    expect(seen).toEqual([
      'payment.money_received',
      'payment.money_received',
      'payment.paid',
      'invoice.paid',
    ]);
  });

  it('is left behind when its first delivery is overdue, and not while that waits for its time', async () => {
    await db.pool.query(`update deliveries set status = 'delivered', next_attempt_at = null`);
    const endpoint_id = await endpoint(['*']);
    const { id: overdue } = await paid();
    const { id: waiting } = await paid();
    await paid();
    await db.pool.query(
      `update deliveries set next_attempt_at = now() - interval '1 minute' where subject = any($1)`,
      [[overdue, waiting]],
    );
    const first = await nextDelivery(db.pool, { endpoint_id, subject: waiting });
    await db.pool.query(`update deliveries set next_attempt_at = now() + interval '1 hour' where id = $1`, [
      first!.id,
    ]);
    expect(await takeLeftDeliveries(db.pool, 100)).toEqual([{ endpoint_id, subject: overdue }]);
    expect(await takeLeftDeliveries(db.pool, 100)).toEqual([]);
  });
});

it('keeps no answer about an invoice whose personal data was erased', async () => {
  const endpoint_id = await endpoint(['invoice.paid']);
  const { id: subject } = await paid();
  const next = await nextDelivery(db.pool, { endpoint_id, subject });
  await db.pool.query('update invoices set erased_at = now() where id = $1', [subject]);
  const taken = attempt(next!.id, endpoint_id, { status: 'delivered' });
  await recordAttempt(db.pool, { ...taken, response_body: 'thank you, Amal' });
  const { rows } = await db.pool.query(
    'select status, response_body from delivery_attempts where delivery_id = $1',
    [next!.id],
  );
  expect(rows).toEqual([{ status: 200, response_body: null }]);
});

it('disables an endpoint once, gives up what waits for it, and tells the others but not itself', async () => {
  const dead = await endpoint(['*']);
  const watch = await endpoint(['webhook_endpoint.disabled']);
  await paid();
  const { done, queues } = await disableEndpoint(db.pool, dead, { reason: 'gone' });
  expect(done).toBe(true);
  expect(queues).toMatchObject([{ endpoint_id: watch }]);
  expect((await rowsOf(dead)).map(({ status, reason }) => [status, reason])).toEqual(
    Array.from({ length: 3 }, () => ['exhausted', 'endpoint_gone']),
  );
  expect(await disableEndpoint(db.pool, dead, { reason: 'gone' })).toEqual({ done: false, queues: [] });
});

it('deletes an endpoint with its secrets', async () => {
  const id = await endpoint(['*']);
  await paid();
  const owner = { merchant_id: db.merchant_id, mode: 'sandbox' } as const;
  const note = { actor: { type: 'api_key', id: null }, details: {} } as const;
  expect(await deleteEndpoint(db.pool, owner, id, note)).toBe(true);
  expect(await deleteEndpoint(db.pool, owner, id, note)).toBe(false);
  const { rows } = await db.pool.query(
    'select length(secrets) as length from webhook_endpoints where id = $1',
    [id],
  );
  expect(rows).toEqual([{ length: 0 }]);
  expect(new Set((await rowsOf(id)).map(({ reason }) => reason))).toEqual(new Set(['endpoint_deleted']));
});
