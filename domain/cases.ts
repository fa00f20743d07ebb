/**
 * What a person has to decide: money that is to be held, outcomes that nobody can find out. And what policies do by themselves
 * with money that came late or beyond what was owed.
 */
import { addAmounts } from './money.ts';
import { openOperations, operationStatus, receivedBy, refundable } from './operations.ts';
import { amountsOf } from './status.ts';
import type { InvoiceState, PaymentState } from './state.ts';

/** `accept`: it is the merchant's. `refund`: it goes back by itself. `hold`: a person decides. */
export type MoneyPolicy = 'accept' | 'refund' | 'hold';

/** Whose policy it is: of money that came after its payment or invoice had ended, or of money beyond what was owed. */
export type PolicyCause = 'late' | 'excess';

export interface Policies {
  readonly late: MoneyPolicy;
  readonly excess: MoneyPolicy;
}

export type CaseKind = 'late_money' | 'excess_money' | 'unknown_operation' | 'unknown_payment';

export const CASE_DECISIONS = {
  late_money: ['accept', 'refund', 'refund_by_hand'],
  excess_money: ['accept', 'refund', 'refund_by_hand'],
  unknown_operation: ['it_happened', 'it_did_not_happen'],
  unknown_payment: ['it_exists', 'it_does_not_exist'],
} as const satisfies Record<CaseKind, readonly string[]>;

export type CaseDecision = (typeof CASE_DECISIONS)[CaseKind][number];

export interface CaseState {
  readonly id: string;
  readonly kind: CaseKind;
  readonly payment_id: string;
  /** The capture, void or refund whose outcome nobody knows. */
  readonly operation_id: string | null;
  /** Minor units; what there is to decide about. */
  readonly amount: number;
  readonly opened_at: string | null;
  readonly resolved_at: string | null;
  readonly decision: CaseDecision | null;
  /** Who decided: a person's name. */
  readonly by: string | null;
}

export function blankCase(id: string, payment_id: string): CaseState {
  return {
    id,
    kind: 'late_money',
    payment_id,
    operation_id: null,
    amount: 0,
    opened_at: null,
    resolved_at: null,
    decision: null,
    by: null,
  };
}

/** An outcome that is unknown for this long, with the provider asked again and again, is for a person. */
export const CASE_AFTER_S = 2 * 3600;

/** What a policy has to deal with now. */
export interface Surplus {
  readonly cause: PolicyCause;
  readonly policy: Exclude<MoneyPolicy, 'accept'>;
  readonly payment_id: string;
  /** Minor units. */
  readonly amount: number;
}

/**
 * Money that came late or in excess and that its policy has not dealt with yet, payment by payment, the latest first. A refund
 * by policy that failed has not dealt with it: its money becomes a case.
 */
export function surpluses(invoice: InvoiceState): Surplus[] {
  const found: Surplus[] = [];
  const left = { excess: openExcess(invoice), late: openLate(invoice) };
  const taken = new Map<string, number>();
  for (const cause of ['excess', 'late'] as const) {
    const policy = invoice.policies[cause];
    if (policy === 'accept') continue;
    for (const payment of latestFirst(invoice)) {
      // What the one policy takes is not there for the other.
      const before = taken.get(payment.id) ?? 0;
      const amount = Math.min(left[cause], available(invoice, payment) - before);
      if (amount <= 0) continue;
      found.push({ cause, policy, payment_id: payment.id, amount });
      left[cause] -= amount;
      taken.set(payment.id, before + amount);
    }
  }
  return found;
}

/**
 * What came beyond the amount owed, without what went back or is on its way back and what a person holds or has accepted. Late money
 * that went back makes no room: what comes after it is beyond the amount owed all the same.
 */
function openExcess(invoice: InvoiceState): number {
  const { received, refunded, due } = amountsOf(invoice);
  const isOther = (operation_id: string): boolean => !isForLate(invoice, operation_id);
  const lateBack = invoice.payments.flatMap(({ refunds }) =>
    refunds.filter(({ operation_id }) => !isOther(operation_id)),
  );
  const onTheWay = invoice.payments
    .flatMap(openOperations)
    .filter(({ id, kind }) => kind === 'refund' && isOther(id));
  const cases = casesOf(invoice, 'excess_money').filter(
    ({ decision }) => decision === null || decision === 'accept',
  );
  return Math.max(0, received - due - (refunded - sum(lateBack))) - sum([...onTheWay, ...cases]);
}

