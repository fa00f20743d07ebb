/**
 * Money that moves after the customer has agreed: captures, voids and refunds. Each is reserved by its
 * `operation.requested` before anything is sent, so what is on its way counts against the limits.
 */
import { addAmounts } from './money.ts';
import type { ProviderFailure } from './provider-error.ts';
import type { PaymentState } from './state.ts';

export type OperationKind = 'capture' | 'void' | 'refund';

/** One capture, void or refund that was asked for. Times are on the invoice's clock. */
export interface OperationState {
  readonly id: string;
  readonly kind: OperationKind;
  /** Minor units. */
  readonly amount: number;
  readonly by: string;
  readonly requested_at: string | null;
  readonly unknown_at: string | null;
  readonly accepted_at: string | null;
  /** The provider's own id of it, told when it was accepted. */
  readonly key: string | null;
  readonly failed_at: string | null;
  readonly failure: ProviderFailure | null;
  readonly canceled_at: string | null;
  readonly succeeded_at: string | null;
  /** The provider's own id of it, told when it was done. */
  readonly succeeded_key: string | null;
}

/** Money that has gone back to the customer. */
export interface RefundState {
  readonly key: string;
  readonly operation_id: string;
  /** Minor units. */
  readonly amount: number;
  readonly at: string;
}

