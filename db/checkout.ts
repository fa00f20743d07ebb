/** What the checkout page of an invoice is made from. The page is public, so this reads by the invoice's id alone. */
import type pg from 'pg';
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { CaptureMethod, PaymentState } from '../domain/state.ts';
import type { InvoiceStatus, PaymentStatus } from '../domain/status.ts';
import type { NextAction } from '../providers/contract.ts';
import type { CustomerJson, ItemJson, ReturnUrlsJson } from './invoices.ts';
import type { Mode } from './merchants.ts';

export interface CheckoutPayment {
  readonly id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly method: string;
  /** Minor units. */
  readonly amount: number;
  readonly amount_received: number;
  readonly status: PaymentStatus;
  readonly provider_payment_id: string | null;
  readonly next_action: NextAction | null;
  readonly failure: ProviderFailure | null;
  /** RFC 3339; on the invoice's clock. */
  readonly expires_at: string | null;
  /** RFC 3339; on the wall clock. */
  readonly created_at: string;
  /** What the payment was asked for with. It is compared and never shown. */
  readonly customer: CustomerJson;
}

export interface CheckoutInvoice {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  readonly merchant_name: string;
  /** Whatever the column holds; read with `brandingOf`. */
  readonly branding: unknown;
  readonly reference: string | null;
  readonly description: string | null;
  readonly items: readonly ItemJson[];
  /** To know what a service still has to ask for. It is never shown. */
  readonly customer: CustomerJson;
  readonly return_urls: ReturnUrlsJson;
  readonly currency: string;
  /** Minor units, like all amounts. */
  readonly amount: number;
  readonly amount_received: number;
  readonly amount_authorized: number;
  readonly amount_refunded: number;
  readonly capture_method: CaptureMethod;
  readonly status: InvoiceStatus;
  readonly due_at: string;
  /** Grows with everything that becomes known of the invoice. */
  readonly version: number;
  /** Oldest first. */
  readonly payments: readonly CheckoutPayment[];
  /** The same payments as the invoice's clock has them, and the moments of their receipts. */
  readonly states: readonly PaymentState[];
}

/** One invoice with all that its page shows; null when there is none. */
export async function findCheckout(pool: pg.Pool, invoiceId: string): Promise<CheckoutInvoice | null> {
  const { rows } = await pool.query<CheckoutInvoice>({
    name: 'find_checkout',
    text: `
      select i.id, i.merchant_id, i.mode, m.name as merchant_name, m.branding, i.reference, i.description, i.items, i.customer,
        i.return_urls, i.currency, i.amount, i.amount_received, i.amount_authorized, i.amount_refunded, i.capture_method,
        i.status, i.due_at, i.version, i.state->'payments' as states, coalesce((
          select jsonb_agg(jsonb_build_object('id', p.id, 'account_id', p.account_id, 'provider', p.provider,
            'method', p.method, 'amount', p.amount, 'amount_received', p.amount_received, 'status', p.status,
            'provider_payment_id', p.provider_payment_id, 'next_action', p.next_action, 'failure', p.failure,
            'expires_at', p.expires_at, 'created_at', p.created_at, 'customer', p.request->'customer') order by p.id)
          from payments p where p.invoice_id = i.id), '[]') as payments
      from invoices i join merchants m on m.id = i.merchant_id where i.id = $1`,
    values: [invoiceId],
  });
  return rows[0] ?? null;
}

/** How far these invoices are, in one statement; an id that is not among the answers does not exist. */
export async function findVersions(
  pool: pg.Pool,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await pool.query<{ id: string; version: number }>({
    name: 'find_invoice_versions',
    text: 'select id, version from invoices where id = any($1)',
    values: [invoiceIds],
  });
  return new Map(rows.map(({ id, version }) => [id, version]));
}
