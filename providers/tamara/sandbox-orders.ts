/** The orders of the Tamara simulator: what a customer, the merchant and the time do to them. */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { randomUUID } from '../../sandbox/random.ts';
import { decimal } from './sandbox-money.ts';
import { Refused } from './sandbox-requests.ts';
import type { Body, NewOrder } from './sandbox-requests.ts';

/** An approved order has to be authorised within this time. */
const AUTHORISE_WITHIN_MS = 72 * 3600 * 1000;
/** What is authorised is captured by itself after this time. */
const AUTO_CAPTURE_AFTER_MS = 21 * 24 * 3600 * 1000;

export interface Capture {
  readonly id: string;
  readonly minor: number;
  readonly at: number;
  readonly body: Body;
  refunded: number;
}
export interface Refund {
  readonly id: string;
  readonly captureId: string;
  readonly minor: number;
  readonly at: number;
  readonly comment: string;
  readonly merchantRefundId: string | null;
}
/** Where the money of a refund comes from (null: from any capture), and what the merchant says to it. */
export interface RefundSource {
  readonly captureId: string | null;
  readonly comment: string;
  readonly merchantRefundId: string | null;
}
export interface Cancel {
  readonly id: string;
  readonly minor: number;
  readonly at: number;
}

export interface Order {
  readonly id: string;
  readonly checkoutId: string;
  readonly created: NewOrder;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly captures: Capture[];
  readonly cancels: Cancel[];
  readonly refunds: Refund[];
  status: string;
  declinedReason: string | null;
}

export type Event = 'approved' | 'declined' | 'authorised' | 'canceled' | 'captured' | 'refunded' | 'expired';

/** `data` of the event's webhook; an empty array when there is nothing to say. */
export type Notify = (order: Order, event: Event, data: Body | readonly never[]) => void;

const sum = (rows: readonly { readonly minor: number }[]): number =>
  rows.reduce((all, { minor }) => all + minor, 0);
export const capturedOf = ({ captures }: Order): number => sum(captures);
export const canceledOf = ({ cancels }: Order): number => sum(cancels);
export const refundedOf = ({ refunds }: Order): number => sum(refunds);
export const openOf = (order: Order): number =>
  order.created.total.minor - capturedOf(order) - canceledOf(order);

export class OrderBook {
  readonly #byId = new Map<string, Order>();
  readonly #timers = new Map<string, ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #notify: Notify;

