/** The pace of each provider account: its turns and its rests are the same for all workers. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AccountRow } from '../db/work.ts';
import type { Pace } from '../providers/paced-http.ts';

export interface Paces {
  /**
   * The pace of an account, whose row tells of a rest that another worker was told of. A new revision of it, with another host, other credentials or another decision of an operator,
   * starts without a rest.
   */
  of(account: Pick<AccountRow, 'id' | 'revision' | 'rests_ms'>, perSecond: number | null): Pace;
}

export interface PaceDependencies {
  /** Takes the account's next turn: milliseconds to wait for it, or null when too many are before. */
  readonly takeTurn: (accountId: string, perSecond: number) => Promise<number | null>;
  /** Has the account rest in all workers. */
  readonly rest: (accountId: string, revision: number, for_ms: number) => Promise<void>;
  readonly logger: Pick<Logger, 'warn'>;
  /** Wall clock, milliseconds. */
  readonly now: () => number;
}

export function createPaces({ takeTurn, rest: tellAll, logger, now }: PaceDependencies): Paces {
  const rests = new Map<string, { revision: number; until: number }>();
  /** False: it rests for at least as long anyway, or this was learnt of an older revision. */
  const note = (id: string, revision: number, until: number): boolean => {
    const known = rests.get(id);
    if (known && (until <= known.until || revision < known.revision)) return false;
    rests.set(id, { revision, until });
    return true;
  };
  return {
    of({ id, revision, rests_ms }, perSecond) {
      const rest = rests.get(id);
      // Rows are read before they are used, so an older one may come after a newer one.
      if (rest && revision > rest.revision) rests.delete(id);
      if (rests_ms > 0) note(id, revision, now() + rests_ms);
      return {
        get rests_until() {
          return rests.get(id)?.until ?? 0;
        },
        async rest(for_ms) {
          if (!note(id, revision, now() + for_ms)) return;
          logger.warn(
            { provider_account: id, rest_s: Math.ceil(for_ms / 1000) },
            'the provider has asked for fewer calls: the account rests',
          );
          try {
            await tellAll(id, revision, for_ms);
          } catch (err) {
            logger.warn({ err, provider_account: id }, 'the other workers could not be told of the rest');
          }
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
