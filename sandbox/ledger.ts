/**
 * A simulator's own books: one line for each effect, with what the caller sent along to name it. Kept apart from the
 * payments so that a test can ask "did this happen twice?" without trusting the code that answers the API.
 */
export type LedgerKind =
  | 'payment_created'
  | 'money_authorized'
  | 'authorization_released'
  | 'money_received'
  | 'attempt_failed'
  | 'payment_expired'
  | 'payment_canceled'
  | 'refund_requested'
  | 'money_refunded'
  | 'payout_created'
  | 'money_paid_out';

export interface LedgerLine {
  readonly sequence: number;
  /** The simulator's time, RFC 3339 UTC. */
  readonly at: string;
  readonly kind: LedgerKind;
  readonly payment_id: string;
  /** The caller's own reference for the payment, if it sent one. */
  readonly reference: string | null;
  /** The key the caller sent to make the call repeatable; null where the provider takes none. */
  readonly idempotency_key: string | null;
  /** The provider's units, as on its wire. */
  readonly amount: number | string;
  readonly currency: string;
  /** The provider's id of the transfer, for money lines. */
  readonly transfer_id: string | null;
}

export class EffectLedger {
  #lines: LedgerLine[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  record(line: Omit<LedgerLine, 'sequence' | 'at'>): void {
    this.#lines.push({ sequence: this.#lines.length + 1, at: new Date(this.#now()).toISOString(), ...line });
  }

  lines(): readonly LedgerLine[] {
    return this.#lines;
  }

  reset(): void {
    this.#lines = [];
  }
}
