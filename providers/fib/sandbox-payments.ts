/**
 * The payments of the FIB simulator: unpaid until paid, cancelled or run out; a paid one can be given back once, as a
 * whole, and that takes a while.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { randomText, randomUUID, UPPER_ALPHANUMERIC } from '../../sandbox/random.ts';
import type { PaymentOrder } from './sandbox-requests.ts';

export const STATUSES = ['UNPAID', 'PAID', 'DECLINED', 'REFUND_REQUESTED', 'REFUNDED'] as const;
export type Status = (typeof STATUSES)[number];
export type DecliningReason = 'PAYMENT_EXPIRATION' | 'PAYMENT_CANCELLATION' | 'SERVER_FAILURE';

export interface Payment {
  readonly paymentId: string;
  /** What a person types into the app: `K7QD-2M9X-LW4P`. */
  readonly readableCode: string;
  readonly order: PaymentOrder;
  readonly createdAt: number;
  readonly validUntil: number;
  status: Status;
  decliningReason: DecliningReason | null;
  declinedAt: number | null;
  paidAt: number | null;
  paidBy: { readonly name: string; readonly iban: string } | null;
}

/** `blocked`: the status does not allow it. */
export type Result = 'done' | 'blocked';

/** Account number of the customer whom the simulator plays. */
const PAYER_IBAN = 'IQ98NBIQ850123456789012';

export class PaymentBook {
  readonly #byId = new Map<string, Payment>();
  readonly #byCode = new Map<string, Payment>();
  readonly #tasks = new Map<string, ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #onStatus: (payment: Payment) => void;

  /** `onStatus` hears of every change of status. */
  constructor(clock: SimulatorClock, ledger: EffectLedger, onStatus: (payment: Payment) => void) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onStatus = onStatus;
  }

  create(order: PaymentOrder): Payment {
    const now = this.#clock.now();
    const part = (): string => randomText(UPPER_ALPHANUMERIC, 4);
    const payment: Payment = {
      paymentId: randomUUID(),
      readableCode: `${part()}-${part()}-${part()}`,
      order,
      createdAt: now,
      validUntil: now + order.expiresInMs,
      status: 'UNPAID',
      decliningReason: null,
      declinedAt: null,
      paidAt: null,
      paidBy: null,
    };
    this.#byId.set(payment.paymentId, payment);
    this.#byCode.set(payment.readableCode, payment);
    this.#later(payment, order.expiresInMs, () => this.decline(payment, 'PAYMENT_EXPIRATION'));
    this.#record('payment_created', payment);
    return payment;
  }

  pay(payment: Payment, name: string | null): Result {
    if (payment.status !== 'UNPAID') return 'blocked';
    payment.paidAt = this.#clock.now();
    payment.paidBy = { name: name ?? 'Sara A.', iban: PAYER_IBAN };
    return this.#turn(payment, 'PAID', 'money_received');
  }

  decline(payment: Payment, reason: DecliningReason): Result {
    if (payment.status !== 'UNPAID') return 'blocked';
    payment.decliningReason = reason;
    payment.declinedAt = this.#clock.now();
    return this.#turn(payment, 'DECLINED', LEDGER_KIND[reason]);
  }

  /** Accepts a refund, which is done `delayMs` later. */
  requestRefund(payment: Payment, delayMs: number): Result {
    const { paidAt, order } = payment;
    if (payment.status !== 'PAID' || paidAt === null) return 'blocked';
    if (this.#clock.now() > paidAt + order.refundableForMs) return 'blocked';
    this.#turn(payment, 'REFUND_REQUESTED', 'refund_requested');
    this.#later(payment, delayMs, () => this.#turn(payment, 'REFUNDED', 'money_refunded'));
    return 'done';
  }

  find(paymentId: string): Payment | null {
    return this.#byId.get(paymentId) ?? null;
  }

  findByCode(readableCode: string): Payment | null {
    return this.#byCode.get(readableCode) ?? null;
  }

  /** Newest first; all of them, or those whose description or callback URL names this reference. */
  list(reference: string | null): Payment[] {
    const all = [...this.#byId.values()].reverse();
    return reference === null ? all : all.filter((payment) => names(payment, reference));
  }

  reset(): void {
    for (const task of this.#tasks.values()) task.cancel();
    for (const map of [this.#tasks, this.#byId, this.#byCode]) map.clear();
  }

  #turn(payment: Payment, status: Status, kind: LedgerKind): Result {
    this.#tasks.get(payment.paymentId)?.cancel();
    this.#tasks.delete(payment.paymentId);
    payment.status = status;
    this.#record(kind, payment);
    this.#onStatus(payment);
    return 'done';
  }

  #later(payment: Payment, delayMs: number, task: () => unknown): void {
    this.#tasks.set(
      payment.paymentId,
      this.#clock.schedule(delayMs, () => void task()),
    );
  }

  #record(kind: LedgerKind, payment: Payment): void {
    const moved = kind === 'money_received' || kind === 'money_refunded';
    this.#ledger.record({
      kind,
      payment_id: payment.paymentId,
      reference: payment.order.description,
      idempotency_key: null,
      amount: payment.order.dinars,
      currency: 'IQD',
      transfer_id: moved ? payment.paymentId : null,
    });
  }
}

const LEDGER_KIND: Readonly<Record<DecliningReason, LedgerKind>> = {
  PAYMENT_EXPIRATION: 'payment_expired',
  PAYMENT_CANCELLATION: 'payment_canceled',
  SERVER_FAILURE: 'attempt_failed',
};

/** FIB takes no reference: what a merchant can leave with it is the description and the callback URL. */
function names({ order }: Payment, reference: string): boolean {
  if (order.description === reference) return true;
  const segments = order.statusCallbackUrl?.pathname.split('/') ?? [];
  return segments.includes(encodeURIComponent(reference));
}
