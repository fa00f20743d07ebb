/** Tabby's list of a day's payments: those that were authorized or closed. One that was merely created is not there. */
import { addAmounts } from '../../domain/money.ts';
import type { ListedPage, ListedPayment, ListRange } from '../contract.ts';
import { positiveAmount } from '../decimals.ts';
import type { ProviderRequest } from '../http.ts';
import { readingOf } from './readings.ts';
import { call, paymentPage, type Context, type Payment } from './wire.ts';

/** The largest page of the list. */
const PAGE_SIZE = 20;

/** Newest first: what is made meanwhile moves the rest down, so that a payment may be listed twice and is never left out. */
export async function* listPayments(
  context: Context,
  { from, to, cursor }: ListRange,
): AsyncGenerator<ListedPage> {
  for (let offset = Number(cursor ?? 0); ;) {
    const query = new URLSearchParams({
      created_at__gte: from,
      created_at__lte: to,
      limit: String(PAGE_SIZE),
      offset: String(offset),
    });
    const path = `payments?${query.toString()}`;
    const { data, request } = await call(
      context,
      { operation: 'list_payments', method: 'GET', path, mutates: false },
      paymentPage,
    );
    offset += data.payments.length;
    const total = data.pagination?.total_count ?? null;
    const isLast = data.payments.length === 0 || (total !== null && offset >= total);
    const rows = data.payments
      // The end is included there, and is the next day's here.
      .filter(({ created_at }) => created_at === null || (created_at >= from && created_at < to))
      .map((payment) => listed(payment, request));
    yield { rows, next: isLast ? null : String(offset) };
    if (isLast) return;
  }
}

function listed(payment: Payment, request: ProviderRequest): ListedPayment {
  const { receipts, refunds = [], ...reading } = readingOf(payment, request);
  const { provider_payment_id, reference, currency, status, provider_status } = reading;
  return {
    provider_payment_id,
    reference,
    currency,
    status,
    provider_status,
    amount: positiveAmount(payment.amount, currency, request),
    received: addAmounts(receipts.map(({ amount }) => amount)),
    refunded: addAmounts(refunds.map(({ amount }) => amount)),
    fee: null,
    at: payment.created_at,
  };
}
