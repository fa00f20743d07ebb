/**
 * Whose money it is. What comes is the merchant's, except for what came late or beyond what was owed where the policy is not to
 * accept it: that is the customer's until it has gone back, or nobody's until a person has decided.
 */
import { isOpen, policyActor, refundOfCase, surpluses } from './cases.ts';
import { openOperations, receivedBy, refundedBy } from './operations.ts';
import type { InvoiceState, PaymentState } from './state.ts';

/** Parts of what a payment has brought that are not the merchant's, minor units. */
export interface Claims {
  /** Late or excess money that is to go back, or is on its way. */
  readonly customer_excess: number;
  /** Late or excess money that waits for a person. */
  readonly held: number;
}

const NONE: Claims = { customer_excess: 0, held: 0 };
const POLICY_ACTORS: readonly string[] = [policyActor('late'), policyActor('excess')];

/** The claims on each payment's money that has any, by payment id. */
export function claimsOf(invoice: InvoiceState): ReadonlyMap<string, Claims> {
  const { late, excess } = invoice.policies;
  const found = new Map<string, Claims>();
  if (late === 'accept' && excess === 'accept') return found;
  const left = surpluses(invoice);
  for (const payment of invoice.payments) {
    const claims = withinKept(payment, {
      held: heldInCases(invoice, payment) + sum(left, payment, 'hold'),
      customer_excess: onItsWayBack(invoice, payment) + sum(left, payment, 'refund'),
    });
    if (claims.held + claims.customer_excess > 0) found.set(payment.id, claims);
  }
  return found;
}

/** The claims on one payment's money. */
export function claimsOn(claims: ReadonlyMap<string, Claims>, payment_id: string): Claims {
  return claims.get(payment_id) ?? NONE;
}

function sum(
  left: ReturnType<typeof surpluses>,
  { id }: PaymentState,
  policy: ReturnType<typeof surpluses>[number]['policy'],
): number {
  return left
    .filter((surplus) => surplus.payment_id === id && surplus.policy === policy)
    .reduce((total, { amount }) => total + amount, 0);
}

/** What open cases are about, without what has gone back already. */
function heldInCases({ cases }: InvoiceState, { id, refunds }: PaymentState): number {
  return cases
    .filter((one) => one.payment_id === id && isOpen(one) && isAboutMoney(one.kind))
    .filter((one) => !refunds.some(({ operation_id }) => operation_id === refundOfCase(one.id)))
    .reduce((total, { amount }) => total + amount, 0);
}

const isAboutMoney = (kind: InvoiceState['cases'][number]['kind']): boolean =>
  kind === 'late_money' || kind === 'excess_money';

/** Refunds under way that a policy has asked for, or a person who has decided a case. */
function onItsWayBack({ cases }: InvoiceState, payment: PaymentState): number {
  const decided = new Set(cases.filter((one) => !isOpen(one)).map(({ id }) => refundOfCase(id)));
  return openOperations(payment)
    .filter(({ kind, by, id }) => kind === 'refund' && (POLICY_ACTORS.includes(by) || decided.has(id)))
    .reduce((total, { amount }) => total + amount, 0);
}

/** Nothing is claimed of what has gone back meanwhile in another way. */
function withinKept(payment: PaymentState, { held, customer_excess }: Claims): Claims {
  const kept = Math.max(0, receivedBy(payment) - refundedBy(payment));
  const claimed = Math.min(held, kept);
  return { held: claimed, customer_excess: Math.min(customer_excess, kept - claimed) };
}
