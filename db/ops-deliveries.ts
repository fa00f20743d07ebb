/** What operators see of the webhooks that merchants are sent. */
import type pg from 'pg';
import { DELIVERY_COLUMNS, withUtc, type DeliveryRow, type DeliveryStatus } from './delivery-list.ts';
import type { Listed, Page } from './lists.ts';
import type { Mode } from './merchants.ts';
import { listAcross, type OfMerchant, type Sight } from './ops-record.ts';

export type DeliveryLine = DeliveryRow & OfMerchant & { readonly url: string };

/** A page of deliveries, the newest first; null: any. */
export async function deliveriesAcross(
  pool: pg.Pool,
  sight: Sight,
  { endpoint, status }: { readonly endpoint: string | null; readonly status: DeliveryStatus | null },
  page: Page,
): Promise<Listed<DeliveryLine>> {
  const { rows, has_more } = await listAcross<DeliveryRow & { url: string }>(
    pool,
    sight,
    {
      table: 'deliveries',
      alias: 'd',
      columns: `${DELIVERY_COLUMNS}, w.url`,
      joins: 'join outgoing_events e on e.id = d.event_id join webhook_endpoints w on w.id = d.endpoint_id',
      conditions: [
        ['d.endpoint_id = $', endpoint],
        ['d.status = $', status],
      ],
    },
    page,
  );
  return { rows: rows.map((row) => ({ ...row, ...withUtc(row) })), has_more };
}

export interface EndpointLine extends OfMerchant {
  readonly id: string;
  readonly mode: Mode;
  readonly url: string;
  readonly description: string | null;
  readonly enabled: boolean;
  readonly disabled_reason: string | null;
  readonly failing_since: string | null;
  readonly deleted: boolean;
  readonly waiting: number;
  readonly exhausted: number;
}

/** More than these are not counted. */
const COUNTED = 1_000;
const SHOWN = 200;

const COUNT = (condition: string): string =>
  `(select count(*)::int from (select from deliveries d where d.endpoint_id = w.id and ${condition} limit ${COUNTED}) c)`;
const COLUMNS = `w.id, w.mode, w.merchant_id, m.name as merchant, w.url, w.description, w.enabled, w.disabled_reason, w.failing_since,
  w.deleted_at is not null as deleted, ${COUNT(`d.status = 'pending'`)} as waiting`;
const EXHAUSTED = `(select count(*)::int from (select from deliveries d where d.merchant_id = w.merchant_id and d.mode = w.mode
  and d.status = 'exhausted' and d.endpoint_id = w.id order by d.id desc limit ${COUNTED}) c) as exhausted`;

/** The endpoints, those with trouble first. */
export async function endpointsAcross(
  pool: pg.Pool,
  { merchant_id, mode }: Sight,
): Promise<readonly EndpointLine[]> {
  const { rows } = await pool.query<EndpointLine>(
    `select ${COLUMNS}, ${EXHAUSTED} from webhook_endpoints w join merchants m on m.id = w.merchant_id
     where w.mode = $1 and ($2::text is null or w.merchant_id = $2) and w.deleted_at is null
     order by w.failing_since nulls last, w.enabled, w.id desc limit ${SHOWN}`,
    [mode, merchant_id],
  );
  return rows;
}

/** One endpoint, deleted or not; null: there is none. */
export async function endpointLine(pool: pg.Pool, id: string): Promise<EndpointLine | null> {
  const { rows } = await pool.query<EndpointLine>(
    `select ${COLUMNS}, ${EXHAUSTED} from webhook_endpoints w join merchants m on m.id = w.merchant_id where w.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** What an event tells. */
export async function eventData(pool: pg.Pool, eventId: string): Promise<unknown> {
  const { rows } = await pool.query<{ data: unknown }>('select data from outgoing_events where id = $1', [
    eventId,
  ]);
  return rows[0]?.data ?? null;
}
