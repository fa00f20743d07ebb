/**
 * The invoices of the Rehive simulator. A customer chooses a payment processor, which makes a quote; transfers add up in
 * the quote's `total_paid`, and the invoice follows: underpaid, paid, overpaid, or late after its due date.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { randomUUID } from '../../sandbox/random.ts';
import type { InvoiceChanges, InvoiceOrder, RefundOrder } from './sandbox-requests.ts';

/** The business of the sandbox keeps its books in this currency. */
export const CURRENCY = {
  code: 'USD',
  display_code: 'USD',
  description: 'United States Dollar',
  symbol: '$',
  unit: 'dollar',
  divisibility: 2,
};

export const STATUSES = [
  'draft',
  'initiated',
  'processing',
  'received',
  'underpaid',
  'paid',
  'overpaid',
  'complete',
  'late',
  'failed',
  'expired',
  'cancelled',
] as const;
export type Status = (typeof STATUSES)[number];

export interface Transfer {
  readonly id: string;
  readonly amount: number;
  readonly at: number;
}

export interface Refund {
  readonly identifier: string;
  readonly order: RefundOrder;
  readonly idempotencyKey: string | null;
  readonly createdAt: number;
  updatedAt: number;
  status: 'processing' | 'complete' | 'failed';
}

/** A business, or a user without one. */
export type Owner = 'business' | 'user';

export interface Visit {
  readonly userAgent: string;
  readonly at: number;
}

export interface Invoice {
  readonly id: string;
  readonly quoteId: string;
  readonly owner: Owner;
  order: InvoiceOrder;
  readonly createdAt: number;
  readonly transfers: Transfer[];
  readonly refunds: Refund[];
  /** Who opened the payment page. */
  readonly visits: Visit[];
  updatedAt: number;
  status: Status;
  /** Whether a payment processor was chosen, so that there is a quote. */
  quoted: boolean;
}

export class InvoiceBook {
  readonly #byId = new Map<string, Invoice>();
  readonly #expiry = new Map<string, ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #onStatus: (invoice: Invoice, created: boolean) => void;

