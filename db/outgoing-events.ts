/** The API's statements about events: what merchants are told of. They are written by the invoices' commits, and by `incidents.ts`. */
import type pg from 'pg';
import type { OutgoingEvent, OutgoingType } from '../domain/outgoing.ts';
import type { IncidentEventData } from './incidents.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';

export interface OutgoingEventRow {
  readonly id: string;
  readonly mode: Mode;
  /** Null, like the currency: it is about a provider account. */
  readonly invoice_id: string | null;
  readonly payment_id: string | null;
  readonly currency: string | null;
  readonly type: OutgoingType;
  readonly data: Omit<OutgoingEvent, 'type' | 'payment_id'> & Partial<IncidentEventData>;
  readonly created_at: string;
}

/** The mode is the invoice's; events without one carry it. */
const MODE = `coalesce(i.mode, e.data->>'mode')`;
const COLUMNS = `e.id, ${MODE} as mode, e.invoice_id, e.payment_id, i.currency, e.type, e.data, e.created_at`;

/** One event; null when this merchant has none of this id in this mode. */
export async function findOutgoingEvent(
  pool: pg.Pool,
  owner: Owner,
  id: string,
): Promise<OutgoingEventRow | null> {
  const { rows } = await pool.query<OutgoingEventRow>({
    name: 'find_outgoing_event',
    text: `select ${COLUMNS} from outgoing_events e left join invoices i on i.id = e.invoice_id
           where e.id = $1 and e.merchant_id = $2 and ${MODE} = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

/** Null: any. */
export interface OutgoingEventFilter {
  readonly type: OutgoingType | null;
  readonly invoice_id: string | null;
}

/** A page of a merchant's events, the newest first. */
export function listOutgoingEvents(
  pool: pg.Pool,
  owner: Owner,
  filter: OutgoingEventFilter,
  page: Page,
): Promise<Listed<OutgoingEventRow>> {
  return readPage<OutgoingEventRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['e.merchant_id = $', owner.merchant_id],
      [`${MODE} = $`, owner.mode],
      ['e.type = $', filter.type],
      ['e.invoice_id = $', filter.invoice_id],
    ]);
    return `select ${COLUMNS} from outgoing_events e left join invoices i on i.id = e.invoice_id
            where ${matching} ${clauses.page('e.id')}`;
  });
}