/** Late money that was owed, without what a policy has taken back or is taking back and what is or was a case. */
function openLate(invoice: InvoiceState): number {
  const { late, received, due } = amountsOf(invoice);
  // What is beyond the amount owed as well is the other policy's.
  const owed = Math.max(0, late - Math.max(0, received - due));
  const operations = invoice.payments.flatMap((payment) =>
    payment.operations.map(({ id, by, amount }) => ({
      id,
      by,
      amount,
      isGivenUp: hasComeToNothing(payment, id),
    })),
  );
  const refunds = operations.filter(({ by, isGivenUp }) => by === policyActor('late') && !isGivenUp);
  // A refund that a person decided on and that came to nothing leaves the money undecided.
  const undone = new Set(operations.filter(({ isGivenUp }) => isGivenUp).map(({ id }) => id));
  const cases = casesOf(invoice, 'late_money').filter(({ id }) => !undone.has(refundOfCase(id)));
  return owed - sum([...refunds, ...cases]);
}

/** True for a refund that gives late money back, by the policy or by a person's decision. */
function isForLate(invoice: InvoiceState, operation_id: string): boolean {
  return (
    casesOf(invoice, 'late_money').some(({ id }) => refundOfCase(id) === operation_id) ||
    invoice.payments.some(({ operations }) =>
      operations.some(({ id, by }) => id === operation_id && by === policyActor('late')),
    )
  );
}

/** True when the provider has refused this operation or given it up. */
function hasComeToNothing(payment: PaymentState, operation_id: string): boolean {
  const operation = payment.operations.find(({ id }) => id === operation_id);
  const status = operation && operationStatus(operation, payment);
  return status === 'failed' || status === 'canceled';
}

/** The refund that a decision about this case asks for: one per case, so its id follows from the case's. */
export function refundOfCase(case_id: string): string {
  return case_id.replace(/^case_/, 'rfd_');
}

function casesOf({ cases }: InvoiceState, kind: CaseKind): CaseState[] {
  return cases.filter((one) => one.kind === kind && one.opened_at !== null);
}

const sum = (parts: readonly { readonly amount: number }[]): number =>
  addAmounts(parts.map(({ amount }) => amount));

/** Marks the refunds that a policy asks for: `policy:late`. */
export function policyActor(cause: PolicyCause): string {
  return `policy:${cause}`;
}

/** True when a policy has asked for a refund of this payment before and it came to nothing: then a person decides. */
export function policyFailed(payment: PaymentState, cause: PolicyCause): boolean {
  return payment.operations.some(({ id, by }) => by === policyActor(cause) && hasComeToNothing(payment, id));
}

export function findCase(invoice: InvoiceState, id: string): CaseState | undefined {
  return invoice.cases.find((one) => one.id === id);
}

/** The open case about this operation, or about this payment's creation. */
export function hasCase(
  invoice: InvoiceState,
  kind: CaseKind,
  payment_id: string,
  operation_id: string | null,
): boolean {
  return invoice.cases.some(
    (one) => one.kind === kind && one.payment_id === payment_id && one.operation_id === operation_id,
  );
}

export function isOpen({ opened_at, resolved_at }: CaseState): boolean {
  return opened_at !== null && resolved_at === null;
}

/** What of this payment's money can go back and is not held by a case already. */
function available(invoice: InvoiceState, payment: PaymentState): number {
  const held = [...casesOf(invoice, 'late_money'), ...casesOf(invoice, 'excess_money')].filter(
    (one) => one.payment_id === payment.id && isOpen(one),
  );
  return refundable(payment) - sum(held);
}

function latestFirst({ payments }: InvoiceState): PaymentState[] {
  const last = ({ receipts }: PaymentState): string =>
    receipts.reduce((latest, { at }) => (at > latest ? at : latest), '');
  return payments
    .filter((payment) => receivedBy(payment) > 0)
    .sort((a, b) => (last(a) < last(b) ? 1 : last(a) > last(b) ? -1 : 0));
}
