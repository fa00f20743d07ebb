/** A list as a page: filters in its address, a table in pages, the same rows as a file, kept up to date. */
import { isId, type IdPrefix } from '../../db/ids.ts';
import type { Listed, Page } from '../../db/lists.ts';
import { html, type Html } from '../../pages/html.ts';
import { live } from '../../pages/ops/frame.ts';
import { listBody, rowsBody, type ShownFilter } from '../../pages/ops/list.ts';
import { sendCsv, type Cell } from '../csv.ts';
import type { OpsPage, Scope, Visit } from './page.ts';

const PAGE = 50;
const CSV_PAGE = 500;

export interface ListFilter {
  /** The parameter in the address. */
  readonly name: string;
  readonly label: string;
  readonly type: 'search' | 'text' | 'date' | 'select';
  /** Of a select; `''` is added in front as "Any". */
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly hint?: string;
  /** What is wrong with a value; null: nothing. Values of a select and dates are checked already. */
  readonly check?: (value: string) => string | null;
}

export interface ListColumn<Row> {
  readonly title: string;
  /** Its name in the file; null: it is not in the file. */
  readonly name: string | null;
  readonly isNumber?: boolean;
  readonly show: (row: Row, visit: Visit) => string | Html;
  readonly cell?: (row: Row) => Cell;
}

/** The filters that were given and are right. */
export type Given = Readonly<Record<string, string>>;

export interface OpsList<Row> {
  readonly path: string;
  readonly nav: string | null;
  readonly title: string;
  /** The ids of its rows, which are its cursors. */
  readonly prefix: IdPrefix;
  readonly topics: readonly string[];
  readonly filters: readonly ListFilter[];
  readonly columns: readonly ListColumn<Row>[];
  readonly id: (row: Row) => string;
  readonly read: (scope: Scope, given: Given, page: Page) => Promise<Listed<Row>>;
  /** `isFiltered`: what there is does not fit the filters. */
  readonly empty: (isFiltered: boolean) => { readonly title: string; readonly text: string };
  /** Above the list. */
  readonly head?: (visit: Visit) => Promise<Html | null> | Html | null;
  /** Where this search leads at once, instead of to a list; null: nowhere. */
  readonly shortcut?: (visit: Visit, given: Given) => Promise<string | null>;
}

/** The page of a list. `?format=csv` is its file, with all rows that fit. */
export function listPage<Row>(list: OpsList<Row>): OpsPage {
  return {
    path: list.path,
    nav: list.nav,
    async show(visit) {
      const { given, filters } = readFilters(list.filters, visit.query);
      const isRight = filters.every(({ error }) => error === undefined);
      if (isRight && visit.query.get('format') === 'csv') {
        const name = list.path.split('/').at(-1) ?? 'list';
        await sendCsv(visit.response, name, columnsOf(list.columns), allRows(list, visit.scope, given));
        return null;
      }
      const target = isRight ? await list.shortcut?.(visit, given) : null;
      if (target !== undefined && target !== null) {
        visit.response.redirect(303, target);
        return null;
      }
      const page = pageOf(list.prefix, visit.query);
      const { rows, has_more } = isRight
        ? await list.read(visit.scope, given, page)
        : { rows: [], has_more: false };
      const to = (more: Readonly<Record<string, string | null>>): string =>
        visit.href(list.path, { ...given, ...more });
      const [first, last] = [rows[0], rows.at(-1)];
      const hasNewer = page.before === null ? page.after !== null : has_more;
      const hasOlder = page.before === null ? has_more : true;
      const isFiltered = Object.keys(given).length > 0;
      const body = listBody({
        caption: list.title,
        path: list.path,
        filters,
        hidden: { merchant: visit.query.get('merchant'), mode: visit.query.get('mode') },
        clear: isFiltered || !isRight ? visit.href(list.path) : null,
        csv: to({ format: 'csv' }),
      });
      const table = {
        columns: list.columns.map(({ title, isNumber = false }) => ({ title, isNumber })),
        rows: rows.map((row) => list.columns.map(({ show }) => show(row, visit))),
        newer: hasNewer && first !== undefined ? to({ before: list.id(first) }) : null,
        older: hasOlder && last !== undefined ? to({ after: list.id(last) }) : null,
        newest: page.after === null && page.before === null ? null : to({}),
        empty: isRight
          ? list.empty(isFiltered || page.after !== null)
          : { title: 'The filters cannot be used', text: 'See what is said below them.' },
      };
      const head = list.head === undefined ? null : await list.head(visit);
      return {
        title: list.title,
        topics: list.topics,
        status: isRight ? 200 : 422,
        body: html`${head}${body}${live('rows', rowsBody(list.title, table))}`,
      };
    },
  };
}

function readFilters(
  filters: readonly ListFilter[],
  query: URLSearchParams,
): { given: Given; filters: ShownFilter[] } {
  const given: Record<string, string> = {};
  const shown = filters.map((filter): ShownFilter => {
    const value = (query.get(filter.name) ?? '').trim().slice(0, 255);
    const error = value === '' ? null : wrongIn(filter, value);
    if (value !== '' && error === null) given[filter.name] = value;
    return { ...filter, value, ...(error === null ? {} : { error }) };
  });
  return { given, filters: shown };
}

function wrongIn({ type, choices = [], check }: ListFilter, value: string): string | null {
  if (value.includes('\0')) return 'This cannot be searched for.';
  if (type === 'select' && !choices.some((choice) => choice.value === value))
    return 'This is none of the choices.';
  if (type === 'date' && !isDate(value)) return 'This is not a date, such as 2027-01-31.';
  return check?.(value) ?? null;
}

function isDate(value: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(value) && new Date(`${value}T00:00:00Z`).toJSON()?.slice(0, 10) === value;
}

/** What is no id of this list is no cursor, and the list begins at its start. */
function pageOf(prefix: IdPrefix, query: URLSearchParams): Page {
  const cursor = (name: string): string | null => {
    const value = query.get(name);
    return value !== null && isId(prefix, value) ? value : null;
  };
  const after = cursor('after');
  return { limit: PAGE, after, before: after === null ? cursor('before') : null };
}

function columnsOf<Row>(columns: readonly ListColumn<Row>[]): Record<string, (row: Row) => Cell> {
  return Object.fromEntries(
    columns.flatMap(({ name, cell }) => (name === null || cell === undefined ? [] : [[name, cell] as const])),
  );
}

async function* allRows<Row>(
  list: OpsList<Row>,
  scope: Scope,
  given: Given,
): AsyncGenerator<readonly Row[], void> {
  let after: string | null = null;
  for (;;) {
    const { rows, has_more }: Listed<Row> = await list.read(scope, given, {
      limit: CSV_PAGE,
      after,
      before: null,
    });
    yield rows;
    const last = rows.at(-1);
    if (!has_more || last === undefined) return;
    after = list.id(last);
  }
}
