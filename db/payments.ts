/** The API's statements about payments: attempts to collect an invoice with one payment service. */
import type pg from 'pg';
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { CaptureMethod } from '../domain/state.ts';
import type { InvoiceStatus, PaymentStatus } from '../domain/status.ts';
import type { NextAction } from '../providers/contract.ts';
import type { IdempotencyClaim } from './idempotency.ts';
import type { CustomerJson, Owner, ReturnUrlsJson } from './invoices.ts';
import type { AccountInUse } from './merchants.ts';
import { REFUSES_S } from './provider-health.ts';
import type { PaymentRouting } from './routing.ts';
import { OPERATIONS_OF_P, operationFromJson, type OperationJson } from './operations.ts';

export interface PaymentRow {
  readonly id: string;
  readonly invoice_id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly method: string;
  readonly currency: string;
  readonly amount: number;
  readonly description: string | null;
  readonly created_at: string;
  readonly status: PaymentStatus;
  readonly provider_payment_id: string | null;
  readonly expires_at: string | null;
  readonly next_action: NextAction | null;
  readonly failure: ProviderFailure | null;
  readonly amount_received: number;
  readonly amount_authorized: number;
  readonly amount_refunded: number;
  readonly capture_before: string | null;
  /** Captures, voids and refunds, oldest first. */
  readonly operations: readonly OperationJson[];
  /** How its service was picked; null: the merchant named it. */
  readonly routing: PaymentRouting | null;
  readonly updated_at: string;
}

/** A payments row as `to_jsonb` writes it: all its columns, times in Postgres' own spelling. */
export type PaymentJson = Omit<PaymentRow, 'description'> & {
  readonly request: { readonly description: string | null };
};

/** The row that `json` stands for; its times in UTC. */
export function paymentFromJson(json: PaymentJson): PaymentRow {
  return {
    id: json.id,
    invoice_id: json.invoice_id,
    account_id: json.account_id,
    provider: json.provider,
    method: json.method,
    currency: json.currency,
    amount: json.amount,
    description: json.request.description,
    created_at: new Date(json.created_at).toISOString(),
    status: json.status,
    provider_payment_id: json.provider_payment_id,
    expires_at: json.expires_at === null ? null : new Date(json.expires_at).toISOString(),
    next_action: json.next_action,
    failure: json.failure,
    amount_received: json.amount_received,
    amount_authorized: json.amount_authorized,
    amount_refunded: json.amount_refunded,
    capture_before: json.capture_before === null ? null : new Date(json.capture_before).toISOString(),
    operations: json.operations.map(operationFromJson),
    routing: json.routing,
    updated_at: new Date(json.updated_at).toISOString(),
  };
}

/** Of a payment `p`; its operations are as `to_jsonb` writes them. */
export const PAYMENT_COLUMNS = `p.id, p.invoice_id, p.account_id, p.provider, p.method, p.currency, p.amount, p.request->>'description' as description,
  p.created_at, p.status, p.provider_payment_id, p.expires_at, p.next_action, p.failure, p.amount_received,
  p.amount_authorized, p.amount_refunded, p.capture_before, ${OPERATIONS_OF_P},
  p.routing, p.updated_at`;

/** What a new payment has to satisfy; the same rules as in `api/payment-service.ts`, which explains a refusal. */
export interface NewPayment {
  readonly id: string;
  readonly invoice_id: string;
  readonly owner: Owner;
  readonly provider: string;
  readonly method: string;
  /** Null: the merchant's only enabled account at this provider. */
  readonly account_id: string | null;
  /** Minor units; null: what remains. */
  readonly amount: number | null;
  /** Null: the invoice's. */
  readonly description: string | null;
  /** Laid over the invoice's. */
  readonly customer: CustomerJson;
  readonly return_urls: ReturnUrlsJson;
  /** Our page for the customer who comes back from the provider. */
  readonly return_url: string;
  readonly limits: readonly { currency: string; min: number; max: number; step: number }[];
  /** Fields of the customer that must be there. */
  readonly requires: readonly string[];
  /** Characters (code points). */
  readonly description_max: number;
  /** False: the service takes the money at once, so it does not fit an invoice that is captured by hand. */
  readonly authorizes_first: boolean;
  /** Null: the merchant named the service. */
  readonly routing: PaymentRouting | null;
  /** The id of the API key, or `customer` for a choice on the checkout page. */
  readonly requested_by: string;
  /** RFC 3339. */
  readonly created_at: string;
}

/** The invoice as the payment would have seen it. */
export interface PayableInvoice {
  readonly id: string;
  readonly merchant_id: string;
  readonly reference: string | null;
  readonly description: string | null;
  readonly currency: string;
  readonly amount: number;
  readonly amount_received: number;
  readonly amount_authorized: number;
  readonly amount_refunded: number;
  readonly capture_method: CaptureMethod;
  readonly status: InvoiceStatus;
  readonly customer: CustomerJson;
}

export interface InsertPaymentResult {
  /** True: the row is there. */
  readonly made: boolean;
  /** True: all rules are satisfied; when nothing was made all the same, the idempotency key has been used before. */
  readonly allowed: boolean;
  /** Null: there is no such invoice. */
  readonly invoice: PayableInvoice | null;
  /** The merchant's accounts at this provider that could have been meant. */
  readonly accounts: readonly AccountInUse[];
  /** The account that was chosen. */
  readonly account_id: string | null;
}

