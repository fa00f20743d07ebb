/**
 * How often something may be done. Counted by invoice and not by address: a token cannot be guessed, a made-up one costs no
 * look-up, and whole mobile networks share one address, so an address is nobody in particular.
 */

export interface RateLimit {
  /** Seconds until `key` may again, or 0 when it may now; then it has. */
  take(key: string): number;
}

const KEPT = 20_000;

/** `burst` at once, and one more every `every_ms`. */
export function createRateLimit(now: () => number, burst: number, every_ms: number): RateLimit {
  /** By key: the moment at which everything is free again. */
  const busy = new Map<string, number>();
  const forget = (): void => {
    for (const [key, until] of busy) if (until <= now()) busy.delete(key);
    // Nothing was over: rather too generous for a moment than without bounds.
    if (busy.size >= KEPT) busy.clear();
  };
  return {
    take(key) {
      if (busy.size >= KEPT) forget();
      const until = Math.max(busy.get(key) ?? 0, now()) + every_ms;
      const over_ms = until - now() - burst * every_ms;
      if (over_ms > 0) return Math.ceil(over_ms / 1000);
      busy.set(key, until);
      return 0;
    },
  };
}
