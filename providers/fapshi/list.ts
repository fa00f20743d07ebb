/**
 * Fapshi's search as a list of a day's transactions. It gives at most a hundred at once and cannot be turned over: a day that
 * has more is asked for by status, from both ends, and what was paid by medium, too.
 */
import { addAmounts } from '../../domain/money.ts';
import type { ListedPage, ListedPayment, ListRange, PaymentReading, ProviderContext } from '../contract.ts';
import { call, transactions, type FapshiCredentials, type Transaction } from './wire.ts';

/** The most that one search gives. */
const LIMIT = 100;
/** There is no word for attempts that are under way; these are few, and those of ours are read one by one. */
const UNPAID = ['failed', 'expired', 'created'];
/** What was paid has one of them; what was not need not. */
const MEDIUMS = ['mobile money', 'orange money'];

type Filter = Readonly<Record<string, string>>;
type Search = (filter: Filter) => Promise<Transaction[]>;

/** `reading`: what a transaction says. A link and a direct payment differ in what a failure means, which a list does not tell. */
export function createListing(reading: (row: Transaction) => PaymentReading) {
  return async function* listPayments(
    context: ProviderContext<FapshiCredentials>,
    { from, to }: ListRange,
  ): AsyncGenerator<ListedPage> {
    const start = from.slice(0, 10);
    const end = new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
    const day: Search = (filter) => search(context, { ...filter, start, end });
    const page = (rows: readonly Transaction[]): ListedPage => ({
      // Payouts are in the same list.
      rows: rows
        .filter(({ transType }) => transType === null || /^collection$/i.test(transType))
        .map((row) => listed(row, reading(row))),
      // A handful of searches: whoever goes on begins again.
      next: '',
    });

    const all = await day({ sort: 'asc' });
    yield page(all);
    if (all.length < LIMIT) return yield { rows: [], next: null, is_whole: true };
    let is_whole = true;
    for (const status of UNPAID) {
      const ends = await bothEnds(day, { status });
      for (const rows of ends) yield page(rows);
      is_whole &&= areWhole(ends);
    }
    let paid = await bothEnds(day, { status: 'successful' });
    for (const rows of paid) yield page(rows);
    if (!areWhole(paid)) {
      for (const medium of MEDIUMS) {
        paid = await bothEnds(day, { status: 'successful', medium });
        for (const rows of paid) yield page(rows);
        is_whole &&= areWhole(paid);
      }
    }
    yield { rows: [], next: null, is_whole };
  };
}

/** The oldest, and the newest where these are not all. */
async function bothEnds(day: Search, filter: Filter): Promise<readonly (readonly Transaction[])[]> {
  const oldest = await day({ ...filter, sort: 'asc' });
  return oldest.length < LIMIT ? [oldest] : [oldest, await day({ ...filter, sort: 'desc' })];
}

/** One end that is not full is all there is; so are two that meet. */
function areWhole(ends: readonly (readonly Transaction[])[]): boolean {
  if (ends.some((rows) => rows.length < LIMIT)) return true;
  const [first = [], last = []] = ends;
  const known = new Set(first.map(({ transId }) => transId));
  return last.some(({ transId }) => known.has(transId));
}

async function search(context: ProviderContext<FapshiCredentials>, filter: Filter): Promise<Transaction[]> {
  const query = new URLSearchParams({ ...filter, limit: String(LIMIT) });
  const path = `/search?${query.toString()}`;
  const { data } = await call(
    context,
    { operation: 'list_payments', method: 'GET', path, mutates: false },
    transactions,
  );
  return data;
}

function listed(row: Transaction, reading: PaymentReading): ListedPayment {
  const { provider_payment_id, reference, currency, status, provider_status, receipts } = reading;
  return {
    provider_payment_id,
    reference,
    currency,
    status,
    provider_status,
    amount: row.amount,
    received: addAmounts(receipts.map(({ amount }) => amount)),
    refunded: null,
    fee: receipts[0]?.fee ?? null,
    at: row.dateInitiated,
  };
}
