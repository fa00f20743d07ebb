/** How an invoice of Rehive stands: its status, the money that came in and the money that went back. */
import { z, type ZodType } from 'zod';
import { addAmounts } from '../../domain/money.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import type { PaymentReading, ProviderContext, Receipt, RefundReading } from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { fromUnits, ours } from './amounts.ts';
import { refundReadingOf } from './refunds.ts';
import {
  call,
  pageOf,
  refund,
  transaction,
  type Invoice,
  type RehiveCredentials,
  type Transaction,
} from './wire.ts';

type Context = ProviderContext<RehiveCredentials>;

/** The largest page that Rehive gives. */
const PAGE_SIZE = 250;

/**
 * The reading of `invoice`, with two more calls once money has come: its transactions and its refunds.
 * `request` is the one that `invoice` answered, for errors.
 */
export async function readingOf(
  context: Context,
  invoice: Invoice,
  request: ProviderRequest,
): Promise<PaymentReading> {
  const { amount: due, currency } = ours(request, () =>
    fromUnits(invoice.request_amount, invoice.request_currency),
  );
  const touched = invoice.payment_processor_quotes.some(({ total_paid }) => total_paid > 0);
  const paid = isPaidWord(invoice.status);
  const receipts = touched || paid ? await receiptsOf(context, invoice, due, request) : [];
  const status = statusOf(invoice.status, addAmounts(receipts.map(({ amount }) => amount)) >= due);
  if (paid && receipts.length === 0) throw unexpectedAnswer(request, 'is paid, but no money is told of');
  const refunds = receipts.length > 0 ? await refundsOf(context, invoice) : [];
  return {
    provider_payment_id: invoice.id,
    reference: invoice.request_reference,
    currency,
    status,
    receipts,
    ...(refunds === null ? {} : { refunds }),
    provider_status: invoice.status,
    failure: status === 'failed' ? { code: 'failed', message: 'the invoice has failed at Rehive' } : null,
    next_action:
      invoice.redirect_url && status === 'pending'
        ? { type: 'redirect', redirect_url: invoice.redirect_url }
        : null,
    expires_at: invoice.expiration_date ?? null,
  };
}

const isPaidWord = (word: string): boolean => ['paid', 'overpaid', 'complete'].includes(word);

/** `late` is "paid the full quoted amount but after the due date"; the money decides whether it is in full. */
function statusOf(word: string, in_full: boolean): PaymentReading['status'] {
  switch (word) {
    case 'paid':
    case 'overpaid':
    case 'complete':
      return 'paid';
    case 'late':
      return in_full ? 'paid' : 'pending';
    case 'failed':
      return 'failed';
    case 'expired':
      return 'expired';
    case 'cancelled':
      return 'canceled';
    default:
      // draft, initiated, processing, received (seen, not final), underpaid
      return 'pending';
  }
}

/**
 * A customer who pays in the invoice's currency makes one transaction for each transfer. One who pays in another
 * currency, such as a crypto currency, pays by a quote: those amounts are not ours, so the invoice's own amount counts,
 * once it is paid. Both together cannot be told apart and are left to a person.
 */
async function receiptsOf(
  context: Context,
  invoice: Invoice,
  due: number,
  request: ProviderRequest,
): Promise<Receipt[]> {
  const paying = invoice.payment_processor_quotes.filter(({ total_paid }) => total_paid > 0);
  const foreign = paying.filter(({ currency }) => currency.code !== invoice.request_currency.code);
  if (foreign.length === 0) return transactionsOf(context, invoice, due, request);
  if (foreign.length < paying.length) {
    throw unexpectedAnswer(request, 'was paid in more than one currency');
  }
  return inOne(invoice, due);
}

/** The whole as one receipt, for an invoice that is paid and of whose transfers nothing is known. */
function inOne({ id, status }: Invoice, amount: number): Receipt[] {
  return isPaidWord(status) ? [{ key: id, amount, paid_at: null, fee: null }] : [];
}

/** What has come in for good. Throws when a paid invoice names less money than its quotes: the rest is on its way. */
async function transactionsOf(
  context: Context,
  invoice: Invoice,
  due: number,
  request: ProviderRequest,
): Promise<Receipt[]> {
  const rows = await listedTransactions(context, invoice);
  const collected = addAmounts(invoice.payment_processor_quotes.map(({ total_paid }) => total_paid));
  if (rows === null && collected > 0) {
    return inOne(invoice, ours(request, () => fromUnits(collected, invoice.request_currency)).amount);
  }
  if (rows === null || (rows.length === 0 && collected === 0)) return inOne(invoice, due);
  const complete = rows.filter(
    ({ settled, details: { tx_type, status, amount } }) =>
      (tx_type ?? 'credit').toLowerCase() === 'credit' &&
      (settled === true || status?.toLowerCase() === 'complete') &&
      amount > 0,
  );
  const told = addAmounts(complete.map(({ details }) => details.amount));
  if (isPaidWord(invoice.status) && told < collected) {
    throw unexpectedAnswer(request, 'tells of less money than the invoice');
  }
  return complete.map(({ rehive_code, details: { amount, created } }) => ({
    key: rehive_code,
    amount: ours(request, () => fromUnits(amount, invoice.request_currency)).amount,
    paid_at: created ?? null,
    fee: null,
  }));
}

/**
 * The invoice's transactions; null where there is no such list, or one whose rows are not those of the generated types.
 * An answer that cannot be read at all says neither, and throws.
 */
async function listedTransactions(context: Context, invoice: Invoice): Promise<Transaction[] | null> {
  const list = await listed(context, invoice, 'transactions', z.unknown());
  const rows = list?.rows.map((row) => transaction.safeParse(row));
  return rows?.every(({ success }) => success) ? rows.flatMap(({ data }) => data ?? []) : null;
}

/** Every refund of the invoice, whoever asked for it; null where there is no such list. */
export async function refundsOf(context: Context, invoice: Invoice): Promise<RefundReading[] | null> {
  const list = await listed(context, invoice, 'refunds', refund);
  return list?.rows.map((row) => refundReadingOf(row, invoice.request_currency, list.request)) ?? null;
}

/** One page of what belongs to an invoice, which must be all; null where Rehive knows no such list. */
async function listed<T>(
  context: Context,
  { id }: Invoice,
  what: 'transactions' | 'refunds',
  schema: ZodType<T>,
): Promise<{ readonly rows: readonly T[]; readonly request: ProviderRequest } | null> {
  const path = `invoices/${encodeURIComponent(id)}/${what}/?page_size=${PAGE_SIZE}`;
  try {
    const { data, request } = await call(
      context,
      { operation: `list_${what}`, method: 'GET', path, mutates: false },
      pageOf(schema),
    );
    if (data.next !== null) throw unexpectedAnswer(request, `has more ${what} than fit on a page`);
    return { rows: data.results, request };
  } catch (error) {
    if (isFailure(error, 'not_found')) return null;
    throw error;
  }
}
