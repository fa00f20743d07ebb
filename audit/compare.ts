/** Comparing what is recorded with what it ought to be. */
import type { Violation } from './invariant.ts';

/** The same text for the same value: jsonb does not keep the order in which keys were written. */
export function canonical(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** One violation that names every field of `recorded` that is not as `expected` has it; none when all are. */
export function differences(
  about: string,
  recorded: Readonly<Record<string, unknown>>,
  expected: Readonly<Record<string, unknown>>,
): Violation[] {
  const wrong = Object.entries(expected)
    .filter(([name, value]) => canonical(recorded[name] ?? null) !== canonical(value ?? null))
    .map(([name, value]) => `${name} is ${shown(recorded[name])}, by the events ${shown(value)}`);
  return wrong.length === 0 ? [] : [{ about, message: wrong.join('; ') }];
}

const shown = (value: unknown): string => (value === null || value === undefined ? 'none' : canonical(value));
