/** Provider accounts as webhooks need them: with their secrets, kept in memory for ten seconds. */
import { loadAccount, type AccountRow } from '../db/work.ts';
import type { Connector, ProviderAccount } from '../providers/contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { createShortCache } from './short-cache.ts';

const CACHED_MS = 10_000;
const CACHED_ACCOUNTS = 1_000;

export interface OpenedAccount {
  readonly connector: Connector<unknown>;
  readonly account: ProviderAccount<unknown>;
}

/**
 * Finds accounts by provider and id. A changed secret counts after ten seconds at most; credentials are decrypted
 * once per revision. Null: there is no such account. Throws when the stored credentials cannot be read.
 */
export function createAccountFinder({
  pool,
  sealer,
  connectors,
  now,
}: Pick<ApiDependencies, 'pool' | 'sealer' | 'connectors' | 'now'>) {
  const rows = createShortCache<AccountRow | null>(now, CACHED_MS, CACHED_ACCOUNTS);
  const opened = new Map<string, OpenedAccount & { revision: number }>();
  const byProvider = new Map(connectors.map((connector) => [connector.manifest.provider, connector]));

  const open = (row: AccountRow, connector: Connector<unknown>): OpenedAccount => {
    const known = opened.get(row.id);
    if (known?.revision === row.revision) return known;
    const credentials = connector.credentials.parse(sealer.open(row.credentials, row.id));
    const account = { id: row.id, base_url: row.base_url, credentials };
    const entry = { connector, account, revision: row.revision };
    opened.set(row.id, entry);
    return entry;
  };

  return async (provider: string, accountId: string): Promise<OpenedAccount | null> => {
    const connector = byProvider.get(provider);
    if (!connector) return null;
    const row = await rows.get(accountId, () => loadAccount(pool, accountId));
    return row?.provider === provider ? open(row, connector) : null;
  };
}
