/** What a requested payment's row means for the answer, and for its idempotency key. */
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { PaymentRow } from '../db/payments.ts';
import { Problem } from './problem.ts';

const RETRY_S = 5;

export type Outcome =
  /** Repetitions get the same answer. */
  | { readonly type: 'final'; readonly payment: PaymentRow }
  | { readonly type: 'final'; readonly problem: Problem }
  /** The provider was never reached: a repetition with the same key starts afresh. */
  | { readonly type: 'nothing_happened'; readonly problem: Problem }
  /** Not known yet: a repetition goes on with the same payment. */
  | { readonly type: 'open'; readonly answer: PaymentRow | Problem };

export function outcomeOf(row: PaymentRow): Outcome {
  switch (row.status) {
    case 'pending':
    case 'authorized':
    case 'partially_paid':
    case 'paid':
    case 'partially_refunded':
    case 'refunded':
    case 'expired':
    case 'canceled':
      return { type: 'final', payment: row };
    case 'requested':
    case 'unknown':
      return { type: 'open', answer: row };
    case 'failed':
      return failed(row.id, row.failure);
  }
}

function failed(resource_id: string, failure: ProviderFailure | null): Outcome {
  if (failure === null)
    return { type: 'final', problem: new Problem('provider_refused', 'the payment failed', { resource_id }) };
  const { kind, code, message, retry_after_ms } = failure;
  // Our own refusal, not the provider's: the invoice ended between the check and the sending.
  if (code === 'invoice_not_payable') {
    return { type: 'final', problem: new Problem('invoice_not_payable', message, { resource_id }) };
  }
  switch (kind) {
    case 'declined':
      return { type: 'final', problem: new Problem('payment_declined', message, { resource_id }) };
    case 'bad_credentials':
      return {
        type: 'final',
        problem: new Problem('provider_credentials_rejected', message, { resource_id }),
      };
    case 'rate_limited':
    case 'unavailable': {
      const retryAfter_s = retry_after_ms === undefined ? RETRY_S : retry_after_ms / 1000;
      return {
        type: 'nothing_happened',
        problem: new Problem('provider_unavailable', message, { retryAfter_s, resource_id }),
      };
    }
    case 'invalid_request':
    case 'not_found':
    case 'unknown_outcome':
      return { type: 'final', problem: new Problem('provider_refused', message, { resource_id }) };
  }
}
