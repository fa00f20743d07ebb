/** The pace of each provider account: when it rests is remembered in this process, its turns are the same for all workers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AccountRow } from '../db/work.ts';
import type { Pace } from '../providers/paced-http.ts';

export interface Paces {
  /**
   * The pace of an account. A new revision of it, with another host, other credentials or another decision of an operator,
   * starts without a rest.
   */
  of(account: Pick<AccountRow, 'id' | 'revision'>, perSecond: number | null): Pace;
}

export interface PaceDependencies {
  /** Takes the account's next turn: milliseconds to wait for it, or null when too many are before. */
  readonly takeTurn: (accountId: string, perSecond: number) => Promise<number | null>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

export function createPaces({ takeTurn, logger, now }: PaceDependencies): Paces {
  const rests = new Map<string, { revision: number; until: number }>();
  return {
    of({ id, revision }, perSecond) {
      const rest = rests.get(id);
      // Rows are read before they are used, so an older one may come after a newer one.
      if (rest && revision > rest.revision) rests.delete(id);
      return {
        get rests_until() {
          return rests.get(id)?.until ?? 0;
        },
        rest(for_ms) {
          const until = now() + for_ms;
          if (until <= (rests.get(id)?.until ?? 0)) return;
          rests.set(id, { revision, until });
          logger.warn(
            { provider_account: id, rest_s: Math.ceil(for_ms / 1000) },
            'the provider has asked for fewer calls: the account rests',
          );
        },
        async turn(signal) {
          if (perSecond === null) return true;
          const wait_ms = await takeTurn(id, perSecond);
          if (wait_ms === null) return false;
          if (wait_ms > 0) await sleep(wait_ms, undefined, signal ? { signal } : {});
          return true;
        },
      };
    },
  };
}
