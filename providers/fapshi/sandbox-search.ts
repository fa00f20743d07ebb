/** `GET /search` of the Fapshi simulator. "Invalid query parameter values are ignored" (docs.fapshi.com). */
import type { Transaction } from './sandbox-transactions.ts';

const STATUSES = ['created', 'successful', 'failed', 'expired'];
const MEDIUMS = ['mobile money', 'orange money'];
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

/** Picks from `newestFirst` what the query asks for. `start` and `end` are whole days in UTC, both included. */
export function searchTransactions(
  newestFirst: readonly Transaction[],
  query: URLSearchParams,
): Transaction[] {
  const status = oneOf(query.get('status'), STATUSES)?.toUpperCase() ?? null;
  const medium = oneOf(query.get('medium'), MEDIUMS);
  const start = matching(query.get('start'), DATE);
  const end = matching(query.get('end'), DATE);
  const amount = matching(query.get('amt'), /^\d+$/);
  const found = newestFirst.filter((transaction) => {
    const day = new Date(transaction.initiatedAt).toISOString().slice(0, 10);
    return (
      (status === null || transaction.status === status) &&
      (medium === null || transaction.medium === medium) &&
      (start === null || day >= start) &&
      (end === null || day <= end) &&
      (amount === null || transaction.order.amount === Number(amount))
    );
  });
  const limit = Number(matching(query.get('limit'), /^\d{1,3}$/) ?? DEFAULT_LIMIT);
  const ordered = query.get('sort') === 'asc' ? found.reverse() : found;
  return ordered.slice(0, limit >= 1 && limit <= MAX_LIMIT ? limit : DEFAULT_LIMIT);
}

function oneOf(value: string | null, allowed: readonly string[]): string | null {
  return value !== null && allowed.includes(value) ? value : null;
}

function matching(value: string | null, pattern: RegExp): string | null {
  return value !== null && pattern.test(value) ? value : null;
}
