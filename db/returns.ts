/** What is needed when a customer comes back from a provider's page. */
import type pg from 'pg';
import type { InvoiceStatus, PaymentStatus } from '../domain/status.ts';
import type { ReturnUrlsJson } from './invoices.ts';

export interface ReturningPayment {
  readonly id: string;
  readonly status: PaymentStatus;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
  readonly amount_received: number;
  readonly provider_payment_id: string | null;
  /** RFC 3339, like all times. */
  readonly created_at: string;
  readonly updated_at: string;
  /** The provider's page, while the customer can still pay there. */
  readonly pay_url: string | null;
  readonly return_urls: ReturnUrlsJson;
  readonly merchant_name: string;
  readonly invoice: {
    readonly id: string;
    readonly merchant_id: string;
    readonly reference: string | null;
    readonly currency: string;
    readonly amount: number;
    readonly status: InvoiceStatus;
  };
}

/** A payment as its customer may see it; null when there is none. */
export async function findReturningPayment(pool: pg.Pool, id: string): Promise<ReturningPayment | null> {
  const { rows } = await pool.query<ReturningPayment>({
    name: 'find_returning_payment',
    text: `
      select p.id, p.status, p.currency, p.amount, p.amount_received, p.provider_payment_id, p.created_at, p.updated_at,
        case when p.status = 'pending' then p.next_action->>'redirect_url' end as pay_url,
        p.request->'return_urls' as return_urls, m.name as merchant_name,
        jsonb_build_object('id', i.id, 'merchant_id', i.merchant_id, 'reference', i.reference,
          'currency', i.currency, 'amount', i.amount, 'status', i.status) as invoice
      from payments p join invoices i on i.id = p.invoice_id join merchants m on m.id = p.merchant_id
      where p.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}
