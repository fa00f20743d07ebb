/** Deliveries of events to webhook endpoints, as the API shows them. */
import type { AttemptRow, DeliveryRow } from '../db/delivery-list.ts';
import type { Shown } from './schemas/parts.ts';
import type { delivery } from './schemas/webhook.ts';

export function presentDelivery(row: DeliveryRow): Shown<typeof delivery> {
  return {
    object: 'delivery',
    id: row.id,
    mode: row.mode,
    webhook_endpoint: row.endpoint_id,
    event: row.event_id,
    event_type: row.event_type,
    invoice: row.invoice_id,
    status: row.status,
    reason: row.reason,
    attempt_count: row.attempts,
    last_attempt: row.last_attempt && presentAttempt(row.last_attempt),
    next_attempt_at: row.next_attempt_at,
    delivered_at: row.delivered_at,
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

export function presentAttempt(attempt: AttemptRow) {
  const { number, at, duration_ms, url, status, failure, response_body } = attempt;
  return { number, at, duration_ms, url, status, failure, response_body };
}
