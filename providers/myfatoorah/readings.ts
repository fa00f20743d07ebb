/** What MyFatoorah's invoices and refunds say, in the terms of the contract. */
import { unexpectedAnswer } from '../answers.ts';
import type { PaymentReading, Receipt, RefundReading } from '../contract.ts';
import { amountOrNull, positiveAmount } from '../decimals.ts';
import type { ProviderRequest } from '../http.ts';
import { COUNTRY_FACTS, localMoment, localTimestamp, type Country } from './countries.ts';
import type { Invoice, RefundStatus, Transaction } from './wire.ts';

/** Where and when an answer came from. */
export interface Source {
  readonly country: Country;
  readonly now_ms: number;
  /** The request that was answered, for errors. */
  readonly request: ProviderRequest;
}

/**
 * An invoice as a reading, without refunds. A success counts whatever else is there ("a success supersedes any other
 * status"); a failed attempt is not the end, because the link can be paid until it runs out.
 */
export function readingOfInvoice(invoice: Invoice, source: Source): PaymentReading {
  const receipts = receiptsOf(invoice, source);
  const held = invoice.InvoiceTransactions.find(is('authorize'));
  const { currency } = COUNTRY_FACTS[source.country];
  const ends_ms = localMoment(invoice.ExpiryDate, invoice.ExpiryTime);
  return {
    provider_payment_id: invoice.InvoiceId,
    reference: invoice.CustomerReference,
    currency,
    status: statusOf(invoice, receipts.length > 0, ends_ms !== null && ends_ms <= source.now_ms, source),
    ...(held
      ? {
          authorized: amountOf(held, invoice, source),
          authorized_at: localTimestamp(held.TransactionDate),
        }
      : {}),
    receipts,
    provider_status: wordsOf(invoice),
    failure: null,
    next_action: null,
    expires_at: ends_ms !== null ? new Date(ends_ms).toISOString() : null,
  };
}

const is =
  (status: string) =>
  ({ TransactionStatus }: Transaction): boolean =>
    TransactionStatus.toLowerCase() === status;

/** `Succss` is how the API spells it; a corrected spelling would be no surprise. */
const isSuccess = (transaction: Transaction): boolean =>
  is('succss')(transaction) || is('success')(transaction);

/** "Pending + Canceled (error text says the transaction was released)". */
const isReleased = (transaction: Transaction): boolean =>
  is('canceled')(transaction) && /releas/i.test(transaction.Error ?? '');

function statusOf(
  { InvoiceStatus, InvoiceTransactions: list }: Invoice,
  received: boolean,
  overdue: boolean,
  { request }: Source,
): PaymentReading['status'] {
  if (received) return 'paid';
  switch (InvoiceStatus.toLowerCase()) {
    case 'paid':
      throw unexpectedAnswer(request, 'calls an invoice paid and names no successful transaction');
    case 'canceled':
      return 'canceled';
    case 'pending':
      if (list.some(isReleased)) return 'canceled';
      if (list.some(is('authorize'))) return 'authorized';
      // There is no status for it. An attempt under way may still bring money.
      return overdue && !list.some(is('inprogress')) ? 'expired' : 'pending';
    default:
      return 'pending';
  }
}

/** One receipt for each PaymentId: the same success is sometimes listed twice. */
function receiptsOf(invoice: Invoice, source: Source): Receipt[] {
  const byPayment = new Map<string, Receipt>();
  for (const transaction of invoice.InvoiceTransactions.filter(isSuccess)) {
    const key = transaction.PaymentId;
    const amount = amountOf(transaction, invoice, source);
    const known = byPayment.get(key);
    if (known && known.amount !== amount) {
      throw unexpectedAnswer(source.request, 'has one PaymentId with two amounts');
    }
    const paid_at = localTimestamp(transaction.TransactionDate);
    byPayment.set(key, known ?? { key, amount, paid_at, fee: feeOf(transaction, amount, source) });
  }
  return [...byPayment.values()];
}

/**
 * Minor units of the account's currency. A gateway that settles in another currency says so in `Currency`; the amount
 * is then the invoice's own, which stays in the account's currency and becomes the captured amount after a capture.
 */
function amountOf(transaction: Transaction, invoice: Invoice, { country, request }: Source): number {
  const { currency, labels } = COUNTRY_FACTS[country];
  const ours = transaction.Currency === null || labels.includes(transaction.Currency.toUpperCase());
  return positiveAmount(ours ? transaction.TransationValue : invoice.InvoiceValue, currency, request);
}

function feeOf({ TotalServiceCharge, Currency }: Transaction, amount: number, source: Source): number | null {
  const { currency, labels } = COUNTRY_FACTS[source.country];
  if (TotalServiceCharge == null || !labels.includes(Currency?.toUpperCase() ?? '')) return null;
  const fee = amountOrNull(TotalServiceCharge, currency);
  return fee !== null && fee >= 0 && fee <= amount ? fee : null;
}

/** `Pending`, or with the last attempt: `Pending (Failed MF002)`. */
function wordsOf({ InvoiceStatus, InvoiceTransactions }: Invoice): string {
  const [last] = InvoiceTransactions.toSorted((a, b) =>
    (a.TransactionDate ?? '') < (b.TransactionDate ?? '') ? 1 : -1,
  );
  if (!last) return InvoiceStatus;
  return `${InvoiceStatus} (${[last.TransactionStatus, last.ErrorCode].filter((part) => part).join(' ')})`;
}

/** A refund in the list of an invoice. It is a request until MyFatoorah's finance team has decided. */
export function readingOfRefund(row: RefundStatus, { country, request }: Source): RefundReading {
  return {
    key: row.RefundId,
    reference: row.ExternalIdentifier,
    amount: positiveAmount(row.Amount, COUNTRY_FACTS[country].currency, request),
    status: refundStatusOf(row.RefundStatus),
  };
}

function refundStatusOf(status: string): RefundReading['status'] {
  switch (status.toLowerCase()) {
    case 'refunded':
      return 'succeeded';
    case 'canceled':
      return 'canceled';
    case 'rejected':
      return 'failed';
    default:
      return 'pending';
  }
}