  constructor(clock: SimulatorClock, ledger: EffectLedger, notify: Notify) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#notify = notify;
  }

  create(created: NewOrder): Order {
    const now = this.#clock.now();
    const order: Order = {
      id: randomUUID(),
      checkoutId: randomUUID(),
      created,
      createdAt: now,
      expiresAt: now + created.lifetimeMinutes * 60_000,
      captures: [],
      cancels: [],
      refunds: [],
      status: 'new',
      declinedReason: null,
    };
    this.#byId.set(order.id, order);
    this.#record('payment_created', order, created.total.minor, null);
    this.#later(order, order.expiresAt - now, () => this.expire(order));
    return order;
  }

  /** The customer has passed the checks and paid the first part. */
  approve(order: Order): void {
    this.#need(order, ['new']);
    order.status = 'approved';
    this.#later(order, AUTHORISE_WITHIN_MS, () => this.expire(order));
    this.#notify(order, 'approved', []);
  }

  decline(order: Order, reason: string): void {
    this.#need(order, ['new', 'approved']);
    this.#end(order, 'declined', 'attempt_failed');
    order.declinedReason = reason;
    this.#notify(order, 'declined', { declined_reason: reason, declined_code: '', decline_type: 'hard' });
  }

  /** The customer leaves the checkout for good. */
  abandon(order: Order): void {
    this.#need(order, ['new']);
    this.#end(order, 'canceled', 'payment_canceled');
    this.#notify(order, 'canceled', []);
  }

  expire(order: Order): void {
    this.#need(order, ['new', 'approved']);
    this.#end(order, 'expired', 'payment_expired');
    this.#notify(order, 'expired', []);
  }

  authorise(order: Order, autoCapture: boolean): void {
    this.#need(order, ['approved']);
    order.status = 'authorised';
    this.#record('money_authorized', order, order.created.total.minor, null);
    this.#later(order, AUTO_CAPTURE_AFTER_MS, () => void this.capture(order, openOf(order), {}));
    this.#notify(order, 'authorised', []);
    if (autoCapture) this.capture(order, openOf(order), {});
  }

  capture(order: Order, minor: number, body: Body): Capture {
    this.#need(order, ['authorised', 'updated', 'partially_captured']);
    if (minor > openOf(order)) {
      throw new Refused(409, 'total_amount_exceeded', 'The amount exceeds what can be captured');
    }
    const capture: Capture = { id: randomUUID(), minor, at: this.#clock.now(), body, refunded: 0 };
    order.captures.push(capture);
    order.status = openOf(order) === 0 ? 'fully_captured' : 'partially_captured';
    if (openOf(order) === 0) this.#stop(order);
    this.#record('money_received', order, minor, capture.id);
    this.#notify(order, 'captured', { capture_id: capture.id, captured_amount: minor });
    return capture;
  }

  cancel(order: Order, minor: number): Cancel {
    this.#need(order, ['authorised', 'updated', 'partially_captured']);
    if (minor > openOf(order)) {
      throw new Refused(409, 'total_amount_exceeded', 'The amount exceeds what can be canceled');
    }
    const cancel: Cancel = { id: randomUUID(), minor, at: this.#clock.now() };
    order.cancels.push(cancel);
    order.status = openOf(order) === 0 && order.captures.length === 0 ? 'canceled' : 'updated';
    if (openOf(order) === 0) this.#stop(order);
    this.#record('authorization_released', order, minor, cancel.id);
    this.#notify(order, 'canceled', { cancel_id: cancel.id, canceled_amount: minor });
    return cancel;
  }

  /** The captures a refund would be taken from; throws `Refused` when they do not have as much. */
  checkRefund(order: Order, minor: number, captureId: string | null): Capture[] {
    const from = order.captures.filter(({ id }) => captureId === null || captureId === id);
    if (captureId !== null && from.length === 0) {
      throw new Refused(404, 'capture_not_found', 'Capture not found');
    }
    if (minor > from.reduce((left, capture) => left + capture.minor - capture.refunded, 0)) {
      throw new Refused(409, 'refund_amount_exceeded', 'The amount exceeds what can be refunded');
    }
    return from;
  }

  /** Takes the money from one capture, or from all in their order; the refund names the first that gives. */
  refund(order: Order, minor: number, source: RefundSource): Refund {
    const from = this.checkRefund(order, minor, source.captureId);
    let left = minor;
    let captureId = '';
    for (const capture of from) {
      const part = Math.min(left, capture.minor - capture.refunded);
      if (part > 0 && captureId === '') captureId = capture.id;
      capture.refunded += part;
      left -= part;
    }
    const { comment, merchantRefundId } = source;
    const at = this.#clock.now();
    const refund: Refund = { id: randomUUID(), captureId, minor, at, comment, merchantRefundId };
    order.refunds.push(refund);
    order.status = refundedOf(order) === capturedOf(order) ? 'fully_refunded' : 'partially_refunded';
    this.#record('money_refunded', order, minor, refund.id, merchantRefundId);
    const data = { refund_id: refund.id, capture_id: captureId, refunded_amount: minor, comment };
    this.#notify(order, 'refunded', data);
    return refund;
  }

  find(id: string): Order | null {
    return this.#byId.get(id) ?? null;
  }

  /** Newest first; all of them, or those with this reference. */
  list(reference: string | null): Order[] {
    return [...this.#byId.values()]
      .filter(({ created }) => reference === null || created.reference === reference)
      .reverse();
  }

  reset(): void {
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
    this.#byId.clear();
  }

  #need(order: Order, statuses: readonly string[]): void {
    if (statuses.includes(order.status)) return;
    throw new Refused(409, 'order_status_is_not_valid', `The order is ${order.status}`);
  }

  #end(order: Order, status: string, kind: LedgerKind): void {
    this.#stop(order);
    order.status = status;
    this.#record(kind, order, order.created.total.minor, null);
  }

  #later(order: Order, delayMs: number, task: () => void): void {
    this.#stop(order);
    this.#timers.set(order.id, this.#clock.schedule(delayMs, task));
  }

  #stop(order: Order): void {
    this.#timers.get(order.id)?.cancel();
    this.#timers.delete(order.id);
  }

  #record(kind: LedgerKind, order: Order, minor: number, id: string | null, key: string | null = null): void {
    const { total, reference } = order.created;
    this.#ledger.record({
      kind,
      payment_id: order.id,
      reference,
      idempotency_key: key,
      amount: decimal(minor, total.currency),
      currency: total.currency,
      transfer_id: id,
    });
  }
}
