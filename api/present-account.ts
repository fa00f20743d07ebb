/** Provider accounts as the API shows them: everything but the credentials, of which only the names are told. */
import type { ProviderAccountRow } from '../db/provider-accounts.ts';
import { credentialNames, openCredentials } from './account-credentials.ts';
import type { ApiDependencies } from './dependencies.ts';
import { presentPerformance } from './present-performance.ts';
import { serviceId } from './present.ts';
import type { providerAccount } from './schemas/account.ts';
import type { Shown } from './schemas/parts.ts';

/** Where a provider posts the webhooks of an account. */
export function webhookUrl(
  publicUrl: string,
  { provider, id }: Pick<ProviderAccountRow, 'provider' | 'id'>,
): string {
  return `${publicUrl}/webhooks/${provider}/${id}`;
}

/** Makes the JSON text of an account. */
export function createAccountPresenter({
  sealer,
  connectors,
  publicUrl,
}: Pick<ApiDependencies, 'sealer' | 'connectors' | 'publicUrl'>): (row: ProviderAccountRow) => string {
  const byProvider = new Map(connectors.map((connector) => [connector.manifest.provider, connector]));
  const present = (row: ProviderAccountRow): Shown<typeof providerAccount> => ({
    object: 'provider_account',
    id: row.id,
    mode: row.mode,
    provider: row.provider,
    label: row.label,
    enabled: row.enabled,
    base_url: row.base_url,
    credentials: credentialNames(byProvider.get(row.provider), () => openCredentials(sealer, row)),
    previous_credentials: row.previous_until.map((valid_until) => ({ valid_until })),
    revision: row.revision,
    max_concurrent: row.max_concurrent,
    max_per_second: row.max_per_second,
    health: healthOf(row),
    performance: Object.entries(row.performance).map(([method, measured]) => ({
      payment_service: serviceId(row.provider, method),
      ...presentPerformance(measured),
    })),
    webhook_url: webhookUrl(publicUrl, row),
    settlement_days: row.settlement_days ?? byProvider.get(row.provider)?.manifest.settlement_days ?? null,
    settlement_file: row.settlement_file,
    created_at: row.created_at,
    updated_at: row.updated_at,
    rotated_at: row.rotated_at,
  });
  return (row) => JSON.stringify(present(row));
}

/** What the workers say, unless an operator has decided. */
function healthOf({ health, forced }: ProviderAccountRow): Shown<typeof providerAccount>['health'] {
  if (forced) return { state: forced.state, since: forced.since, retry_at: null, forced };
  return { ...(health ?? { state: 'closed', since: null, retry_at: null }), forced: null };
}