  /** `onStatus` hears of each new invoice, and of each change of a status. */
  constructor(
    clock: SimulatorClock,
    ledger: EffectLedger,
    onStatus: (invoice: Invoice, created: boolean) => void,
  ) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onStatus = onStatus;
  }

  create(order: InvoiceOrder, owner: Owner, idempotencyKey: string | null): Invoice {
    const now = this.#clock.now();
    const invoice: Invoice = {
      id: randomUUID(),
      quoteId: randomUUID(),
      owner,
      order,
      createdAt: now,
      transfers: [],
      refunds: [],
      visits: [],
      updatedAt: now,
      status: order.status,
      quoted: false,
    };
    this.#byId.set(invoice.id, invoice);
    this.#startExpiry(invoice);
    this.#record('payment_created', invoice, { amount: order.amount, idempotencyKey, id: null });
    this.#onStatus(invoice, true);
    return invoice;
  }

  /** Changes an invoice that nothing was paid of. False when it is too late for that. */
  change(invoice: Invoice, changes: InvoiceChanges): boolean {
    if (Object.keys(changes).length === 0) return true;
    const open = isPayable(invoice) || invoice.status === 'draft';
    if (!open || invoice.transfers.length > 0) return false;
    invoice.order = { ...invoice.order, ...changes };
    invoice.updatedAt = this.#clock.now();
    this.#startExpiry(invoice);
    return true;
  }

  /** Notes that somebody opened the payment page. */
  visited(invoice: Invoice, userAgent: string): void {
    invoice.visits.push({ userAgent, at: this.#clock.now() });
  }

  /** A draft that is ready for the customer. */
  initiate(invoice: Invoice): boolean {
    if (invoice.status !== 'draft') return false;
    this.#become(invoice, 'initiated');
    return true;
  }

  /** Money came. `force` books it whatever the status, as banks do when they are late. */
  receive(invoice: Invoice, amount: number, force = false): boolean {
    if (!isPayable(invoice) && !force) return false;
    if (!invoice.quoted) {
      invoice.quoted = true;
      this.#become(invoice, 'processing');
    }
    const transfer: Transfer = { id: randomUUID(), amount, at: this.#clock.now() };
    invoice.transfers.push(transfer);
    this.#record('money_received', invoice, { amount, idempotencyKey: null, id: transfer.id });
    this.#become(invoice, this.#paidStatus(invoice));
    return true;
  }

  /** Ends an invoice that is not paid in full. */
  end(invoice: Invoice, status: 'failed' | 'expired' | 'cancelled'): boolean {
    if (!isPayable(invoice) && invoice.status !== 'draft') return false;
    this.#stopExpiry(invoice);
    const kinds = {
      failed: 'attempt_failed',
      expired: 'payment_expired',
      cancelled: 'payment_canceled',
    } as const;
    this.#record(kinds[status], invoice, { amount: invoice.order.amount, idempotencyKey: null, id: null });
    this.#become(invoice, status);
    return true;
  }

  /** The caller has checked that there is so much to give back. */
  refund(invoice: Invoice, order: RefundOrder, idempotencyKey: string | null): Refund {
    const now = this.#clock.now();
    const refund: Refund = {
      identifier: randomUUID(),
      order,
      idempotencyKey,
      createdAt: now,
      updatedAt: now,
      status: 'processing',
    };
    invoice.refunds.push(refund);
    this.#record('refund_requested', invoice, {
      amount: order.amount,
      idempotencyKey,
      id: refund.identifier,
    });
    return refund;
  }

  /** The money of a refund has gone back, or could not. */
  settle(invoice: Invoice, refund: Refund, status: 'complete' | 'failed'): void {
    refund.status = status;
    refund.updatedAt = this.#clock.now();
    invoice.updatedAt = refund.updatedAt;
    if (status === 'failed') return;
    const { order, idempotencyKey, identifier } = refund;
    this.#record('money_refunded', invoice, { amount: order.amount, idempotencyKey, id: identifier });
  }

  find(id: string): Invoice | null {
    return this.#byId.get(id) ?? null;
  }

  /** Newest first; all of them, or those with this reference. */
  list(reference: string | null): Invoice[] {
    return [...this.#byId.values()]
      .filter(({ order }) => reference === null || order.reference === reference)
      .reverse();
  }

  reset(): void {
    for (const task of this.#expiry.values()) task.cancel();
    this.#expiry.clear();
    this.#byId.clear();
  }

  #paidStatus(invoice: Invoice): Status {
    const { amount, dueDate } = invoice.order;
    const paid = paidAmount(invoice);
    if (paid < amount) return 'underpaid';
    this.#stopExpiry(invoice);
    if (dueDate !== null && this.#clock.now() > dueDate) return 'late';
    return paid === amount ? 'paid' : 'overpaid';
  }

  #become(invoice: Invoice, status: Status): void {
    invoice.updatedAt = this.#clock.now();
    if (invoice.status === status) return;
    invoice.status = status;
    this.#onStatus(invoice, false);
  }

  #startExpiry(invoice: Invoice): void {
    this.#stopExpiry(invoice);
    const { expirationDate } = invoice.order;
    if (expirationDate === null) return;
    const task = this.#clock.schedule(expirationDate - this.#clock.now(), () => {
      this.end(invoice, 'expired');
    });
    this.#expiry.set(invoice.id, task);
  }

  #stopExpiry(invoice: Invoice): void {
    this.#expiry.get(invoice.id)?.cancel();
    this.#expiry.delete(invoice.id);
  }

  #record(
    kind: LedgerKind,
    invoice: Invoice,
    what: { readonly amount: number; readonly idempotencyKey: string | null; readonly id: string | null },
  ): void {
    this.#ledger.record({
      kind,
      payment_id: invoice.id,
      reference: invoice.order.reference,
      idempotency_key: what.idempotencyKey,
      amount: what.amount,
      currency: CURRENCY.code,
      transfer_id: what.id,
    });
  }
}

export function isPayable({ status }: Invoice): boolean {
  return status === 'initiated' || status === 'processing' || status === 'underpaid';
}

export function paidAmount({ transfers }: Invoice): number {
  return transfers.reduce((sum, { amount }) => sum + amount, 0);
}

/** What has gone back or is on its way. */
export function refundedAmount({ refunds }: Invoice): number {
  return refunds
    .filter(({ status }) => status !== 'failed')
    .reduce((sum, { order }) => sum + order.amount, 0);
}
