/**
 * Tries an account's credentials with a call that changes nothing: the provider's own list where it has one, else the reading of a
 * payment that cannot be there. To be told that there is no such payment takes credentials that are accepted.
 */
import { ProviderError, type ProviderFailure } from '../domain/provider-error.ts';
import type { Connector, ProviderContext } from './contract.ts';

/** `undecided`: the provider could not be asked, or said something that tells neither. */
export type CredentialsVerdict =
  | { readonly verdict: 'accepted' }
  | { readonly verdict: 'rejected' | 'undecided'; readonly failure: ProviderFailure };

const MINUTE_MS = 60_000;
/** In the form that the provider's ids have: one that is refused for its form would tell nothing. */
const NO_PAYMENT = '00000000-0000-4000-8000-000000000000';

/** What the provider says to these credentials. Never throws a `ProviderError`. */
export async function tryCredentials<Credentials>(
  connector: Connector<Credentials>,
  context: ProviderContext<Credentials>,
): Promise<CredentialsVerdict> {
  try {
    await harmlessCall(connector, context);
    return { verdict: 'accepted' };
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { failure } = error;
    switch (failure.kind) {
      case 'not_found':
        return { verdict: 'accepted' };
      case 'bad_credentials':
        return { verdict: 'rejected', failure };
      case 'declined':
      case 'invalid_request':
      case 'rate_limited':
      case 'unavailable':
      case 'unknown_outcome':
        return { verdict: 'undecided', failure };
    }
  }
}

async function harmlessCall<Credentials>(
  connector: Connector<Credentials>,
  context: ProviderContext<Credentials>,
): Promise<void> {
  const { methods } = connector.manifest;
  if (connector.listPayments) {
    const now = context.now();
    const [from, to] = [now - MINUTE_MS, now].map((ms) => new Date(ms).toISOString()) as [string, string];
    const pages = connector.listPayments(context, { from, to, cursor: null });
    await pages[Symbol.asyncIterator]().next();
    return;
  }
  const method = methods[0]?.method ?? '';
  await connector.readPayment(context, { provider_payment_id: NO_PAYMENT, method });
}
