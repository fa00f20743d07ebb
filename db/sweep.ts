/**
 * What was left behind, for the sweeper: each statement takes the rows that are due and marks them, so that a row
 * which cannot be helped yet comes back after a quarter of its age (an hour at most) and never holds up the others.
 */
import type pg from 'pg';
import type { OperationKind } from '../domain/operations.ts';
import type { InvoiceState } from '../domain/state.ts';

/** A webhook that nobody has told the workflow of is signalled after this long. */
const WEBHOOK_WAITS_S = 20;
/** An invoice whose workflow runs is ended in the second it is due. */
const INVOICE_OVERDUE_S = 60;
/** Longer than a create call with its look-up may take. */
const PAYMENT_UNANSWERED_S = 60;
/** A webhook that matches no payment by then never will. */
const UNMATCHED_AFTER_S = 24 * 3600;
/** What has changed less than this long ago may still be under way, here and in the engine's index. */
const SETTLED_AFTER_S = 300;
/** Older invoices are not compared with the workflow engine: nothing of them has been in flight for long. */
const COMPARED_DAYS = 100;
/** Idempotency keys are kept this long: far longer than anybody goes on repeating a request. */
const KEYS_KEPT_S = 48 * 3600;

/** The invoice that something left behind belongs to. */
export interface SweptInvoice {
  readonly id: string;
  readonly merchant_id: string;
  readonly reference: string | null;
  readonly currency: string;
  readonly amount: number;
}

export interface LeftWebhook {
  readonly id: string;
  readonly invoice: SweptInvoice;
}

export interface UnmatchedWebhook {
  readonly id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly provider_payment_id: string | null;
  readonly body: Buffer;
  /** True: it has waited long enough. */
  readonly is_stale: boolean;
}

export interface OverdueInvoice {
  readonly invoice: SweptInvoice;
  readonly due_at: string;
}

export interface UnansweredPayment {
  readonly id: string;
  readonly account_id: string;
  readonly invoice: SweptInvoice;
}

/** Of an invoice `i`. */
export const SWEPT_INVOICE = `jsonb_build_object('id', i.id, 'merchant_id', i.merchant_id, 'reference', i.reference,
  'currency', i.currency, 'amount', i.amount) as invoice`;

/** True for a row that was never swept, or not for a quarter of the time since `moment`. */
const isTurnOf = (row: string, moment: string): string =>
  `(${row}.swept_at is null or ${row}.swept_at < now() - least((now() - ${moment}) / 4, interval '1 hour'))`;

/** Webhooks that wait although their invoice is known. At most `limit`. */
export async function takeLeftWebhooks(pool: pg.Pool, limit: number): Promise<LeftWebhook[]> {
  const { rows } = await pool.query<LeftWebhook>({
    name: 'take_left_webhooks',
    text: `
      with taken as (
        select id from webhook_events w
        where state = 'received' and invoice_id is not null
          and received_at < now() - make_interval(secs => ${WEBHOOK_WAITS_S}) and ${isTurnOf('w', 'w.received_at')}
        order by coalesce(swept_at, received_at) limit $1
      )
      update webhook_events w set swept_at = now() from taken, invoices i
      where w.id = taken.id and i.id = w.invoice_id
      returning w.id, ${SWEPT_INVOICE}`,
    values: [limit],
  });
  return rows;
}

/** Webhooks that match no payment so far. At most `limit`. */
export async function takeUnmatchedWebhooks(pool: pg.Pool, limit: number): Promise<UnmatchedWebhook[]> {
  const { rows } = await pool.query<UnmatchedWebhook>({
    name: 'take_unmatched_webhooks',
    text: `
      with taken as (
        select id from webhook_events w
        where state = 'received' and invoice_id is null
          and received_at < now() - make_interval(secs => ${WEBHOOK_WAITS_S}) and ${isTurnOf('w', 'w.received_at')}
        order by coalesce(swept_at, received_at) limit $1
      )
      update webhook_events w set swept_at = now() from taken, provider_accounts a
      where w.id = taken.id and a.id = w.account_id
      returning w.id, w.account_id, a.provider, w.provider_payment_id, w.body,
        w.received_at < now() - make_interval(secs => ${UNMATCHED_AFTER_S}) as is_stale`,
    values: [limit],
  });
  return rows;
}

/** Matches a webhook with its account's payment by our payment id or by the provider's. Null: there is none. */
export async function matchWebhook(
  pool: pg.Pool,
  webhookId: string,
  { reference, provider_payment_id }: { reference: string | null; provider_payment_id: string | null },
): Promise<SweptInvoice | null> {
  const { rows } = await pool.query<{ invoice: SweptInvoice }>({
    name: 'match_webhook',
    text: `
      update webhook_events w set invoice_id = p.invoice_id, payment_id = p.id
      from payments p join invoices i on i.id = p.invoice_id
      where w.id = $1 and w.state = 'received' and p.id = (
        select id from (
          select q.id, 1 as rank from payments q, webhook_events v where v.id = $1 and q.id = $2 and q.account_id = v.account_id
          union all
          select q.id, 2 from payments q, webhook_events v
          where v.id = $1 and q.account_id = v.account_id and q.provider_payment_id = $3
        ) found order by rank limit 1
      )
      returning ${SWEPT_INVOICE}`,
    values: [webhookId, reference, provider_payment_id],
  });
  return rows[0]?.invoice ?? null;
}

