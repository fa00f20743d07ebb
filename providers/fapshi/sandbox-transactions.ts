/**
 * The transactions of the Fapshi simulator. A link lives 24 hours and survives failed attempts; a direct payment has
 * one attempt and never expires; a payout goes the other way.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { ALPHANUMERIC, DIGITS, HEX, randomText } from '../../sandbox/random.ts';
import type { LinkOrder, Medium, PayoutOrder, PhoneOrder } from './sandbox-requests.ts';

export const LINK_LIFETIME_S = 24 * 60 * 60;
/** What the merchant gets of 100 XAF. Fapshi keeps 3 % of mobile money collections. */
const REVENUE_PERCENT = 97;

export type Status = 'CREATED' | 'PENDING' | 'SUCCESSFUL' | 'FAILED' | 'EXPIRED';
export const STATUSES: readonly Status[] = ['CREATED', 'PENDING', 'SUCCESSFUL', 'FAILED', 'EXPIRED'];

export interface Transaction {
  readonly transId: string;
  readonly kind: 'link' | 'direct' | 'payout';
  /** Names the payment page: 24 hexadecimal digits, as on checkout.fapshi.com. */
  readonly checkoutId: string;
  readonly order: LinkOrder;
  status: Status;
  medium: Medium | 'fapshi' | null;
  phone: string | null;
  payerName: string | null;
  payerEmail: string | null;
  financialTransId: string | null;
  reason: string | null;
  readonly initiatedAt: number;
  confirmedAt: number | null;
  expiresAt: number | null;
}

/** Who pays, as a payment page or the control API says it. */
export interface Payer {
  readonly phone: string;
  readonly medium: Medium;
  readonly name: string | null;
  readonly email: string | null;
}

/** `blocked`: no payment is taken in the present status. */
export type AttemptResult = 'done' | 'blocked';

export class TransactionBook {
  readonly #byId = new Map<string, Transaction>();
  readonly #byCheckout = new Map<string, Transaction>();
  readonly #byReference = new Map<string, Transaction[]>();
  readonly #byUser = new Map<string, Transaction[]>();
  readonly #expiry = new Map<string, ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #onStatus: (transaction: Transaction) => void;

