/** The API's statements about invoices. Each carries the merchant and the mode: nobody sees another's row. */
import type pg from 'pg';
import type { AuthorizationEnd } from '../domain/authorization.ts';
import type { MoneyPolicy } from '../domain/cases.ts';
import { newInvoice, type CaptureMethod } from '../domain/state.ts';
import type { InvoiceStatus } from '../domain/status.ts';
import type { IdempotencyClaim, StoredAnswer } from './idempotency.ts';
import type { Mode } from './merchants.ts';
import { OPERATIONS_OF_P } from './operations.ts';
import { paymentFromJson, type PaymentJson, type PaymentRow } from './payments.ts';

export interface CustomerJson {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  /** ISO 3166-1, two letters. */
  readonly country?: string;
}

export interface ItemJson {
  readonly name: string;
  readonly quantity: number;
  readonly unit_amount: number;
}

export interface ReturnUrlsJson {
  readonly success?: string;
  readonly failure?: string;
  readonly cancel?: string;
}

export interface InvoiceRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  readonly reference: string | null;
  readonly description: string | null;
  readonly currency: string;
  readonly amount: number;
  readonly capture_method: CaptureMethod;
  readonly on_authorization_expiry: AuthorizationEnd;
  readonly late_money: MoneyPolicy;
  readonly excess_money: MoneyPolicy;
  readonly customer: CustomerJson;
  readonly items: readonly ItemJson[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly return_urls: ReturnUrlsJson;
  /** RFC 3339 UTC, like all times. */
  readonly due_at: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly status: InvoiceStatus;
  readonly amount_received: number;
  readonly amount_authorized: number;
  readonly amount_refunded: number;
  readonly amount_late: number;
  /** When its personal data was erased. */
  readonly erased_at: string | null;
}

export interface Owner {
  readonly merchant_id: string;
  readonly mode: Mode;
}

const COLUMNS = `i.id, i.merchant_id, i.mode, i.reference, i.description, i.currency, i.amount, i.customer, i.items,
  i.metadata, i.return_urls, i.due_at, i.created_at, i.updated_at, i.status, i.capture_method, i.on_authorization_expiry,
  i.late_money, i.excess_money, i.amount_received, i.amount_authorized, i.amount_refunded, i.amount_late, i.erased_at`;

const INSERT = {
  name: 'insert_invoice',
  text: `
    with claim as (
      insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
      select $2, $3, $15, $16, $1, $17, to_jsonb($18::text) where $15::text is not null
      on conflict (merchant_id, mode, key) do nothing
      returning 1
    )
    insert into invoices (id, merchant_id, mode, reference, description, currency, amount, customer, items, metadata,
      return_urls, due_at, created_at, updated_at, state, version, status, capture_method,
      late_money, excess_money, created_by, on_authorization_expiry)
    select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14, 0, 'open', $19, $20, $21, $22, $23
    where $15::text is null or exists (select from claim)`,
};

/**
 * Stores a new invoice in one statement, together with the claim of its idempotency key and the answer that
 * repetitions will get. `createdBy`: the id of the API key. False: the key has been used before and nothing was stored.
 */
export async function insertInvoice(
  pool: pg.Pool,
  row: InvoiceRow,
  createdBy: string,
  idempotency: { readonly claim: IdempotencyClaim; readonly answer: StoredAnswer } | null,
): Promise<boolean> {
  const { id, merchant_id, currency, amount, due_at, capture_method, on_authorization_expiry, created_at } =
    row;
  const policies = { late: row.late_money, excess: row.excess_money };
  const state = newInvoice({
    id,
    merchant_id,
    currency,
    amount,
    due_at,
    capture_method,
    on_authorization_expiry,
    policies,
    created_at,
  });
  const { rowCount } = await pool.query({
    ...INSERT,
    values: [
      id,
      merchant_id,
      row.mode,
      row.reference,
      row.description,
      currency,
      amount,
      JSON.stringify(row.customer),
      JSON.stringify(row.items),
      JSON.stringify(row.metadata),
      JSON.stringify(row.return_urls),
      due_at,
      created_at,
      JSON.stringify(state),
      idempotency?.claim.key ?? null,
      idempotency?.claim.request_hash ?? null,
      idempotency?.answer.status ?? null,
      idempotency?.answer.body ?? null,
      capture_method,
      row.late_money,
      row.excess_money,
      createdBy,
      on_authorization_expiry,
    ],
  });
  return rowCount === 1;
}

/** One invoice without its payments; null when this merchant has none of this id in this mode. */
export async function findInvoice(pool: pg.Pool, owner: Owner, id: string): Promise<InvoiceRow | null> {
  const { rows } = await pool.query<InvoiceRow>({
    name: 'find_invoice',
    text: `select ${COLUMNS} from invoices i where i.id = $1 and i.merchant_id = $2 and i.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

export interface InvoiceWithPayments {
  readonly invoice: InvoiceRow;
  /** Oldest first. */
  readonly payments: readonly PaymentRow[];
}

/** Such an invoice as it is read: the payments as JSON beside the columns. */
export type JoinedInvoice = InvoiceRow & { readonly payments: readonly PaymentJson[] };

/** The columns of a `JoinedInvoice`, of an invoice `i`. */
export const INVOICE_WITH_PAYMENTS = `${COLUMNS}, coalesce((
  select jsonb_agg(q order by q.id) from (select p.*, ${OPERATIONS_OF_P} from payments p where p.invoice_id = i.id) q
), '[]') as payments`;

export function invoiceFromJoined({ payments, ...invoice }: JoinedInvoice): InvoiceWithPayments {
  return { invoice, payments: payments.map(paymentFromJson) };
}

/** One invoice with its payments; null when this merchant has none of this id in this mode. */
export async function findInvoiceWithPayments(
  pool: pg.Pool,
  owner: Owner,
  id: string,
): Promise<InvoiceWithPayments | null> {
  const { rows } = await pool.query<JoinedInvoice>({
    name: 'find_invoice_with_payments',
    text: `select ${INVOICE_WITH_PAYMENTS} from invoices i where i.id = $1 and i.merchant_id = $2 and i.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  const [row] = rows;
  return row ? invoiceFromJoined(row) : null;
}
