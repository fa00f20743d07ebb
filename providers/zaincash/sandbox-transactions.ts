/**
 * The transactions of the ZainCash v2 simulator. A reversal moves money each time it is asked for: the guide warns that it
 * is not idempotent, and the books must show who did not heed that.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { DIGITS, randomText, randomUUID } from '../../sandbox/random.ts';

export type Status =
  | 'PENDING'
  | 'CUSTOMER_AUTHENTICATION_REQUIRED'
  | 'OTP_SENT'
  | 'SUCCESS'
  | 'FAILED'
  | 'EXPIRED'
  | 'REFUNDED';

export const STATUSES: readonly Status[] = [
  'PENDING',
  'CUSTOMER_AUTHENTICATION_REQUIRED',
  'OTP_SENT',
  'SUCCESS',
  'FAILED',
  'EXPIRED',
  'REFUNDED',
];

export interface Order {
  readonly language: string;
  readonly externalReferenceId: string;
  readonly orderId: string;
  readonly serviceType: string;
  /** Whole dinars. */
  readonly amount: number;
  readonly phone: string | null;
  readonly successUrl: string;
  readonly failureUrl: string;
}

export interface Transaction {
  readonly id: string;
  readonly order: Order;
  /** The second half of the link. */
  readonly pageToken: string;
  /** How answers and events write its amounts. */
  readonly amountsAsText: boolean;
  /** Whole dinars that ZainCash keeps. */
  readonly fee: number;
  status: Status;
  previousStatus: Status | null;
  phone: string | null;
  operationId: number | null;
  errorMessage: string | null;
  /** Of the last change of status that is told. */
  eventId: string;
  readonly createdAt: number;
  updatedAt: number;
  completedAt: number | null;
  readonly expiresAt: number;
}

export interface Reversal {
  readonly id: number;
  readonly operationId: number;
  readonly reversalReferenceId: string;
  readonly reason: string;
  readonly at: number;
}

export type EventType = 'STATUS_CHANGED' | 'REFUND_COMPLETED';
/** `blocked`: the transaction is in a status in which this cannot happen. */
export type Outcome = 'done' | 'blocked';

export class TransactionBook {
  readonly #byId = new Map<string, Transaction>();
  readonly #byReference = new Map<string, Transaction>();
  readonly #expiry = new Map<string, ScheduledTask>();
  #reversals = 0;
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #lifetimeS: () => number;
  readonly #tell: (transaction: Transaction, event: EventType) => void;

  /** `tell` hears of the end of a payment by the customer and of reversals, and of nothing else. */
  constructor(
    core: { clock: SimulatorClock; ledger: EffectLedger },
    lifetimeS: () => number,
    tell: (transaction: Transaction, event: EventType) => void,
  ) {
    this.#clock = core.clock;
    this.#ledger = core.ledger;
    this.#lifetimeS = lifetimeS;
    this.#tell = tell;
  }

