/** What the lists share: filters and a page in; JSON in pages, or all of it as CSV, out. */
import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { isId, type IdPrefix } from '../db/ids.ts';
import type { Owner } from '../db/invoices.ts';
import type { Listed, Page } from '../db/lists.ts';
import { sendJson } from './answer.ts';
import { ownerOf } from './context.ts';
import { sendCsv, type Columns } from './csv.ts';
import { expandParameter } from './expand.ts';
import { checked } from './field-errors.ts';
import { oneOf } from './fields.ts';
import { listText, pageOf, pageParameters, refuseCursor } from './pages.ts';
import { invalidFields, type FieldError } from './problem.ts';
import { parseQuery } from './query.ts';

/** Rows that are read at once for a file. */
const CSV_PAGE = 500;

export interface List<Shape extends z.ZodRawShape, Row, Name extends string = never> {
  /** Of the ids of its rows. */
  readonly prefix: IdPrefix;
  /** Of the CSV file. */
  readonly name: string;
  /** The query parameters that narrow it. */
  readonly filters: Shape;
  /** Null when the merchant has nothing of this id: it cannot be a cursor then. */
  readonly find: (owner: Owner, id: string) => Promise<unknown>;
  readonly read: (owner: Owner, filter: z.output<z.ZodObject<Shape>>, page: Page) => Promise<Listed<Row>>;
  readonly id: (row: Row) => string;
  /** What `expand` can ask for. */
  readonly expansions?: readonly Name[];
  /** Reads what JSON shows beyond the columns of CSV, for a whole page together. */
  readonly complete?: (
    owner: Owner,
    rows: readonly Row[],
    expand: ReadonlySet<Name>,
  ) => Promise<readonly Row[]>;
  readonly present: (row: Row) => unknown;
  readonly columns: Columns<Row>;
  /** Rows that are read at once for a file, where a page costs nearly as much as all of them. */
  readonly csvPage?: number;
}

const listParameters = (prefix: IdPrefix) => ({
  format: oneOf(['json', 'csv'], 'invalid_format', 'json or csv').optional(),
  ...pageParameters(prefix),
});

/** The whole query of a list: its filters, what is to be expanded, the page and the format. */
export const listQuery = <Shape extends z.ZodRawShape>(
  prefix: IdPrefix,
  filters: Shape,
  expansions: readonly string[] = [],
) =>
  z.strictObject({
    ...filters,
    ...(expansions.length === 0 ? {} : { expand: expandParameter(expansions) }),
    ...listParameters(prefix),
  });

/** The handler of a list. Throws one `Problem` for all parameters at fault. */
export function listHandler<Shape extends z.ZodRawShape, Row, Name extends string = never>(
  list: List<Shape, Row, Name>,
): RequestHandler {
  const { expansions = [] } = list;
  const filters = z.strictObject(list.filters);
  const paging = z.object({ ...listParameters(list.prefix), expand: expandParameter(expansions) });
  const schema = listQuery(list.prefix, list.filters, expansions);

  return async (request, response) => {
    const owner = ownerOf(response);
    const query: Readonly<Record<string, unknown>> = parseQuery(schema, request);
    const parameters = paging.parse(query);
    const filter = filters.parse(
      Object.fromEntries(Object.entries(query).filter(([name]) => name in list.filters)),
    );
    refuseEmptyRanges(query);
    const asCsv = wantsCsv(request, response, parameters.format);
    if (asCsv) refuseParts(query);
    const page = pageOf(parameters);
    const cursor = page.after ?? page.before;
    if (cursor !== null && !(await list.find(owner, cursor))) refuseCursor(list.prefix, page);
    const read = (part: Page) => list.read(owner, filter, part);
    if (asCsv) return sendCsv(response, list.name, list.columns, allPages(list, read, page.after));
    const { rows, has_more } = await read(page);
    const expand = new Set(parameters.expand);
    const whole = list.complete ? await list.complete(owner, rows, expand) : rows;
    sendJson(response, 200, listText(whole.map(list.present), has_more));
  };
}

async function* allPages<Row>(
  { id, csvPage: limit = CSV_PAGE }: Pick<List<z.ZodRawShape, Row>, 'id' | 'csvPage'>,
  read: (page: Page) => Promise<Listed<Row>>,
  start: string | null,
): AsyncGenerator<readonly Row[], void> {
  let after = start;
  for (;;) {
    const { rows, has_more } = await read({ limit, after, before: null });
    yield rows;
    const last = rows.at(-1);
    if (!has_more || last === undefined) return;
    after = id(last);
  }
}

/** `format` decides; without it, the `Accept` header does, and JSON where it has no preference. */
function wantsCsv(request: Request, response: Response, format: string | undefined): boolean {
  response.vary('Accept');
  return format === undefined ? request.accepts(['json', 'csv']) === 'csv' : format === 'csv';
}

/** A file has all rows, each a line; it can go on after a row where an earlier one broke off. */
function refuseParts(query: Readonly<Record<string, unknown>>): void {
  const reasons = {
    limit: 'which has all rows',
    ending_before: 'which has all rows',
    expand: 'which has one line for each row',
  };
  const errors = Object.entries(reasons).flatMap(([name, reason]): FieldError[] => {
    if (query[name] === undefined) return [];
    const detail = `cannot be combined with CSV, ${reason}`;
    return [{ pointer: `?${name}`, code: 'conflict', detail, expected: 'no such parameter, or format=json' }];
  });
  if (errors.length > 0) throw invalidFields(errors);
}

/** A range that ends before it begins is a mistake, not an empty list. */
function refuseEmptyRanges(query: Readonly<Record<string, unknown>>): void {
  const place = (value: unknown): number =>
    /^\d+$/.test(String(value)) ? Number(value) : Date.parse(String(value));
  const errors = Object.keys(query).flatMap((name): FieldError[] => {
    const from = name.replace(/_lte$/, '_gte');
    if (from === name || query[name] === undefined || query[from] === undefined) return [];
    if (place(query[from]) <= place(query[name])) return [];
    return [
      { pointer: `?${name}`, code: 'conflict', detail: `is less than ${from}`, expected: `${from} or more` },
    ];
  });
  if (errors.length > 0) throw invalidFields(errors);
}

/** The id of something that the list is narrowed to. */
export const objectId = (prefix: IdPrefix, what: string) =>
  checked<string>(
    (value) =>
      typeof value === 'string' && isId(prefix, value)
        ? null
        : {
            code: 'invalid_format',
            detail: `is not the id of ${what}`,
            expected: `${prefix}_ and 26 characters`,
          },
    { type: 'string', pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`, description: `The id of ${what}.` },
  );

/** Text that is compared as it is. */
export const exactText = (max: number) =>
  checked<string>(
    (value) => {
      const expected = `text of 1 to ${max} characters`;
      const right =
        typeof value === 'string' && value !== '' && [...value].length <= max && !value.includes('\0');
      return right ? null : { code: 'invalid_format', detail: `must be ${expected}`, expected };
    },
    { type: 'string', minLength: 1, maxLength: max, description: 'Compared exactly.' },
  );
