/** All that is on record about one invoice, for the page that tells its story. */
import type pg from 'pg';
import { actorOf, type Actor } from '../domain/audit-trail.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import type { InvoiceState } from '../domain/state.ts';
import type { CaseRow } from './cases.ts';
import { CASE_COLUMNS, CASE_SOURCE } from './cases.ts';

/** Of each kind, the latest are shown. */
const MOST = 500;

export interface StoryEvent {
  readonly sequence: number;
  readonly event: InvoiceEvent;
  /** On the invoice's clock, and by the real one. */
  readonly at: string;
  readonly recorded_at: string;
  readonly actor: Actor;
}

export interface StoryExchange {
  readonly id: string;
  readonly provider: string;
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly failure: { readonly kind?: string; readonly message?: string } | null;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly attempt: number;
  readonly payment_id: string | null;
}

export interface StoryWebhook {
  readonly id: string;
  readonly provider: string;
  readonly received_at: string;
  readonly processed_at: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly copies: number;
}

export interface StoryDelivery {
  readonly id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly url: string;
  readonly status: 'pending' | 'delivered' | 'exhausted';
  readonly attempts: number;
  readonly next_attempt_at: string | null;
  readonly created_at: string;
  readonly last: {
    readonly at: string;
    readonly status: number | null;
    readonly failure: string | null;
  } | null;
}

export interface StoryEntry {
  readonly transaction_key: string;
  readonly account: string;
  readonly amount: number;
  readonly currency: string;
  readonly recorded_at: string;
}

export interface StoryNote {
  readonly actor_type: Actor['type'];
  readonly actor_id: string | null;
  readonly action: string;
  readonly details: Readonly<Record<string, unknown>>;
  readonly created_at: string;
}

export interface Story {
  readonly created_by: string | null;
  /** The fold of its events as it was last committed. */
  readonly state: InvoiceState | null;
  readonly events: readonly StoryEvent[];
  readonly exchanges: readonly StoryExchange[];
  readonly webhooks: readonly StoryWebhook[];
  readonly deliveries: readonly StoryDelivery[];
  readonly entries: readonly StoryEntry[];
  readonly notes: readonly StoryNote[];
  readonly cases: readonly CaseRow[];
}

/** Whoever calls has checked whose invoice it is. Each statement finds its rows by an index on the invoice. */
export async function readStory(pool: pg.Pool, invoiceId: string): Promise<Story> {
  const read = async <Row extends pg.QueryResultRow>(text: string): Promise<readonly Row[]> =>
    (await pool.query<Row>(`${text} limit ${MOST}`, [invoiceId])).rows;
  const [made, events, exchanges, webhooks, deliveries, entries, notes, cases] = await Promise.all([
    read<{ created_by: string | null; state: InvoiceState }>(
      'select created_by, state from invoices where id = $1',
    ),
    read<EventRow>(
      `select e.sequence, e.type, e.data, e.at, e.recorded_at, p.provider, p.requested_by as payment_by, o.requested_by as operation_by
       from invoice_events e left join payments p on p.id = e.data->>'payment_id'
       left join payment_operations o on o.id = e.data->>'operation_id'
       where e.invoice_id = $1 order by e.sequence desc`,
    ),
    read<StoryExchange>(
      `select id, provider, operation, method, url, status, failure, started_at, duration_ms, attempt, payment_id
       from provider_exchanges where invoice_id = $1 order by started_at desc, id desc`,
    ),
    read<StoryWebhook>(
      `select w.id, a.provider, w.received_at, w.processed_at, w.state, w.reason, w.copies
       from webhook_events w join provider_accounts a on a.id = w.account_id where w.invoice_id = $1 order by w.received_at desc`,
    ),
    read<StoryDelivery>(
      `select d.id, d.event_id, e.type as event_type, w.url, d.status, d.attempts, d.next_attempt_at, d.created_at, (
         select json_build_object('at', t.at, 'status', t.status, 'failure', t.failure) from delivery_attempts t
         where t.delivery_id = d.id order by t.number desc limit 1) as last
       from outgoing_events e join deliveries d on d.event_id = e.id join webhook_endpoints w on w.id = d.endpoint_id
       where e.invoice_id = $1 order by d.id desc`,
    ),
    read<StoryEntry>(
      `select transaction_key, account, amount, currency, recorded_at from ledger_entries
       where invoice_id = $1 order by recorded_at desc, transaction_key, line`,
    ),
    read<StoryNote>(
      `select a.actor_type, a.actor_id, a.action, a.details, a.created_at from audit_entries a join invoices i on i.id = $1
       where a.merchant_id = i.merchant_id and a.mode = i.mode and a.object_id = i.id and a.invoice_id is null order by a.id desc`,
    ),
    read<CaseRow>(`select ${CASE_COLUMNS} from ${CASE_SOURCE} where c.invoice_id = $1 order by c.id desc`),
  ]);
  return {
    created_by: made[0]?.created_by ?? null,
    state: made[0]?.state ?? null,
    events: events.map(storyEvent),
    exchanges,
    webhooks,
    deliveries: deliveries.map((row) => ({
      ...row,
      last: row.last && { ...row.last, at: new Date(row.last.at).toISOString() },
    })),
    entries,
    notes,
    cases,
  };
}

interface EventRow {
  readonly sequence: number;
  readonly type: InvoiceEvent['type'];
  readonly data: Readonly<Record<string, unknown>>;
  readonly at: string;
  readonly recorded_at: string;
  readonly provider: string | null;
  readonly payment_by: string | null;
  readonly operation_by: string | null;
}

function storyEvent({ sequence, type, data, at, recorded_at, ...context }: EventRow): StoryEvent {
  const event = { ...data, type } as InvoiceEvent;
  return { sequence, event, at, recorded_at, actor: actorOf(event, context) };
}
