import type { InvoiceEvent } from '../domain/events.ts';
import { record } from '../domain/reduce.ts';
import type { InvoiceState } from '../domain/state.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { commitEvents } from './commit.ts';
import { giveUpLatePayment, noteLateRead, takeLatePayments } from './late-payments.ts';

let db: TestRecord;
beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());

async function commit(before: InvoiceState, ...events: InvoiceEvent[]): Promise<InvoiceState> {
  const { state: after, recorded } = record(before, events, Date.now());
  await commitEvents(db.pool, { before, after, recorded });
  return after;
}

/** An invoice with a payment that its provider has. */
async function pending(): Promise<{ state: InvoiceState; payment_id: string }> {
  const invoice = await db.invoice();
  const payment_id = await db.payment(invoice);
  const about = { payment_id, provider: 'finan', method: 'bank_transfer', account_id: db.account_id };
  const state = await commit(
    invoice,
    { type: 'payment.requested', ...about, amount: 100_000, poll_s: [60] },
    {
      type: 'payment.created',
      payment_id,
      provider_payment_id: `P-${payment_id}`,
      expires_at: '2030-01-01T00:00:00.000Z',
      source: 'request',
    },
  );
  return { state, payment_id };
}

const money = (payment_id: string, amount: number): InvoiceEvent => ({
  type: 'money.received',
  payment_id,
  key: `T-${amount}`,
  amount,
  fee: null,
  paid_at: null,
  source: 'poll',
});

/** In how many seconds it is read next, and how often it was. */
const standing = async (id: string): Promise<{ in_s: number | null; reads: number }> => {
  const { rows } = await db.pool.query<{ in_s: number | null; reads: number }>(
    `select round(extract(epoch from late_read_at - now()))::int as in_s, late_reads as reads from payments where id = $1`,
    [id],
  );
  return rows[0] ?? { in_s: null, reads: -1 };
};
const passes = (interval: string) =>
  db.pool.query('update payments set late_read_at = late_read_at - $1::interval', [interval]);

it('a payment that is open, or was paid in time, is never read late', async () => {
  const { state, payment_id } = await pending();
  expect(await standing(payment_id)).toEqual({ in_s: null, reads: 0 });
  await commit(state, money(payment_id, 100_000), { type: 'invoice.expired' });
  expect(await standing(payment_id)).toEqual({ in_s: null, reads: 0 });
});

it('one that has ended without its money is due ten minutes later, whatever is learnt of it meanwhile', async () => {
  const { state, payment_id } = await pending();
  const ended = await commit(state, { type: 'payment.expired', payment_id });
  expect((await standing(payment_id)).in_s).toBeGreaterThan(590);
  await passes('5 minutes');
  await commit(ended, money(payment_id, 40_000));
  expect((await standing(payment_id)).in_s).toBeLessThanOrEqual(300);
  expect(await takeLatePayments(db.pool, 10)).toEqual([]);
  await passes('5 minutes 1 second');
  expect(await takeLatePayments(db.pool, 10)).toMatchObject([
    { id: payment_id, provider: 'finan', late_reads: 0, amount_received: 40_000, invoice: { id: state.id } },
  ]);
  // Taken and not read: a worker died. It comes again, and not at once.
  expect(await takeLatePayments(db.pool, 10)).toEqual([]);
  expect((await standing(payment_id)).in_s).toBeGreaterThan(3_500);
});

it('is read again when it is said, and never again after the last time, whatever comes later', async () => {
  const { state, payment_id } = await pending();
  const ended = await commit(state, { type: 'payment.canceled', payment_id });
  await passes('11 minutes');
  await takeLatePayments(db.pool, 10);
  expect(await noteLateRead(db.pool, payment_id, 3_000)).toBe(0);
  expect(await standing(payment_id)).toEqual({ in_s: 3_000, reads: 1 });
  await noteLateRead(db.pool, payment_id, null);
  expect(await standing(payment_id)).toEqual({ in_s: null, reads: 2 });
  await commit(ended, money(payment_id, 10_000));
  expect(await standing(payment_id)).toEqual({ in_s: null, reads: 2 });
});

it('is left alone from the commit on that has brought all of its money', async () => {
  const { state, payment_id } = await pending();
  const ended = await commit(state, { type: 'payment.expired', payment_id });
  await passes('11 minutes');
  await takeLatePayments(db.pool, 10);
  await commit(ended, money(payment_id, 100_000));
  expect(await noteLateRead(db.pool, payment_id, 3_000)).toBe(100_000);
  expect(await standing(payment_id)).toEqual({ in_s: null, reads: 1 });
});

it('is given up when it could not be read for a week after its money could come', async () => {
  const { state, payment_id } = await pending();
  await commit(state, { type: 'payment.expired', payment_id });
  await giveUpLatePayment(db.pool, payment_id, 86_400);
  expect((await standing(payment_id)).in_s).not.toBeNull();
  await db.pool.query(`update payments set updated_at = now() - interval '9 days' where id = $1`, [
    payment_id,
  ]);
  await giveUpLatePayment(db.pool, payment_id, 86_400);
  expect((await standing(payment_id)).in_s).toBeNull();
});
