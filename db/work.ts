/** What the worker reads before it acts. One statement each: a workflow task waits for every round trip. */
import type pg from 'pg';
import type { InvoiceState } from '../domain/state.ts';
import { RESTS_MS } from './provider-rests.ts';
import type { WebhookEnd } from './commit.ts';

/** A provider account as stored; `credentials` is sealed. `revision` tells whether a cached copy is current. */
export interface AccountRow {
  readonly id: string;
  readonly provider: string;
  readonly base_url: string;
  readonly credentials: Buffer;
  readonly revision: number;
  /** What an operator has decided about the circuit breaker. */
  readonly breaker_forced: 'open' | 'closed' | null;
  /** Calls under way at once, in all workers; null: the provider's default. */
  readonly max_concurrent: number | null;
  /** Calls a second of all workers; null: the provider's default. */
  readonly max_per_second: number | null;
  /** For how long its provider wants no call, milliseconds; 0: it takes calls. */
  readonly rests_ms: number;
}

/** What the merchant asked for, as the API stored it. Personal data: never into histories or logs. */
export interface PaymentRequestRow {
  readonly description: string | null;
  readonly customer: { readonly name?: string; readonly email?: string; readonly phone?: string };
  readonly items: readonly {
    readonly name: string;
    readonly quantity: number;
    readonly unit_amount: number;
  }[];
  /** Our page for the customer who comes back. Rows that are older than this page have none. */
  readonly return_url?: string;
}

export interface ClaimedPayment {
  /** True for exactly one caller: it may send. Everybody else has to look the payment up first. */
  readonly first: boolean;
  readonly state: InvoiceState;
  readonly account: AccountRow;
  readonly payment: {
    readonly id: string;
    readonly method: string;
    readonly amount: number;
    readonly request: PaymentRequestRow;
    /** When the one caller was let through, RFC 3339. */
    readonly sent_at: string;
  };
}

const ACCOUNT = `json_build_object('id', a.id, 'provider', a.provider, 'base_url', a.base_url,
  'credentials', encode(a.credentials, 'base64'), 'revision', a.revision,
  'breaker_forced', a.breaker_forced, 'max_concurrent', a.max_concurrent, 'max_per_second', a.max_per_second,
  'rests_ms', ${RESTS_MS}) as account`;

type AccountJson = Omit<AccountRow, 'credentials'> & { readonly credentials: string };

const accountFrom = (json: AccountJson): AccountRow => ({
  ...json,
  credentials: Buffer.from(json.credentials, 'base64'),
});

/** The state of an invoice, or null when there is none. */
export async function loadInvoice(pool: pg.Pool, invoiceId: string): Promise<InvoiceState | null> {
  const { rows } = await pool.query<{ state: InvoiceState }>({
    name: 'load_invoice',
    text: 'select state from invoices where id = $1',
    values: [invoiceId],
  });
  return rows[0]?.state ?? null;
}

/**
 * Lets one caller send this payment to its provider and reads what it needs. The mark is set before the first
 * byte goes out, so whoever comes later knows that the call may have happened. Null when there is no such payment.
 */
export async function claimPayment(pool: pg.Pool, paymentId: string): Promise<ClaimedPayment | null> {
  const { rows } = await pool.query<
    Omit<ClaimedPayment, 'account' | 'payment'> & { account: AccountJson; payment: ClaimedPayment['payment'] }
  >({
    name: 'claim_payment',
    text: `
      with claimed as (
        update payments set sent_at = now() where id = $1 and sent_at is null returning sent_at
      )
      select (select count(*) from claimed) = 1 as first, i.state, ${ACCOUNT},
        json_build_object('id', p.id, 'method', p.method, 'amount', p.amount, 'request', p.request,
          'sent_at', coalesce(p.sent_at, (select sent_at from claimed))) as payment
      from payments p join invoices i on i.id = p.invoice_id join provider_accounts a on a.id = p.account_id
      where p.id = $1`,
    values: [paymentId],
  });
  const [row] = rows;
  return row ? { ...row, account: accountFrom(row.account) } : null;
}

/** A provider account, or null. */
export async function loadAccount(pool: pg.Pool, accountId: string): Promise<AccountRow | null> {
  const { rows } = await pool.query<{ account: AccountJson }>({
    name: 'load_account',
    text: `select ${ACCOUNT} from provider_accounts a where a.id = $1`,
    values: [accountId],
  });
  return rows[0] ? accountFrom(rows[0].account) : null;
}

/** Why a refund was asked for, in the merchant's words. Kept out of events and histories. */
export async function loadReason(pool: pg.Pool, operationId: string): Promise<string | null> {
  const { rows } = await pool.query<{ reason: string | null }>({
    name: 'load_reason',
    text: 'select reason from payment_operations where id = $1',
    values: [operationId],
  });
  return rows[0]?.reason ?? null;
}

export interface WaitingWebhook {
  readonly id: string;
  readonly state: WebhookEnd['state'] | 'received';
  readonly body: Buffer;
  readonly provider: string;
  readonly account_id: string;
  /** The payment it was matched with when it came in. */
  readonly payment_id: string | null;
  readonly invoice: InvoiceState;
}

/** A webhook row with the invoice it is to be applied to. Null when either is missing. */
export async function loadWebhook(
  pool: pg.Pool,
  webhookId: string,
  invoiceId: string,
): Promise<WaitingWebhook | null> {
  const { rows } = await pool.query<WaitingWebhook>({
    name: 'load_webhook',
    text: `
      select w.id, w.state, w.body, a.provider, w.account_id, w.payment_id, i.state as invoice
      from webhook_events w join provider_accounts a on a.id = w.account_id, invoices i
      where w.id = $1 and i.id = $2`,
    values: [webhookId, invoiceId],
  });
  return rows[0] ?? null;
}

/** Ends webhooks that brought nothing new. A row that has ended stays as it is. */
export async function endWebhooks(
  pool: pg.Pool,
  invoiceId: string,
  ends: readonly WebhookEnd[],
): Promise<void> {
  if (ends.length === 0) return;
  await pool.query({
    name: 'end_webhooks',
    text: `
      update webhook_events w
      set state = e.state, reason = e.reason, processed_at = now(), invoice_id = $1, payment_id = e.payment_id
      from jsonb_to_recordset($2) as e (id text, state text, reason text, payment_id text)
      where w.id = e.id and w.state = 'received'`,
    values: [invoiceId, JSON.stringify(ends)],
  });
}
