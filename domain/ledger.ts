/**
 * Double entry. Each transfer that arrives or goes back is one ledger transaction; its entries sum to zero. Debits are
 * positive, credits negative, in minor units of the invoice's currency.
 */
import type { RecordedEvent } from './events.ts';

/**
 * `provider_clearing`: what a provider owes us. `merchant_payable`: what we owe the merchant. `provider_fees`: what providers
 * kept. `merchant_refunds`: what the merchant gave back out of its own pocket. `bank`: what has been settled (`db/settlements.ts`).
 */
export type LedgerAccount =
  'provider_clearing' | 'merchant_payable' | 'provider_fees' | 'merchant_refunds' | 'bank';

export interface LedgerEntry {
  readonly account: LedgerAccount;
  /** Minor units; debit positive, credit negative. */
  readonly amount: number;
}

export interface LedgerTransaction {
  /** Unique: posting it a second time is refused by the database. */
  readonly key: string;
  readonly payment_id: string;
  readonly entries: readonly LedgerEntry[];
}

/** The ledger transaction an event stands for, or null when it moves no money. */
export function ledgerTransaction(event: RecordedEvent): LedgerTransaction | null {
  switch (event.type) {
    case 'money.received': {
      const fee = event.fee ?? 0;
      const entries: LedgerEntry[] = [
        { account: 'provider_clearing', amount: event.amount - fee },
        { account: 'merchant_payable', amount: -event.amount },
      ];
      if (fee !== 0) entries.push({ account: 'provider_fees', amount: fee });
      return { key: `receipt:${event.payment_id}:${event.key}`, payment_id: event.payment_id, entries };
    }
    case 'money.refunded':
      return {
        key: `refund:${event.payment_id}:${event.key}`,
        payment_id: event.payment_id,
        entries: [
          { account: 'merchant_payable', amount: event.amount },
          {
            account: event.source === 'manual' ? 'merchant_refunds' : 'provider_clearing',
            amount: -event.amount,
          },
        ],
      };
    default:
      return null;
  }
}
