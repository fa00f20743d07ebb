/**
 * The invoices of the MyFatoorah simulator: attempts, authorizations, captures. Money moves here and nowhere else.
 * Amounts are integers of the smallest unit.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { DIGITS, randomText } from '../../sandbox/random.ts';
import type { Portal } from './sandbox-countries.ts';
import type { InvoiceOrder } from './sandbox-requests.ts';

/** Without an ExpiryDate; at MyFatoorah the portal's settings decide. */
const DEFAULT_LIFETIME_MS = 3 * 24 * 60 * 60 * 1000;
/** Chosen: how long a card's bank holds what is neither captured nor released. */
const HOLD_MS = 7 * 24 * 60 * 60 * 1000;

/** `Succss` is MyFatoorah's spelling. */
export type TransactionStatus = 'InProgress' | 'Succss' | 'Failed' | 'Canceled' | 'Authorize';

export interface Transaction {
  readonly paymentId: string;
  readonly transactionId: string;
  readonly referenceId: string;
  readonly trackId: string;
  readonly authorizationId: string;
  readonly gateway: string;
  readonly at: number;
  readonly value: number;
  status: TransactionStatus;
  error: string | null;
  errorCode: string;
}

export interface Invoice {
  readonly id: number;
  /** The last part of the link. */
  readonly key: string;
  readonly reference: string;
  readonly order: InvoiceOrder;
  /** The captured amount once there is one. */
  value: number;
  status: 'Pending' | 'Paid' | 'Canceled';
  readonly createdAt: number;
  expiresAt: number;
  readonly transactions: Transaction[];
}

export interface Failure {
  readonly code: string;
  readonly text: string;
}

/** A change that a webhook tells of. */
export type OnChange = (invoice: Invoice, transaction: Transaction) => void;

export class InvoiceBook {
  readonly #byId = new Map<number, Invoice>();
  readonly #byKey = new Map<string, Invoice>();
  readonly #expiry = new Map<number, ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #portal: Portal;
  readonly #onChange: OnChange;

