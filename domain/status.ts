/** Statuses and amounts, derived from the facts: nobody ever sets them. */
import { addAmounts } from './money.ts';
import type { InvoiceState, PaymentState, ReceiptState } from './state.ts';

export const INVOICE_STATUSES = [
  'open',
  'partially_paid',
  'paid',
  'overpaid',
  'expired',
  'canceled',
] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

export const PAYMENT_STATUSES = [
  /** Asked for; the provider has not answered yet. */
  'requested',
  /** The customer can pay. */
  'pending',
  /** Some of the money has come. */
  'partially_paid',
  'paid',
  /** The create call's outcome is not known; it is being looked up. */
  'unknown',
  'failed',
  'expired',
  'canceled',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

/** Sums of one invoice in minor units. */
export interface InvoiceAmounts {
  readonly due: number;
  readonly received: number;
  /** What is still to be paid, never negative. */
  readonly remaining: number;
  /** What came beyond the amount due. */
  readonly excess: number;
  /** The part of `received` that came after its payment or the invoice had ended. */
  readonly late: number;
}

export function receivedBy(payment: PaymentState): number {
  return addAmounts(payment.receipts.map(({ amount }) => amount));
}

export function amountsOf(invoice: InvoiceState): InvoiceAmounts {
  const received = addAmounts(invoice.payments.map(receivedBy));
  return {
    due: invoice.amount,
    received,
    remaining: Math.max(0, invoice.amount - received),
    excess: Math.max(0, received - invoice.amount),
    late: addAmounts(
      invoice.payments.flatMap((payment) =>
        payment.receipts.filter((receipt) => isLate(receipt, payment, invoice)).map(({ amount }) => amount),
      ),
    ),
  };
}

export function invoiceStatus(invoice: InvoiceState): InvoiceStatus {
  const { received, remaining, excess } = amountsOf(invoice);
  if (excess > 0) return 'overpaid';
  if (remaining === 0) return 'paid';
  if (invoice.canceled_at !== null) return 'canceled';
  if (invoice.expired_at !== null) return 'expired';
  return received > 0 ? 'partially_paid' : 'open';
}

export function paymentStatus(payment: PaymentState): PaymentStatus {
  const received = receivedBy(payment);
  if (received > 0) return received >= payment.amount && payment.amount > 0 ? 'paid' : 'partially_paid';
  if (payment.canceled_at !== null) return 'canceled';
  if (payment.expired_at !== null) return 'expired';
  if (payment.failed_at !== null) return 'failed';
  if (payment.created_at !== null) return 'pending';
  return payment.unknown_at !== null ? 'unknown' : 'requested';
}

/** True while the customer may still pay with it, or while it is not known whether he can. */
export function isLive(payment: PaymentState): boolean {
  const ended = payment.canceled_at ?? payment.expired_at ?? payment.failed_at;
  return ended === null && paymentStatus(payment) !== 'paid';
}

/** True while the invoice can take a new payment. */
export function isPayable(invoice: InvoiceState): boolean {
  const status = invoiceStatus(invoice);
  return status === 'open' || status === 'partially_paid';
}

/** True while its workflow has something to wait for. */
export function isInFlight(invoice: InvoiceState): boolean {
  return isPayable(invoice) || invoice.payments.some(isLive);
}

/**
 * Money is late when we learned of it after its payment or its invoice had been closed. The provider was asked
 * right before closing, so what it reports afterwards came afterwards.
 */
export function isLate(receipt: ReceiptState, payment: PaymentState, invoice: InvoiceState): boolean {
  const closings = [
    payment.expired_at,
    payment.canceled_at,
    payment.failed_at,
    invoice.expired_at,
    invoice.canceled_at,
  ];
  return closings.some((closed_at) => closed_at !== null && receipt.at > closed_at);
}
