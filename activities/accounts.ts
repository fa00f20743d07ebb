/** Opens a provider account for a call: the connector, and the context it gets. */
import type { AccountRow } from '../db/work.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { Connector, ProviderAccount, ProviderContext } from '../providers/contract.ts';
import { createTokenStore, type TokenStore } from '../providers/token-store.ts';
import type { ActivityDependencies } from './dependencies.ts';

export interface OpenAccount {
  readonly connector: Connector<unknown>;
  readonly context: ProviderContext<unknown>;
}

export type AccountOpener = (row: AccountRow, signal: AbortSignal) => OpenAccount;

/**
 * Decrypts an account's credentials once per revision and keeps them in memory only. The opener throws a
 * `ProviderError` of kind `bad_credentials` when they cannot be decrypted or are not what the connector takes.
 */
export function createAccountOpener({
  sealer,
  connectorFor,
  http,
  now,
}: Pick<ActivityDependencies, 'sealer' | 'connectorFor' | 'http' | 'now'>): AccountOpener {
  const opened = new Map<
    string,
    { revision: number; account: ProviderAccount<unknown>; tokens: TokenStore }
  >();

  return (row, signal) => {
    const connector = connectorFor(row.provider);
    let known = opened.get(row.id);
    if (known?.revision !== row.revision) {
      const credentials = readCredentials(() =>
        connector.credentials.parse(sealer.open(row.credentials, row.id)),
      );
      known = {
        revision: row.revision,
        account: { id: row.id, base_url: row.base_url, credentials },
        tokens: createTokenStore(now),
      };
      opened.set(row.id, known);
    }
    return { connector, context: { account: known.account, http, tokens: known.tokens, now, signal } };
  };
}

function readCredentials(read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    const message = 'the stored credentials of this provider account cannot be read';
    throw new ProviderError({ kind: 'bad_credentials', code: 'credentials_unreadable', message }, { cause });
  }
}
