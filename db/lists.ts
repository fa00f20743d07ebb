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

/** A condition with `$` for its value; null leaves it out. */
export type Condition = readonly [sql: string, value: string | number | null];

/** The parts of a list's statement. Values only ever travel as parameters. */
export interface Clauses {
  /** All that are not left out, joined by `and`. */
  where(conditions: readonly Condition[]): string;
  /** To follow a condition: the rows behind the cursor in the order of `time` and `id`, one more than the page has. */
  page(id: string, time?: Time): string;
}

/** The column that a list is in order of before its ids, and the query for that of the cursor `$`. */
interface Time {
  readonly column: string;
  readonly ofCursor: string;
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
      .flatMap(([sql, value]) => {
        if (value === null) return [];
        const place = `$${values.push(value)}`;
        return [sql.replaceAll('$', () => place)];
      })
      .join(' and ');
  const direction = before === null ? 'desc' : 'asc';
  const page = (id: string, time: Time | null = null): string => {
    const row = time ? `(${time.column}, ${id})` : id;
    const cursor = time ? `((${time.ofCursor}), $)` : '$';
    const behind = where([
      [`${row} < ${cursor}`, after],
      [`${row} > ${cursor}`, before],
    ]);
    const order = [...(time ? [time.column] : []), id].map((column) => `${column} ${direction}`).join(', ');
    return `${behind && `and ${behind}`} order by ${order} limit $${values.push(limit + 1)}`;
  };
  const { rows } = await pool.query<Row>(statement({ where, page }), values);
  const shown = rows.slice(0, limit);
  return { rows: before === null ? shown : shown.reverse(), has_more: rows.length > limit };
}
