/** An invoice with a whole life in a test's database, and ways to damage what is recorded. */
import { commitEvents } from '../../db/commit.ts';
import type { InvoiceEvent } from '../../domain/events.ts';
import { record } from '../../domain/reduce.ts';
import type { InvoiceState } from '../../domain/state.ts';
import type { TestRecord } from './record.ts';

/** An invoice that is authorized, captured in full with a fee, and refunded in part, with a case: one commit each. */
export async function story(db: TestRecord, name: string): Promise<string> {
  const invoice = await db.invoice();
  const payment_id = await db.payment(invoice);
  await db.pool.query('update payments set sent_at = now() where id = $1', [payment_id]);
  let state: InvoiceState = invoice;
  const commit = async (...events: InvoiceEvent[]): Promise<void> => {
    const { state: after, recorded } = record(state, events, Date.now());
    expect(await commitEvents(db.pool, { before: state, after, recorded })).toMatchObject({
      committed: true,
    });
    state = after;
  };
  const [capture, refund] = [`cap_${name}`, `rfd_${name}`];
  const requested = { type: 'operation.requested', payment_id, by: 'key_1' } as const;
  const about = { payment_id, source: 'webhook' } as const;
  await commit(
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
      type: 'payment.created',
      ...about,
      provider_payment_id: `PR-${name}`,
      expires_at: '2030-01-01T00:00:00.000Z',
    },
  );
  await commit({ type: 'payment.authorized', ...about, amount: 100_000, capture_before: null });
  await commit({ ...requested, operation_id: capture, kind: 'capture', amount: 100_000 });
  await commit(
    { type: 'operation.succeeded', payment_id, operation_id: capture, key: `C-${name}` },
    { type: 'money.received', ...about, key: `T-${name}`, amount: 100_000, fee: 3000, paid_at: null },
  );
  await commit({ ...requested, operation_id: refund, kind: 'refund', amount: 40_000 });
  await commit({ type: 'money.refunded', ...about, operation_id: refund, key: `R-${name}`, amount: 40_000 });
  await commit({
    type: 'case.opened',
    payment_id,
    case_id: `case_${name}`,
    kind: 'unknown_payment',
    operation_id: null,
    amount: 100_000,
  });
  // Settled, with a part of the fee that nobody had told: a ledger transaction that no event makes. Booked as it is by a run: at once.
  await db.pool.query(
    `with settled as (
       insert into settlements (id, merchant_id, account_id, payment_id, invoice_id, key, currency, gross, net, fee)
       values ('stl_' || $1, $2, $3, $4, $5, $1, 'VND', 100000, 96000, 500)
     )
     insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at)
     select 'settlement:stl_' || $1, l, a, $2, $3, $5, $4, 'VND', v, now()
     from (values (1, 'bank', 96000), (2, 'provider_fees', 500), (3, 'provider_clearing', -96500)) as t (l, a, v)`,
    [name, db.merchant_id, db.account_id, payment_id, invoice.id],
  );
  return invoice.id;
}

/** Runs statements as nobody may: no trigger and no foreign key holds them up. */
export async function damage(db: TestRecord, ...statements: string[]): Promise<void> {
  const client = await db.pool.connect();
  await client.query('set session_replication_role = replica');
  for (const statement of statements) expect((await client.query(statement)).rowCount).not.toBe(0);
  client.release(true);
}
