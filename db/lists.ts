/** Reads one page of a list, the newest first. What the lists share; the statements are with their tables. */
import type pg from 'pg';

export interface Page {
  readonly limit: number;
  /** Rows before this id in time, so after it in the list. */
  readonly after: string | null;
  /** Rows after it in time. */
  readonly before: string | null;
}

export interface Listed<Row> {
  readonly rows: readonly Row[];
  readonly has_more: boolean;
}

/** A condition with one `$` for its value; null leaves it out. */
export type Condition = readonly [sql: string, value: string | number | null];

/** The parts of a list's statement. Values only ever travel as parameters. */
export interface Clauses {
  /** All that are not left out, joined by `and`. */
  where(conditions: readonly Condition[]): string;
  /** To follow a condition: the rows behind the cursor in the order of `id`, one more than the page has. */
  page(id: string): string;
}

/**
 * The page of the list that `statement` reads. Only the filters that were given are in the text, and it has no name: so each call is
 * planned for its own values and finds the index that suits them.
 */
export async function readPage<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  { limit, after, before }: Page,
  statement: (clauses: Clauses) => string,
): Promise<Listed<Row>> {
  const values: (string | number)[] = [];
  const where = (conditions: readonly Condition[]): string =>
    conditions
      .flatMap(([sql, value]) => (value === null ? [] : [sql.replace('$', () => `$${values.push(value)}`)]))
      .join(' and ');
  const direction = before === null ? 'desc' : 'asc';
  const page = (id: string): string => {
    const behind = where([
      [`${id} < $`, after],
      [`${id} > $`, before],
    ]);
    return `${behind && `and ${behind}`} order by ${id} ${direction} limit $${values.push(limit + 1)}`;
  };
  const { rows } = await pool.query<Row>(statement({ where, page }), values);
  const shown = rows.slice(0, limit);
  return { rows: before === null ? shown : shown.reverse(), has_more: rows.length > limit };
}
