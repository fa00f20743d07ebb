/** The statement of an invoice's quotes: its payments, with who chose the service and when money came. */
import type pg from 'pg';
import type { PaymentStatus } from '../domain/status.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';

export interface QuoteRow {
  /** The payment's. */
  readonly id: string;
  readonly invoice_id: string;
  readonly provider: string;
  readonly method: string;
  readonly account_id: string;
  readonly provider_payment_id: string | null;
  readonly status: PaymentStatus;
  readonly currency: string;
  /** Minor units, like all amounts. */
  readonly amount: number;
  readonly amount_received: number;
  readonly amount_refunded: number;
  /** The API key, or `customer`; null where it was not kept yet. */
  readonly requested_by: string | null;
  /** True: the merchant's routing rules picked the service. */
  readonly is_routed: boolean;
  /** When the latest money was learnt of, on the invoice's clock; null: none came. */
  readonly received_at: string | null;
  readonly expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

const COLUMNS = `p.id, p.invoice_id, p.provider, p.method, p.account_id, p.provider_payment_id, p.status, p.currency, p.amount,
  p.amount_received, p.amount_refunded, p.requested_by, p.routing is not null as is_routed, p.expires_at, p.created_at, p.updated_at, (
    select max(r->>'at') from jsonb_array_elements(i.state->'payments') s, jsonb_array_elements(s->'receipts') r
    where s->>'id' = p.id) as received_at`;

/** A page of one invoice's quotes, the newest first. */
export function listQuotes(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  invoice_id: string,
  page: Page,
): Promise<Listed<QuoteRow>> {
  return readPage<QuoteRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['p.invoice_id = $', invoice_id],
      ['i.merchant_id = $', merchant_id],
      ['i.mode = $', mode],
    ]);
    return `select ${COLUMNS} from payments p join invoices i on i.id = p.invoice_id where ${matching} ${clauses.page('p.id')}`;
  });
}