  constructor(clock: SimulatorClock, ledger: EffectLedger, portal: Portal, onChange: OnChange) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#portal = portal;
    this.#onChange = onChange;
  }

  create(order: InvoiceOrder): Invoice {
    const now = this.#clock.now();
    const invoice: Invoice = {
      id: this.#freshId(),
      key: `01072${randomText(DIGITS, 14)}`,
      reference: `${new Date(now).getUTCFullYear()}${randomText(DIGITS, 6)}`,
      order,
      value: order.value,
      status: 'Pending',
      createdAt: now,
      expiresAt: order.expiresAt ?? now + DEFAULT_LIFETIME_MS,
      transactions: [],
    };
    this.#byId.set(invoice.id, invoice);
    this.#byKey.set(invoice.key, invoice);
    this.record('payment_created', invoice, invoice.value, null);
    this.#later(invoice, invoice.expiresAt - now, () => void this.expire(invoice));
    return invoice;
  }

  /** The customer pays: the money moves, or is held when the invoice asks for that. False when nothing is due any more. */
  pay(invoice: Invoice, gateway: string, late = false): boolean {
    if (!this.isOpen(invoice, late)) return false;
    const held = !invoice.order.autoCapture;
    const transaction = this.#attempt(invoice, gateway, held ? 'Authorize' : 'Succss', invoice.value);
    if (!held) invoice.status = 'Paid';
    this.#stopExpiry(invoice);
    if (held) this.#later(invoice, HOLD_MS, () => this.release(invoice, transaction));
    this.record(held ? 'money_authorized' : 'money_received', invoice, invoice.value, transaction.paymentId);
    this.#onChange(invoice, transaction);
    return true;
  }

  /** An attempt that fails; the invoice stays payable. */
  fail(invoice: Invoice, gateway: string, failure: Failure): boolean {
    if (!this.isOpen(invoice, false)) return false;
    const transaction = this.#attempt(invoice, gateway, 'Failed', invoice.value);
    transaction.error = failure.text;
    transaction.errorCode = failure.code;
    this.record('attempt_failed', invoice, invoice.value, transaction.paymentId);
    this.#onChange(invoice, transaction);
    return true;
  }

  /** Takes at most what is held, once. The invoice's value becomes what was taken. */
  capture(invoice: Invoice, held: Transaction, amount: number): void {
    this.#stopExpiry(invoice);
    invoice.status = 'Paid';
    invoice.value = amount;
    const transaction = this.#attempt(invoice, held.gateway, 'Succss', amount);
    this.record('money_received', invoice, amount, transaction.paymentId);
    this.#onChange(invoice, transaction);
  }

  /** Gives all of it back, asked for or because the hold has run out; "Pending + Canceled (error text says the transaction was released)". */
  release(invoice: Invoice, held: Transaction): void {
    this.#stopExpiry(invoice);
    held.status = 'Canceled';
    held.error = 'The transaction has been released';
    this.record('authorization_released', invoice, held.value, held.paymentId);
    this.#onChange(invoice, held);
  }

  /** The link runs out. MyFatoorah has no status and no webhook for it. */
  expire(invoice: Invoice): boolean {
    if (!this.isOpen(invoice, true) || !this.#expiry.has(invoice.id)) return false;
    this.#stopExpiry(invoice);
    invoice.expiresAt = Math.min(invoice.expiresAt, this.#clock.now());
    this.record('payment_expired', invoice, invoice.value, null);
    return true;
  }

  /** Whether the link takes a payment. */
  isOpen(invoice: Invoice, late: boolean): boolean {
    const begun = invoice.transactions.some(({ status }) => status === 'Authorize' || status === 'Canceled');
    return invoice.status === 'Pending' && !begun && (late || this.#clock.now() < invoice.expiresAt);
  }

  find(id: number): Invoice | null {
    return this.#byId.get(id) ?? null;
  }

  findByKey(key: string): Invoice | null {
    return this.#byKey.get(key) ?? null;
  }

  findByPaymentId(paymentId: string): Invoice | null {
    return this.list(null).find((one) => one.transactions.some((row) => row.paymentId === paymentId)) ?? null;
  }

  /** Newest first. "If the reference is not unique the latest invoice is returned" hangs on this order. */
  list(customerReference: string | null): Invoice[] {
    return [...this.#byId.values()]
      .filter(({ order }) => customerReference === null || order.customerReference === customerReference)
      .reverse();
  }

  record(kind: LedgerKind, invoice: Invoice, amount: number, transferId: string | null, key?: string): void {
    this.#ledger.record({
      kind,
      payment_id: String(invoice.id),
      reference: invoice.order.customerReference,
      idempotency_key: key ?? null,
      amount: this.#portal.plain(amount),
      currency: this.#portal.currency,
      transfer_id: transferId,
    });
  }

  reset(): void {
    for (const task of this.#expiry.values()) task.cancel();
    for (const map of [this.#expiry, this.#byId, this.#byKey]) map.clear();
  }

  #attempt(invoice: Invoice, gateway: string, status: TransactionStatus, value: number): Transaction {
    const transaction: Transaction = {
      paymentId: `07076${invoice.id}${randomText(DIGITS, 8)}`,
      transactionId: randomText(DIGITS, 15),
      referenceId: randomText(DIGITS, 12),
      trackId: `${this.#portal.compactTimestamp(this.#clock.now()).slice(0, 8)}_${randomText(DIGITS, 7)}`,
      authorizationId: `B${randomText(DIGITS, 5)}`,
      gateway,
      at: this.#clock.now(),
      value,
      status,
      error: null,
      errorCode: '',
    };
    invoice.transactions.push(transaction);
    return transaction;
  }

  #later(invoice: Invoice, delayMs: number, task: () => void): void {
    this.#expiry.set(invoice.id, this.#clock.schedule(delayMs, task));
  }

  #stopExpiry(invoice: Invoice): void {
    this.#expiry.get(invoice.id)?.cancel();
    this.#expiry.delete(invoice.id);
  }

  #freshId(): number {
    for (;;) {
      const id = 100_000_000 + Number(randomText(DIGITS, 8));
      if (!this.#byId.has(id)) return id;
    }
  }
}
