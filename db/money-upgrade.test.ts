/** The migrations that brought the end of authorizations and the accounts of excess and held money, on a record from before them. */
import { readFile } from 'node:fs/promises';
import { audit } from '../audit/index.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { record } from '../domain/reduce.ts';
import type { InvoiceState } from '../domain/state.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { commitEvents } from './commit.ts';
import { listMigrations } from './migrate.ts';

let db: TestRecord;
beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());

/** A payment of 150,000 for an invoice of 100,000 that holds what is too much. */
async function overpaid(
  name: string,
): Promise<{ payment_id: string; add: (...events: InvoiceEvent[]) => Promise<void> }> {
  const invoice = await db.invoice();
  const payment_id = await db.payment(invoice);
  await db.pool.query('update payments set sent_at = now() where id = $1', [payment_id]);
  let state: InvoiceState = { ...invoice, policies: { late: 'accept', excess: 'hold' } };
  await db.pool.query(`update invoices set excess_money = 'hold', state = $2 where id = $1`, [
    invoice.id,
    state,
  ]);
  const add = async (...events: InvoiceEvent[]): Promise<void> => {
    const { state: after, recorded } = record(state, events, Date.now());
    expect((await commitEvents(db.pool, { before: state, after, recorded })).committed).toBe(true);
    state = after;
  };
  const about = { payment_id, source: 'webhook' } as const;
  await add(
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
    { type: 'money.received', ...about, key: `T-${name}`, amount: 150_000, fee: null, paid_at: null },
    {
      type: 'case.opened',
      payment_id,
      case_id: `case_${name}`,
      kind: 'excess_money',
      operation_id: null,
      amount: 50_000,
    },
  );
  return { payment_id, add };
}

/** As the database was before: without the new columns, fields and transactions. */
const BEFORE = `
  drop view invoices_in_scope, payment_operations_in_scope;
  set session_replication_role = replica;
  delete from ledger_entries where transaction_key like 'allocation:%';
  set session_replication_role = origin;
  alter table invoices drop column on_authorization_expiry;
  update invoices set state = (state - 'on_authorization_expiry') || jsonb_build_object('payments', (
    select coalesce(jsonb_agg(p - 'expiring_at' - 'fees'), '[]') from jsonb_array_elements(state->'payments') as p));
`;

it('give old invoices the new fields, and book what is held or on its way back', async () => {
  const held = await overpaid('held');
  const going = await overpaid('going');
  const asks = {
    type: 'operation.requested',
    payment_id: going.payment_id,
    operation_id: 'rfd_going',
    kind: 'refund',
  } as const;
  await going.add(
    { ...asks, amount: 50_000, by: 'Dana' },
    {
      type: 'case.resolved',
      payment_id: going.payment_id,
      case_id: 'case_going',
      decision: 'refund',
      by: 'Dana',
      reason: 'too much',
    },
  );
  await db.invoice();
  expect((await audit(db.pool)).findings.filter(({ count }) => count > 0)).toEqual([]);

  await db.pool.query(BEFORE);
  const files = (await listMigrations()).filter(({ name }) =>
    /_(authorization_expiry|ledger_claims)\.sql$/.test(name),
  );
  expect(files).toHaveLength(2);
  for (const { name } of files) {
    await db.pool.query(await readFile(new URL(`migrations/${name}`, import.meta.url), 'utf8'));
  }

  const { rows } = await db.pool.query<{ payment_id: string; account: string; amount: number }>(
    `select payment_id, account, amount from ledger_entries where transaction_key like 'allocation:%' order by payment_id, line`,
  );
  expect(rows).toEqual([
    { payment_id: held.payment_id, account: 'merchant_payable', amount: 50_000 },
    { payment_id: held.payment_id, account: 'held', amount: -50_000 },
    { payment_id: going.payment_id, account: 'merchant_payable', amount: 50_000 },
    { payment_id: going.payment_id, account: 'customer_excess', amount: -50_000 },
  ]);
  expect((await audit(db.pool)).findings.filter(({ count }) => count > 0)).toEqual([]);
});
