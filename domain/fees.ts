/** What a provider kept of a transfer: told with it, or later. */
import type { InvoiceEvent } from './events.ts';
import type { FeeState, PaymentState } from './state.ts';

/** The fee of one transfer as last told, minor units; null while the provider has not said. */
export function feeOf(payment: PaymentState, receipt_key: string): number | null {
  const last = lastTold(payment, receipt_key);
  return last?.fee ?? payment.receipts.find(({ key }) => key === receipt_key)?.fee ?? null;
}

/** The fact that a fee is known now, of a transfer that is on record with another one or with none; null when it is no news. */
export function feeNews(payment: PaymentState, receipt_key: string, fee: number | null): InvoiceEvent | null {
  const isKnown = payment.receipts.some(({ key }) => key === receipt_key);
  if (!isKnown || fee === null || fee === feeOf(payment, receipt_key)) return null;
  const revision = (lastTold(payment, receipt_key)?.revision ?? 0) + 1;
  return { type: 'money.fee_learnt', payment_id: payment.id, key: receipt_key, revision, fee };
}

function lastTold({ fees }: PaymentState, receipt_key: string): FeeState | undefined {
  return fees
    .filter(({ receipt }) => receipt === receipt_key)
    .reduce<FeeState | undefined>(
      (last, one) => (last && last.revision > one.revision ? last : one),
      undefined,
    );
}
