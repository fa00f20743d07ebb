/**
 * What Sarraf does by itself with money that customers have agreed to pay, where the merchant leaves the capture to it: it takes what is
 * owed and lets the rest go. A policy about excess money is about what customers have sent; nobody has to take more than that.
 */
import { addAmounts } from './money.ts';
import { capturable, openOperations } from './operations.ts';
import type { InvoiceState, PaymentState } from './state.ts';
import { amountsOf } from './status.ts';

/** `amount` in minor units; null: all that is left. */
export type OwnMove =
  | { readonly kind: 'capture'; readonly amount: number | null }
  | { readonly kind: 'void' };

/** Which authorizations are captured: as much of them as is owed, or `all`, as it was before. */
export type CaptureRule = 'owed' | 'all';

/** True when more is authorized than is owed: customers agreed to more than one payment, or a part was captured elsewhere. */
export function exceedsOwed(invoice: InvoiceState): boolean {
  const { authorized, remaining } = amountsOf(invoice);
  return invoice.capture_method === 'automatic' && authorized > remaining;
}

/**
 * What is to be done now with what is held of a payment that has no capture, void or refund under way; null: nothing. Each is done once:
 * a capture that was refused is not asked for again, and neither is a void. While captures of other payments may still bring all that is
 * owed, this one waits for what becomes of them.
 */
export function ownMove(
  invoice: InvoiceState,
  payment: PaymentState,
  rule: CaptureRule = 'owed',
): OwnMove | null {
  if (invoice.capture_method !== 'automatic' || capturable(payment) === 0) return null;
  const hasAsked = (kind: 'capture' | 'void'): boolean =>
    payment.operations.some((operation) => operation.kind === kind);
  if (hasAsked('void')) return null;
  const { remaining } = amountsOf(invoice);
  if (rule === 'owed' && remaining === 0) return { kind: 'void' };
  if (hasAsked('capture')) return null;
  const left = remaining - onTheWay(invoice);
  if (rule === 'all' || left >= capturable(payment)) return { kind: 'capture', amount: null };
  return left > 0 ? { kind: 'capture', amount: left } : null;
}

/** What captures that are under way may still bring, minor units. */
function onTheWay({ payments }: InvoiceState): number {
  const captures = payments.flatMap(openOperations).filter(({ kind }) => kind === 'capture');
  return addAmounts(captures.map(({ amount }) => amount));
}
