/**
 * Fapshi's search as a list of a day's transactions. It gives at most a hundred at once and cannot be turned over: a day that
 * has more is asked for by status, by medium, and from both ends.
 */
import type { ListedPage, ListedPayment, ListRange, PaymentReading, ProviderContext } from '../contract.ts';
import { addAmounts } from '../../domain/money.ts';
import { call, transactions, type FapshiCredentials, type Transaction } from './wire.ts';

/** The most that one search gives. */
const LIMIT = 100;
/** There is no word for attempts that are under way; these are few, and those of ours are read one by one. */
const STATUSES = ['successful', 'failed', 'expired', 'created'];
const MEDIUMS = ['mobile money', 'orange money'];

/** Narrower and narrower: each is tried only where the one before it was full. */
const NARROWER: readonly (readonly Readonly<Record<string, string>>[])[] = [
  [{}],
  STATUSES.map((status) => ({ status })),
  STATUSES.flatMap((status) => MEDIUMS.map((medium) => ({ status, medium }))),
];

/** `reading`: what a transaction says. A link and a direct payment differ in what a failure means, which a list does not tell. */
export function createListing(reading: (row: Transaction) => PaymentReading) {
  return async function* listPayments(
    context: ProviderContext<FapshiCredentials>,
    { from, to, cursor }: ListRange,
  ): AsyncGenerator<ListedPage> {
    const start = from.slice(0, 10);
    const end = new Date(Date.parse(to) - 1).toISOString().slice(0, 10);
    for (let level = Number(cursor ?? 0); level < NARROWER.length; level += 1) {
      const isLast = level === NARROWER.length - 1;
      let whole = true;
      for (const filter of NARROWER[level] ?? []) {
        const ends = [];
        for (const sort of level === 0 ? ['asc'] : ['asc', 'desc']) {
          const rows = await search(context, { ...filter, start, end, sort });
          ends.push(rows);
          // Payouts are in the same list.
          const taken = rows.filter(({ transType }) => transType === null || /^collection$/i.test(transType));
          yield { rows: taken.map((row) => listed(row, reading(row))), next: String(level) };
          if (rows.length < LIMIT) break;
        }
        if (!areWhole(ends)) whole = false;
      }
      if (whole || isLast) {
        yield { rows: [], next: null, is_whole: whole };
        return;
      }
    }
  };
}

/** One end that is not full is all there is; so are two that meet. */
function areWhole(ends: readonly (readonly Transaction[])[]): boolean {
  if (ends.some((rows) => rows.length < LIMIT)) return true;
  const [first = [], last = []] = ends;
  const known = new Set(first.map(({ transId }) => transId));
  return last.some(({ transId }) => known.has(transId));
}

async function search(
  context: ProviderContext<FapshiCredentials>,
  filter: Readonly<Record<string, string>>,
): Promise<Transaction[]> {
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
