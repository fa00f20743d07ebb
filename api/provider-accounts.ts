/** Provider accounts as webhooks need them: with their secrets, kept in memory for ten seconds. */
import { loadWebhookAccount, type WebhookAccountRow } from '../db/provider-accounts.ts';
import { asService } from '../db/scope.ts';
import type { Connector, ProviderAccount } from '../providers/contract.ts';
import type { ApiDependencies } from './dependencies.ts';
import { createShortCache } from './short-cache.ts';

const CACHED_MS = 10_000;
const CACHED_ACCOUNTS = 1_000;
/** How often, at most, a webhook that cannot be verified has its account read again. */
const REFRESH_MS = 1_000;

export interface OpenedAccount {
  readonly connector: Connector<unknown>;
  /** The same account with each of its credentials that count: the present ones, then earlier ones. */
  readonly accounts: readonly ProviderAccount<unknown>[];
  readonly revision: number;
}

export interface AccountFinder {
  /**
   * The account by provider and id; null when there is none. A changed secret counts after ten seconds at most, and
   * earlier ones to the moment they end. Throws when the present credentials cannot be read.
   */
  find(provider: string, accountId: string): Promise<OpenedAccount | null>;
  /** The same, read anew unless that was done within the last second: a new secret may be in use already. */
  findAgain(provider: string, accountId: string): Promise<OpenedAccount | null>;
  /** Has the account read anew the next time; for changes that this process has made. */
  forget(accountId: string): void;
}

interface Opened {
  readonly revision: number;
  readonly candidates: readonly { readonly account: ProviderAccount<unknown>; readonly until_ms: number }[];
}

/** Credentials are decrypted once per revision. */
export function createAccountFinder({
  pool,
  sealer,
  connectors,
  now,
}: Pick<ApiDependencies, 'pool' | 'sealer' | 'connectors' | 'now'>): AccountFinder {
  const rows = createShortCache<WebhookAccountRow | null>(now, CACHED_MS, CACHED_ACCOUNTS);
  const opened = new Map<string, Opened>();
  const byProvider = new Map(connectors.map((connector) => [connector.manifest.provider, connector]));

  const open = (
    { id, base_url, revision, credentials }: WebhookAccountRow,
    connector: Connector<unknown>,
  ) => {
    const known = opened.get(id);
    if (known?.revision === revision) return known;
    const candidates = credentials.flatMap(({ sealed, until }) => {
      try {
        const account = { id, base_url, credentials: connector.credentials.parse(sealer.open(sealed, id)) };
        return [{ account, until_ms: until === null ? Infinity : Date.parse(until) }];
      } catch (error) {
        // Earlier ones may have been sealed with a key that has gone; the present ones must not suffer from that.
        if (until === null) throw error;
        return [];
      }
    });
    const entry = { revision, candidates };
    opened.set(id, entry);
    return entry;
  };

  const find: AccountFinder['find'] = async (provider, accountId) => {
    const connector = byProvider.get(provider);
    if (!connector) return null;
    // What is kept is shared by all who ask.
    const row = await rows.get(accountId, () => asService(() => loadWebhookAccount(pool, accountId)));
    if (row?.provider !== provider) return null;
    const { revision, candidates } = open(row, connector);
    const counting = candidates.filter(({ until_ms }) => until_ms > now());
    return { connector, accounts: counting.map(({ account }) => account), revision };
  };

  return {
    find,
    async findAgain(provider, accountId) {
      rows.forget(accountId, REFRESH_MS);
      return find(provider, accountId);
    },
    forget: (accountId) => rows.forget(accountId),
  };
}
