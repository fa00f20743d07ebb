/** What must hold over the whole record, whatever has happened: checked at the end of every end-to-end test. */
import type pg from 'pg';
import { reduce } from '../../domain/reduce.ts';
import type { RecordedEvent } from '../../domain/events.ts';
import { receivedBy, refundedBy } from '../../domain/operations.ts';
import { newInvoice, type InvoiceState, type PaymentState } from '../../domain/state.ts';
import { amountsOf, invoiceStatus } from '../../domain/status.ts';
import { eventually } from './eventually.ts';

/** Webhooks of the last test may still be on their way; what is wrong after this long is wrong. */
const SETTLED_WITHIN_MS = 10_000;

/** `violations`, once the webhooks that are being applied have been. */
export async function settledViolations(pool: pg.Pool): Promise<string[]> {
  await eventually(
    'no webhook waits',
    async () => (await pool.query(`select from webhook_events where state = 'received'`)).rowCount,
    (count) => count === 0,
    SETTLED_WITHIN_MS,
  ).catch(() => undefined);
  return violations(pool);
}

interface Row {
  readonly id: string;
  readonly state: InvoiceState;
  readonly status: string;
  readonly amount_received: number;
  readonly amount_authorized: number;
  readonly amount_refunded: number;
  readonly created_at: string;
}

/** Every violation found, in words; empty when all is well. */
export async function violations(pool: pg.Pool): Promise<string[]> {
  const found: string[] = [];
  const { rows: unbalanced } = await pool.query(
    'select transaction_key, currency from ledger_entries group by 1, 2 having sum(amount) <> 0',
  );
  found.push(
    ...unbalanced.map(({ transaction_key }) => `ledger transaction ${transaction_key} does not sum to zero`),
  );

  const { rows: invoices } = await pool.query<Row>(
    'select id, state, status, amount_received, amount_authorized, amount_refunded, created_at from invoices',
  );
  for (const invoice of invoices) found.push(...(await invoiceViolations(pool, invoice)));

  const { rows: doubled } = await pool.query(
    `select account_id, provider_payment_id from payments where provider_payment_id is not null group by 1, 2 having count(*) > 1`,
  );
  found.push(
    ...doubled.map(({ provider_payment_id }) => `two payments have the provider id ${provider_payment_id}`),
  );

  const { rows: stuck } = await pool.query(
    `select id from webhook_events where state = 'received' or (state in ('ignored', 'dead') and reason is null)`,
  );
  found.push(...stuck.map(({ id }) => `webhook ${id} has not ended with a reason`));
  return found;
}

async function invoiceViolations(pool: pg.Pool, invoice: Row): Promise<string[]> {
  const found: string[] = [];
  const { state, id } = invoice;
  if (invoiceStatus(state) !== invoice.status)
    found.push(`${id}: status ${invoice.status}, by its state ${invoiceStatus(state)}`);
  const { received, refunded, authorized } = amountsOf(state);
  if (received !== invoice.amount_received) found.push(`${id}: amount_received is not what its state says`);
  if (refunded !== invoice.amount_refunded || authorized !== invoice.amount_authorized)
    found.push(`${id}: amount_refunded or amount_authorized is not what its state says`);
  found.push(...state.payments.flatMap(limitViolations));

  const { rows: events } = await pool.query<{ type: string; data: object; at: string }>(
    'select type, data, at from invoice_events where invoice_id = $1 order by sequence',
    [id],
  );
  const { merchant_id, currency, amount, due_at, capture_method, policies } = state;
  const { created_at } = invoice;
  const start = newInvoice({
    id,
    merchant_id,
    currency,
    amount,
    due_at,
    capture_method,
    policies,
    created_at,
  });
  const folded = events.reduce(
    (current, { type, data, at }) => reduce(current, { type, at, ...data } as RecordedEvent),
    start,
  );
  if (JSON.stringify(sorted(folded)) !== JSON.stringify(sorted(state)))
    found.push(`${id}: its state is not the fold of its events`);

  const { rows: ledger } = await pool.query<{ kept: number }>(
    `select coalesce(-sum(amount), 0)::bigint as kept from ledger_entries where invoice_id = $1 and account = 'merchant_payable'`,
    [id],
  );
  if (ledger[0]?.kept !== received - refunded)
    found.push(
      `${id}: the ledger has ${ledger[0]?.kept} for the merchant, the invoice ${received - refunded}`,
    );
  return found;
}

/** Nothing is captured beyond what was authorized, nothing goes back beyond what came. */
function limitViolations(payment: PaymentState): string[] {
  const { id, authorized_at, authorized } = payment;
  const [received, refunded] = [receivedBy(payment), refundedBy(payment)];
  return [
    ...(refunded > received ? [`${id}: ${refunded} refunded of ${received}`] : []),
    ...(authorized_at !== null && received > authorized
      ? [`${id}: ${received} captured of ${authorized}`]
      : []),
  ];
}

/** Objects with their keys in order: jsonb does not keep the order they were written in. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
