/**
 * Deliveries: one for each endpoint that wants an event. They are written by the statement that writes the event, and sent by the
 * delivery workflows, which read and write them here.
 */
import type pg from 'pg';
import { EVENT_COLUMNS, type OutgoingEventRow } from './outgoing-events.ts';
import type { EventAlias } from './webhook-endpoints.ts';

/**
 * Follows from the event and the endpoint: the part of the one that sorts, so that deliveries sort like their events, and the end of the
 * other, which is unique among a merchant's endpoints.
 */
export const DELIVERY_ID = (event: string, endpoint: string): string =>
  `'dlv_' || substr(${event}, 5, 20) || right(${endpoint}, 6)`;

/**
 * The part of a statement that addresses events, to follow a part `told` which returns their id, merchant_id, mode, invoice_id
 * and type. `condition`: on the endpoints `w`.
 */
export const addressing = (condition = 'true'): string => `addressed as (
    insert into deliveries (id, endpoint_id, event_id, merchant_id, mode, subject, status, next_attempt_at)
    select ${DELIVERY_ID('t.id', 'w.id')}, w.id, t.id, t.merchant_id, t.mode, coalesce(t.invoice_id, t.id), 'pending', now()
    from told t join webhook_endpoints w on w.merchant_id = t.merchant_id and w.mode = t.mode
    where w.enabled and w.deleted_at is null and ${condition}
      and w.event_types && array['*', split_part(t.type, '.', 1) || '.*', t.type]
    returning endpoint_id, subject
  )`;

/** What is sent in order, one after the other: all about one subject to one endpoint. */
export interface DeliveryQueue {
  readonly endpoint_id: string;
  /** An invoice's id, or that of an event that is about none. */
  readonly subject: string;
}

export type GivenUp = 'attempts_exhausted' | 'endpoint_gone' | 'endpoint_disabled' | 'endpoint_deleted';

/** The first of a queue, with all that sending it takes. */
export interface WaitingDelivery {
  readonly id: string;
  readonly tries: number;
  readonly next_attempt_at: string;
  readonly event: OutgoingEventRow;
  readonly endpoint: {
    readonly id: string;
    readonly url: string;
    readonly api_version: string;
    readonly alias: EventAlias | null;
    readonly enabled: boolean;
    readonly deleted: boolean;
    /** Sealed for the endpoint's id. */
    readonly secrets: Buffer;
  };
}

/** The delivery that is next in a queue, due or not; null when nothing waits. */
export async function nextDelivery(
  pool: pg.Pool,
  { endpoint_id, subject }: DeliveryQueue,
): Promise<WaitingDelivery | null> {
  type Row = OutgoingEventRow &
    Pick<WaitingDelivery, 'tries' | 'next_attempt_at'> &
    Omit<WaitingDelivery['endpoint'], 'id'> & { delivery_id: string };
  const { rows } = await pool.query<Row>({
    name: 'next_delivery',
    text: `
      select d.id as delivery_id, d.tries, d.next_attempt_at, ${EVENT_COLUMNS}, w.url, w.api_version, w.alias, w.enabled,
        w.deleted_at is not null as deleted, w.secrets
      from deliveries d
      join outgoing_events e on e.id = d.event_id left join invoices i on i.id = e.invoice_id
      join webhook_endpoints w on w.id = d.endpoint_id
      where d.endpoint_id = $1 and d.subject = $2 and d.status = 'pending'
      order by e.sequence, e.line, d.id limit 1`,
    values: [endpoint_id, subject],
  });
  const [row] = rows;
  if (!row) return null;
  const {
    delivery_id: id,
    tries,
    next_attempt_at,
    url,
    api_version,
    alias,
    enabled,
    deleted,
    secrets,
    ...event
  } = row;
  const endpoint = { id: endpoint_id, url, api_version, alias, enabled, deleted, secrets };
  return { id, tries, next_attempt_at, event, endpoint };
}

/** One attempt, as it went and what follows from it. */
export interface Attempt {
  readonly delivery_id: string;
  readonly endpoint_id: string;
  /** When it began and how long it took, by the wall clock. */
  readonly at: string;
  readonly duration_ms: number;
  readonly url: string;
  /** The HTTP status, or why there was none. */
  readonly status: number | null;
  readonly failure: string | null;
  readonly response_body: string | null;
  readonly outcome:
    | { readonly status: 'delivered' }
    | { readonly status: 'pending'; readonly next_attempt_at: string }
    | { readonly status: 'exhausted'; readonly reason: GivenUp };
  /** By the workflow's clock, RFC 3339: since when the endpoint fails, unless it did before. */
  readonly now: string;
}

