/**
 * The invoices of the FuratPay simulator. An invoice waits until a payment is requested with one of the linked
 * services; from then on it is paid, fails, or runs out with the service's own time.
 */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import type { EffectLedger, LedgerKind } from '../../sandbox/ledger.ts';
import { HEX, randomText, randomUUID } from '../../sandbox/random.ts';
import type { InvoiceOrder } from './sandbox-requests.ts';

/** How long a service waits for the customer; FuratPay leaves it to the service. */
export const SERVICE_LIFETIME_S = 24 * 60 * 60;

export const STATUSES = ['pending', 'paid', 'failed', 'canceled', 'expired'] as const;
export type Status = (typeof STATUSES)[number];

export interface Service {
  readonly id: number;
  readonly name: string;
}

/** What a new merchant has linked. FastPay, QiCard and PayTabs have these ids in the plugin, the others are made up. */
export const SERVICES: readonly Service[] = [
  { id: 1, name: 'First Iraqi Bank (FIB)' },
  { id: 2, name: 'FastPay' },
  { id: 3, name: 'QiCard' },
  { id: 4, name: 'ZainCash' },
  { id: 5, name: 'PayTabs' },
];

export interface Invoice {
  readonly id: string;
  /** Names the customer's page. */
  readonly pageCode: string;
  readonly order: InvoiceOrder;
  readonly createdAt: number;
  status: Status;
  service: Service | null;
  expiresAt: number | null;
  paidAt: number | null;
  transferId: string | null;
}

export class InvoiceBook {
  readonly #byId = new Map<string, Invoice>();
  readonly #byPage = new Map<string, Invoice>();
  readonly #expiry = new Map<string, ScheduledTask>();
  /** Codes of customers that invoices brought along. */
  readonly #customers = new Set<string>();
  readonly #clock: SimulatorClock;
  readonly #ledger: EffectLedger;
  readonly #onStatus: (invoice: Invoice) => void;

  /** `onStatus` hears of each change of a status. */
  constructor(clock: SimulatorClock, ledger: EffectLedger, onStatus: (invoice: Invoice) => void) {
    this.#clock = clock;
    this.#ledger = ledger;
    this.#onStatus = onStatus;
  }

  create(order: InvoiceOrder): Invoice {
    const invoice: Invoice = {
      id: randomUUID(),
      pageCode: randomText(HEX, 24),
      order,
      createdAt: this.#clock.now(),
      status: 'pending',
      service: null,
      expiresAt: null,
      paidAt: null,
      transferId: null,
    };
    this.#customers.add(order.customerId);
    this.#byId.set(invoice.id, invoice);
    this.#byPage.set(invoice.pageCode, invoice);
    this.#record('payment_created', invoice);
    return invoice;
  }

  /** Asks a service for the money; asking again starts its time anew. Gives when the service stops waiting. */
  request(invoice: Invoice, service: Service): number {
    this.#stopExpiry(invoice);
    const expiresAt = this.#clock.now() + SERVICE_LIFETIME_S * 1000;
    invoice.service = service;
    invoice.expiresAt = expiresAt;
    this.#expiry.set(
      invoice.id,
      this.#clock.schedule(SERVICE_LIFETIME_S * 1000, () => {
        this.end(invoice, 'expired');
      }),
    );
    return expiresAt;
  }

  /** The money moved. `force` books it whatever the status, as services do when they are late. */
  pay(invoice: Invoice, force = false): boolean {
    if (invoice.status === 'paid' || (!force && invoice.status !== 'pending')) return false;
    if (invoice.service === null) return false;
    invoice.status = 'paid';
    invoice.paidAt = this.#clock.now();
    invoice.transferId = randomUUID();
    this.#stopExpiry(invoice);
    this.#record('money_received', invoice);
    this.#onStatus(invoice);
    return true;
  }

  /** Ends an invoice that is not paid. */
  end(invoice: Invoice, status: 'failed' | 'canceled' | 'expired'): boolean {
    if (invoice.status !== 'pending') return false;
    invoice.status = status;
    this.#stopExpiry(invoice);
    const kinds = {
      failed: 'attempt_failed',
      canceled: 'payment_canceled',
      expired: 'payment_expired',
    } as const;
    this.#record(kinds[status], invoice);
    this.#onStatus(invoice);
    return true;
  }

  /** True for a customer that an earlier invoice was written to. */
  knowsCustomer(id: string): boolean {
    return this.#customers.has(id);
  }

  find(id: string): Invoice | null {
    return this.#byId.get(id) ?? null;
  }

  findByPage(pageCode: string): Invoice | null {
    return this.#byPage.get(pageCode) ?? null;
  }

  /** Newest first; all of them, or those with this order number. */
  list(orderNumber: string | null): Invoice[] {
    return [...this.#byId.values()]
      .filter(({ order }) => orderNumber === null || order.orderNumber === orderNumber)
      .reverse();
  }

  reset(): void {
    for (const task of this.#expiry.values()) task.cancel();
    for (const map of [this.#expiry, this.#byId, this.#byPage, this.#customers]) map.clear();
  }

  #stopExpiry(invoice: Invoice): void {
    this.#expiry.get(invoice.id)?.cancel();
    this.#expiry.delete(invoice.id);
  }

  #record(kind: LedgerKind, invoice: Invoice): void {
    this.#ledger.record({
      kind,
      payment_id: invoice.id,
      reference: invoice.order.orderNumber,
      idempotency_key: null,
      amount: invoice.order.total,
      currency: currencyOf(invoice),
      transfer_id: kind === 'money_received' ? invoice.transferId : null,
    });
  }
}

export function currencyOf(invoice: Invoice): string {
  return invoice.order.currencyId === 3 ? 'IQD' : 'USD';
}

/** An invoice as answers and webhooks show it: what was sent, with the id and the status of now. */
export function invoiceJson(invoice: Invoice, status: Status): Record<string, unknown> {
  return {
    ...invoice.order.body,
    id: invoice.id,
    status,
    total: invoice.order.total,
    created_at: new Date(invoice.createdAt).toISOString(),
    updated_at: new Date(invoice.paidAt ?? invoice.createdAt).toISOString(),
  };
}
