/** Statuses and amounts, derived from the facts: nobody ever sets them. */
import { addAmounts } from './money.ts';
import { heldBy, openOperations, receivedBy, refundedBy } from './operations.ts';
import type { InvoiceState, PaymentState, ReceiptState } from './state.ts';

export const INVOICE_STATUSES = [
  'open',
  /** What is still owed is authorized, and waits for its capture. */
  'authorized',
  'partially_paid',
  'paid',
  'overpaid',
  /** It was paid, and some or all of it has gone back. */
  'partially_refunded',
  'refunded',
  'expired',
  'canceled',
] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

export const PAYMENT_STATUSES = [
  /** Asked for; the provider has not answered yet. */
  'requested',
  /** The customer can pay. */
  'pending',
  /** The customer has agreed; the money can be captured. */
  'authorized',
  /** Some of the money has come. */
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
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
  /** Authorized and neither captured nor given up. */
  readonly authorized: number;
  readonly refunded: number;
  /** What is still to be paid, never negative. What is authorized is still to be paid until it is captured. */
  readonly remaining: number;
  /** What is kept beyond the amount due. */
  readonly excess: number;
  /** The part of `received` that came after its payment or the invoice had ended. */
  readonly late: number;
}

export function amountsOf(invoice: InvoiceState): InvoiceAmounts {
  const received = addAmounts(invoice.payments.map(receivedBy));
  const refunded = addAmounts(invoice.payments.map(refundedBy));
  const kept = received - refunded;
  return {
    due: invoice.amount,
    received,
    authorized: addAmounts(invoice.payments.map(heldBy)),
    refunded,
    remaining: received >= invoice.amount ? 0 : Math.max(0, invoice.amount - kept),
    excess: Math.max(0, kept - invoice.amount),
    late: addAmounts(
      invoice.payments.flatMap((payment) =>
        payment.receipts.filter((receipt) => isLate(receipt, payment, invoice)).map(({ amount }) => amount),
      ),
    ),
  };
}

/** An invoice that was paid once stays so: what goes back afterwards makes it refunded, never open again. */
export function invoiceStatus(invoice: InvoiceState): InvoiceStatus {
  const { received, refunded, authorized, remaining, excess } = amountsOf(invoice);
  const kept = received - refunded;
  if (excess > 0) return 'overpaid';
  if (received >= invoice.amount) {
    if (kept >= invoice.amount) return 'paid';
    return kept > 0 ? 'partially_refunded' : 'refunded';
  }
  if (invoice.canceled_at !== null) return 'canceled';
  if (invoice.expired_at !== null) return 'expired';
  if (authorized >= remaining) return 'authorized';
  return kept > 0 ? 'partially_paid' : 'open';
}

export function paymentStatus(payment: PaymentState): PaymentStatus {
  const received = receivedBy(payment);
  const refunded = refundedBy(payment);
  if (received > 0) {
    if (refunded > 0) return refunded >= received ? 'refunded' : 'partially_refunded';
    return isComplete(payment) ? 'paid' : 'partially_paid';
  }
  if (payment.canceled_at !== null || payment.voided_at !== null) return 'canceled';
  if (payment.expired_at !== null) return 'expired';
  if (payment.failed_at !== null) return 'failed';
  if (payment.authorized_at !== null) return 'authorized';
  if (payment.created_at !== null) return 'pending';
  return payment.unknown_at !== null ? 'unknown' : 'requested';
}

/** True when all that was asked for has come. */
function isComplete(payment: PaymentState): boolean {
  return payment.amount > 0 && receivedBy(payment) >= payment.amount;
}

/** True while the customer may still pay with it or it may be captured, or while it is not known whether that is so. */
export function isLive(payment: PaymentState): boolean {
  const ended = payment.canceled_at ?? payment.expired_at ?? payment.failed_at ?? payment.voided_at;
  return ended === null && !isComplete(payment);
}

/** True while the invoice can take a new payment. */
export function isPayable(invoice: InvoiceState): boolean {
  const status = invoiceStatus(invoice);
  return status === 'open' || status === 'partially_paid';
}

/** True while its workflow has something to wait for. */
export function isInFlight(invoice: InvoiceState): boolean {
  return (
    isPayable(invoice) ||
    invoice.payments.some((payment) => isLive(payment) || openOperations(payment).length > 0)
  );
}

/**
 * Money is late when we learned of it after its payment or its invoice had been closed. The provider was asked
 * right before closing, so what it reports afterwards came afterwards.
 */
export function isLate(receipt: ReceiptState, payment: PaymentState, invoice: InvoiceState): boolean {
  const closings = [
    payment.expired_at,
    payment.canceled_at,
    payment.voided_at,
    payment.failed_at,
    invoice.expired_at,
    invoice.canceled_at,
  ];
  return closings.some((closed_at) => closed_at !== null && receipt.at > closed_at);
}
