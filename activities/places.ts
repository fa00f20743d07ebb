/**
 * The limit of calls under way at once, over all workers. In each worker the lanes have seen to it before; so only what finds room there
 * asks for one of the account's places in the record. Accounts without a limit of their own ask for none.
 */
import { leavePlace, takePlace } from '../db/provider-places.ts';
import type { CallPlace } from '../providers/placed-http.ts';
import type { ActivityDependencies } from './dependencies.ts';
import type { AccountLimits } from './limits.ts';

export interface Places {
  /** A place for one call of this account; null when as many are under way as may be. */
  take(limits: AccountLimits): Promise<CallPlace | null>;
}

const UNLIMITED: CallPlace = { leave: () => Promise.resolve() };

export function createPlaces({ pool, logger }: Pick<ActivityDependencies, 'pool' | 'logger'>): Places {
  return {
    async take({ account_id, max_concurrent }) {
      if (max_concurrent === null) return UNLIMITED;
      const taken = await takePlace(pool, account_id, max_concurrent);
      if (!taken) return null;
      return {
        leave: () =>
          leavePlace(pool, taken).catch((err: unknown) => {
            logger.warn({ err, provider_account: account_id }, 'a place could not be given back');
          }),
      };
    },
  };
}
