/**
 * Double entry. Each transfer that arrives or goes back is one ledger transaction, and so is each change of what providers kept and
 * of whose money it is; entries of a transaction sum to zero. Debits are positive, credits negative, in minor units of the
 * invoice's currency. Nothing is ever changed: corrections are new transactions.
 */
import { claimsOf, claimsOn } from './claims.ts';
import type { RecordedEvent } from './events.ts';
import { feeOf } from './fees.ts';
import { findPayment, type InvoiceState } from './state.ts';

/**
 * `provider_clearing`: what a provider owes us. `merchant_payable`: what we owe the merchant. `customer_excess`: late or excess money
 * that is to go back. `held`: late or excess money that waits for a person. `provider_fees`: what providers kept.
 * `merchant_refunds`: what the merchant gave back out of its own pocket. `bank`: what has been settled (`db/settlements.ts`).
 */
export type LedgerAccount =
  | 'provider_clearing'
  | 'merchant_payable'
  | 'customer_excess'
  | 'held'
  | 'provider_fees'
  | 'merchant_refunds'
  | 'bank';

export interface LedgerEntry {
  readonly account: LedgerAccount;
  /** Minor units; debit positive, credit negative. */
  readonly amount: number;
}

export interface LedgerTransaction {
  /** Unique: posting it a second time is refused by the database. */
  readonly key: string;
  readonly payment_id: string;
  /** None of them is zero. */
  readonly entries: readonly LedgerEntry[];
}

/** How the keys of transactions begin that move money between the merchant, the customer and nobody. */
export const ALLOCATION = 'allocation:';

/** The ledger transactions that the step from `before` to `after`, made by `event`, stands for; mostly none. */
export function ledgerTransactions(
  before: InvoiceState,
  after: InvoiceState,
  event: RecordedEvent,
): LedgerTransaction[] {
  const transfer = transferOf(before, event);
  return [...(transfer ? [transfer] : []), ...allocations(before, after)]
    .map((transaction) => ({
      ...transaction,
      entries: transaction.entries.filter(({ amount }) => amount !== 0),
    }))
    .filter(({ entries }) => entries.length > 0);
}

/** What comes is the merchant's at first, and what goes back is taken from there. */
function transferOf(before: InvoiceState, event: RecordedEvent): LedgerTransaction | null {
  switch (event.type) {
    case 'money.received': {
      const { payment_id, key, amount, fee } = event;
      const entries: LedgerEntry[] = [
        { account: 'provider_clearing', amount: amount - (fee ?? 0) },
        { account: 'merchant_payable', amount: -amount },
        { account: 'provider_fees', amount: fee ?? 0 },
      ];
      return { key: `receipt:${payment_id}:${key}`, payment_id, entries };
    }
    case 'money.fee_learnt': {
      const { payment_id, key, revision, fee } = event;
      const payment = findPayment(before, payment_id);
      const more = fee - ((payment && feeOf(payment, key)) ?? 0);
      const entries: LedgerEntry[] = [
        { account: 'provider_clearing', amount: -more },
        { account: 'provider_fees', amount: more },
      ];
      return { key: `fee:${payment_id}:${key}:${revision}`, payment_id, entries };
    }
    case 'money.refunded': {
      const { payment_id, key, amount, source } = event;
      const from = source === 'manual' ? 'merchant_refunds' : 'provider_clearing';
      const entries: LedgerEntry[] = [
        { account: 'merchant_payable', amount },
        { account: from, amount: -amount },
      ];
      return { key: `refund:${payment_id}:${key}`, payment_id, entries };
    }
    default:
      return null;
  }
}

/** What has become the customer's or nobody's by this step, or the merchant's again: one transaction per payment. */
function allocations(before: InvoiceState, after: InvoiceState): LedgerTransaction[] {
  const [earlier, now] = [claimsOf(before), claimsOf(after)];
  return [...new Set([...earlier.keys(), ...now.keys()])].sort().map((payment_id) => {
    const [was, is] = [claimsOn(earlier, payment_id), claimsOn(now, payment_id)];
    const excess = is.customer_excess - was.customer_excess;
    const held = is.held - was.held;
    return {
      key: `${ALLOCATION}${payment_id}:${after.version}`,
      payment_id,
      entries: [
        { account: 'merchant_payable', amount: excess + held },
        { account: 'customer_excess', amount: -excess },
        { account: 'held', amount: -held },
      ],
    };
  });
}
