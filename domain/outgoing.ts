/**
 * The events a merchant is told about: one per change of an invoice's or a payment's status, one per transfer, and what happens
 * to its webhook endpoints.
 */
import { findCase } from './cases.ts';
import type { RecordedEvent } from './events.ts';
import {
  heldBy,
  movementsOf,
  OPERATION_STATUSES,
  type OperationKind,
  type OperationStatus,
} from './operations.ts';
import {
  INVOICE_STATUSES,
  isLate,
  invoiceStatus,
  PAYMENT_STATUSES,
  paymentStatus,
  type InvoiceStatus,
  type PaymentStatus,
} from './status.ts';
import { findPayment, type InvoiceState, type PaymentState } from './state.ts';

/** About a provider account, not an invoice. */
export type ProviderEventType = 'provider.degraded' | 'provider.recovered';

/** About a comparison of a provider's day with the record. */
type ReconciliationEventType = 'reconciliation_run.succeeded' | 'reconciliation_run.failed';

export type OutgoingType =
  | `invoice.${InvoiceStatus}`
  | `payment.${PaymentStatus}`
  | 'payment.money_received'
  | 'payment.authorization_expiring'
  | `${OperationKind}.${OperationStatus}`
  | 'case.opened'
  | 'case.resolved'
  | ProviderEventType
  | ReconciliationEventType
  | `webhook_endpoint.${'test' | 'failing' | 'disabled'}`;

const OPERATIONS: readonly OperationKind[] = ['capture', 'void', 'refund'];

/** Every type of event there is. */
export const OUTGOING_TYPES: readonly OutgoingType[] = [
  ...INVOICE_STATUSES.map((status) => `invoice.${status}` as const),
  ...PAYMENT_STATUSES.map((status) => `payment.${status}` as const),
  'payment.money_received',
  'payment.authorization_expiring',
  ...OPERATIONS.flatMap((kind) => OPERATION_STATUSES.map((status) => `${kind}.${status}` as const)),
  'case.opened',
  'case.resolved',
  'provider.degraded',
  'provider.recovered',
  'reconciliation_run.succeeded',
  'reconciliation_run.failed',
  'webhook_endpoint.test',
  'webhook_endpoint.failing',
  'webhook_endpoint.disabled',
];

export interface OutgoingEvent {
  readonly type: OutgoingType;
  /** The payment it is about; null when it is about the invoice. */
  readonly payment_id: string | null;
  /** The capture, void or refund it is about. */
  readonly operation_id?: string;
  /** The case it is about. */
  readonly case_id?: string;
  /** When the authorization ends; only for the warning of it. */
  readonly capture_before?: string;
  /** Only for money that moves or is about to. */
  readonly amount: number | null;
  readonly late: boolean;
}

/** What the merchant is to be told of the step from `before` to `after`, in the order it happened. */
export function outgoingEvents(
  before: InvoiceState,
  after: InvoiceState,
  recorded: readonly RecordedEvent[],
): OutgoingEvent[] {
  const events: OutgoingEvent[] = [];
  for (const event of recorded) {
    if (event.type === 'money.received') events.push(moneyReceived(after, event));
    if (event.type === 'payment.authorization_expiring') events.push(authorizationExpiring(after, event));
    if (event.type === 'case.opened' || event.type === 'case.resolved') events.push(caseEvent(after, event));
  }
  for (const payment of after.payments) {
    const earlier = findPayment(before, payment.id);
    events.push(...operationEvents(earlier, payment));
    const status = paymentStatus(payment);
    if (!earlier || paymentStatus(earlier) !== status) {
      events.push({ type: `payment.${status}`, payment_id: payment.id, amount: null, late: false });
    }
  }
  const status = invoiceStatus(after);
  if (invoiceStatus(before) !== status) {
    events.push({ type: `invoice.${status}`, payment_id: null, amount: null, late: false });
  }
  return events;
}

function moneyReceived(
  invoice: InvoiceState,
  event: Extract<RecordedEvent, { type: 'money.received' }>,
): OutgoingEvent {
  const payment = findPayment(invoice, event.payment_id);
  const receipt = payment?.receipts.find(({ key }) => key === event.key);
  return {
    type: 'payment.money_received',
    payment_id: event.payment_id,
    amount: event.amount,
    late: payment !== undefined && receipt !== undefined && isLate(receipt, payment, invoice),
  };
}

function authorizationExpiring(
  invoice: InvoiceState,
  { type, payment_id, capture_before }: Extract<RecordedEvent, { type: 'payment.authorization_expiring' }>,
): OutgoingEvent {
  const payment = findPayment(invoice, payment_id);
  return { type, payment_id, amount: payment ? heldBy(payment) : null, capture_before, late: false };
}

function caseEvent(
  invoice: InvoiceState,
  { type, case_id, payment_id }: Extract<RecordedEvent, { type: `case.${string}` }>,
): OutgoingEvent {
  return { type, payment_id, case_id, amount: findCase(invoice, case_id)?.amount ?? null, late: false };
}

/** One per change of a capture's, void's or refund's status. */
function operationEvents(before: PaymentState | undefined, after: PaymentState): OutgoingEvent[] {
  if (after.operations.length === 0 && after.refunds.length === 0) return [];
  const earlier = new Map((before ? movementsOf(before) : []).map(({ id, status }) => [id, status]));
  return movementsOf(after)
    .filter(({ id, status }) => earlier.get(id) !== status)
    .map(({ id, kind, status, amount }) => ({
      type: `${kind}.${status}`,
      payment_id: after.id,
      operation_id: id,
      amount,
      late: false,
    }));
}
