/** What ZainCash v2 says of a transaction, in inquiries and in webhooks, as a reading. */
import type { PaymentReading, RefundReading } from '../contract.ts';
import { IQD } from './wire.ts';

export interface Standing {
  readonly transactionId: string;
  readonly orderId: string | null;
  readonly status: string;
  /** Minor units. */
  readonly amount: number;
  /** Minor units; null when it is not told. */
  readonly fee: number | null;
  readonly paid_at: string | null;
  readonly expires_at: string | null;
  readonly errorMessage: string | null;
}

export function readingOf(standing: Standing): PaymentReading {
  const { transactionId, orderId, amount, paid_at, expires_at, errorMessage } = standing;
  const fee = standing.fee !== null && standing.fee <= amount ? standing.fee : null;
  const status = statusOf(standing.status);
  return {
    provider_payment_id: transactionId,
    reference: orderId,
    currency: IQD,
    status,
    // Paid at once and in full, so the transaction is its own receipt.
    receipts: status === 'paid' ? [{ key: transactionId, amount, paid_at, fee }] : [],
    ...(standing.status === 'REFUNDED' ? { refunds: [refundOf(transactionId, amount, 'succeeded')] } : {}),
    provider_status: standing.status,
    failure: status === 'failed' ? { code: 'FAILED', message: errorMessage ?? 'the payment failed' } : null,
    next_action: null,
    expires_at,
  };
}

/** There is one reversal at most, and inquiries tell no id of it: its key is made of the transaction's. */
export function refundOf(
  transactionId: string,
  amount: number,
  status: RefundReading['status'],
): RefundReading {
  return { key: `${transactionId}:reverse`, reference: null, amount, status };
}

/** A refunded payment was paid. What is not known yet is not final. */
function statusOf(status: string): PaymentReading['status'] {
  switch (status) {
    case 'SUCCESS':
    case 'REFUNDED':
      return 'paid';
    case 'FAILED':
      return 'failed';
    case 'EXPIRED':
      return 'expired';
    default:
      return 'pending';
  }
}
