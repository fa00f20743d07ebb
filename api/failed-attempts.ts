/**
 * Counts requests without a valid key by the address they come from. Too many are told to wait; a valid key is never turned
 * away for what others at its address have tried, because many may share one.
 */
import { ipKeyGenerator, MemoryStore, type Options } from 'express-rate-limit';
import type { Request } from 'express';
import { Problem } from './problem.ts';

const WINDOW_MS = 60_000;

export interface FailedAttempts {
  /** Counts one. Throws `Problem` when there were more than are let pass in a minute. */
  note(request: Request): Promise<void>;
}

/** `limit`: per address and minute; null: any number. */
export function createFailedAttempts(limit: number | null): FailedAttempts {
  const store = new MemoryStore();
  store.init({ windowMs: WINDOW_MS } as Options);
  return {
    async note({ ip }) {
      if (limit === null) return;
      // One customer has a whole network of IPv6 addresses.
      const { totalHits, resetTime } = await store.increment(ipKeyGenerator(ip ?? ''));
      if (totalHits <= limit) return;
      const wait_ms = (resetTime?.getTime() ?? Date.now() + WINDOW_MS) - Date.now();
      throw new Problem('too_many_requests', 'too many requests without a valid API key from this address', {
        retryAfter_s: wait_ms / 1000,
      });
    },
  };
}