/** Ends a webhook that can never be applied. One that has ended, or was matched meanwhile, stays as it is. */
export async function giveUpWebhook(pool: pg.Pool, webhookId: string, reason: string): Promise<void> {
  await pool.query({
    name: 'give_up_webhook',
    text: `update webhook_events set state = 'dead', reason = $2, processed_at = now()
           where id = $1 and state = 'received' and invoice_id is null`,
    values: [webhookId, reason],
  });
}

/** Invoices that can still be paid although their due time has passed. At most `limit`. */
export async function takeOverdueInvoices(pool: pg.Pool, limit: number): Promise<OverdueInvoice[]> {
  const { rows } = await pool.query<OverdueInvoice>({
    name: 'take_overdue_invoices',
    text: `
      with taken as (
        select id from invoices i
        where status in ('open', 'partially_paid') and due_at < now() - make_interval(secs => ${INVOICE_OVERDUE_S})
          and ${isTurnOf('i', 'i.due_at')}
        order by coalesce(swept_at, due_at) limit $1
      )
      update invoices i set swept_at = now() from taken where i.id = taken.id
      returning i.due_at, ${SWEPT_INVOICE}`,
    values: [limit],
  });
  return rows;
}

/** A capture, void or refund that was asked for and never decided on. */
export interface UndecidedOperation {
  readonly id: string;
  readonly kind: OperationKind;
  readonly payment_id: string;
  readonly account_id: string;
  readonly amount: number | null;
  readonly manual: boolean;
  readonly requested_by: string;
  readonly invoice: SweptInvoice;
}

/** Captures, voids and refunds that no workflow has heard of: the API died in between. At most `limit`. */
export async function takeUndecidedOperations(pool: pg.Pool, limit: number): Promise<UndecidedOperation[]> {
  const { rows } = await pool.query<UndecidedOperation>({
    name: 'take_undecided_operations',
    text: `
      with taken as (
        select id from payment_operations o
        where status = 'requested' and created_at < now() - make_interval(secs => ${PAYMENT_UNANSWERED_S})
          and ${isTurnOf('o', 'o.created_at')}
        order by coalesce(swept_at, created_at) limit $1
      )
      update payment_operations o set swept_at = now() from taken, payments p, invoices i
      where o.id = taken.id and p.id = o.payment_id and i.id = o.invoice_id
      returning o.id, o.kind, o.payment_id, p.account_id, o.amount, o.manual, o.requested_by, ${SWEPT_INVOICE}`,
    values: [limit],
  });
  return rows;
}

/**
 * Payments of which nothing was recorded since they were asked for, or handed to their provider: the API or a worker died in
 * between. At most `limit`.
 */
export async function takeUnansweredPayments(pool: pg.Pool, limit: number): Promise<UnansweredPayment[]> {
  const { rows } = await pool.query<UnansweredPayment>({
    name: 'take_unanswered_payments',
    text: `
      with taken as (
        select id from payments p
        where status = 'requested' and created_at < now() - make_interval(secs => ${PAYMENT_UNANSWERED_S})
          and coalesce(sent_at, created_at) < now() - make_interval(secs => ${PAYMENT_UNANSWERED_S})
          and ${isTurnOf('p', 'coalesce(p.sent_at, p.created_at)')}
        order by coalesce(swept_at, sent_at, created_at) limit $1
      )
      update payments p set swept_at = now() from taken, invoices i
      where p.id = taken.id and i.id = p.invoice_id
      returning p.id, p.account_id, ${SWEPT_INVOICE}`,
    values: [limit],
  });
  return rows;
}

/** An invoice as the record has it, to be compared with its workflow. */
export interface InvoiceStanding {
  readonly invoice: SweptInvoice;
  readonly state: InvoiceState;
  /** A webhook waits to be applied. */
  readonly is_waiting: boolean;
  /** Nothing of it has changed lately. */
  readonly is_settled: boolean;
}

/** Invoices of the last months that were made before the one of this id, the newest first; null: from the newest on. */
export async function readInvoicePage(
  pool: pg.Pool,
  before: string | null,
  limit: number,
): Promise<InvoiceStanding[]> {
  const { rows } = await pool.query<InvoiceStanding>({
    name: 'read_invoice_page',
    text: `
      select ${SWEPT_INVOICE}, i.state,
        exists (select from webhook_events w where w.invoice_id = i.id and w.state = 'received') as is_waiting,
        i.updated_at < now() - make_interval(secs => ${SETTLED_AFTER_S}) as is_settled
      from invoices i
      where ($1::text is null or i.id < $1) and i.created_at > now() - make_interval(days => ${COMPARED_DAYS})
      order by i.id desc limit $2`,
    values: [before, limit],
  });
  return rows;
}

/** Forgets idempotency keys that nobody repeats any more, at most `limit`; how many. */
export async function deleteOldKeys(pool: pg.Pool, limit: number): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'delete_old_keys',
    text: `
      delete from idempotency_keys where (merchant_id, mode, key) in (
        select merchant_id, mode, key from idempotency_keys
        where claimed_at < now() - make_interval(secs => ${KEYS_KEPT_S}) order by claimed_at limit $1
      ) and claimed_at < now() - make_interval(secs => ${KEYS_KEPT_S})`,
    values: [limit],
  });
  return rowCount ?? 0;
}

/** Forgets replaced credentials whose overlap has ended, so that nobody can ever decrypt them; of how many sets. */
export async function deleteEndedCredentials(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'delete_ended_credentials',
    text: 'delete from previous_credentials where valid_until < now()',
  });
  return rowCount ?? 0;
}
