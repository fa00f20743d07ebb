/** Finding rows by the merchant's own data on them. */
import type { Owner } from './invoices.ts';
import type { Condition } from './lists.ts';

/**
 * The conditions that a row `alias` has all of `metadata`; none for null. In the index it stands below the id of the merchant. Only
 * rows of a view `…_in_scope` are found by it (`migrations/0021_find_by_metadata.sql` says why).
 */
export function hasMetadata(
  alias: string,
  metadata: Readonly<Record<string, string>> | null,
  { merchant_id }: Owner,
): Condition[] {
  if (metadata === null) return [];
  const wanted = JSON.stringify({ [merchant_id]: metadata });
  return [
    [`jsonb_set('{}', array[${alias}.merchant_id], ${alias}.metadata) @> $::jsonb`, wanted],
    // The index has no others.
    [`${alias}.metadata <> $::jsonb`, '{}'],
  ];
}
