/** API keys as answers show them: everything but the secret, which is shown when it is made and never again. */
import { keyPrefix, type ApiKeyRow } from '../db/api-keys.ts';
import type { apiKey } from './schemas/merchant.ts';
import type { Shown } from './schemas/parts.ts';

/** `now`: milliseconds. */
export function presentKey(key: ApiKeyRow, now: number): Shown<typeof apiKey> {
  return {
    object: 'api_key',
    id: key.id,
    mode: key.mode,
    label: key.label,
    prefix: keyPrefix(key),
    scopes: key.scopes,
    status: statusOf(key, now),
    created_at: key.created_at,
    last_used_at: key.last_used_at,
    expires_at: key.expires_at,
    revoked_at: key.revoked_at,
  };
}

export function statusOf(
  { revoked_at, expires_at }: Pick<ApiKeyRow, 'revoked_at' | 'expires_at'>,
  now: number,
): 'active' | 'expired' | 'revoked' {
  if (revoked_at !== null) return 'revoked';
  return expires_at !== null && Date.parse(expires_at) <= now ? 'expired' : 'active';
}
