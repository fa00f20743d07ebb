/** How an invoice and its payments stand, in the few figures that can be held against each other whoever says them. */
import { feeOf } from './fees.ts';
import { addAmounts } from './money.ts';
import { heldBy, receivedBy, refundedBy } from './operations.ts';
import type { InvoiceState, PaymentState } from './state.ts';
import { amountsOf, invoiceStatus, paymentStatus } from './status.ts';

/** Minor units; null: it is not said. */
export interface Standing {
  readonly status: string | null;
  /** Authorized and neither captured nor given up. */
  readonly authorized: number | null;
  readonly captured: number | null;
  readonly refunded: number | null;
  /** What the provider kept. */
  readonly fee: number | null;
}

export interface InvoiceStanding {
  readonly invoice: Standing;
  /** By the payment's id. */
  readonly payments: Readonly<Record<string, Standing>>;
}

/** How the facts of an invoice add up. */
export function standingOf(invoice: InvoiceState): InvoiceStanding {
  const { authorized, received, refunded } = amountsOf(invoice);
  const status = invoiceStatus(invoice);
  const payments = invoice.payments.map((payment) => [payment.id, paymentStanding(payment)] as const);
  return {
    invoice: {
      status,
      authorized,
      captured: received,
      refunded,
      fee: sumOfKnown(invoice.payments.map(feesOf)),
    },
    payments: Object.fromEntries(payments),
  };
}

function paymentStanding(payment: PaymentState): Standing {
  return {
    status: paymentStatus(payment),
    authorized: heldBy(payment),
    captured: receivedBy(payment),
    refunded: refundedBy(payment),
    fee: feesOf(payment),
  };
}

const feesOf = (payment: PaymentState): number | null =>
  sumOfKnown(payment.receipts.map(({ key }) => feeOf(payment, key)));

/** Null where none is known: nobody has said 0. */
export function sumOfKnown(amounts: readonly (number | null)[]): number | null {
  const known = amounts.filter((amount) => amount !== null);
  return known.length === 0 ? null : addAmounts(known);
}

export type Figure = keyof Standing;
export const FIGURES = ['status', 'authorized', 'captured', 'refunded', 'fee'] as const satisfies Figure[];

/** What `theirs` says otherwise than `ours`. What one of them does not say is no difference. */
export function differences(ours: Standing, theirs: Standing): Figure[] {
  return FIGURES.filter((figure) => {
    const [one, other] = [ours[figure], theirs[figure]];
    if (one === null || other === null) return false;
    return figure === 'status' ? !agree(String(one), String(other)) : one !== other;
  });
}

/** Which of a provider's few words fit each status of ours: parts and returns are in the amounts, and an end without money is one. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  requested: ['pending'],
  unknown: ['pending'],
  partially_paid: ['pending', 'authorized', 'paid'],
  partially_refunded: ['paid'],
  refunded: ['paid'],
  failed: ['expired', 'canceled'],
  expired: ['failed', 'canceled'],
  canceled: ['failed', 'expired'],
};

function agree(ours: string, theirs: string): boolean {
  return ours === theirs || (FITTING[ours]?.includes(theirs) ?? false);
}
