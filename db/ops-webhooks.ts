/** What operators see of the webhooks that providers have sent, and what they decide about them. */
import type pg from 'pg';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import { firstIdAt } from './ids.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';
import type { OfMerchant, Sight } from './ops-record.ts';

export const WEBHOOK_STATES = ['received', 'processed', 'ignored', 'dead'] as const;
export type WebhookState = (typeof WEBHOOK_STATES)[number];

export interface WebhookLine extends OfMerchant {
  readonly id: string;
  readonly mode: Mode;
  readonly provider: string;
  readonly account_id: string;
  readonly label: string;
  readonly event_key: string;
  readonly received_at: string;
  readonly state: WebhookState;
  readonly reason: string | null;
  readonly copies: number;
  readonly processed_at: string | null;
  readonly invoice_id: string | null;
  readonly payment_id: string | null;
  readonly provider_payment_id: string | null;
}

export interface WebhookDetail extends WebhookLine {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Its content is gone: it was kept for as long as it may be. */
  readonly erased_at: string | null;
}

const COLUMNS = `w.id, a.mode, a.provider, w.account_id, a.label, w.event_key, w.received_at, w.state, w.reason, w.copies,
  w.processed_at, w.invoice_id, w.payment_id, w.provider_payment_id, a.merchant_id, m.name as merchant`;
const FROM = `webhook_events w join provider_accounts a on a.id = w.account_id join merchants m on m.id = a.merchant_id`;

/** Null: any. Days as RFC 3339 moments; the second is not included. */
export interface WebhookFilter {
  readonly provider: string | null;
  readonly state: WebhookState | null;
  readonly from: string | null;
  readonly until: string | null;
}

/** A page of them, the newest first. Ids begin with their time, so days are found by the primary key. */
export function listWebhooks(
  pool: pg.Pool,
  { merchant_id, mode }: Sight,
  { provider, state, from, until }: WebhookFilter,
  page: Page,
): Promise<Listed<WebhookLine>> {
  return readPage<WebhookLine>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['a.mode = $', mode],
      ['a.merchant_id = $', merchant_id],
      ['a.provider = $', provider],
      ['w.state = $', state],
      ['w.id >= $', from && firstIdAt('whk', Date.parse(from))],
      ['w.id < $', until && firstIdAt('whk', Date.parse(until))],
    ]);
    return `select ${COLUMNS} from ${FROM} where ${matching} ${clauses.page('w.id')}`;
  });
}

/** One webhook with its content; null: there is none. */
export async function findWebhook(pool: pg.Pool, id: string): Promise<WebhookDetail | null> {
  const { rows } = await pool.query<WebhookDetail>(
    `select ${COLUMNS}, w.path, w.headers, w.body, w.erased_at from ${FROM} where w.id = $1`,
    [id],
  );
  return rows[0] ?? null;
}

/** What the statements about one webhook leave in the audit trail: `w` is the row that was changed. */
const NOTED = `touched as (
    select w.id, a.merchant_id, a.mode from changed w join provider_accounts a on a.id = w.account_id
  ), ${noted('touched', 3)}`;

/**
 * Lets a webhook be tried once more: one that waits stays as it is, one that was ignored or is dead waits again. False: it was applied,
 * or its content is gone. `matched`: the payment it is about, where that could not be told before.
 */
export async function reviveWebhook(pool: pg.Pool, id: string, note: AuditNote): Promise<boolean> {
  const { rows } = await pool.query<{ id: string }>(
    `with changed as (
       update webhook_events w set state = 'received', reason = null, processed_at = null,
         payment_id = coalesce(w.payment_id, p.id), invoice_id = coalesce(w.invoice_id, p.invoice_id)
       from (select 1) one left join payments p
         on p.id = (select q.id from payments q join webhook_events v on v.account_id = q.account_id
                    where v.id = $1 and q.provider_payment_id = v.provider_payment_id limit 1)
       where w.id = $1 and w.state = any($2) and w.erased_at is null
       returning w.id, w.account_id
     ), ${NOTED}
     select id from changed`,
    [id, ['received', 'ignored', 'dead'], noteValue('webhook.driven', note)],
  );
  return rows.length === 1;
}

/** Gives a webhook up that waits. False: it does not wait. */
export async function markWebhookDead(
  pool: pg.Pool,
  id: string,
  reason: string,
  note: AuditNote,
): Promise<boolean> {
  const { rows } = await pool.query<{ id: string }>(
    `with changed as (
       update webhook_events w set state = 'dead', reason = $2, processed_at = now() where w.id = $1 and w.state = 'received'
       returning w.id, w.account_id
     ), ${NOTED}
     select id from changed`,
    [id, reason, noteValue('webhook.marked_dead', note)],
  );
  return rows.length === 1;
}
