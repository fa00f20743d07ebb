/** The signing secrets of webhook endpoints: made here, sealed in the database, shown with the answer that makes them. */
import { randomBytes } from 'node:crypto';
import type { Sealer } from '../db/sealed.ts';
import type { EndpointSecrets, WebhookEndpointRow } from '../db/webhook-endpoints.ts';

const SECRET_BYTES = 32;

/** A new secret as Standard Webhooks writes them: `whsec_` and base64. */
export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** The secrets of an endpoint, the present one first. Throws when they cannot be decrypted. */
export function openSecrets(sealer: Sealer, { id, secrets }: Pick<WebhookEndpointRow, 'id' | 'secrets'>) {
  return (sealer.open(secrets, id) as EndpointSecrets).secrets;
}

/**
 * The secrets after a rotation: a new one, then those that still count at `now` (milliseconds). The one that was present counts until
 * `overlap_until`, RFC 3339; null: it ends now, and all earlier ones with it.
 */
export function rotatedSecrets(
  present: EndpointSecrets['secrets'],
  overlap_until: string | null,
  now: number,
): EndpointSecrets['secrets'] {
  const [latest, ...earlier] = present;
  const counting = earlier.filter(({ until }) => until !== null && Date.parse(until) > now);
  const kept = overlap_until === null || !latest ? [] : [{ ...latest, until: overlap_until }, ...counting];
  return [{ secret: newSecret(), until: null }, ...kept];
}

/**
 * The stored answer of a request that made a secret, with that secret: it is not kept in plain text for repetitions. It is left out
 * (null) when another rotation has replaced it since.
 */
export function withSecretAgain(sealer: Sealer, body: string, row: WebhookEndpointRow | null): string {
  const answer = JSON.parse(body) as Record<string, unknown>;
  const isSame = row !== null && row.rotated_at === answer['rotated_at'];
  return JSON.stringify({ ...answer, secret: isSame ? (openSecrets(sealer, row)[0]?.secret ?? null) : null });
}
