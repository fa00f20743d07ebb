/** What Tabby says of a payment, in the terms of the contract. */
import type { Currency } from '../../domain/currency.ts';
import { addAmounts } from '../../domain/money.ts';
import type { PaymentReading, RefundReading } from '../contract.ts';
import { currencyNamed, positiveAmount } from '../decimals.ts';
import type { ProviderRequest } from '../http.ts';
import type { Movement, Payment } from './wire.ts';

/** The reading of `payment`; `request` is the one that it answered, for errors. */
export function readingOf(payment: Payment, request: ProviderRequest): PaymentReading {
  const currency = currencyNamed(payment.currency, request);
  const amount = positiveAmount(payment.amount, currency, request);
  const receipts = payment.captures.map((capture) => ({
    key: capture.id,
    amount: positiveAmount(capture.amount, currency, request),
    paid_at: capture.created_at,
    fee: null,
    reference: capture.reference_id,
  }));
  const captured = addAmounts(receipts.map((receipt) => receipt.amount));
  const status = statusOf(payment.status.toUpperCase(), captured, amount);
  return {
    provider_payment_id: payment.id,
    reference: payment.order?.reference_id ?? null,
    currency,
    status,
    ...(status === 'authorized' ? { authorized: amount } : {}),
    receipts,
    refunds: payment.refunds.map((refund) => refundReadingOf(refund, currency, request)),
    provider_status: payment.status,
    failure:
      status === 'failed' ? { code: 'rejected', message: 'Tabby did not approve this purchase' } : null,
    next_action: null,
    // `expires_at` of Tabby is not the end of the checkout: its examples have it a year later.
    expires_at: null,
  };
}

/** There is no status for "captured" or "refunded": what is closed is told by its captures. */
function statusOf(word: string, captured: number, amount: number): PaymentReading['status'] {
  switch (word) {
    case 'AUTHORIZED':
      return captured >= amount ? 'paid' : 'authorized';
    case 'CLOSED':
      return captured > 0 ? 'paid' : 'canceled';
    case 'REJECTED':
      return 'failed';
    case 'EXPIRED':
      return 'expired';
    default:
      // CREATED, and whatever Tabby may add.
      return 'pending';
  }
}

/** A refund that is listed has been made: "refunds reflect instantly". */
export function refundReadingOf(
  refund: Movement,
  currency: Currency,
  request: ProviderRequest,
): RefundReading {
  return {
    key: refund.id,
    reference: refund.reference_id,
    amount: positiveAmount(refund.amount, currency, request),
    status: 'succeeded',
  };
}
