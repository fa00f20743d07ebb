/** Leaves alone for a while what could not be done because a provider could not be asked; longer each time. */

/** Milliseconds; the last one repeats. */
const PAUSES_MS = [5_000, 15_000, 60_000, 300_000];

export interface Patience {
  /** By subject (a payment id, a webhook id, `invoice`): the moment (workflow clock) before which it is left alone. */
  readonly holds: ReadonlyMap<string, number>;
  /** Another attempt at `subject` was in vain. */
  hold(subject: string): void;
  /** It worked: the next failure starts with the shortest pause again. */
  release(subject: string): void;
}

export function createPatience(): Patience {
  const holds = new Map<string, number>();
  const failures = new Map<string, number>();
  return {
    holds,
    hold(subject) {
      const count = failures.get(subject) ?? 0;
      failures.set(subject, count + 1);
      holds.set(subject, Date.now() + (PAUSES_MS[Math.min(count, PAUSES_MS.length - 1)] ?? 0));
    },
    release(subject) {
      failures.delete(subject);
      holds.delete(subject);
    },
  };
}
