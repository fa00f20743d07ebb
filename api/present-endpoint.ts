/** Webhook endpoints as the API shows them. The secret is shown when it is made, and never again. */
import type { WebhookEndpointRow } from '../db/webhook-endpoints.ts';
import type { Shown } from './schemas/parts.ts';
import type { webhookEndpoint } from './schemas/webhook.ts';

/** `now`: wall clock, milliseconds; secrets that have ended by then are not told of. */
export function presentEndpoint(row: WebhookEndpointRow, now: number): Shown<typeof webhookEndpoint> {
  return {
    object: 'webhook_endpoint',
    id: row.id,
    mode: row.mode,
    url: row.url,
    description: row.description,
    event_types: row.event_types,
    api_version: row.api_version,
    alias: row.alias,
    enabled: row.enabled,
    disabled: row.disabled_reason === null ? null : { reason: row.disabled_reason, at: row.disabled_at },
    failing: row.failing_since === null ? null : { since: row.failing_since, warned_at: row.warned_at },
    previous_secrets: row.previous_until
      .filter((valid_until) => Date.parse(valid_until) > now)
      .map((valid_until) => ({ valid_until })),
    created_at: row.created_at,
    updated_at: row.updated_at,
    rotated_at: row.rotated_at,
  };
}