const INSERT = {
  name: 'insert_payment',
  text: `
    with invoice as materialized (
      select id, merchant_id, reference, description, currency, amount, amount_received, amount_authorized, amount_refunded, status,
        capture_method, customer, items, return_urls
      -- By its id first: before the tables have statistics, any index that begins with the merchant seems as good.
      from (select * from invoices where id = $1 offset 0) i where merchant_id = $2 and mode = $3
    ), accounts as materialized (
      select a.id, a.provider, a.label, a.enabled, ${REFUSES_S} as refuses_s from provider_accounts a
      where a.merchant_id = $2 and a.mode = $3 and a.provider = $4 and ($5::text is null or a.id = $5)
    ), chosen as materialized (
      select r.*, a.id as account_id
      from (
        select i.id as invoice_id, i.currency, o.remaining, coalesce($6::bigint, o.remaining) as amount,
          coalesce($7::text, i.description) as description, i.customer || $8::jsonb as customer, i.items,
          i.return_urls || $9::jsonb as return_urls
        from invoice i, lateral (select i.amount - i.amount_received + i.amount_refunded - i.amount_authorized as remaining) o
        where i.status in ('open', 'partially_paid') and (i.capture_method = 'automatic' or $18)
      ) r, (
        select min(id) as id from accounts where enabled having count(*) = 1 and min(refuses_s) is null
      ) a
      where r.amount between 1 and r.remaining
        and exists (
          select from jsonb_to_recordset($10::jsonb) as l (currency text, min bigint, max bigint, step bigint)
          where l.currency = r.currency and r.amount between l.min and l.max and r.amount % l.step = 0
        )
        and r.customer ?& $11::text[]
        and char_length(coalesce(r.description, '')) <= $12
    ), claim as (
      insert into idempotency_keys as k (merchant_id, mode, key, request_hash, resource_id)
      select $2, $3, $16, $17, $13 from chosen where $16::text is not null
      -- The key of a request that falls back names its latest attempt, and only whoever made the one before may move it on.
      on conflict (merchant_id, mode, key) do update set resource_id = excluded.resource_id, claimed_at = now()
        where k.resource_id = $20::jsonb->>'fallback_of' and k.request_hash = $17 and k.answer_status is null
      returning 1
    ), made as (
      insert into payments (id, invoice_id, merchant_id, account_id, provider, method, currency, amount, request, created_at, status,
        updated_at, routing, requested_by)
      select $13, c.invoice_id, $2, c.account_id, $4, $14, c.currency, c.amount,
        jsonb_build_object('description', c.description, 'customer', c.customer, 'items', c.items, 'return_urls', c.return_urls,
          'return_url', $19::text),
        $15, 'requested', $15, $20, $21
      from chosen c where $16::text is null or exists (select from claim)
      returning 1
    )
    select exists (select from made) as made, exists (select from chosen) as allowed,
      (select to_jsonb(i) - 'items' - 'return_urls' from invoice i) as invoice,
      coalesce((select jsonb_agg(a order by a.id) from accounts a), '[]') as accounts,
      (select account_id from chosen) as account_id`,
};

/**
 * Checks a payment against the invoice as it is now and stores it, with the claim of its idempotency key, in one
 * statement. Whatever is refused leaves nothing behind.
 */
export async function insertPayment(
  pool: pg.Pool,
  payment: NewPayment,
  claim: IdempotencyClaim | null,
): Promise<InsertPaymentResult> {
  const { rows } = await pool.query<InsertPaymentResult>({
    ...INSERT,
    values: [
      payment.invoice_id,
      payment.owner.merchant_id,
      payment.owner.mode,
      payment.provider,
      payment.account_id,
      payment.amount,
      payment.description,
      JSON.stringify(payment.customer),
      JSON.stringify(payment.return_urls),
      JSON.stringify(payment.limits),
      payment.requires,
      payment.description_max,
      payment.id,
      payment.method,
      payment.created_at,
      claim?.key ?? null,
      claim?.request_hash ?? null,
      payment.authorizes_first,
      payment.return_url,
      payment.routing === null ? null : JSON.stringify(payment.routing),
      payment.requested_by,
    ],
  });
  const [row] = rows;
  if (!row) throw new Error('the statement that stores a payment returned no row');
  return row;
}

/** One payment; null when this merchant has none of this id in this mode. */
export async function findPayment(pool: pg.Pool, owner: Owner, id: string): Promise<PaymentRow | null> {
  const { rows } = await pool.query<PaymentRow>({
    name: 'find_payment',
    // No join: while there are few invoices, the planner would take all of this mode and then look for the one.
    text: `select ${PAYMENT_COLUMNS} from payments p
           where p.id = $1 and p.merchant_id = $2 and (select i.mode from invoices i where i.id = p.invoice_id) = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  const [row] = rows;
  return row ? { ...row, operations: row.operations.map(operationFromJson) } : null;
}

/** What a QR code encodes, or a picture of it as a `data:` URL; one of the two is there. */
export interface PaymentQr {
  readonly qr_payload: string | null;
  readonly qr_image: string | null;
  readonly expires_at: string | null;
}

/** A payment by its id alone, for what is shown to whoever knows the id: its QR code. */
export async function findPaymentQr(pool: pg.Pool, id: string): Promise<PaymentQr | null> {
  const { rows } = await pool.query<PaymentQr>({
    name: 'find_payment_qr',
    text: `select next_action->>'qr_payload' as qr_payload, next_action->>'qr_image' as qr_image, expires_at from payments
           where id = $1 and status in ('pending', 'partially_paid')
             and coalesce(next_action->>'qr_payload', next_action->>'qr_image') is not null`,
    values: [id],
  });
  return rows[0] ?? null;
}
