/** What Tabby's simulator allows of captures and refunds. */
import type { SimulatorClock } from '../../sandbox/clock.ts';
import type { SimulatorRequest } from '../../sandbox/http-server.ts';
import { total } from './sandbox-payments.ts';
import type { Move, Payment, PaymentBook } from './sandbox-payments.ts';
import { BadData, parseBody, parseMove } from './sandbox-requests.ts';
import type { MoveOrder } from './sandbox-requests.ts';

const REFUND_WINDOW_MS = 180 * 24 * 60 * 60 * 1000;

/** Takes a part or the rest; a repeated reference changes nothing. Throws `BadData`. */
export function capture(book: PaymentBook, payment: Payment, request: SimulatorRequest): void {
  const order = parseMove(parseBody(request.rawBody), payment.order.currency);
  if (isRepeated(payment.captures, order)) return;
  if (payment.status !== 'AUTHORIZED') throw new BadData('could not capture not authorized payments');
  if (order.amount > payment.order.amount - total(payment.captures)) {
    throw new BadData('captured amount exceeds payment amount');
  }
  book.capture(payment, order);
}

function isRepeated(made: readonly Move[], { key }: MoveOrder): boolean {
  return key !== null && made.some((move) => move.key === key);
}

/** Gives captured money back, once the payment is closed. Throws `BadData`. */
export function refund(
  clock: SimulatorClock,
  book: PaymentBook,
  payment: Payment,
  request: SimulatorRequest,
): void {
  const order = parseMove(parseBody(request.rawBody), payment.order.currency);
  if (isRepeated(payment.refunds, order)) return;
  if (payment.status !== 'CLOSED' || payment.captures.length === 0) {
    throw new BadData('can not refund payment that has no captures and not closed');
  }
  if (clock.now() > payment.createdAt + REFUND_WINDOW_MS) throw new BadData('refund period is over');
  if (order.amount > total(payment.captures) - total(payment.refunds)) {
    throw new BadData('refund amount exceeds captured amount');
  }
  book.refund(payment, order);
}