export const OPERATION_STATUSES = ['pending', 'unknown', 'succeeded', 'failed', 'canceled'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

/** A capture, void or refund as it is shown: those asked for here, and refunds found at the provider. */
export interface Movement {
  readonly id: string;
  readonly kind: OperationKind;
  readonly amount: number;
  /** Who asked; `provider` for a refund that was made there without us. */
  readonly by: string;
  readonly status: OperationStatus;
  readonly provider_operation_id: string | null;
  readonly failure: ProviderFailure | null;
}

/** What a provider can do with money after the payment. */
export interface MoneyRules {
  readonly capture: 'automatic' | 'manual_once' | 'manual_many';
  readonly refund: 'none' | 'full' | 'partial';
}

/** Why a capture, void or refund cannot be. Stable: they are error codes of the API. */
export type OperationRefusal =
  | 'not_supported_by_provider'
  | 'payment_not_authorized'
  | 'authorization_ended'
  | 'nothing_to_capture'
  | 'amount_exceeds_capturable'
  | 'captured_already'
  | 'operation_in_progress'
  | 'nothing_to_refund'
  | 'amount_exceeds_refundable'
  | 'full_refund_only';

export function blankOperation(id: string): OperationState {
  return {
    id,
    kind: 'capture',
    amount: 0,
    by: '',
    requested_at: null,
    unknown_at: null,
    accepted_at: null,
    key: null,
    failed_at: null,
    failure: null,
    canceled_at: null,
    succeeded_at: null,
    succeeded_key: null,
  };
}

/** Success outlasts everything: money that has moved has moved, whatever was said before or after. */
export function operationStatus(operation: OperationState, payment: PaymentState): OperationStatus {
  if (operation.succeeded_at !== null) return 'succeeded';
  if (payment.refunds.some(({ operation_id }) => operation_id === operation.id)) return 'succeeded';
  if (operation.failed_at !== null) return 'failed';
  if (operation.canceled_at !== null) return 'canceled';
  return operation.unknown_at !== null && operation.accepted_at === null ? 'unknown' : 'pending';
}

/** Those whose end is not known yet, in the order in which they were asked for. */
export function openOperations(payment: PaymentState): readonly OperationState[] {
  return payment.operations.filter((operation) => {
    const status = operationStatus(operation, payment);
    return operation.requested_at !== null && (status === 'pending' || status === 'unknown');
  });
}

/** Every capture, void and refund of a payment. */
export function movementsOf(payment: PaymentState): Movement[] {
  const asked = payment.operations.map((operation): Movement => {
    const { id, kind, amount, by, failure } = operation;
    const refund = payment.refunds.find(({ operation_id }) => operation_id === id);
    const status = operationStatus(operation, payment);
    const provider_operation_id = refund?.key ?? operation.succeeded_key ?? operation.key;
    return {
      id,
      kind,
      amount,
      by,
      status,
      provider_operation_id,
      failure: status === 'failed' ? failure : null,
    };
  });
  const ids = new Set(asked.map(({ id }) => id));
  const found = payment.refunds
    .filter(({ operation_id }) => !ids.has(operation_id))
    .map(({ operation_id, key, amount }): Movement => ({
      id: operation_id,
      kind: 'refund',
      amount,
      by: 'provider',
      status: 'succeeded',
      provider_operation_id: key,
      failure: null,
    }));
  return [...asked, ...found];
}

export function receivedBy(payment: PaymentState): number {
  return addAmounts(payment.receipts.map(({ amount }) => amount));
}

export function refundedBy(payment: PaymentState): number {
  return addAmounts(payment.refunds.map(({ amount }) => amount));
}

/** What is authorized and neither captured nor given up, in minor units; captures on their way are still part of it. */
export function heldBy(payment: PaymentState): number {
  const over = payment.voided_at ?? payment.canceled_at ?? payment.expired_at ?? payment.failed_at;
  return over === null ? Math.max(0, payment.authorized - receivedBy(payment)) : 0;
}

/** What may still be captured: what is held, without captures on their way. */
export function capturable(payment: PaymentState): number {
  return Math.max(0, heldBy(payment) - reserved(payment, 'capture'));
}

/** What may still be refunded: what came, without what went back and what is on its way back. */
export function refundable(payment: PaymentState): number {
  return Math.max(0, receivedBy(payment) - refundedBy(payment) - reserved(payment, 'refund'));
}

/**
 * The amount of a capture, void or refund of `amount` minor units (null: all that is left), or why it cannot be.
 * What is on its way counts as gone: that is what keeps many at once within the limits.
 */
export function decideOperation(
  payment: PaymentState,
  rules: MoneyRules,
  kind: OperationKind,
  amount: number | null,
): { readonly amount: number } | { readonly refused: OperationRefusal } {
  switch (kind) {
    case 'capture':
      return decideCapture(payment, rules, amount);
    case 'void':
      return decideVoid(payment, rules);
    case 'refund':
      return decideRefund(payment, rules, amount);
  }
}

type Decision = ReturnType<typeof decideOperation>;

function decideCapture(payment: PaymentState, rules: MoneyRules, wanted: number | null): Decision {
  if (rules.capture === 'automatic') return { refused: 'not_supported_by_provider' };
  if (payment.authorized_at === null) return { refused: 'payment_not_authorized' };
  if (heldBy(payment) === 0)
    return { refused: received(payment) ? 'nothing_to_capture' : 'authorization_ended' };
  if (isUnderWay(payment, 'void')) return { refused: 'operation_in_progress' };
  if (rules.capture === 'manual_once' && (received(payment) || isUnderWay(payment, 'capture'))) {
    return { refused: 'captured_already' };
  }
  const left = capturable(payment);
  if (left === 0) return { refused: 'nothing_to_capture' };
  const amount = wanted ?? left;
  return amount > left ? { refused: 'amount_exceeds_capturable' } : { amount };
}

function decideVoid(payment: PaymentState, rules: MoneyRules): Decision {
  if (rules.capture === 'automatic') return { refused: 'not_supported_by_provider' };
  if (payment.authorized_at === null) return { refused: 'payment_not_authorized' };
  const amount = heldBy(payment);
  if (amount === 0) return { refused: 'authorization_ended' };
  const busy = isUnderWay(payment, 'capture') || isUnderWay(payment, 'void');
  return busy ? { refused: 'operation_in_progress' } : { amount };
}

function decideRefund(payment: PaymentState, rules: MoneyRules, wanted: number | null): Decision {
  if (rules.refund === 'none') return { refused: 'not_supported_by_provider' };
  const left = refundable(payment);
  if (left === 0) return { refused: 'nothing_to_refund' };
  const amount = wanted ?? left;
  if (amount > left) return { refused: 'amount_exceeds_refundable' };
  if (rules.refund === 'full' && amount !== receivedBy(payment)) return { refused: 'full_refund_only' };
  return { amount };
}

const received = (payment: PaymentState): boolean => receivedBy(payment) > 0;

function isUnderWay(payment: PaymentState, kind: OperationKind): boolean {
  return openOperations(payment).some((operation) => operation.kind === kind);
}

function reserved(payment: PaymentState, kind: OperationKind): number {
  const open = openOperations(payment).filter((operation) => operation.kind === kind);
  return addAmounts(open.map(({ amount }) => amount));
}
