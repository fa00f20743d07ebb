/** What is known about one invoice: the fold of its events. Plain JSON, ids and amounts only. */
import type { AuthorizationEnd } from './authorization.ts';
import type { CaseState, Policies } from './cases.ts';
import type { OperationState, RefundState } from './operations.ts';
import type { ProviderFailure } from './provider-error.ts';

/** Who captures authorized money: we, as soon as it is authorized, or the merchant when it wants to. */
export type CaptureMethod = 'automatic' | 'manual';

export interface ReceiptState {
  readonly key: string;
  /** Minor units. */
  readonly amount: number;
  readonly fee: number | null;
  readonly paid_at: string | null;
  /** When we learned of it, on the invoice's clock. */
  readonly at: string;
}

/** What a provider kept of a receipt, told after the receipt was on record. The highest revision counts. */
export interface FeeState {
  /** `<receipt>#<revision>` */
  readonly key: string;
  readonly receipt: string;
  readonly revision: number;
  /** All of it, minor units. */
  readonly fee: number;
  readonly at: string;
}

/** One attempt to collect, with one payment service. Times are on the invoice's clock. */
export interface PaymentState {
  readonly id: string;
  readonly provider: string;
  readonly method: string;
  readonly account_id: string;
  readonly amount: number;
  readonly poll_s: readonly number[];
  readonly requested_at: string | null;
  readonly created_at: string | null;
  readonly provider_payment_id: string | null;
  readonly expires_at: string | null;
  readonly unknown_at: string | null;
  readonly authorized_at: string | null;
  /** What may be captured in all, minor units; 0 until it is authorized. */
  readonly authorized: number;
  readonly capture_before: string | null;
  /** When the merchant was warned that the authorization ends soon. */
  readonly expiring_at: string | null;
  readonly voided_at: string | null;
  readonly failed_at: string | null;
  readonly failure: ProviderFailure | null;
  readonly expired_at: string | null;
  readonly canceled_at: string | null;
  /** Ordered by key, so that the same receipts always make the same state. */
  readonly receipts: readonly ReceiptState[];
  /** Fees that were told later than their receipts, ordered by key. */
  readonly fees: readonly FeeState[];
  /** Captures, voids and refunds that were asked for here, ordered by id. */
  readonly operations: readonly OperationState[];
  /** Money that has gone back, ordered by key. */
  readonly refunds: readonly RefundState[];
}

export interface InvoiceState {
  readonly id: string;
  readonly merchant_id: string;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
  readonly due_at: string;
  readonly capture_method: CaptureMethod;
  readonly on_authorization_expiry: AuthorizationEnd;
  readonly policies: Policies;
  readonly canceled_at: string | null;
  readonly expired_at: string | null;
  /** Ordered by id, which sorts by time of creation. */
  readonly payments: readonly PaymentState[];
  /** What a person has or had to decide, ordered by id. */
  readonly cases: readonly CaseState[];
  /** The moment of the latest event: the invoice's clock never runs backwards. */
  readonly last_at: string;
  /** How many events have been recorded. */
  readonly version: number;
}

/** The state before anything has happened. */
export function newInvoice(facts: {
  id: string;
  merchant_id: string;
  currency: string;
  amount: number;
  due_at: string;
  capture_method: CaptureMethod;
  on_authorization_expiry: AuthorizationEnd;
  policies: Policies;
  created_at: string;
}): InvoiceState {
  const { created_at, ...rest } = facts;
  return {
    ...rest,
    canceled_at: null,
    expired_at: null,
    payments: [],
    cases: [],
    last_at: created_at,
    version: 0,
  };
}

export function findPayment(invoice: InvoiceState, paymentId: string): PaymentState | undefined {
  return invoice.payments.find((payment) => payment.id === paymentId);
}

/** A payment of which so far only some later event is known; `payment.requested` fills in the rest. */
export function blankPayment(id: string): PaymentState {
  return {
    id,
    provider: '',
    method: '',
    account_id: '',
    amount: 0,
    poll_s: [],
    requested_at: null,
    created_at: null,
    provider_payment_id: null,
    expires_at: null,
    unknown_at: null,
    authorized_at: null,
    authorized: 0,
    capture_before: null,
    expiring_at: null,
    voided_at: null,
    failed_at: null,
    failure: null,
    expired_at: null,
    canceled_at: null,
    receipts: [],
    fees: [],
    operations: [],
    refunds: [],
  };
}
