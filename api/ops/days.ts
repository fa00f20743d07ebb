/** The filter by days that lists share: from the first moment of one to the last of another, UTC. */
import type { Given, ListFilter } from './list.ts';

const DAY_MS = 86_400_000;

export const DAYS: readonly ListFilter[] = [
  { name: 'from', label: 'From', type: 'date' },
  { name: 'to', label: 'To', type: 'date' },
];

/** RFC 3339, the second one not included; null: any. */
export function daysOf({ from, to }: Given): { readonly from: string | null; readonly until: string | null } {
  return {
    from: from === undefined ? null : `${from}T00:00:00Z`,
    until: to === undefined ? null : new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString(),
  };
}

/** Choices of a filter whose values speak for themselves. */
export function choicesOf(values: readonly string[]): { value: string; label: string }[] {
  return values.map((value) => ({ value, label: value.replaceAll('_', ' ') }));
}