  create(
    order: Order,
    { amountsAsText, feePercent }: { readonly amountsAsText: boolean; readonly feePercent: number },
  ): Transaction {
    const now = this.#clock.now();
    const lifetimeMs = this.#lifetimeS() * 1000;
    const transaction: Transaction = {
      id: randomUUID(),
      order,
      pageToken: randomUUID().replaceAll('-', ''),
      amountsAsText,
      fee: Math.floor((order.amount * feePercent) / 100),
      status: 'PENDING',
      previousStatus: null,
      phone: order.phone,
      operationId: null,
      errorMessage: null,
      eventId: randomUUID(),
      createdAt: now,
      updatedAt: now,
      completedAt: null,
      expiresAt: now + lifetimeMs,
    };
    this.#byId.set(transaction.id, transaction);
    this.#byReference.set(order.externalReferenceId.toLowerCase(), transaction);
    this.#record('payment_created', transaction, null);
    const task = this.#clock.schedule(lifetimeMs, () => {
      this.expire(transaction);
    });
    this.#expiry.set(transaction.id, task);
    return transaction;
  }

  /** Number and PIN were right. */
  sendOtp(transaction: Transaction, phone: string): Outcome {
    if (!isOpen(transaction)) return 'blocked';
    transaction.phone = phone;
    this.#change(transaction, 'OTP_SENT');
    return 'done';
  }

  /** The money moved. `force` books it whatever the status, to try what must not happen. */
  succeed(transaction: Transaction, force = false): Outcome {
    const ready = transaction.status === 'OTP_SENT' || (force && transaction.completedAt === null);
    if (!ready) return 'blocked';
    transaction.operationId = operationId();
    transaction.errorMessage = null;
    this.#change(transaction, 'SUCCESS');
    // One moment: webhooks tell `updatedAt`, readings `completedAt`.
    transaction.completedAt = transaction.updatedAt;
    this.#record('money_received', transaction, String(transaction.operationId));
    this.#tell(transaction, 'STATUS_CHANGED');
    return 'done';
  }

  fail(transaction: Transaction, reason: string): Outcome {
    if (!isOpen(transaction)) return 'blocked';
    transaction.errorMessage = reason;
    this.#change(transaction, 'FAILED');
    this.#record('attempt_failed', transaction, null);
    this.#tell(transaction, 'STATUS_CHANGED');
    return 'done';
  }

  /** "The webhook is sent after the user completes the final step": so nobody is told of this. */
  expire(transaction: Transaction): Outcome {
    if (!isOpen(transaction)) return 'blocked';
    this.#change(transaction, 'EXPIRED');
    this.#record('payment_expired', transaction, null);
    return 'done';
  }

  /** Gives the money back, again and again if asked again and again. Null when there was none. */
  reverse(transaction: Transaction, reason: string): Reversal | null {
    if (transaction.completedAt === null) return null;
    this.#reversals += 1;
    const reversal: Reversal = {
      id: this.#reversals,
      operationId: operationId(),
      reversalReferenceId: randomUUID(),
      reason,
      at: this.#clock.now(),
    };
    this.#change(transaction, 'REFUNDED');
    this.#record('money_refunded', transaction, reversal.reversalReferenceId);
    this.#tell(transaction, 'REFUND_COMPLETED');
    return reversal;
  }

  find(id: string): Transaction | null {
    return this.#byId.get(id.toLowerCase()) ?? null;
  }

  findByReference(externalReferenceId: string): Transaction | null {
    return this.#byReference.get(externalReferenceId.toLowerCase()) ?? null;
  }

  /** Newest first; all of them, or those with this order id. */
  list(orderId: string | null): Transaction[] {
    return [...this.#byId.values()]
      .filter(({ order }) => orderId === null || order.orderId === orderId)
      .reverse();
  }

  reset(): void {
    for (const task of this.#expiry.values()) task.cancel();
    for (const map of [this.#expiry, this.#byId, this.#byReference]) map.clear();
  }

  #change(transaction: Transaction, status: Status): void {
    transaction.previousStatus = transaction.status;
    transaction.status = status;
    transaction.updatedAt = this.#clock.now();
    if (isOpen(transaction)) return;
    transaction.eventId = randomUUID();
    this.#expiry.get(transaction.id)?.cancel();
    this.#expiry.delete(transaction.id);
  }

  #record(kind: LedgerKind, { id, order }: Transaction, transfer_id: string | null): void {
    this.#ledger.record({
      kind,
      payment_id: id,
      reference: order.orderId,
      // Only a creation takes one.
      idempotency_key: kind === 'payment_created' ? order.externalReferenceId : null,
      amount: order.amount,
      currency: 'IQD',
      transfer_id,
    });
  }
}

export function isOpen({ status }: Transaction): boolean {
  switch (status) {
    case 'PENDING':
    case 'CUSTOMER_AUTHENTICATION_REQUIRED':
    case 'OTP_SENT':
      return true;
    case 'SUCCESS':
    case 'FAILED':
    case 'EXPIRED':
    case 'REFUNDED':
      return false;
  }
}

const operationId = (): number => Number(`125${randomText(DIGITS, 13)}`);
