/** What several lists can be narrowed to alike: a currency, a range of amounts, a range of times. */
import { firstIdAt, type IdPrefix } from './ids.ts';
import type { Condition } from './lists.ts';

/** Null: any. */
export interface RangeFilter {
  readonly currency: string | null;
  /** Minor units, both ends included. */
  readonly amount_gte: number | null;
  readonly amount_lte: number | null;
  /** Milliseconds since 1970, both ends included. */
  readonly created_gte: number | null;
  readonly created_lte: number | null;
}

/** For the rows of the alias `row`, which have `currency` and `amount`. */
export const withMoney = (row: string, filter: RangeFilter): Condition[] => [
  [`${row}.currency = $`, filter.currency],
  [`${row}.amount >= $`, filter.amount_gte],
  [`${row}.amount <= $`, filter.amount_lte],
];

/** `time`: the column of the moment a row was made. */
export const withTime = (
  time: string,
  { created_gte, created_lte }: Pick<RangeFilter, 'created_gte' | 'created_lte'>,
): Condition[] => [
  [`${time} >= to_timestamp($::float8 / 1000)`, created_gte],
  [`${time} <= to_timestamp($::float8 / 1000)`, created_lte],
];

/** Ids are made a moment before their rows; far more than that. */
const BESIDE_MS = 600_000;

/**
 * The same range as one of ids, a little wider, for rows whose ids say when they were made: a list in the order of its ids then
 * begins where the range does, and reads nothing before it. `compared`: the
 * comparison of an id with `$`.
 */
export function withinIds(
  prefix: IdPrefix,
  compared: (sign: '>=' | '<') => string,
  { created_gte, created_lte }: Pick<RangeFilter, 'created_gte' | 'created_lte'>,
): Condition[] {
  return [
    [compared('>='), created_gte === null ? null : firstIdAt(prefix, created_gte - BESIDE_MS)],
    [compared('<'), created_lte === null ? null : firstIdAt(prefix, created_lte + BESIDE_MS)],
  ];
}
