/** Lists in pages: `limit`, `starting_after` and `ending_before` in, `data` and `has_more` out; the newest first. */
import { isId, type IdPrefix } from '../db/ids.ts';
import type { Page } from '../db/lists.ts';
import { checked } from './field-errors.ts';
import { invalidFields, type FieldError } from './problem.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

const limit = checked<string>(
  (value) => {
    const expected = `a whole number from 1 to ${MAX_LIMIT}`;
    const right = typeof value === 'string' && /^[1-9]\d{0,2}$/.test(value) && Number(value) <= MAX_LIMIT;
    return right ? null : { code: 'invalid_format', detail: `must be ${expected}`, expected };
  },
  {
    type: 'string',
    pattern: '^(?:[1-9][0-9]?|100)$',
    description: `How many on a page, 1 to ${MAX_LIMIT}; ${DEFAULT_LIMIT} without it.`,
  },
);

const cursor = (prefix: IdPrefix, meaning: string) =>
  checked<string>(
    (value) => (typeof value === 'string' && isId(prefix, value) ? null : unknownCursor(prefix)),
    { type: 'string', pattern: `^${prefix}_[0-9a-hjkmnp-tv-z]{26}$`, description: meaning },
  );

const unknownCursor = (prefix: IdPrefix) => ({
  code: 'unknown_cursor',
  detail: 'is not the id of something in this list',
  expected: `an id from this list (${prefix}_…)`,
});

/** The query parameters of a page, to be spread into a list's schema. */
export const pageParameters = (prefix: IdPrefix) => ({
  limit: limit.optional(),
  starting_after: cursor(prefix, 'The id of the last entry of the page before: what is older.').optional(),
  ending_before: cursor(prefix, 'The id of the first entry of the page after: what is newer.').optional(),
});

/** The page that the parameters ask for. Throws `Problem` when they ask for two. */
export function pageOf(query: {
  limit?: string | undefined;
  starting_after?: string | undefined;
  ending_before?: string | undefined;
}): Page {
  const { limit: size, starting_after: after = null, ending_before: before = null } = query;
  if (after !== null && before !== null) throw invalidFields([CONFLICT]);
  return { limit: size === undefined ? DEFAULT_LIMIT : Number(size), after, before };
}

const CONFLICT: FieldError = {
  pointer: '?ending_before',
  code: 'conflict',
  detail: 'cannot be combined with starting_after',
  expected: 'one of the two',
};

/** The problem of a cursor that has the form of an id and is none of the caller's. */
export function refuseCursor(prefix: IdPrefix, { after }: Page): never {
  const pointer = after === null ? '?ending_before' : '?starting_after';
  throw invalidFields([{ pointer, ...unknownCursor(prefix) }]);
}

/** The JSON text of a page. */
export function listText(data: readonly unknown[], has_more: boolean): string {
  return JSON.stringify({ object: 'list', data, has_more });
}
