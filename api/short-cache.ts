/** Remembers answers for a few seconds, misses too, and asks only once when many want the same. */

export interface ShortCache<T> {
  /** What is remembered for `key`, or what `load` finds. An answer that throws is not remembered. */
  get(key: string, load: () => Promise<T>): Promise<T>;
  /** Forgets what is remembered for `key` if it is older than `age_ms`. */
  forget(key: string, age_ms?: number): void;
}

/** `ttl_ms`: how old an answer may be. `limit`: how many are kept; more than that and all are forgotten. */
export function createShortCache<T>(now: () => number, ttl_ms: number, limit: number): ShortCache<T> {
  const known = new Map<string, { answer: Promise<T>; at: number }>();
  return {
    get(key, load) {
      const found = known.get(key);
      if (found && found.at + ttl_ms > now()) return found.answer;
      if (known.size >= limit) known.clear();
      const answer = load();
      const entry = { answer, at: now() };
      known.set(key, entry);
      answer.catch(() => {
        if (known.get(key) === entry) known.delete(key);
      });
      return answer;
    },
    forget(key, age_ms = -Infinity) {
      const found = known.get(key);
      if (found && now() - found.at > age_ms) known.delete(key);
    },
  };
}
