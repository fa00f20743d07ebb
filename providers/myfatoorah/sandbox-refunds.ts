/** Refund requests of the MyFatoorah simulator: each waits for a decision of the finance team, played by the clock. */
import type { ScheduledTask, SimulatorClock } from '../../sandbox/clock.ts';
import { DIGITS, randomText } from '../../sandbox/random.ts';
import type { Invoice, InvoiceBook } from './sandbox-invoices.ts';
import { Refusal } from './sandbox-requests.ts';

export interface Refund {
  readonly id: number;
  readonly reference: string;
  readonly invoice: Invoice;
  readonly amount: number;
  readonly comment: string | null;
  readonly externalIdentifier: string | null;
  readonly createdAt: number;
  status: 'Pending' | 'Refunded' | 'Canceled';
}

/** How the finance team decides: when, in seconds of the simulator's time, and whether it says no. */
export interface Review {
  readonly afterS: number;
  readonly refuses: boolean;
}

export class RefundBook {
  readonly #refunds: Refund[] = [];
  readonly #tasks = new Set<ScheduledTask>();
  readonly #clock: SimulatorClock;
  readonly #invoices: InvoiceBook;
  readonly #onDecision: (refund: Refund) => void;

  constructor(clock: SimulatorClock, invoices: InvoiceBook, onDecision: (refund: Refund) => void) {
    this.#clock = clock;
    this.#invoices = invoices;
    this.#onDecision = onDecision;
  }

  /** Files a request; throws `Refusal` for more than is left. Nothing is deduplicated: MyFatoorah has no key for that. */
  request(
    invoice: Invoice,
    amount: number,
    comment: string | null,
    externalIdentifier: string | null,
    review: () => Review,
  ): Refund {
    if (invoice.status !== 'Paid') throw new Refusal('The invoice is not paid');
    const asked = this.of(invoice.id).filter(({ status }) => status !== 'Canceled');
    const left = invoice.value - asked.reduce((sum, refund) => sum + refund.amount, 0);
    if (amount > left) {
      throw new Refusal('Invalid data', [
        { Name: 'Amount', Error: 'Amount exceeds what can be refunded of this invoice' },
      ]);
    }
    const refund: Refund = {
      id: 100_000_000 + Number(randomText(DIGITS, 8)),
      reference: `${new Date(this.#clock.now()).getUTCFullYear()}${randomText(DIGITS, 6)}`,
      invoice,
      amount,
      comment,
      externalIdentifier,
      createdAt: this.#clock.now(),
      status: 'Pending',
    };
    this.#refunds.push(refund);
    this.#record('refund_requested', refund);
    this.#tasks.add(
      this.#clock.schedule(review().afterS * 1000, () => this.#decide(refund, review().refuses)),
    );
    return refund;
  }

  of(invoiceId: number): Refund[] {
    return this.#refunds.filter(({ invoice }) => invoice.id === invoiceId);
  }

  /** By `RefundId` or `RefundReference`. */
  find(key: string): Refund[] {
    return this.#refunds.filter(({ id, reference }) => String(id) === key || reference === key);
  }

  reset(): void {
    for (const task of this.#tasks) task.cancel();
    this.#tasks.clear();
    this.#refunds.length = 0;
  }

  #decide(refund: Refund, refused: boolean): void {
    refund.status = refused ? 'Canceled' : 'Refunded';
    if (!refused) this.#record('money_refunded', refund);
    this.#onDecision(refund);
  }

  #record(kind: 'refund_requested' | 'money_refunded', refund: Refund): void {
    this.#invoices.record(
      kind,
      refund.invoice,
      refund.amount,
      String(refund.id),
      refund.externalIdentifier ?? undefined,
    );
  }
}
