/** A provider account with what belongs to calls that the API itself makes with it, because a person asked for them. */
import type { Owner } from '../db/invoices.ts';
import { findProviderAccount, type ProviderAccountRow } from '../db/provider-accounts.ts';
import type { Connector, ProviderContext } from '../providers/contract.ts';
import { createTokenStore } from '../providers/token-store.ts';
import { openCredentials } from './account-credentials.ts';
import type { ApiDependencies } from './dependencies.ts';
import { webhookUrl } from './present-account.ts';
import { notFound, Problem } from './problem.ts';

/** All calls of one request to the provider together. Shorter than a registration keeps others waiting. */
const PROVIDER_TIMEOUT_MS = 20_000;

export interface OpenedAccount {
  readonly row: ProviderAccountRow;
  readonly connector: Connector<unknown>;
  readonly credentials: Readonly<Record<string, unknown>>;
  /** Where the provider posts its webhooks. */
  readonly url: string;
}

export function createAccountOpener({
  pool,
  sealer,
  connectors,
  publicUrl,
  providerHttp,
  now,
}: ApiDependencies) {
  /** Throws `Problem` where there is no such account, or its credentials cannot be read any more. */
  const open = async (owner: Owner, id: string): Promise<OpenedAccount> => {
    const row = await findProviderAccount(pool, owner, id);
    const connector = connectors.find(({ manifest }) => manifest.provider === row?.provider);
    if (!row || !connector) throw notFound('provider account');
    return { row, connector, credentials: credentialsOf(row), url: webhookUrl(publicUrl, row) };
  };

  const credentialsOf = (row: ProviderAccountRow): Readonly<Record<string, unknown>> => {
    try {
      return openCredentials(sealer, row);
    } catch (cause) {
      const detail = 'the stored credentials cannot be decrypted; rotate them, giving all of them';
      throw new Problem('provider_credentials_rejected', detail, { cause });
    }
  };

  const contextOf = ({ row, connector, credentials }: OpenedAccount): ProviderContext<unknown> => ({
    account: { id: row.id, base_url: row.base_url, credentials: connector.credentials.parse(credentials) },
    http: providerHttp,
    // Tokens are asked for anew: one that was given out earlier would say nothing of the credentials.
    tokens: createTokenStore(now),
    now,
    signal: AbortSignal.timeout(PROVIDER_TIMEOUT_MS),
  });

  return { open, contextOf };
}
