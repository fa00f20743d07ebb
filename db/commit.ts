/**
 * The commit: one statement that records what became known about an invoice and all that follows from it.
 * The projection, the events, the payments' rows, the ledger, the merchant's events and the end of the webhooks
 * that brought the news stand or fall together, in one round trip.
 */
import type pg from 'pg';
import { eventKey, type RecordedEvent } from '../domain/events.ts';
import { FIRST_LATE_READ_S, mayBePaidLate } from '../domain/late-money.ts';
import { ledgerTransactions } from '../domain/ledger.ts';
import { outgoingEvents } from '../domain/outgoing.ts';
import { heldBy, movementsOf, receivedBy, refundedBy } from '../domain/operations.ts';
import { reduce } from '../domain/reduce.ts';
import { findPayment, type InvoiceState, type PaymentState } from '../domain/state.ts';
import { amountsOf, invoiceStatus, paymentStatus } from '../domain/status.ts';
import { addressing } from './deliveries.ts';
import { newId } from './ids.ts';

export interface WebhookEnd {
  readonly id: string;
  readonly state: 'processed' | 'ignored' | 'dead';
  /** Why, unless it was simply applied. */
  readonly reason: string | null;
  readonly payment_id: string | null;
}

export interface Commit {
  readonly before: InvoiceState;
  readonly after: InvoiceState;
  /** The events that lead from `before` to `after`; not empty. */
  readonly recorded: readonly RecordedEvent[];
  /** By payment id: what the customer needs to pay. Kept out of the state, and so out of workflow histories. */
  readonly nextActions?: Readonly<Record<string, unknown>>;
  readonly webhooks?: readonly WebhookEnd[];
}

export type CommitResult =
  /**
   * `waiting`: ids of webhooks that came before the payment's provider id was known and can be applied now.
   * `endpoints`: ids of the merchant's endpoints that are to be told.
   */
  | { readonly committed: true; readonly waiting: readonly string[]; readonly endpoints: readonly string[] }
  /** Somebody else recorded something first: read again and decide again. */
  | { readonly committed: false };

/** Rows of captures, voids and refunds; most commits have none and do without. */
const OPERATED = `
  operated as (
    insert into payment_operations (id, kind, payment_id, invoice_id, merchant_id, mode, currency, amount, requested_by, status,
      failure, provider_operation_id, created_at, updated_at)
    select r.id, r.kind, r.payment_id, moved.id, moved.merchant_id, moved.mode, moved.currency, r.amount, r.requested_by, r.status,
      r.failure, r.provider_operation_id, $8, $8
    from moved, jsonb_to_recordset($16) as r (id text, kind text, payment_id text, amount bigint, requested_by text, status text,
      failure jsonb, provider_operation_id text)
    on conflict (id) do update set amount = excluded.amount, status = excluded.status, failure = excluded.failure,
      provider_operation_id = excluded.provider_operation_id, updated_at = excluded.updated_at
  ),`;

/** What people have to decide, which is rarer still. */
const DECIDED = `
  decided as (
    insert into cases (id, kind, merchant_id, mode, invoice_id, payment_id, operation_id, currency, amount, opened_at,
      resolved_at, decision, resolved_by, reason)
    select c.id, c.kind, moved.merchant_id, moved.mode, moved.id, c.payment_id, c.operation_id, moved.currency, c.amount,
      c.opened_at, c.resolved_at, c.decision, c.by, c.reason
    from moved, jsonb_to_recordset($17) as c (id text, kind text, payment_id text, operation_id text, amount bigint,
      opened_at timestamptz, resolved_at timestamptz, decision text, by text, reason text)
    on conflict (id) do update set resolved_at = excluded.resolved_at, decision = excluded.decision,
      resolved_by = excluded.resolved_by, reason = excluded.reason
  ),`;

/**
 * `most`: one payment and one webhook, which most commits have at most. Where there may be more, the planner expects a hundred of each,
 * and while their tables are small it reads them whole for that.
 */
const commitStatement = (operated: string, most: '' | 'limit 1') => `
  with moved as (
    update invoices set state = $3, version = $4, status = $5, amount_received = $6, amount_late = $7, updated_at = $8,
      amount_authorized = $14, amount_refunded = $15
    where id = $1 and version = $2
    returning id, merchant_id, mode, currency
  ),${operated}
  events as (
    insert into invoice_events (invoice_id, sequence, type, event_key, data, at)
    select moved.id, e.sequence, e.type, e.event_key, e.data, e.at
    from moved, jsonb_to_recordset($9) as e (sequence int, type text, event_key text, data jsonb, at timestamptz)
  ), changed as (
    update payments p set status = c.status, provider_payment_id = coalesce(c.provider_payment_id, p.provider_payment_id),
      expires_at = c.expires_at, next_action = coalesce(c.next_action, p.next_action), failure = c.failure,
      amount_received = c.amount_received, amount_authorized = c.amount_authorized, amount_refunded = c.amount_refunded,
      capture_before = c.capture_before, updated_at = $8,
      late_read_at = case when not c.may_be_paid_late then null
        when p.late_reads = 0 then coalesce(p.late_read_at, now() + make_interval(secs => ${FIRST_LATE_READ_S})) else p.late_read_at end
    from moved, (
      select * from jsonb_to_recordset($10) as r (id text, status text, provider_payment_id text, expires_at timestamptz,
        next_action jsonb, failure jsonb, amount_received bigint, amount_authorized bigint, amount_refunded bigint,
        capture_before timestamptz, may_be_paid_late boolean) ${most}
    ) c
    where p.id = c.id and p.invoice_id = moved.id
  ), posted as (
    insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at)
    select l.transaction_key, l.line, l.account, moved.merchant_id, l.account_id, moved.id, l.payment_id, moved.currency, l.amount, l.at
    from moved, jsonb_to_recordset($11) as l (transaction_key text, line int, account text, account_id text, payment_id text,
      amount bigint, at timestamptz)
  ), told as (
    insert into outgoing_events (id, merchant_id, mode, invoice_id, payment_id, sequence, line, type, data, created_at)
    select o.id, moved.merchant_id, moved.mode, moved.id, o.payment_id, $4, o.line, o.type, o.data, $8
    from moved, jsonb_to_recordset($12) as o (id text, payment_id text, line int, type text, data jsonb)
    returning id, merchant_id, mode, invoice_id, type
  ), ${addressing()}, ended as (
    update webhook_events w set state = h.state, reason = h.reason, processed_at = now(), invoice_id = moved.id, payment_id = h.payment_id
    from moved, (
      select * from jsonb_to_recordset($13) as r (id text, state text, reason text, payment_id text) ${most}
    ) h
    where w.id = h.id
  )
  select array(
    select w.id from (select * from jsonb_to_recordset($10) as r (account_id text, provider_payment_id text) ${most}) c
    join webhook_events w on w.account_id = c.account_id and w.provider_payment_id = c.provider_payment_id
    where w.state = 'received' and w.payment_id is null
  ) as waiting, array(select distinct endpoint_id from addressed) as endpoints
  from moved`;