  /** `onStatus` hears of each change to SUCCESSFUL, FAILED or EXPIRED. */
  constructor(clock: SimulatorClock, ledger: EffectLedger, onStatus: (transaction: Transaction) => void) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onStatus = onStatus;
  }

  createLink(order: LinkOrder): Transaction {
    const transaction = this.#add('link', order, 'CREATED');
    transaction.expiresAt = transaction.initiatedAt + LINK_LIFETIME_S * 1000;
    const task = this.#clock.schedule(LINK_LIFETIME_S * 1000, () => {
      this.expire(transaction);
    });
    this.#expiry.set(transaction.transId, task);
    return transaction;
  }

  createDirect(order: PhoneOrder): Transaction {
    const transaction = this.#add('direct', order, 'PENDING');
    transaction.medium = order.medium;
    transaction.phone = order.phone;
    transaction.payerName = order.name;
    return transaction;
  }

  createPayout(order: PayoutOrder): Transaction {
    const transaction = this.#add('payout', order, 'PENDING');
    transaction.medium = order.medium;
    transaction.phone = order.phone;
    transaction.payerName = order.name;
    return transaction;
  }

  /** A customer starts to pay a link: the operator is asking for the PIN. */
  begin(transaction: Transaction, payer: Payer): AttemptResult {
    if (!isPayable(transaction)) return 'blocked';
    transaction.status = 'PENDING';
    transaction.medium = payer.medium;
    transaction.phone = payer.phone;
    transaction.payerName = payer.name ?? transaction.payerName;
    transaction.payerEmail = payer.email ?? transaction.payerEmail;
    return 'done';
  }

  /** The money moved. `force` books it whatever the status, as operators do when they are late. */
  succeed(transaction: Transaction, force = false): AttemptResult {
    if (transaction.status === 'SUCCESSFUL' || (!force && transaction.status !== 'PENDING')) return 'blocked';
    const prefix = transaction.medium === 'orange money' ? 'PP' : '';
    transaction.status = 'SUCCESSFUL';
    transaction.confirmedAt = this.#clock.now();
    transaction.financialTransId = prefix + randomText(DIGITS, 10);
    transaction.reason = null;
    this.#stopExpiry(transaction);
    this.#record(transaction.kind === 'payout' ? 'money_paid_out' : 'money_received', transaction);
    this.#onStatus(transaction);
    return 'done';
  }

  /** The attempt failed. A link can be tried again; a direct payment or payout is over. */
  fail(transaction: Transaction, reason: string): AttemptResult {
    if (transaction.status !== 'PENDING') return 'blocked';
    transaction.status = 'FAILED';
    transaction.reason = reason;
    this.#record('attempt_failed', transaction);
    this.#onStatus(transaction);
    return 'done';
  }

  /** Ends a link that is not paid. */
  expire(transaction: Transaction): AttemptResult {
    if (transaction.kind !== 'link' || !isPayable(transaction)) return 'blocked';
    transaction.status = 'EXPIRED';
    transaction.expiresAt = Math.min(transaction.expiresAt ?? Infinity, this.#clock.now());
    this.#stopExpiry(transaction);
    this.#record('payment_expired', transaction);
    this.#onStatus(transaction);
    return 'done';
  }

  find(transId: string): Transaction | null {
    return this.#byId.get(transId) ?? null;
  }

  findByCheckout(checkoutId: string): Transaction | null {
    return this.#byCheckout.get(checkoutId) ?? null;
  }

  /** Newest first; all of them, or those with this `externalId`. */
  list(reference: string | null): Transaction[] {
    const found = reference === null ? [...this.#byId.values()] : (this.#byReference.get(reference) ?? []);
    return [...found].reverse();
  }

  ofUser(userId: string): Transaction[] {
    return [...(this.#byUser.get(userId) ?? [])].reverse();
  }

  /** What the service has earned so far less what it paid out, in XAF. */
  balance(): number {
    let sum = 0;
    for (const transaction of this.#byId.values()) {
      if (transaction.status !== 'SUCCESSFUL') continue;
      sum += transaction.kind === 'payout' ? -transaction.order.amount : revenueOf(transaction);
    }
    return sum;
  }

  reset(): void {
    for (const task of this.#expiry.values()) task.cancel();
    for (const map of [this.#expiry, this.#byId, this.#byCheckout, this.#byReference, this.#byUser])
      map.clear();
  }

  #add(kind: Transaction['kind'], order: LinkOrder, status: Status): Transaction {
    const transaction: Transaction = {
      transId: randomText(ALPHANUMERIC, 8),
      kind,
      checkoutId: randomText(HEX, 24),
      order,
      status,
      medium: null,
      phone: null,
      payerName: null,
      payerEmail: null,
      financialTransId: null,
      reason: null,
      initiatedAt: this.#clock.now(),
      confirmedAt: null,
      expiresAt: null,
    };
    this.#byId.set(transaction.transId, transaction);
    this.#byCheckout.set(transaction.checkoutId, transaction);
    index(this.#byReference, order.externalId, transaction);
    index(this.#byUser, order.userId, transaction);
    this.#record(kind === 'payout' ? 'payout_created' : 'payment_created', transaction);
    return transaction;
  }

  #stopExpiry(transaction: Transaction): void {
    this.#expiry.get(transaction.transId)?.cancel();
    this.#expiry.delete(transaction.transId);
  }

  #record(kind: LedgerKind, transaction: Transaction): void {
    this.#ledger.record({
      kind,
      payment_id: transaction.transId,
      reference: transaction.order.externalId,
      idempotency_key: null,
      amount: transaction.order.amount,
      currency: 'XAF',
      transfer_id: transaction.financialTransId,
    });
  }
}

/** No payment is taken after SUCCESSFUL or EXPIRED; on a link a FAILED attempt is not the end. */
export function isPayable(transaction: Transaction): boolean {
  switch (transaction.status) {
    case 'CREATED':
    case 'PENDING':
      return true;
    case 'FAILED':
      return transaction.kind === 'link';
    case 'SUCCESSFUL':
    case 'EXPIRED':
      return false;
  }
}

export function revenueOf(transaction: Transaction): number {
  const { amount } = transaction.order;
  return transaction.kind === 'payout' ? amount : Math.round((amount * REVENUE_PERCENT) / 100);
}

function index(map: Map<string, Transaction[]>, key: string | null, transaction: Transaction): void {
  if (key === null) return;
  const list = map.get(key);
  if (list === undefined) map.set(key, [transaction]);
  else list.push(transaction);
}
