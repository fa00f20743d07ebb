/** What was said between us and the providers: our calls, and the webhooks that came. */
import type pg from 'pg';
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { Owner } from './invoices.ts';

/** A call to a provider, without secrets. */
export interface NewExchange {
  readonly id: string;
  readonly account_id: string;
  readonly invoice_id: string;
  readonly payment_id: string | null;
  /** The capture, void or refund that it asks for. */
  readonly operation_id?: string | null;
  readonly provider: string;
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  /** One of the two: the HTTP status, or why there was none. */
  readonly status: number | null;
  readonly failure: ProviderFailure | null;
  /** RFC 3339. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly attempt: number;
  readonly request_headers: Readonly<Record<string, string>>;
  readonly request_body: string | null;
  readonly response_headers: Readonly<Record<string, string>> | null;
  readonly response_body: string | null;
}

/** An outgoing call or an incoming webhook; what only the other has is null. */
export interface ExchangeRow extends Omit<
  NewExchange,
  'operation_id' | 'url' | 'request_body' | 'duration_ms' | 'attempt'
> {
  readonly direction: 'outgoing' | 'incoming';
  /** A path of ours for a webhook. */
  readonly url: string;
  readonly request_body: string | null;
  readonly duration_ms: number | null;
  readonly attempt: number | null;
  readonly erased_at: string | null;
  readonly webhook: {
    readonly event_key: string;
    readonly state: 'received' | 'processed' | 'ignored' | 'dead';
    readonly reason: string | null;
    readonly copies: number;
    readonly processed_at: string | null;
  } | null;
  readonly webhook_body: Buffer | null;
}

const INSERT = {
  name: 'insert_exchanges',
  text: `
    with e as materialized (
      select * from jsonb_to_recordset($1) as e (id text, account_id text, invoice_id text, payment_id text, operation_id text, provider text,
        operation text, method text, url text, status int, failure jsonb, started_at timestamptz, duration_ms int, attempt int,
        request_headers jsonb, request_body text, response_headers jsonb, response_body text)
    ), ended as materialized (
      -- Only an invoice that has ended can be erased; the lock makes an erasure of the same moment wait.
      select id, erased_at from invoices
      where id in (select invoice_id from e) and status not in ('open', 'partially_paid') for share
    )
    insert into provider_exchanges (id, account_id, invoice_id, payment_id, operation_id, provider, operation, method, url, status, failure,
      started_at, duration_ms, attempt, request_headers, request_body, response_headers, response_body, erased_at)
    select e.id, e.account_id, e.invoice_id, e.payment_id, e.operation_id, e.provider, e.operation, e.method,
      case when d.erased_at is null then e.url else split_part(e.url, '?', 1) end, e.status, nullif(e.failure, 'null'),
      e.started_at, e.duration_ms, e.attempt, e.request_headers, case when d.erased_at is null then e.request_body end,
      nullif(e.response_headers, 'null'), case when d.erased_at is null then e.response_body end,
      case when d.erased_at is not null then now() end
    from e left join ended d on d.id = e.invoice_id
    on conflict (id) do nothing`,
};

/** Stores calls, all or none. Storing one twice does nothing; of an invoice that was erased no bodies are kept. */
export async function insertExchanges(pool: pg.Pool, exchanges: readonly NewExchange[]): Promise<void> {
  await pool.query({ ...INSERT, values: [JSON.stringify(exchanges)] });
}

const OUTGOING = `
  select x.id, 'outgoing' as direction, x.account_id, x.invoice_id, x.payment_id, x.provider, x.operation, x.method, x.url,
    x.status, x.failure, x.started_at, x.duration_ms, x.attempt, x.request_headers, x.request_body, x.response_headers,
    x.response_body, x.erased_at, null::jsonb as webhook, null::bytea as webhook_body
  from provider_exchanges x`;

const INCOMING = `
  select w.id, 'incoming', w.account_id, w.invoice_id, w.payment_id, a.provider, 'webhook', 'POST', w.path,
    null, null, w.received_at, null, null, w.headers, null, null,
    null, w.erased_at, jsonb_build_object('event_key', w.event_key, 'state', w.state, 'reason', w.reason, 'copies', w.copies,
      'processed_at', w.processed_at), w.body
  from webhook_events w join provider_accounts a on a.id = w.account_id`;

const LIST = {
  name: 'list_exchanges',
  text: `
    with start as (
      select id, started_at from provider_exchanges where id = $3 and invoice_id = $1
      union all
      select id, received_at from webhook_events where id = $3 and invoice_id = $1
    )
    select e.* from (
      ${OUTGOING} where x.invoice_id = $1 and ($2::text is null or x.payment_id = $2)
      union all
      ${INCOMING} where w.invoice_id = $1 and ($2::text is null or w.payment_id = $2)
    ) e
    where $3::text is null or (e.started_at, e.id) > (select started_at, id from start)
    order by e.started_at, e.id limit $4`,
};

/** What to read of an invoice's exchanges. */
export interface ExchangePage {
  readonly invoice_id: string;
  /** Null: of all its payments. */
  readonly payment_id: string | null;
  /** The exchange after which the page begins; null: the first. */
  readonly starting_after: string | null;
  readonly limit: number;
}

/** Exchanges of an invoice, the newest last, and whether there are more. The caller has checked whose invoice it is. */
export async function listExchanges(
  pool: pg.Pool,
  { invoice_id, payment_id, starting_after, limit }: ExchangePage,
): Promise<{ rows: ExchangeRow[]; has_more: boolean }> {
  const { rows } = await pool.query<ExchangeRow>({
    ...LIST,
    values: [invoice_id, payment_id, starting_after, limit + 1],
  });
  return { rows: rows.slice(0, limit), has_more: rows.length > limit };
}

/** One exchange of an invoice of this merchant, or null. */
export async function findExchange(pool: pg.Pool, owner: Owner, id: string): Promise<ExchangeRow | null> {
  const { rows } = await pool.query<ExchangeRow>({
    name: 'find_exchange',
    text: `
      select e.* from (${OUTGOING} where x.id = $1 union all ${INCOMING} where w.id = $1) e
      join invoices i on i.id = e.invoice_id where i.merchant_id = $2 and i.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

/** Deletes calls that are older than this, at most `limit`; how many. */
export async function deleteOldExchanges(pool: pg.Pool, days: number, limit: number): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'delete_old_exchanges',
    text: `delete from provider_exchanges where id in (
             select id from provider_exchanges where started_at < now() - make_interval(days => $1)
             order by started_at limit $2)`,
    values: [days, limit],
  });
  return rowCount ?? 0;
}

/**
 * Takes bodies and headers from ended webhooks that are older than this, at most `limit`; how many. The rows stay: their
 * keys tell copies of an event from new ones.
 */
export async function eraseOldWebhooks(pool: pg.Pool, days: number, limit: number): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'erase_old_webhooks',
    text: `update webhook_events set body = '', headers = '{}', erased_at = now() where id in (
             select id from webhook_events
             where erased_at is null and state <> 'received' and received_at < now() - make_interval(days => $1)
             order by received_at limit $2)`,
    values: [days, limit],
  });
  return rowCount ?? 0;
}
