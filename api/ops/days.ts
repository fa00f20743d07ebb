/** Days as people give them, UTC: the filter that lists share, and a single one. */
import { invalidFields } from '../problem.ts';
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

/** A day that has begun, UTC. Throws `Problem`. */
export function dayIn(text: string, now: number): string {
  const day = text.trim();
  const isDay = /^20\d\d-\d\d-\d\d$/.test(day) && new Date(`${day}T00:00:00Z`).toJSON()?.slice(0, 10) === day;
  if (isDay && Date.parse(day) <= now) return day;
  const expected = 'a day in UTC that has begun, such as 2027-01-31';
  throw invalidFields([{ pointer: '/day', code: 'invalid_format', detail: `must be ${expected}`, expected }]);
}
