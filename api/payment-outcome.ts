/** What a requested payment's row means for the answer, and for its idempotency key. */
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { PaymentRow } from '../db/payments.ts';
import type { Outcome } from './outcome.ts';
import { Problem } from './problem.ts';

const RETRY_S = 5;

export function outcomeOf(row: PaymentRow): Outcome<PaymentRow> {
  switch (row.status) {
    case 'pending':
    case 'authorized':
    case 'partially_paid':
    case 'paid':
    case 'partially_refunded':
    case 'refunded':
    case 'expired':
    case 'canceled':
      return { type: 'final', row };
    case 'requested':
    case 'unknown':
      return { type: 'open', answer: row };
    case 'failed':
      return failed(row.id, row.failure);
  }
}

function failed(resource_id: string, failure: ProviderFailure | null): Outcome<PaymentRow> {
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
