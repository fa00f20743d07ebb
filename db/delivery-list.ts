/** The API's statements about deliveries. Each carries the merchant and the mode: nobody sees another's row. */
import type pg from 'pg';
import type { OutgoingType } from '../domain/outgoing.ts';
import type { DeliveryQueue, GivenUp } from './deliveries.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'exhausted'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export interface AttemptRow {
  readonly number: number;
  readonly at: string;
  readonly duration_ms: number;
  readonly url: string;
  readonly status: number | null;
  readonly failure: string | null;
  /** The beginning of the answer; null too when it has been forgotten. */
  readonly response_body: string | null;
}

export interface DeliveryRow {
  readonly id: string;
  readonly mode: Mode;
  readonly endpoint_id: string;
  readonly event_id: string;
  readonly event_type: OutgoingType;
  readonly invoice_id: string | null;
  readonly subject: string;
  readonly status: DeliveryStatus;
  readonly reason: GivenUp | null;
  readonly attempts: number;
  readonly last_attempt: AttemptRow | null;
  readonly next_attempt_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly delivered_at: string | null;
}

const ATTEMPT = `jsonb_build_object('number', a.number, 'at', a.at, 'duration_ms', a.duration_ms, 'url', a.url,
  'status', a.status, 'failure', a.failure, 'response_body', a.response_body)`;

/** Of a delivery `d` and its event `e`. */
export const DELIVERY_COLUMNS = `d.id, d.mode, d.endpoint_id, d.event_id, e.type as event_type, e.invoice_id, d.subject, d.status, d.reason,
  d.attempts, d.next_attempt_at, d.created_at, d.updated_at, d.delivered_at, (
    select ${ATTEMPT} from delivery_attempts a where a.delivery_id = d.id and a.number = d.attempts
  ) as last_attempt`;

const FROM = 'deliveries d join outgoing_events e on e.id = d.event_id';

/** Times inside JSON are in Postgres' own spelling. */
const inUtc = (attempt: AttemptRow): AttemptRow => ({ ...attempt, at: new Date(attempt.at).toISOString() });

/** The row with the times inside its JSON in our spelling. */
export const withUtc = (row: DeliveryRow): DeliveryRow => ({
  ...row,
  last_attempt: row.last_attempt && inUtc(row.last_attempt),
});

/** One delivery; null when this merchant has none of this id in this mode. */
export async function findDelivery(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<DeliveryRow | null> {
  const { rows } = await pool.query<DeliveryRow>({
    name: 'find_delivery',
    text: `select ${DELIVERY_COLUMNS} from ${FROM} where d.id = $1 and d.merchant_id = $2 and d.mode = $3`,
    values: [id, merchant_id, mode],
  });
  return rows[0] ? withUtc(rows[0]) : null;
}

/** Attempts of one delivery that are shown. One that was sent again and again has more. */
const ATTEMPTS_SHOWN = 100;

/** The latest attempts of a delivery, the newest first. */
export async function listAttempts(pool: pg.Pool, deliveryId: string): Promise<readonly AttemptRow[]> {
  const { rows } = await pool.query<AttemptRow>({
    name: 'list_attempts',
    text: `select number, at, duration_ms, url, status, failure, response_body from delivery_attempts
           where delivery_id = $1 order by number desc limit ${ATTEMPTS_SHOWN}`,
    values: [deliveryId],
  });
  return rows;
}

/** Null: any. */
export interface DeliveryFilter {
  readonly endpoint_id: string | null;
  readonly event_id: string | null;
  readonly status: DeliveryStatus | null;
}

/** A page of a merchant's deliveries, the newest first. */
export async function listDeliveries(
  pool: pg.Pool,
  owner: Owner,
  filter: DeliveryFilter,
  page: Page,
): Promise<Listed<DeliveryRow>> {
  const { rows, has_more } = await readPage<DeliveryRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['d.merchant_id = $', owner.merchant_id],
      ['d.mode = $', owner.mode],
      ['d.endpoint_id = $', filter.endpoint_id],
      ['d.event_id = $', filter.event_id],
      ['d.status = $', filter.status],
    ]);
    return `select ${DELIVERY_COLUMNS} from ${FROM} where ${matching} ${clauses.page('d.id')}`;
  });
  return { rows: rows.map(withUtc), has_more };
}

/** A clean slate: it is due now, and gets all attempts again. */
const AGAIN = `status = 'pending', reason = null, tries = 0, next_attempt_at = now(), swept_at = null, updated_at = now()`;

/** Has one delivery sent again, whatever became of it; null when this merchant has none, or its endpoint is not enabled. */
export async function resendDelivery(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<DeliveryQueue | null> {
  const { rows } = await pool.query<DeliveryQueue>({
    name: 'resend_delivery',
    text: `
      update deliveries d set ${AGAIN} from webhook_endpoints w
      where d.id = $1 and d.merchant_id = $2 and d.mode = $3 and w.id = d.endpoint_id and w.enabled and w.deleted_at is null
      returning d.endpoint_id, d.subject`,
    values: [id, merchant_id, mode],
  });
  return rows[0] ?? null;
}

/** Deliveries that one request has sent again. */
export const RESEND_MAX = 10_000;

/**
 * Has all deliveries of an endpoint sent again that were made since `since` and failed: those that were given up, and those that
 * wait for another attempt. At most `RESEND_MAX`, the oldest first; `has_more`: there are others.
 */
export async function resendFailed(
  pool: pg.Pool,
  endpointId: string,
  since: string,
): Promise<{
  readonly count: number;
  readonly queues: readonly DeliveryQueue[];
  readonly has_more: boolean;
}> {
  const { rows } = await pool.query<DeliveryQueue>({
    name: 'resend_failed',
    text: `
      with failed as (
        select id from deliveries
        where endpoint_id = $1 and created_at >= $2
          and (status = 'exhausted' or (status = 'pending' and tries > 0 and next_attempt_at > now()))
        order by id limit ${RESEND_MAX} + 1
      )
      update deliveries d set ${AGAIN} from (select id from failed order by id limit ${RESEND_MAX}) f where d.id = f.id
      returning d.endpoint_id, d.subject, (select count(*) from failed) > ${RESEND_MAX} as has_more`,
    values: [endpointId, since],
  });
  const bySubject = new Map(rows.map(({ endpoint_id, subject }) => [subject, { endpoint_id, subject }]));
  const [first] = rows as (DeliveryQueue & { has_more?: boolean })[];
  return { count: rows.length, queues: [...bySubject.values()], has_more: first?.has_more === true };
}
