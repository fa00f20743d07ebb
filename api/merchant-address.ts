/** Where the merchant wants a customer to go, with hints in the query. The hints prove nothing: the browser carries them. */
import type { ReturnUrlsJson } from '../db/invoices.ts';
import type { ReturningPayment } from '../db/returns.ts';

/** How a customer's way ended. */
export type ResultOutcome = 'paid' | 'failed' | 'canceled';

/** The merchant's address for this outcome, or null when there is none. A success is never anybody's fallback. */
export function merchantAddress(
  { id, status, invoice, return_urls }: Pick<ReturningPayment, 'id' | 'status' | 'invoice' | 'return_urls'>,
  outcome: ResultOutcome,
): string | null {
  return addressOf(return_urls, outcome, { invoice_id: invoice.id, payment_id: id, status });
}

/** The same with any hints. */
export function addressOf(
  return_urls: ReturnUrlsJson,
  outcome: ResultOutcome,
  hints: Readonly<Record<string, string>>,
): string | null {
  const address = addressFor(return_urls, outcome);
  return address === undefined ? null : withHints(address, hints);
}

function addressFor(
  { success, failure, cancel }: ReturnUrlsJson,
  outcome: ResultOutcome,
): string | undefined {
  switch (outcome) {
    case 'paid':
      return success;
    case 'failed':
      return failure;
    case 'canceled':
      return cancel ?? failure;
  }
}

/** The merchant's own query stays as it is, byte by byte, except where it uses one of the names. */
function withHints(address: string, hints: Readonly<Record<string, string>>): string {
  const url = new URL(address);
  const kept = url.search
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '' && ![...new URLSearchParams(pair).keys()].some((name) => name in hints));
  url.search = [...kept, new URLSearchParams(hints).toString()].join('&');
  return url.href;
}
