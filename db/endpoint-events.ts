/** What happens to webhook endpoints themselves, told like everything else: by events, which other endpoints may want. */
import type pg from 'pg';
import { addressing, DELIVERY_ID, type DeliveryQueue } from './deliveries.ts';
import { newId } from './ids.ts';
import type { Owner } from './invoices.ts';

const TOLD = (source: string, type: string, event: string): string => `
      told as (
        insert into outgoing_events (id, merchant_id, mode, type, data, created_at)
        select ${event}, merchant_id, mode, '${type}', jsonb_build_object('endpoint_id', id), now() from ${source}
        returning id, merchant_id, mode, invoice_id, type
      )`;

/** It cannot be told itself: it was just disabled, or does not answer. */
const OTHERS = addressing('w.id <> $1');

/** What was done, and the queues of other endpoints that are to be told. */
export interface EndpointNews {
  readonly done: boolean;
  readonly queues: readonly DeliveryQueue[];
}

type NewsRow = { done: boolean; queues: DeliveryQueue[] };

const RESULT = (source: string): string => `
      select exists (select from ${source}) as done, coalesce((select jsonb_agg(jsonb_build_object(
        'endpoint_id', endpoint_id, 'subject', subject)) from addressed), '[]') as queues`;

/**
 * Disables an endpoint that said it is gone, or has failed since before `failing_before` without any success, gives up what waits for
 * it, and tells of it. Does nothing when it is disabled already, or has not failed for so long.
 */
export async function disableEndpoint(
  pool: pg.Pool,
  endpointId: string,
  why: { readonly reason: 'gone' } | { readonly reason: 'failing'; readonly failing_before: string },
): Promise<EndpointNews> {
  const gone = why.reason === 'gone';
  const { rows } = await pool.query<NewsRow>({
    name: 'disable_webhook_endpoint',
    text: `
      with off as (
        update webhook_endpoints set enabled = false, disabled_reason = $2, disabled_at = now(), updated_at = now()
        where id = $1 and enabled and deleted_at is null and ($3::timestamptz is null or failing_since < $3)
        returning id, merchant_id, mode
      ), ended as (
        update deliveries d set status = 'exhausted', reason = $5, next_attempt_at = null, updated_at = now()
        from off where d.endpoint_id = off.id and d.status = 'pending'
      ), ${TOLD('off', 'webhook_endpoint.disabled', '$4')}, ${OTHERS}
      ${RESULT('off')}`,
    values: [
      endpointId,
      why.reason,
      gone ? null : why.failing_before,
      newId('evt'),
      gone ? 'endpoint_gone' : 'endpoint_disabled',
    ],
  });
  return rows[0] ?? { done: false, queues: [] };
}

/** Warns, once, of an endpoint that has failed since before `failing_before` without any success. */
export async function warnOfEndpoint(
  pool: pg.Pool,
  endpointId: string,
  failing_before: string,
): Promise<EndpointNews> {
  const { rows } = await pool.query<NewsRow>({
    name: 'warn_of_webhook_endpoint',
    text: `
      with warned as (
        update webhook_endpoints set warned_at = now()
        where id = $1 and enabled and deleted_at is null and warned_at is null and failing_since < $2
        returning id, merchant_id, mode
      ), ${TOLD('warned', 'webhook_endpoint.failing', '$3')}, ${OTHERS}
      ${RESULT('warned')}`,
    values: [endpointId, failing_before, newId('evt')],
  });
  return rows[0] ?? { done: false, queues: [] };
}

/** An event for this endpoint alone, whatever types it wants; the ids of the event and its delivery. Null: it is not enabled. */
export async function insertTestEvent(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  endpointId: string,
): Promise<{ readonly event_id: string; readonly delivery_id: string } | null> {
  const { rows } = await pool.query<{ event_id: string; delivery_id: string }>({
    name: 'insert_test_event',
    text: `
      with endpoint as (
        select id, merchant_id, mode from webhook_endpoints
        where id = $1 and merchant_id = $2 and mode = $3 and enabled and deleted_at is null
      ), ${TOLD('endpoint', 'webhook_endpoint.test', '$4')}
      insert into deliveries (id, endpoint_id, event_id, merchant_id, mode, subject, status, next_attempt_at)
      select ${DELIVERY_ID('t.id', '$1::text')}, $1, t.id, t.merchant_id, t.mode, t.id, 'pending', now() from told t
      returning event_id, id as delivery_id`,
    values: [endpointId, merchant_id, mode, newId('evt')],
  });
  return rows[0] ?? null;
}