/** Puts an attempt on record, with what becomes of the delivery and whether the endpoint fails, in one statement. */
export async function recordAttempt(pool: pg.Pool, attempt: Attempt): Promise<void> {
  const { outcome } = attempt;
  await pool.query({
    name: 'record_attempt',
    text: `
      with tried as (
        update deliveries set attempts = attempts + 1, tries = tries + 1, status = $9, reason = $10, next_attempt_at = $11,
          delivered_at = case when $9 = 'delivered' then coalesce(delivered_at, now()) else delivered_at end, updated_at = now()
        where id = $1
        returning id, attempts, event_id
      ), health as (
        update webhook_endpoints set failing_since = case when $9 = 'delivered' then null else $12::timestamptz end,
          warned_at = null
        where id = $2 and (failing_since is null) <> ($9 = 'delivered')
      )
      insert into delivery_attempts (delivery_id, number, at, duration_ms, url, status, failure, response_body)
      select id, attempts, $3, $4, $5, $6, $7,
        -- Personal data that was erased must not come back with an answer.
        case when exists (select from outgoing_events e join invoices i on i.id = e.invoice_id
          where e.id = tried.event_id and i.erased_at is not null) then null else $8 end
      from tried`,
    values: [
      attempt.delivery_id,
      attempt.endpoint_id,
      attempt.at,
      attempt.duration_ms,
      attempt.url,
      attempt.status,
      attempt.failure,
      attempt.response_body,
      outcome.status,
      outcome.status === 'exhausted' ? outcome.reason : null,
      outcome.status === 'pending' ? outcome.next_attempt_at : null,
      attempt.now,
    ],
  });
}

/** Gives up what waits in a queue of an endpoint that wants nothing any more. */
export async function giveUpQueue(
  pool: pg.Pool,
  { endpoint_id, subject }: DeliveryQueue,
  reason: GivenUp,
): Promise<void> {
  await pool.query({
    name: 'give_up_queue',
    text: `update deliveries set status = 'exhausted', reason = $3, next_attempt_at = null, updated_at = now()
           where endpoint_id = $1 and subject = $2 and status = 'pending'`,
    values: [endpoint_id, subject, reason],
  });
}

/** Longer than any process takes from a commit to the start of a delivery. */
const DELIVERY_WAITS_S = 20;

/**
 * Queues whose first delivery is overdue: whoever was to send it has died or never heard of it. They are marked, so that
 * those which cannot be helped yet do not stand in the way of the others. At most `limit` deliveries are looked at.
 */
export async function takeLeftDeliveries(pool: pg.Pool, limit: number): Promise<DeliveryQueue[]> {
  const { rows } = await pool.query<DeliveryQueue>({
    name: 'take_left_deliveries',
    text: `
      with taken as (
        select id from deliveries d
        where status = 'pending' and next_attempt_at < now() - make_interval(secs => ${DELIVERY_WAITS_S})
          and (swept_at is null or swept_at < now() - least((now() - next_attempt_at) / 4, interval '1 hour'))
          -- What stands behind one that has its time yet to come is in good hands.
          and not exists (select from deliveries f where f.endpoint_id = d.endpoint_id and f.subject = d.subject
            and f.status = 'pending' and f.next_attempt_at > now())
        order by next_attempt_at limit $1
      ), marked as (
        update deliveries d set swept_at = now() from taken where d.id = taken.id returning d.endpoint_id, d.subject
      )
      select distinct endpoint_id, subject from marked`,
    values: [limit],
  });
  return rows;
}

/** Forgets answers of endpoints that are older than `days`, at most `limit`; of how many attempts. */
export async function eraseOldAnswers(pool: pg.Pool, days: number, limit: number): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'erase_old_answers',
    text: `
      update delivery_attempts a set response_body = null from (
        select delivery_id, number from delivery_attempts
        where response_body is not null and at < now() - make_interval(days => $1) order by at limit $2
      ) old where a.delivery_id = old.delivery_id and a.number = old.number`,
    values: [days, limit],
  });
  return rowCount ?? 0;
}
