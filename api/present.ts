/** Rows as the API shows them: snake_case, RFC 3339 UTC, minor units with a `display` beside them. */
import type { InvoiceRow } from '../db/invoices.ts';
import type { PaymentRow } from '../db/payments.ts';
import type { NextAction } from '../providers/contract.ts';
import type { InvoiceFacts } from '../temporal/invoices.ts';
import { checkoutUrl, type PageAddresses } from './checkout-token.ts';
import { presentOperations } from './present-operation.ts';
import type { invoice } from './schemas/invoice.ts';
import type { Shown } from './schemas/parts.ts';
import type { payment } from './schemas/payment.ts';
import { shown } from './shown.ts';

/** What a new payment of this invoice may ask for, minor units: what is neither there nor authorized. */
export function payableAmount(
  row: Pick<InvoiceRow, 'amount' | 'amount_received' | 'amount_refunded' | 'amount_authorized'>,
): number {
  return row.amount - row.amount_received + row.amount_refunded - row.amount_authorized;
}

export function presentInvoice(
  row: InvoiceRow,
  payments: readonly PaymentRow[],
  addresses: PageAddresses,
): Shown<typeof invoice> {
  const { currency, amount, amount_received: received, amount_refunded: refunded } = row;
  const kept = received - refunded;
  return {
    object: 'invoice',
    id: row.id,
    mode: row.mode,
    status: row.status,
    ...shown(amount, currency),
    currency,
    amounts: {
      due: shown(amount, currency),
      received: shown(received, currency),
      authorized: shown(row.amount_authorized, currency),
      refunded: shown(refunded, currency),
      remaining: shown(received >= amount ? 0 : Math.max(0, amount - kept), currency),
      excess: shown(Math.max(0, kept - amount), currency),
      late: shown(row.amount_late, currency),
    },
    capture_method: row.capture_method,
    on_authorization_expiry: row.on_authorization_expiry,
    late_money: row.late_money,
    excess_money: row.excess_money,
    reference: row.reference,
    description: row.description,
    customer: row.customer,
    items: row.items,
    metadata: row.metadata,
    return_urls: row.return_urls,
    checkout_url: checkoutUrl(row.id, addresses),
    due_at: row.due_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
    erased_at: row.erased_at,
    payments: payments.map((each) => presentPayment(each, addresses.publicUrl)),
  };
}

export function presentPayment(row: PaymentRow, publicUrl: string): Shown<typeof payment> {
  const { currency } = row;
  return {
    object: 'payment',
    id: row.id,
    invoice: row.invoice_id,
    payment_service: serviceId(row.provider, row.method),
    provider: row.provider,
    method: row.method,
    provider_account: row.account_id,
    provider_payment_id: row.provider_payment_id,
    status: row.status,
    ...shown(row.amount, currency),
    currency,
    received: shown(row.amount_received, currency),
    authorized: shown(row.amount_authorized, currency),
    refunded: shown(row.amount_refunded, currency),
    capture_before: row.capture_before,
    description: row.description,
    next_action:
      isPayable(row) && row.next_action ? presentNextAction(row, row.next_action, publicUrl) : null,
    failure:
      row.failure === null
        ? null
        : { kind: row.failure.kind, code: row.failure.code, message: row.failure.message },
    routing: presentRouting(row.routing),
    expires_at: row.expires_at,
    ...presentOperations(row.operations),
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** What a merchant shows is only worth showing while it can be paid with. */
function isPayable({ status }: PaymentRow): boolean {
  return status === 'pending' || status === 'partially_paid';
}

function presentNextAction({ id, amount, currency }: PaymentRow, action: NextAction, publicUrl: string) {
  const { type, redirect_url, readable_code, deep_links, bank_transfer, phone_hint } = action;
  const qr = presentQr(action, `${publicUrl}/qr/${id}`);
  return {
    type,
    ...(redirect_url === undefined ? {} : { redirect_url }),
    ...(qr === null ? {} : { qr }),
    ...(readable_code === undefined ? {} : { readable_code }),
    ...(deep_links === undefined ? {} : { deep_links }),
    ...(bank_transfer === undefined
      ? {}
      : {
          bank_transfer: {
            bank_name: bank_transfer.bank_name,
            account_name: bank_transfer.account_name,
            account_number: bank_transfer.account_number,
            ...shown(amount, currency),
            remark: bank_transfer.remark,
          },
        }),
    ...(phone_hint === undefined ? {} : { phone_hint }),
  };
}

/** A code we draw, in both formats, or the picture that the provider has drawn. */
function presentQr({ qr_payload, qr_image }: NextAction, image: string) {
  if (qr_payload !== undefined) {
    return { payload: qr_payload, svg_url: `${image}.svg`, png_url: `${image}.png` };
  }
  return qr_image?.startsWith('data:image/png;base64,') ? { png_url: `${image}.png` } : null;
}

/** How the service was picked; what was left to fall back on is nobody's business but ours. */
function presentRouting(routing: PaymentRow['routing']) {
  if (routing === null) return null;
  const { revision, rule: index, rule_name: name, strategy, reason, attempt, fallback_of, skipped } = routing;
  return { revision, rule: { index, name }, strategy, reason, attempt, fallback_of, skipped };
}

/** `finan.bank_transfer` */
export function serviceId(provider: string, method: string): string {
  return `${provider}.${method}`;
}

/** What the workflow engine is told of an invoice. */
export function factsOf(
  row: Pick<InvoiceRow, 'id' | 'merchant_id' | 'reference' | 'currency' | 'amount'>,
): InvoiceFacts {
  const { id, merchant_id, reference, currency, amount } = row;
  return { id, merchant_id, reference, currency, amount, display: shown(amount, currency).display };
}
