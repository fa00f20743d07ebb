/**
 * Money that comes after its payment has ended. A webhook usually tells of it; where that is lost the provider has to be asked, a few
 * times and ever less often.
 */
import { receivedBy } from './operations.ts';
import type { PaymentState } from './state.ts';

/** Seconds after a payment's end at which it is read again; then daily, for as long as the provider may still let money in. */
const LATE_TABLE = [600, 3600, 6 * 3600, 24 * 3600] as const;
const DAY_S = 24 * 3600;

/** Seconds from a payment's end to the first reading after it. */
export const FIRST_LATE_READ_S = LATE_TABLE[0];

/** For how long after its end a payment may still be paid, seconds, where its provider's manifest does not say. */
export const LATE_MONEY_S = DAY_S;

/**
 * True when the payment was closed here, by its time or by the merchant, while its provider had it and not all of its money had come.
 * What the provider itself has refused, or was told to let go, brings none.
 */
export function mayBePaidLate(payment: PaymentState): boolean {
  const { provider_payment_id, expired_at, canceled_at, failed_at, voided_at } = payment;
  const isOver = (expired_at ?? canceled_at) !== null && failed_at === null && voided_at === null;
  return isOver && provider_payment_id !== null && receivedBy(payment) < payment.amount;
}

/**
 * Seconds from the reading that was made now to the next one; null when it was the last. `reads`: how many were made, this one among
 * them; `late_money_s`: for how long after the end money may come.
 */
export function nextLateRead(reads: number, late_money_s: number): number | null {
  const next = offset(reads);
  return next > late_money_s ? null : next - offset(reads - 1);
}

/** Seconds from a payment's end to the reading of this number, the first being 0. */
function offset(index: number): number {
  const last = LATE_TABLE.length - 1;
  return LATE_TABLE[index] ?? (LATE_TABLE[last] ?? DAY_S) + (index - last) * DAY_S;
}