const COMMIT = { name: 'commit', text: commitStatement('', 'limit 1') };
const COMMIT_WITH_MORE = { name: 'commit_with_more', text: commitStatement(OPERATED + DECIDED, '') };

/** Records `commit`, or nothing at all. Running the same commit twice does nothing the second time. */
export async function commitEvents(pool: pg.Pool, commit: Commit): Promise<CommitResult> {
  const { before, after, recorded, webhooks = [] } = commit;
  const amounts = amountsOf(after);
  const payments = paymentRows(commit);
  const operations = operationRows(commit);
  const cases = caseRows(commit);
  const isRare = operations.length + cases.length > 0 || payments.length > 1 || webhooks.length > 1;
  const { rows } = await pool.query<{ waiting: string[]; endpoints: string[] }>({
    ...(isRare ? COMMIT_WITH_MORE : COMMIT),
    values: [
      after.id,
      before.version,
      after,
      after.version,
      invoiceStatus(after),
      amounts.received,
      amounts.late,
      after.last_at,
      JSON.stringify(eventRows(before, recorded)),
      JSON.stringify(payments),
      JSON.stringify(ledgerRows(commit)),
      JSON.stringify(outgoingRows(commit)),
      JSON.stringify(webhooks),
      amounts.authorized,
      amounts.refunded,
      ...(isRare ? [JSON.stringify(operations), JSON.stringify(cases)] : []),
    ],
  });
  const [row] = rows;
  return row ? { committed: true, ...row } : { committed: false };
}

function eventRows(before: InvoiceState, recorded: readonly RecordedEvent[]): unknown[] {
  return recorded.map((event, index) => {
    const { type, at, ...data } = event;
    return { sequence: before.version + index + 1, type, event_key: eventKey(event), data, at };
  });
}

/** The rows of the payments that these events are about. */
function paymentRows({ after, recorded, nextActions }: Commit): unknown[] {
  return touched(after, recorded).map((payment) => ({
    id: payment.id,
    account_id: payment.account_id,
    status: paymentStatus(payment),
    provider_payment_id: payment.provider_payment_id,
    expires_at: payment.expires_at,
    next_action: nextActions?.[payment.id] ?? null,
    failure: payment.failure,
    amount_received: receivedBy(payment),
    amount_authorized: heldBy(payment),
    amount_refunded: refundedBy(payment),
    capture_before: payment.capture_before,
    may_be_paid_late: mayBePaidLate(payment),
  }));
}

/** The payments that these events are about. */
function touched(after: InvoiceState, recorded: readonly RecordedEvent[]): PaymentState[] {
  const ids = new Set(recorded.flatMap((event) => ('payment_id' in event ? [event.payment_id] : [])));
  return after.payments.filter(({ id }) => ids.has(id));
}

/** The rows of the cases that these events are about. */
function caseRows({ after, recorded }: Commit): unknown[] {
  return recorded.flatMap((event) => {
    if (event.type !== 'case.opened' && event.type !== 'case.resolved') return [];
    const reason = event.type === 'case.resolved' ? event.reason : null;
    return after.cases.filter(({ id }) => id === event.case_id).map((one) => ({ ...one, reason }));
  });
}

/** The rows of their captures, voids and refunds, where there is news of any. */
function operationRows({ after, recorded }: Commit): unknown[] {
  const news = recorded.filter((event) => 'operation_id' in event);
  return touched(after, news).flatMap((payment) =>
    movementsOf(payment).map(({ by, ...movement }) => ({
      ...movement,
      payment_id: payment.id,
      requested_by: by,
    })),
  );
}

/** Step by step: what is booked for an event follows from what was known just before it. */
function ledgerRows({ before, after, recorded }: Commit): unknown[] {
  let state = before;
  return recorded.flatMap((event) => {
    const earlier = state;
    state = reduce(earlier, event);
    return ledgerTransactions(earlier, state, event).flatMap(({ key, payment_id, entries }) =>
      entries.map(({ account, amount }, index) => ({
        transaction_key: key,
        line: index + 1,
        account,
        account_id: findPayment(after, payment_id)?.account_id,
        payment_id,
        amount,
        at: event.at,
      })),
    );
  });
}

function outgoingRows({ before, after, recorded }: Commit): unknown[] {
  return outgoingEvents(before, after, recorded).map((event, index) => {
    const { type, payment_id, ...data } = event;
    return { id: newId('evt'), payment_id, line: index + 1, type, data };
  });
}
