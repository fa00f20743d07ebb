/**
 * The end of an authorization. A provider holds the customer's money for a while and then lets it go, or takes it, without asking.
 * The merchant is warned before that, and what is then still left is captured or given up in time, as the invoice says.
 */
import { capturable, heldBy, openOperations } from './operations.ts';
import type { PaymentState } from './state.ts';

/** What becomes of authorized money that nobody has captured when its authorization is about to end. */
export const AUTHORIZATION_ENDS = ['capture', 'void'] as const;
export type AuthorizationEnd = (typeof AUTHORIZATION_ENDS)[number];

/** Marks the capture or void that is asked for then: one per payment. */
export const EXPIRY_ACTOR = 'policy:authorization_expiry';

/** Seconds before the end at which the merchant is warned, and at which what is left is captured or given up. */
const WARN_BEFORE_S = 24 * 3600;
const ACT_BEFORE_S = 2 * 3600;
/** Both hold for authorizations of at least this long; of shorter ones they are the same share: a tenth, and a 120th. */
const WHOLE_TERM_S = 10 * WARN_BEFORE_S;

/** Moments in milliseconds. */
export interface ExpiryTimes {
  readonly warn_at: number;
  readonly act_at: number;
  /** `capture_before` itself. */
  readonly ends_at: number;
}

/** When what of the end of this payment's authorization; null when nothing is held or nobody knows when it ends. */
export function expiryTimes(payment: PaymentState): ExpiryTimes | null {
  const { authorized_at, capture_before } = payment;
  if (authorized_at === null || capture_before === null || heldBy(payment) === 0) return null;
  const ends_at = Date.parse(capture_before);
  const term_ms = Math.max(0, ends_at - Date.parse(authorized_at));
  const share = Math.min(1, term_ms / (WHOLE_TERM_S * 1000));
  const before = (seconds: number): number => ends_at - Math.round(seconds * 1000 * share);
  return { warn_at: before(WARN_BEFORE_S), act_at: before(ACT_BEFORE_S), ends_at };
}

/** True while there is something to warn of: money that is held, and that nobody is capturing or giving up. */
export function isLeftOver(payment: PaymentState): boolean {
  return capturable(payment) > 0 && !isUnderWay(payment, 'void');
}

/** True when what is left is to be captured or given up, and that has not been asked for before. */
export function isToBeEnded(payment: PaymentState): boolean {
  const asked = payment.operations.some(({ by }) => by === EXPIRY_ACTOR);
  return !asked && isLeftOver(payment) && !isUnderWay(payment, 'capture');
}

function isUnderWay(payment: PaymentState, kind: 'capture' | 'void'): boolean {
  return openOperations(payment).some((operation) => operation.kind === kind);
}
