/** What must hold of captures, voids and refunds that reserve money: each ends once, in one way, and none is forgotten. */
import { CASE_AFTER_S, hasCase } from '../domain/cases.ts';
import { addAmounts } from '../domain/money.ts';
import { openOperations, receivedBy, type OperationState } from '../domain/operations.ts';
import type { InvoiceState, PaymentState } from '../domain/state.ts';
import { recordedEvent } from './event-invariants.ts';
import type { InvoiceInvariant, InvoiceRecord, Violation } from './invariant.ts';

/** Between the moment at which it becomes a case and its being one. */
const CASE_WITHIN_S = 3600;

/** `grace_s`: one that has been under way for longer than this needs a reason. */
export const reservationInvariants = (grace_s: number): readonly InvoiceInvariant[] => [
  {
    id: 'reservations_end_once',
    title: 'What was reserved is posted once, for its amount, or released',
    check: (invoice) => invoice.row.state.payments.flatMap((payment) => endings(invoice, payment)),
  },
  {
    id: 'reservations_not_forgotten',
    title: 'No reservation is old unless its outcome is known to be unknown, or its provider works on it',
    check: ({ row: { state } }) =>
      state.payments.flatMap((payment) =>
        openOperations(payment).flatMap((operation) => forgotten(state, payment, operation, grace_s)),
      ),
  },
];

function endings({ events }: InvoiceRecord, payment: PaymentState): Violation[] {
  const recorded = events.map(recordedEvent);
  const ofOperations = payment.operations.flatMap(({ id: about, kind, amount, requested_at }) => {
    if (requested_at === null) return [{ about, message: `this ${kind} ended and was never asked for` }];
    const posted = recorded.filter(
      (event) =>
        event.type === (kind === 'refund' ? 'money.refunded' : 'operation.succeeded') &&
        event.operation_id === about,
    );
    const wrong = posted.flatMap((event) =>
      event.type === 'money.refunded' && event.amount !== amount
        ? [{ about, message: `${event.amount} went back, of ${amount} that were reserved` }]
        : [],
    );
    return posted.length > 1
      ? [...wrong, { about, message: `this ${kind} was posted ${posted.length} times` }]
      : wrong;
  });
  return [...ofOperations, ...unposted(payment)];
}

/** The money of captures that succeeded has come: none of it may be missing. More may have come, captured at the provider. */
function unposted(payment: PaymentState): Violation[] {
  const done = payment.operations.filter(
    ({ kind, succeeded_at }) => kind === 'capture' && succeeded_at !== null,
  );
  const captured = addAmounts(done.map(({ amount }) => amount));
  const received = receivedBy(payment);
  return captured > received
    ? [{ about: payment.id, message: `${captured} captured, of which only ${received} came` }]
    : [];
}

function forgotten(
  invoice: InvoiceState,
  payment: PaymentState,
  { id: about, kind, requested_at, unknown_at, accepted_at }: OperationState,
  grace_s: number,
): Violation[] {
  const age_s = (since: string): number => (Date.now() - Date.parse(since)) / 1000;
  if (accepted_at !== null) return [];
  if (unknown_at !== null) {
    const isCase = hasCase(invoice, 'unknown_operation', payment.id, about);
    return !isCase && age_s(unknown_at) > Math.max(grace_s, CASE_AFTER_S + CASE_WITHIN_S)
      ? [
          {
            about,
            message: `this ${kind} has been unknown since ${unknown_at}, and nobody was asked to decide`,
          },
        ]
      : [];
  }
  return requested_at !== null && age_s(requested_at) > grace_s
    ? [{ about, message: `this ${kind} has been under way since ${requested_at}, and nobody knows why` }]
    : [];
}
