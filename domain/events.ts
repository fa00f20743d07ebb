/**
 * The facts that can become known about an invoice. They are recorded once, in one order, and never changed;
 * the reducer in `reduce.ts` gives the same state whatever order and however often they arrive.
 */
import type { CaseDecision, CaseKind } from './cases.ts';
import type { OperationKind } from './operations.ts';
import type { ProviderFailure } from './provider-error.ts';

/** How a fact about money or a payment became known. */
/** `manual`: a person has said so. */
export type Source = 'webhook' | 'poll' | 'expiry_check' | 'lookup' | 'request' | 'manual';

export type InvoiceEvent =
  /** One attempt to collect was started with one payment service. */
  | {
      readonly type: 'payment.requested';
      readonly payment_id: string;
      readonly provider: string;
      readonly method: string;
      readonly account_id: string;
      /** Minor units of the invoice's currency. */
      readonly amount: number;
      /** Seconds after its creation at which its status is read; the last gap repeats. */
      readonly poll_s: readonly number[];
    }
  /** The provider has accepted it and the customer can pay until `expires_at`. */
  | {
      readonly type: 'payment.created';
      readonly payment_id: string;
      readonly provider_payment_id: string;
      readonly expires_at: string;
      readonly source: Source;
    }
  /** The create call was sent and its outcome is not known. */
  | { readonly type: 'payment.unknown'; readonly payment_id: string; readonly failure: ProviderFailure }
  /** The customer has agreed and the provider holds the money for us: it can be captured. */
  | {
      readonly type: 'payment.authorized';
      readonly payment_id: string;
      /** What may be captured in all, minor units. */
      readonly amount: number;
      /** When the authorization ends by itself; null when nobody says. */
      readonly capture_before: string | null;
      readonly source: Source;
    }
  /** The merchant is warned: what is authorized and not captured is soon captured or given up, as the invoice says. */
  | {
      readonly type: 'payment.authorization_expiring';
      readonly payment_id: string;
      readonly capture_before: string;
    }
  /** What was authorized and not captured has been given up. */
  | { readonly type: 'payment.voided'; readonly payment_id: string }
  /** No money can come any more: the provider or we gave it up. */
  | { readonly type: 'payment.failed'; readonly payment_id: string; readonly failure: ProviderFailure }
  /** Its time ran out, and the provider was asked once more first. */
  | { readonly type: 'payment.expired'; readonly payment_id: string }
  /** `by`: the id of the API key that has canceled it, or a person's name; the provider or the whole invoice's end where there is none. */
  | {
      readonly type: 'payment.canceled';
      readonly payment_id: string;
      readonly by?: string;
      readonly reason?: string;
    }
  /** One transfer has arrived at the provider. `key` is the provider's own id of it. */
  | {
      readonly type: 'money.received';
      readonly payment_id: string;
      readonly key: string;
      /** Minor units. */
      readonly amount: number;
      /** What the provider kept, minor units; null when it does not say. */
      readonly fee: number | null;
      /** The provider's time of the transfer; null when it does not say. */
      readonly paid_at: string | null;
      readonly source: Source;
    }
  /** What the provider kept of a transfer that is on record already: told later, or told anew. */
  | {
      readonly type: 'money.fee_learnt';
      readonly payment_id: string;
      /** The key of the transfer. */
      readonly key: string;
      /** Counts, from 1, how often a fee was told of this transfer after it had been recorded. */
      readonly revision: number;
      /** All of it, minor units. */
      readonly fee: number;
    }
  /** A capture, void or refund was decided on. From here on its amount is reserved. */
  | {
      readonly type: 'operation.requested';
      readonly payment_id: string;
      readonly operation_id: string;
      readonly kind: OperationKind;
      /** Minor units; for a void what is given up. */
      readonly amount: number;
      /** Who asked: the id of an API key, an operator, or `sarraf` itself. */
      readonly by: string;
    }
  /** It was sent and its outcome is not known. */
  | {
      readonly type: 'operation.unknown';
      readonly payment_id: string;
      readonly operation_id: string;
      readonly failure: ProviderFailure;
    }
  /** The provider has taken it and works on it. `key` is the provider's own id of it. */
  | {
      readonly type: 'operation.accepted';
      readonly payment_id: string;
      readonly operation_id: string;
      readonly key: string;
    }
  | {
      readonly type: 'operation.failed';
      readonly payment_id: string;
      readonly operation_id: string;
      readonly failure: ProviderFailure;
    }
  | { readonly type: 'operation.canceled'; readonly payment_id: string; readonly operation_id: string }
  /** A capture or void is done. (A refund is done when its money has gone back.) */
  | {
      readonly type: 'operation.succeeded';
      readonly payment_id: string;
      readonly operation_id: string;
      /** The provider's own id of it; null when it has none. */
      readonly key: string | null;
    }
  /** Money has gone back to the customer, whoever asked for it. */
  | {
      readonly type: 'money.refunded';
      readonly payment_id: string;
      /** The refund it belongs to; a new one when it was made at the provider without us. */
      readonly operation_id: string;
      /** The provider's own id of it, unique within the payment. */
      readonly key: string;
      /** Minor units. */
      readonly amount: number;
      readonly source: Source;
    }
  /** A person has to decide about this payment: hold money, or say what became of something. */
  | {
      readonly type: 'case.opened';
      readonly payment_id: string;
      readonly case_id: string;
      readonly kind: CaseKind;
      readonly operation_id: string | null;
      /** Minor units. */
      readonly amount: number;
    }
  | {
      readonly type: 'case.resolved';
      readonly payment_id: string;
      readonly case_id: string;
      readonly decision: CaseDecision;
      /** The person's name. */
      readonly by: string;
      readonly reason: string;
    }
  /** The due time has passed unpaid, and every live payment was asked once more first. */
  | { readonly type: 'invoice.expired' }
  | {
      readonly type: 'invoice.canceled';
      readonly reason: string | null;
      /** The id of the API key that asked; not kept in older events. */
      readonly by?: string;
    };

/** An event with its moment on the invoice's own clock: RFC 3339 UTC, strictly growing within an invoice. */
export type RecordedEvent = InvoiceEvent & { readonly at: string };

/** What makes an event the same event: recording it a second time does nothing. */
export function eventKey(event: InvoiceEvent): string {
  switch (event.type) {
    case 'invoice.expired':
    case 'invoice.canceled':
      return event.type;
    case 'money.received':
    case 'money.refunded':
      return `${event.type}:${event.payment_id}:${event.key}`;
    case 'money.fee_learnt':
      return `${event.type}:${event.payment_id}:${event.key}:${event.revision}`;
    case 'case.opened':
    case 'case.resolved':
      return `${event.type}:${event.case_id}`;
    case 'operation.requested':
    case 'operation.unknown':
    case 'operation.accepted':
    case 'operation.failed':
    case 'operation.canceled':
    case 'operation.succeeded':
      return `${event.type}:${event.operation_id}`;
    case 'payment.requested':
    case 'payment.created':
    case 'payment.unknown':
    case 'payment.authorized':
    case 'payment.authorization_expiring':
    case 'payment.voided':
    case 'payment.failed':
    case 'payment.expired':
    case 'payment.canceled':
      return `${event.type}:${event.payment_id}`;
  }
}
