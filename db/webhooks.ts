/** Keeps what providers send: one row per event, however often it comes. */
import type pg from 'pg';
import { newId } from './ids.ts';

export interface NewWebhook {
  readonly account_id: string;
  /** Unique per account: the provider's id of the event, or what stands for it. */
  readonly event_key: string;
  /** RFC 3339. */
  readonly received_at: string;
  /** Path and query as the provider called them. */
  readonly path: string;
  /** Those that may be kept. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Our payment id, when the provider repeats it. */
  readonly reference: string | null;
  readonly provider_payment_id: string | null;
  /** Why it can never be applied; null: it waits to be. */
  readonly dead: string | null;
}

export interface StoredWebhook {
  readonly id: string;
  readonly state: 'received' | 'processed' | 'ignored' | 'dead';
  /** How often it has come. */
  readonly copies: number;
  readonly payment_id: string | null;
  /** The invoice it is about, when that is known already. */
  readonly invoice: {
    readonly id: string;
    readonly merchant_id: string;
    readonly reference: string | null;
    readonly currency: string;
    readonly amount: number;
  } | null;
}

const INSERT = {
  name: 'insert_webhook',
  text: `
    with match as (
      select p.id, p.invoice_id from payments p where p.id = $8 and p.account_id = $2
      union all
      select p.id, p.invoice_id from payments p where p.account_id = $2 and p.provider_payment_id = $9
      limit 1
    ), stored as (
      insert into webhook_events as w (id, account_id, event_key, received_at, path, headers, body,
        invoice_id, payment_id, provider_payment_id, state, reason, processed_at)
      select $1, $2, $3, $4, $5, $6, $7, (select invoice_id from match), (select id from match), $9,
        case when $10::text is null then 'received' else 'dead' end, $10,
        case when $10::text is null then null else $4::timestamptz end
      on conflict (account_id, event_key) do update set copies = w.copies + 1,
        invoice_id = coalesce(w.invoice_id, excluded.invoice_id), payment_id = coalesce(w.payment_id, excluded.payment_id)
      returning w.id, w.state, w.copies, w.payment_id, w.invoice_id
    )
    select s.id, s.state, s.copies, s.payment_id, case when i.id is null then null else
      jsonb_build_object('id', i.id, 'merchant_id', i.merchant_id, 'reference', i.reference, 'currency', i.currency, 'amount', i.amount)
      end as invoice
    from stored s left join invoices i on i.id = s.invoice_id`,
};

/**
 * Stores a verified webhook and matches it with its payment, in one statement. A copy of a known event is counted;
 * a copy that can be matched by now, while its first could not, matches the row.
 */
export async function insertWebhook(pool: pg.Pool, webhook: NewWebhook): Promise<StoredWebhook> {
  const { rows } = await pool.query<StoredWebhook>({
    ...INSERT,
    values: [
      newId('whk'),
      webhook.account_id,
      webhook.event_key,
      webhook.received_at,
      webhook.path,
      JSON.stringify(webhook.headers),
      webhook.body,
      webhook.reference,
      webhook.provider_payment_id,
      webhook.dead,
    ],
  });
  const [row] = rows;
  if (!row) throw new Error('the statement that stores a webhook returned no row');
  return row;
}
