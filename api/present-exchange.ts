/** What was said to and by a provider, as the API shows it: one shape for our calls and for webhooks. */
import type { ExchangeRow } from '../db/exchanges.ts';
import type { Redactor } from '../providers/redact.ts';
import type { Shown } from './schemas/parts.ts';
import type { exchange } from './schemas/webhook.ts';

/**
 * `publicUrl`: where webhooks come in. `redactor`: the account's; null when its credentials cannot be read, and then no
 * webhook's body is shown.
 */
export function presentExchange(
  row: ExchangeRow,
  publicUrl: string,
  redactor: Redactor | null,
): Shown<typeof exchange> {
  const received = row.webhook_body && redactor?.webhook(row.request_headers, row.webhook_body);
  const isErased = row.erased_at !== null;
  return {
    object: 'exchange',
    id: row.id,
    direction: row.direction,
    invoice: row.invoice_id,
    payment: row.payment_id,
    provider: row.provider,
    provider_account: row.account_id,
    operation: row.operation,
    method: row.method,
    url: row.webhook ? publicUrl + row.url : row.url,
    status: row.status,
    failure: row.failure && { kind: row.failure.kind, code: row.failure.code, message: row.failure.message },
    started_at: row.started_at,
    duration_ms: row.duration_ms,
    attempt: row.attempt,
    request_headers: received?.headers ?? (row.webhook ? {} : row.request_headers),
    request_body: isErased ? null : (received?.body ?? row.request_body),
    response_headers: row.response_headers,
    response_body: row.response_body,
    webhook: row.webhook && {
      ...row.webhook,
      processed_at: row.webhook.processed_at && new Date(row.webhook.processed_at).toISOString(),
    },
    erased_at: row.erased_at,
  };
}
