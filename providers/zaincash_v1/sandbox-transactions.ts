/**
 * The transactions of the ZainCash v1 simulator. One is asked for number and PIN, then for the OTP, and ends completed,
 * failed or cancelled; nobody is told.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { DIGITS, HEX, randomText, UPPER_ALPHANUMERIC } from '../../sandbox/random.ts';

/** "exp" of the documentation's token: four hours. */
const LIFETIME_MS = 4 * 60 * 60 * 1000;

export type Status = 'pending' | 'pending_otp' | 'completed' | 'failed' | 'cancel';

export interface Order {
  /** Whole dinars. */
  readonly amount: number;
  readonly serviceType: string;
  readonly orderId: string;
  readonly redirectUrl: string;
  readonly lang: string;
}

export interface Transaction {
  readonly id: string;
  readonly order: Order;
  readonly referenceNumber: string;
  status: Status;
  /** The payer's wallet. */
  from: string | null;
  operationId: string | null;
  /** Why it failed. */
  due: string | null;
  readonly createdAt: number;
  updatedAt: number;
  readonly expiresAt: number;
}

/** `blocked`: the transaction is in a status in which this cannot happen. */
export type Outcome = 'done' | 'blocked';

export class TransactionBook {
  readonly #byId = new Map<string, Transaction>();
  readonly #expiry = new Map<string, ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;

  constructor(clock: SimulatorClock, ledger: EffectLedger) {
    this.#clock = clock;
    this.#ledger = ledger;
  }

  create(order: Order): Transaction {
    const now = this.#clock.now();
    const transaction: Transaction = {
      id: randomText(HEX, 24),
      order,
      referenceNumber: randomText(UPPER_ALPHANUMERIC, 6),
      status: 'pending',
      from: null,
      operationId: null,
      due: null,
      createdAt: now,
      updatedAt: now,
      expiresAt: now + LIFETIME_MS,
    };
    this.#byId.set(transaction.id, transaction);
    this.#record('payment_created', transaction);
    const task = this.#clock.schedule(LIFETIME_MS, () => {
      this.expire(transaction);
    });
    this.#expiry.set(transaction.id, task);
    return transaction;
  }

  /** Number and PIN were right: the OTP is on its way to the customer. */
  sendOtp(transaction: Transaction, from: string): Outcome {
    if (!isOpen(transaction)) return 'blocked';
    transaction.from = from;
    this.#change(transaction, 'pending_otp');
    return 'done';
  }

  /** The money moved. `force` books it whatever the status, to try what must not happen. */
  complete(transaction: Transaction, force = false): Outcome {
    if (transaction.status === 'completed' || (!force && transaction.status !== 'pending_otp'))
      return 'blocked';
    transaction.operationId = randomText(DIGITS, 16);
    transaction.due = null;
    this.#change(transaction, 'completed');
    this.#record('money_received', transaction);
    return 'done';
  }

  fail(transaction: Transaction, due: string): Outcome {
    return this.#end(transaction, 'failed', due, 'attempt_failed');
  }

  expire(transaction: Transaction): Outcome {
    return this.#end(transaction, 'failed', 'Transaction expired', 'payment_expired');
  }

  cancel(transaction: Transaction): Outcome {
    return this.#end(transaction, 'cancel', 'Cancelled by the customer', 'payment_canceled');
  }

  find(id: string): Transaction | null {
    return this.#byId.get(id) ?? null;
  }

  /** Newest first; all of them, or those with this order id. */
  list(orderId: string | null): Transaction[] {
    return [...this.#byId.values()]
      .filter(({ order }) => orderId === null || order.orderId === orderId)
      .reverse();
  }

  reset(): void {
    for (const task of this.#expiry.values()) task.cancel();
    this.#expiry.clear();
    this.#byId.clear();
  }

  #end(transaction: Transaction, status: Status, due: string, kind: LedgerKind): Outcome {
    if (!isOpen(transaction)) return 'blocked';
    transaction.due = due;
    this.#change(transaction, status);
    this.#record(kind, transaction);
    return 'done';
  }

  #change(transaction: Transaction, status: Status): void {
    transaction.status = status;
    transaction.updatedAt = this.#clock.now();
    if (isOpen(transaction)) return;
    this.#expiry.get(transaction.id)?.cancel();
    this.#expiry.delete(transaction.id);
  }

  #record(kind: LedgerKind, transaction: Transaction): void {
    this.#ledger.record({
      kind,
      payment_id: transaction.id,
      reference: transaction.order.orderId,
      idempotency_key: null,
      amount: transaction.order.amount,
      currency: 'IQD',
      transfer_id: transaction.operationId,
    });
  }
}

export function isOpen({ status }: Transaction): boolean {
  return status === 'pending' || status === 'pending_otp';
}

/** What a known customer is told to pay on top, and the merchant. */
export const NO_FEES = { onCustomerFees: '0', onMerchantFees: '0' };

/** The merchant as `/transaction/get` shows it, where `/transaction/init` has its id alone. */
export function merchantJson(merchant: { msisdn: string; merchant_id: string }): Record<string, unknown> {
  const since = '2023-03-06T00:00:00.000Z';
  return {
    name: 'Sarraf Sandbox',
    msisdn: merchant.msisdn,
    currency: 'IQD',
    deleted: false,
    pay_by_reference: '1',
    createdAt: since,
    updatedAt: since,
    id: merchant.merchant_id,
  };
}

/** A transaction as `/transaction/init` and `/transaction/get` show it; the amount is text there. `to`: the merchant. */
export function transactionJson(transaction: Transaction, to: unknown): Record<string, unknown> {
  const { order } = transaction;
  const updatedAt = new Date(transaction.updatedAt).toISOString();
  return {
    source: 'web',
    type: 'MERCHANT_PAYMENT',
    amount: String(order.amount),
    to,
    serviceType: order.serviceType,
    lang: order.lang,
    orderId: order.orderId,
    currencyConversion: {},
    referenceNumber: transaction.referenceNumber,
    redirectUrl: order.redirectUrl,
    credit: false,
    status: transaction.status,
    reversed: false,
    ...(transaction.from === null ? {} : { from: transaction.from, ...NO_FEES, totalFees: 0 }),
    ...(transaction.operationId === null
      ? {}
      : { operationDate: updatedAt, operationId: transaction.operationId }),
    ...(transaction.due === null ? {} : { due: transaction.due }),
    createdAt: new Date(transaction.createdAt).toISOString(),
    updatedAt,
    id: transaction.id,
  };
}
