/** The circuit breakers of this process: one for each provider account, in memory. */
import type { AccountRow } from '../db/work.ts';
import {
  createCircuitBreaker,
  type BreakerStanding,
  type CircuitBreaker,
} from '../providers/circuit-breaker.ts';

/** A breaker that is in a new state. */
export interface BreakerChange extends BreakerStanding {
  readonly account_id: string;
  readonly provider: string;
  /** The account's revision that this was learnt of. */
  readonly revision: number;
}

export interface Breakers {
  /**
   * The breaker of an account. A new revision of it, with another host, other credentials or another decision of an
   * operator, starts afresh: what was learnt of the old one does not count.
   */
  of(account: Pick<AccountRow, 'id' | 'provider' | 'revision' | 'breaker_forced'>): CircuitBreaker;
}

/** `changed` must not throw; it is told of every change of state. */
export function createBreakers(now: () => number, changed: (change: BreakerChange) => void): Breakers {
  const known = new Map<string, { revision: number; readonly breaker: CircuitBreaker }>();
  return {
    of({ id, provider, revision, breaker_forced }) {
      let entry = known.get(id);
      if (!entry) {
        const breaker = createCircuitBreaker(now, (standing) =>
          changed({ ...standing, account_id: id, provider, revision: known.get(id)?.revision ?? revision }),
        );
        entry = { revision: 0, breaker };
        known.set(id, entry);
      }
      // Rows are read before they are used, so an older one may come after a newer one.
      if (revision > entry.revision) {
        entry.revision = revision;
        entry.breaker.reset(breaker_forced);
      }
      return entry.breaker;
    },
  };
}
