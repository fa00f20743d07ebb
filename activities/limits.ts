/** How many calls a provider account may make: its own settings, or what the provider's manifest says. */
import type { AccountRow } from '../db/work.ts';
import type { Manifest } from '../providers/contract.ts';

export interface AccountLimits {
  readonly account_id: string;
  readonly provider: string;
  /** Calls under way at once, in all workers; null: as many as each worker lets any account have. */
  readonly max_concurrent: number | null;
  /** Calls a second, of all workers together; null: no limit. */
  readonly max_per_second: number | null;
}

/** The limits that count for an account. */
export function limitsOf(row: AccountRow, manifest: Pick<Manifest, 'limits'>): AccountLimits {
  return {
    account_id: row.id,
    provider: row.provider,
    max_concurrent: row.max_concurrent ?? manifest.limits?.max_concurrent ?? null,
    max_per_second: row.max_per_second ?? manifest.limits?.max_per_second ?? null,
  };
}

export interface LimitBook {
  /** What is known of the account's limits; asks the record when it is the first time. One that does not exist has none. */
  of(accountId: string): Promise<AccountLimits>;
  /** Takes note of a row that was read anyway, so that changed limits count from the next call on. */
  learn(row: AccountRow): void;
}

/** `load` reads an account; null when there is none. */
export function createLimitBook(
  load: (accountId: string) => Promise<AccountRow | null>,
  manifestOf: (provider: string) => Pick<Manifest, 'limits'>,
): LimitBook {
  const known = new Map<string, AccountLimits>();
  const learn = (row: AccountRow): AccountLimits => {
    const limits = limitsOf(row, manifestOf(row.provider));
    known.set(row.id, limits);
    return limits;
  };
  return {
    async of(accountId) {
      const limits = known.get(accountId);
      if (limits) return limits;
      const row = await load(accountId);
      if (row) return learn(row);
      return { account_id: accountId, provider: '', max_concurrent: null, max_per_second: null };
    },
    learn: (row) => void learn(row),
  };
}
