/**
 * Reads payments that have ended without their money. It goes through the invoice's workflow, so money that is found takes the way of a
 * webhook that came late: it is booked, and the merchant's policy says what becomes of it.
 */
import { giveUpLatePayment, noteLateRead, type LatePayment } from '../db/late-payments.ts';
import type pg from 'pg';
import { LATE_MONEY_S, nextLateRead } from '../domain/late-money.ts';
import type { InvoiceFacts, InvoiceGateway } from './invoices.ts';

export interface LatePaymentDependencies {
  readonly pool: pg.Pool;
  readonly invoices: Pick<InvoiceGateway, 'refresh'>;
  /** What the provider's manifest says of late money, seconds. */
  readonly lateMoneyOf: (provider: string) => number | undefined;
}

/** What one reading came to. `found`: money that was not on record, minor units. */
export type LateReading = { readonly answered: false } | { readonly answered: true; readonly found: number };

/** Has `payment` read and says when it is to be read next. A provider that cannot be asked is asked again later. */
export async function readLatePayment(
  { pool, invoices, lateMoneyOf }: LatePaymentDependencies,
  { id, provider, late_reads, amount_received }: LatePayment,
  invoice: InvoiceFacts,
): Promise<LateReading> {
  const late_money_s = lateMoneyOf(provider) ?? LATE_MONEY_S;
  if (late_money_s === 0) {
    await noteLateRead(pool, id, null);
    return { answered: true, found: 0 };
  }
  const { unread } = await invoices.refresh(invoice, id);
  if (unread > 0) {
    await giveUpLatePayment(pool, id, late_money_s);
    return { answered: false };
  }
  const received = await noteLateRead(pool, id, nextLateRead(late_reads + 1, late_money_s));
  return { answered: true, found: received - amount_received };
}
