/** A list of the API: one page, all pages, or everything in a loop. Nothing is asked for before it is needed. */
import type { PageQuery } from './requests.ts';
import type { CallOptions, QueryValue, Transport } from './transport.ts';

const PAGE = 100;

/** The newest first. */
export interface Page<Row> {
  readonly object: 'list';
  readonly data: readonly Row[];
  readonly has_more: boolean;
}

/**
 * `for await (const invoice of client.invoices.list())` goes through everything, page by page: the newest first, or with
 * `ending_before` from there to the newest.
 */
export interface Listing<Row> extends AsyncIterable<Row> {
  /** One page, the newest first; `limit` rows, 20 without it. */
  page(): Promise<Page<Row>>;
  /** Page by page, in the direction of the loop. */
  pages(): AsyncIterable<Page<Row>>;
  /** The first `max` rows, or all of them. */
  toArray(max?: number): Promise<Row[]>;
}

/** The list at `path`. `query.limit`: how many rows a page has. */
export function createListing<Row extends { readonly id: string }>(
  send: Transport,
  path: string,
  query: PageQuery & object = {},
  options: CallOptions = {},
): Listing<Row> {
  const given = query as Readonly<Record<string, QueryValue>>;
  const read = async (part: Readonly<Record<string, QueryValue>>): Promise<Page<Row>> =>
    (await send('GET', path, { ...options, query: part })) as Page<Row>;
  const isForward = query.ending_before !== undefined;

  async function* pages(): AsyncGenerator<Page<Row>, void, undefined> {
    let part: Readonly<Record<string, QueryValue>> = { limit: PAGE, ...given };
    for (;;) {
      const page = await read(part);
      yield page;
      const next = isForward ? page.data[0] : page.data.at(-1);
      if (!page.has_more || next === undefined) return;
      part = isForward ? { ...part, ending_before: next.id } : { ...part, starting_after: next.id };
    }
  }

  async function* rows(): AsyncGenerator<Row, void, undefined> {
    for await (const { data } of pages()) yield* isForward ? [...data].reverse() : data;
  }

  return {
    page: () => read(given),
    pages,
    async toArray(max = Infinity) {
      const found: Row[] = [];
      if (max <= 0) return found;
      for await (const row of rows()) {
        found.push(row);
        if (found.length >= max) break;
      }
      return found;
    },
    [Symbol.asyncIterator]: rows,
  };
}
