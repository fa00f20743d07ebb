/** Refunds of an invoice: whole or in parts, and known again by the operation key in their reason. */
import { unexpectedAnswer } from '../answers.ts';
import type { RefundReading } from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { fromUnits, ours } from './amounts.ts';
import type { Refund, RehiveCurrency } from './wire.ts';

const SIGNED_REASON = / \[([\x21-\x5a\x5c\x5e-\x7e]{1,120})\]$/;

/**
 * The `reason` of a refund: what the merchant said and our operation key. Rehive has no field for a reference of ours,
 * and its memory for idempotency keys lasts a day; the reason comes back in every list.
 */
export function reasonWith(reason: string | null, operation_key: string): string {
  return `${(reason ?? 'Refund').slice(0, 200)} [${operation_key}]`;
}

/** Throws `ProviderError` when the refund is in another currency than the invoice. */
export function refundReadingOf(
  { identifier, amount, currency, status, reason }: Refund,
  invoiceCurrency: RehiveCurrency,
  request: ProviderRequest,
): RefundReading {
  if (currency && currency !== invoiceCurrency.code)
    throw unexpectedAnswer(request, 'has a refund in another currency');
  return {
    key: identifier,
    reference: SIGNED_REASON.exec(reason ?? '')?.[1] ?? null,
    amount: ours(request, () => fromUnits(amount, invoiceCurrency)).amount,
    status: statusOf(status),
  };
}

function statusOf(word: string): RefundReading['status'] {
  switch (word) {
    case 'complete':
      return 'succeeded';
    case 'failed':
      return 'failed';
    case 'cancelled':
      return 'canceled';
    default:
      // pending, processing
      return 'pending';
  }
}
