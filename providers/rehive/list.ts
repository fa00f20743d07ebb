/** The invoices that a business made on a day, each with its transactions and refunds once money has come. */
import { z } from 'zod';
import { addAmounts } from '../../domain/money.ts';
import { isUnexpected } from '../answers.ts';
import type { ListedPage, ListedPayment, ListRange, ProviderContext } from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { fromUnits, ours } from './amounts.ts';
import { readingOf } from './readings.ts';
import { call, invoice, pageOf, type Invoice, type RehiveCredentials } from './wire.ts';

/** Small enough for a page of invoices with everything in them. */
const PAGE_SIZE = 50;

type Context = ProviderContext<RehiveCredentials>;

/**
 * Page by page. That the list can be narrowed by time is not documented, so each invoice is judged by its own. Drafts
 * and others that cannot be read as invoices are not payments.
 */
export async function* listPayments(
  context: Context,
  { from, to, cursor }: ListRange,
): AsyncGenerator<ListedPage> {
  for (let page = Number(cursor ?? 1); ; page += 1) {
    const query = new URLSearchParams({ page_size: String(PAGE_SIZE), page: String(page) });
    const { data, request } = await call(
      context,
      { operation: 'list_payments', method: 'GET', path: `invoices/?${query.toString()}`, mutates: false },
      pageOf(z.union([invoice, z.unknown().transform(() => null)])),
    );
    const ofDay = data.results
      .filter((one) => one !== null)
      .filter(({ created }) => !created || (created >= from && created < to));
    const rows: ListedPayment[] = [];
    for (const one of ofDay) rows.push(await listed(context, one, request));
    const next = data.next === null || isBefore(data.results, from) ? null : String(page + 1);
    yield { rows, next };
    if (next === null) return;
  }
}

/** True for a page of a list that runs backwards and has gone past the day: nothing of it follows. */
function isBefore(page: readonly (Invoice | null)[], from: string): boolean {
  const times = page.map((one) => one?.created ?? null);
  return times.every((time, index) => time !== null && time < from && time <= (times[index - 1] ?? time));
}

/** Unreadable is an invoice in a currency of Rehive's own making, or one that contradicts itself. */
async function listed(context: Context, one: Invoice, request: ProviderRequest): Promise<ListedPayment> {
  try {
    const { amount } = ours(request, () => fromUnits(one.request_amount, one.request_currency));
    const { receipts, refunds = [], ...reading } = await readingOf(context, one, request);
    const { provider_payment_id, reference, currency, status, provider_status } = reading;
    const done = refunds.filter((refund) => refund.status === 'succeeded');
    return {
      provider_payment_id,
      reference,
      currency,
      status,
      provider_status,
      amount,
      received: addAmounts(receipts.map((receipt) => receipt.amount)),
      refunded: addAmounts(done.map((refund) => refund.amount)),
      fee: null,
      at: one.created ?? null,
    };
  } catch (error) {
    if (!isUnexpected(error)) throw error;
    const { id: provider_payment_id, request_reference: reference, status: provider_status } = one;
    return {
      provider_payment_id,
      reference,
      currency: null,
      status: 'unreadable',
      provider_status,
      amount: null,
      received: null,
      refunded: null,
      fee: null,
      at: one.created ?? null,
    };
  }
}
