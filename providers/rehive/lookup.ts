/** Finding invoices by our reference. */
import { z } from 'zod';
import { unexpectedAnswer } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { optionalText, text } from '../fields.ts';
import { call, pageOf, type RehiveCredentials } from './wire.ts';

/** Small enough for a page of invoices with everything in them. */
const PAGE_SIZE = 50;
/** Five hundred invoices, should the filter do nothing. */
const MAX_PAGES = 10;

/** No more than this of the invoices of others, which may be drafts without an amount. */
const listed = z.object({ id: text(64), request_reference: optionalText() });

/**
 * Ids of the invoices with this reference; none when the whole list has none. Rehive's lists take fields as filters,
 * but that they take this one is not documented: references are compared here, and a list too long to be read to its
 * end throws `ProviderError`.
 */
export async function findInvoices(
  context: ProviderContext<RehiveCredentials>,
  reference: string,
): Promise<string[]> {
  for (let page = 1; ; page += 1) {
    const query = new URLSearchParams({ request_reference: reference, page_size: String(PAGE_SIZE) });
    if (page > 1) query.set('page', String(page));
    const { data, request } = await call(
      context,
      { operation: 'find_payment', method: 'GET', path: `invoices/?${query.toString()}`, mutates: false },
      pageOf(listed),
    );
    const ours = data.results.filter(({ request_reference }) => request_reference === reference);
    if (data.next === null || ours.length > 0) return ours.map(({ id }) => id);
    if (page === MAX_PAGES)
      throw unexpectedAnswer(request, 'is too long to say that the reference is unknown');
  }
}
