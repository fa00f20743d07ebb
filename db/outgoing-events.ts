/**
 * The statements about events: what merchants are told of. Those of invoices are written by the invoices' commits, and those that are
 * about no invoice here.
 */
import type pg from 'pg';
import type { OutgoingEvent, OutgoingType } from '../domain/outgoing.ts';
import type { IncidentEventData } from './incidents.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';
import { withinIds, withTime } from './ranges.ts';

export interface OutgoingEventRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  /** Null: it is about no invoice. */
  readonly invoice_id: string | null;
  readonly payment_id: string | null;
  /** The invoice's version at that moment: the greater of two is the later. */
  readonly sequence: number | null;
  readonly currency: string | null;
  readonly type: OutgoingType;
  readonly data: OutgoingEventData;
  readonly created_at: string;
}

/** What is stored of an event besides; events about no invoice have facts of their own. */
export type OutgoingEventData = Partial<Omit<OutgoingEvent, 'type' | 'payment_id'>> & {
  /** The webhook endpoint it is about. */
  readonly endpoint_id?: string;
  /** The reconciliation run it is about. */
  readonly run_id?: string;
  /** Of the amount, where no invoice says it. */
  readonly currency?: string | null;
} & Partial<IncidentEventData>;

/** Of an event `e` and its invoice `i`, which may be missing. */
export const EVENT_COLUMNS = `e.id, e.merchant_id, e.mode, e.invoice_id, e.payment_id, e.sequence, coalesce(i.currency, e.data->>'currency') as currency, e.type, e.data, e.created_at`;

/** One event; null when this merchant has none of this id in this mode. */
export async function findOutgoingEvent(
  pool: pg.Pool,
  owner: Owner,
  id: string,
): Promise<OutgoingEventRow | null> {
  const { rows } = await pool.query<OutgoingEventRow>({
    name: 'find_outgoing_event',
    text: `select ${EVENT_COLUMNS} from outgoing_events e left join invoices i on i.id = e.invoice_id
           where e.id = $1 and e.merchant_id = $2 and e.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

/** Null: any. */
export interface OutgoingEventFilter {
  readonly type: OutgoingType | null;
  readonly invoice_id: string | null;
  readonly payment_id: string | null;
  /** Milliseconds since 1970, both ends included. */
  readonly created_gte: number | null;
  readonly created_lte: number | null;
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
      ['e.mode = $', owner.mode],
      ['e.type = $', filter.type],
      ['e.invoice_id = $', filter.invoice_id],
      ['e.payment_id = $', filter.payment_id],
      ...withTime('e.created_at', filter),
      // The clocks of sandbox invoices can be moved, and events are of their time; ids are not.
      ...(owner.mode === 'live' ? withinIds('evt', (sign) => `e.id ${sign} $`, filter) : []),
    ]);
    return `select ${EVENT_COLUMNS} from outgoing_events e left join invoices i on i.id = e.invoice_id
            where ${matching} ${clauses.page('e.id')}`;
  });
}
