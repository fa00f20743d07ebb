/**
 * The payments of the Tabby simulator: created by a session, authorized by the customer, captured in parts or in full,
 * closed, refunded. Amounts are minor units here and decimals on the wire.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { randomUUID } from '../../sandbox/random.ts';
import { DECIMALS } from './sandbox-requests.ts';
import type { Body, CheckoutOrder, MoveOrder } from './sandbox-requests.ts';

export const STATUSES = ['CREATED', 'AUTHORIZED', 'CLOSED', 'REJECTED', 'EXPIRED'] as const;
export type Status = (typeof STATUSES)[number];

/** The page closes after 20 minutes, the payment expires about 10 minutes later. */
const SESSION_MS = 20 * 60 * 1000;
const PAYMENT_MS = 30 * 60 * 1000;
/** What is authorized and neither captured nor closed by then is captured by Tabby itself. */
const AUTO_CAPTURE_MS = 21 * 24 * 60 * 60 * 1000;

export interface Move {
  readonly id: string;
  readonly amount: number;
  readonly key: string | null;
  readonly reason: string | null;
  readonly sent: Body;
  readonly at: number;
}

export interface Payment {
  readonly id: string;
  readonly sessionId: string;
  readonly order: CheckoutOrder;
  readonly createdAt: number;
  readonly captures: Move[];
  readonly refunds: Move[];
  reference: string | null;
  status: Status;
  closedAt: number | null;
  expiredAt: number | null;
}

export class PaymentBook {
  readonly #byId = new Map<string, Payment>();
  readonly #expiry = new Map<string, ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #onChange: (payment: Payment) => void;

  /** `onChange` hears of everything that Tabby tells by webhook. */
  constructor(clock: SimulatorClock, ledger: EffectLedger, onChange: (payment: Payment) => void) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onChange = onChange;
  }

  /** A payment and its session; `rejected` when pre-scoring says no. */
  create(order: CheckoutOrder, rejected: boolean): Payment {
    const payment: Payment = {
      id: randomUUID(),
      sessionId: randomUUID(),
      order,
      createdAt: this.#clock.now(),
      captures: [],
      refunds: [],
      reference: order.reference,
      status: rejected ? 'REJECTED' : 'CREATED',
      closedAt: null,
      expiredAt: null,
    };
    this.#byId.set(payment.id, payment);
    if (rejected) {
      this.#record('attempt_failed', payment, order.amount);
      return payment;
    }
    this.#later(payment, PAYMENT_MS, () => void this.expire(payment));
    this.#record('payment_created', payment, order.amount);
    return payment;
  }

  /** The customer agreed and paid the first part. */
  authorize(payment: Payment): boolean {
    if (!this.isOpen(payment)) return false;
    this.#stopExpiry(payment);
    payment.status = 'AUTHORIZED';
    this.#later(payment, AUTO_CAPTURE_MS, () => this.#captureRest(payment));
    this.#record('money_authorized', payment, payment.order.amount);
    this.#onChange(payment);
    return true;
  }

  reject(payment: Payment): boolean {
    if (payment.status !== 'CREATED') return false;
    this.#stopExpiry(payment);
    payment.status = 'REJECTED';
    this.#record('attempt_failed', payment, payment.order.amount);
    this.#onChange(payment);
    return true;
  }

  /** The time is over, or the customer or the merchant canceled the session. */
  expire(payment: Payment): boolean {
    if (payment.status !== 'CREATED') return false;
    this.#stopExpiry(payment);
    payment.status = 'EXPIRED';
    payment.expiredAt = this.#clock.now();
    this.#record('payment_expired', payment, payment.order.amount);
    this.#onChange(payment);
    return true;
  }

  /** The caller has checked that so much is left. A payment that is captured in full is closed. */
  capture(payment: Payment, order: MoveOrder): void {
    payment.captures.push(this.#move('money_received', payment, order));
    this.#onChange(payment);
    if (total(payment.captures) === payment.order.amount) this.close(payment);
  }

  /** What is not captured goes back to the customer. */
  close(payment: Payment): void {
    this.#stopExpiry(payment);
    payment.status = 'CLOSED';
    payment.closedAt = this.#clock.now();
    const rest = payment.order.amount - total(payment.captures);
    if (rest > 0) this.#record('authorization_released', payment, rest);
    this.#onChange(payment);
  }

  /** The caller has checked that so much was captured. */
  refund(payment: Payment, order: MoveOrder): void {
    payment.refunds.push(this.#move('money_refunded', payment, order));
    this.#onChange(payment);
  }

  rename(payment: Payment, reference: string): void {
    payment.reference = reference;
    this.#onChange(payment);
  }

  /** Whether the page still takes the customer. */
  isOpen({ status, createdAt }: Payment): boolean {
    return status === 'CREATED' && this.#clock.now() < createdAt + SESSION_MS;
  }

  find(id: string): Payment | null {
    return this.#byId.get(id) ?? null;
  }

  findSession(id: string): Payment | null {
    return [...this.#byId.values()].find(({ sessionId }) => sessionId === id) ?? null;
  }

  /** Newest first. */
  list(): Payment[] {
    return [...this.#byId.values()].reverse();
  }

  reset(): void {
    for (const task of this.#expiry.values()) task.cancel();
    this.#expiry.clear();
    this.#byId.clear();
  }

  #move(kind: LedgerKind, payment: Payment, order: MoveOrder): Move {
    const id = randomUUID();
    this.#record(kind, payment, order.amount, { key: order.key, id });
    return { ...order, id, at: this.#clock.now() };
  }

  /** Nobody asked for it, so there is no reference of the merchant's. */
  #captureRest(payment: Payment): void {
    const amount = payment.order.amount - total(payment.captures);
    this.capture(payment, { amount, key: null, reason: null, sent: {} });
  }

  #later(payment: Payment, delayMs: number, task: () => void): void {
    this.#expiry.set(payment.id, this.#clock.schedule(delayMs, task));
  }

  #stopExpiry(payment: Payment): void {
    this.#expiry.get(payment.id)?.cancel();
    this.#expiry.delete(payment.id);
  }

  #record(
    kind: LedgerKind,
    payment: Payment,
    amount: number,
    move: { readonly key: string | null; readonly id: string } | null = null,
  ): void {
    this.#ledger.record({
      kind,
      payment_id: payment.id,
      reference: payment.reference,
      idempotency_key: move?.key ?? null,
      amount: decimal(amount, payment.order.currency),
      currency: payment.order.currency,
      transfer_id: move?.id ?? null,
    });
  }
}

export function total(moves: readonly Move[]): number {
  return moves.reduce((sum, { amount }) => sum + amount, 0);
}

/** `340.00`, `12.500`: as Tabby writes amounts. */
export function decimal(units: number, currency: string): string {
  const digits = DECIMALS.get(currency) ?? 2;
  const padded = String(units).padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}
