/** Opens a provider account for a call: the connector, and the context it gets. */
import type { AccountRow } from '../db/work.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { Connector, ProviderAccount, ProviderContext } from '../providers/contract.ts';
import { observed, type ProviderHttp } from '../providers/http.ts';
import { guarded } from '../providers/guarded-http.ts';
import { paced } from '../providers/paced-http.ts';
import { createRedactor, type Redactor } from '../providers/redact.ts';
import { createTokenStore, type TokenStore } from '../providers/token-store.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { limitsOf } from './limits.ts';

export interface OpenAccount {
  readonly connector: Connector<unknown>;
  readonly context: ProviderContext<unknown>;
}

/** What the calls are about. */
export interface CallSubject {
  readonly invoice_id: string;
  readonly payment_id: string | null;
  /** The capture, void or refund that is asked for. */
  readonly operation_id?: string;
}

/**
 * Every call made with the context is kept among the exchanges of its subject. Null: it is about no invoice of ours alone (a list), and
 * is not kept.
 */
export type AccountOpener = (
  row: AccountRow,
  signal: AbortSignal,
  subject: CallSubject | null,
) => OpenAccount;

/**
 * Decrypts an account's credentials once per revision and keeps them in memory only. The opener throws a
 * `ProviderError` of kind `bad_credentials` when they cannot be decrypted or are not what the connector takes.
 * `activityAttempt`: how often the engine has started the activity that opens.
 */
export function createAccountOpener(
  {
    sealer,
    connectorFor,
    http,
    exchanges,
    breakers,
    paces,
    now,
  }: Pick<
    ActivityDependencies,
    'sealer' | 'connectorFor' | 'http' | 'exchanges' | 'breakers' | 'paces' | 'now'
  >,
  activityAttempt: () => number = () => 1,
): AccountOpener {
  const opened = new Map<string, KnownAccount>();

  /** The client with every call put on record. */
  const onRecord = (
    provider: string,
    { account, redactor }: KnownAccount,
    subject: CallSubject | null,
  ): ProviderHttp => {
    if (subject === null) return http;
    const first = activityAttempt();
    const made = new Map<string, number>();
    return observed(http, (seen) => {
      const { operation, method, url } = seen.request;
      const call = `${operation} ${method} ${url}`;
      const attempt = made.get(call) ?? first;
      made.set(call, attempt + 1);
      const { invoice_id, payment_id, operation_id } = subject;
      exchanges.record({
        account_id: account.id,
        provider,
        invoice_id,
        payment_id,
        // What only looks, or gets a token, is no attempt at it.
        operation_id: seen.request.mutates ? (operation_id ?? null) : null,
        attempt,
        seen,
        redactor,
      });
    });
  };

  return (row, signal, subject) => {
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
        redactor: createRedactor(credentials),
      };
      opened.set(row.id, known);
    }
    const { account, tokens } = known;
    // A call that is refused was not made, so it is not put on record.
    const pace = paces.of(row, limitsOf(row, connector.manifest).max_per_second);
    const guardedHttp = guarded(paced(onRecord(row.provider, known, subject), pace, now), breakers.of(row));
    return { connector, context: { account, http: guardedHttp, tokens, now, signal } };
  };
}

interface KnownAccount {
  readonly revision: number;
  readonly account: ProviderAccount<unknown>;
  readonly tokens: TokenStore;
  readonly redactor: Redactor;
}

function readCredentials(read: () => unknown): unknown {
  try {
    return read();
  } catch (cause) {
    const message = 'the stored credentials of this provider account cannot be read';
    throw new ProviderError({ kind: 'bad_credentials', code: 'credentials_unreadable', message }, { cause });
  }
}
