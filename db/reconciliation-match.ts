/**
 * Comparing a run's rows with our record: set operations in the database, a batch at a time, so that memory and locks stay small
 * and whoever takes over goes on with what has no outcome yet.
 */
import type pg from 'pg';
import type { Outcome } from '../domain/reconciliation.ts';
import type { DeliveryQueue } from './deliveries.ts';
import { tellOfCases, type ToldRow } from './difference-events.ts';
import { newId } from './ids.ts';
import { subjectOf } from './reconciliation-rows.ts';
import type { SweptInvoice } from './sweep.ts';

/** Over a whole run at once, which may take longer than a statement of a request may. */
async function atLength(pool: pg.Pool, query: pg.QueryConfig): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query(`set local statement_timeout = '10min'`);
    await client.query(query);
    await client.query('commit');
    client.release();
  } catch (error) {
    // The connection is closed, and with it the transaction.
    client.release(true);
    throw error;
  }
}

/**
 * Rows of a file that name neither an id nor a reference are matched by amount, currency and time, where exactly one row and
 * one payment fit each other. `from_id`, `to_id`: between which ids of payments to look.
 */
export async function matchByAmount(
  pool: pg.Pool,
  run_id: string,
  { from_id, to_id }: { readonly from_id: string; readonly to_id: string },
): Promise<void> {
  await atLength(pool, {
    name: 'match_by_amount',
    text: `
      with loose as (
        select w.id, w.currency, w.received, w.at, r.account_id
        from reconciliation_rows w join reconciliation_runs r on r.id = w.run_id
        where w.run_id = $1 and w.outcome is null and w.payment_id is null and w.provider_payment_id is null and w.reference is null
          and w.received > 0 and w.at is not null
      ), pairs as (
        select l.id, p.id as payment_id, p.invoice_id, count(*) over (partition by l.id) as payments,
          count(*) over (partition by p.id) as rows
        from loose l join payments p on p.account_id = l.account_id and p.id >= $2 and p.id < $3 and p.currency = l.currency
          and p.amount_received = l.received and l.at between p.sent_at - interval '1 hour' and p.sent_at + interval '2 days'
        where not exists (select from reconciliation_rows o where o.run_id = $1 and o.payment_id = p.id)
      )
      update reconciliation_rows w set payment_id = pairs.payment_id, invoice_id = pairs.invoice_id, matched_by = 'amount_and_time'
      from pairs where w.id = pairs.id and pairs.payments = 1 and pairs.rows = 1`,
    values: [run_id, from_id, to_id],
  });
}

/**
 * A settlement that a file has twice counts once; so do lines that say the same of a payment and together more than has come for it, and a
 * second payment at the provider for one of ours that has none yet.
 */
export async function markDuplicates(pool: pg.Pool, run_id: string): Promise<void> {
  await atLength(pool, {
    name: 'mark_reconciliation_duplicates',
    text: `
      with repeated as (
        select id, row_number() over (partition by settlement_key collate "C" order by line) as place
        from reconciliation_rows where run_id = $1 and settlement_key is not null
      union all
        select w.id, row_number() over (partition by w.payment_id order by w.received desc nulls last, w.id)
        from reconciliation_rows w join payments p on p.id = w.payment_id
        where w.run_id = $1 and w.settlement_key is null and w.matched_by = 'reference' and p.provider_payment_id is null
      union all
        select s.id, s.place
        from (
          select id, run_id, payment_id, provider_payment_id, sum(received) over same as total, row_number() over (same order by line) as place
          from reconciliation_rows
          where run_id = $1 and line is not null and settlement_key is null and coalesce(provider_payment_id, reference) is not null
          window same as (partition by provider_payment_id collate "C", reference collate "C", currency, received, status, at)
        ) s join reconciliation_runs r on r.id = s.run_id left join payments p on p.account_id = r.account_id
          and (p.id = s.payment_id or s.payment_id is null and p.provider_payment_id = s.provider_payment_id)
        where s.place > 1 and (s.total = 0 or s.total > coalesce(p.amount_received, 0))
      )
      update reconciliation_rows w set outcome = 'duplicate' from repeated
      where w.id = repeated.id and repeated.place > 1 and w.outcome is null`,
    values: [run_id],
  });
}

/**
 * How the rows that `chosen` selects stand against the record of this moment. A file may settle one payment in several rows, and in
 * several files: their sum is compared. A file that settles nothing is compared alone.
 */
const comparison = (chosen: string): string => `
  chosen as (${chosen}), compared as (
    select w.id, p.id as payment_id, p.invoice_id, coalesce(w.matched_by, 'provider_id') as matched_by, p.status as our_status,
      p.amount as our_amount, p.amount_received as our_received, p.amount_refunded as our_refunded, f.fee as our_fee,
      case
        when p.id is null then case when w.received is null and w.settled is not null and w.provider_payment_id is null
          and w.reference is null then 'matched' else 'missing_here' end
        when w.matched_by = 'reference' and w.provider_payment_id <> p.provider_payment_id then 'duplicate'
        when w.status = 'unreadable' then 'status_differs'
        when w.currency <> p.currency then 'amount_differs'
        when w.received < 0 then case
          when p.amount_refunded = 0 then 'status_differs' when s.taken > p.amount_refunded then 'amount_differs' else 'matched' end
        when w.line is not null and w.received > 0 then case
          when p.amount_received = 0 then 'status_differs'
          when s.received <> p.amount_received then 'amount_differs'
          when f.received > 0 and s.fee <> f.received then 'fee_differs' else 'matched' end
        when (w.received > 0) <> (p.amount_received > 0) then 'status_differs'
        when w.amount <> p.amount or w.received <> p.amount_received or w.refunded <> p.amount_refunded then 'amount_differs'
        when w.status = 'authorized' and p.amount_authorized = 0 and p.amount_received = 0
          or p.status = 'authorized' and w.status in ('failed', 'expired', 'canceled', 'pending')
          or p.status in ('requested', 'pending', 'unknown') and w.status in ('failed', 'expired', 'canceled')
          then 'status_differs'
        when w.fee <> f.fee then 'fee_differs'
        else 'matched'
      end as outcome
    from chosen join reconciliation_rows w using (id) join reconciliation_runs r on r.id = w.run_id
    left join payments p on p.account_id = r.account_id
      and (p.id = w.payment_id or w.payment_id is null and p.provider_payment_id = w.provider_payment_id)
    left join lateral (
      -- The account is no condition of the search: by it, a planner would choose an index that grows with all fees.
      select coalesce(sum(l.amount) filter (where l.account = 'provider_fees'), 0)::bigint as fee,
        coalesce(sum(l.amount) filter (where l.account = 'provider_fees' and l.transaction_key not like 'settlement:%'), 0)::bigint as received
      from ledger_entries l where l.invoice_id = p.invoice_id and l.payment_id = p.id
    ) f on true
    left join lateral (
      select sum(x.received) filter (where x.received > 0) as received, -sum(x.received) filter (where x.received < 0) as taken,
        sum(x.fee) filter (where x.received > 0) as fee
      from (
        select o.received, o.fee from reconciliation_rows o
        where o.run_id = w.run_id and o.payment_id = p.id and o.outcome is distinct from 'duplicate'
      union all
        select e.gross, e.told_fee from settlements e
        where w.settlement_key is not null and e.payment_id = p.id and e.run_id <> w.run_id and not exists (
          select from reconciliation_rows k where k.run_id = w.run_id and k.payment_id = p.id and k.settlement_key = e.key)
      ) x
    ) s on w.line is not null
  )`;

const SET = `payment_id = coalesce(w.payment_id, c.payment_id), invoice_id = coalesce(w.invoice_id, c.invoice_id),
  matched_by = case when c.payment_id is not null then c.matched_by end, our_status = c.our_status, our_amount = c.our_amount,
  our_received = c.our_received, our_refunded = c.our_refunded, our_fee = c.our_fee, outcome = c.outcome`;

/** Compares the next rows that have no outcome, at most `limit`; how many. */
export async function compareRows(pool: pg.Pool, run_id: string, limit: number): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'compare_reconciliation_rows',
    text: `
      with ${comparison('select id from reconciliation_rows where run_id = $1 and outcome is null order by id limit $2')}
      update reconciliation_rows w set ${SET} from compared c where w.id = c.id and w.outcome is null`,
    values: [run_id, limit],
  });
  return rowCount ?? 0;
}

/**
 * The outcome of these rows as it would be now, after their payments were read again; they stay as they are. What was only authorized there
 * may have been captured since, by that reading.
 */
export async function compareAgain(
  pool: pg.Pool,
  ids: readonly string[],
): Promise<ReadonlyMap<string, Outcome>> {
  const { rows } = await pool.query<{ id: string; outcome: Outcome }>({
    name: 'compare_reconciliation_rows_again',
    text: `with ${comparison('select unnest($1::text[]) as id')} 
      select c.id, case when w.status = 'authorized' and w.our_received = 0 and c.our_received > 0 then 'matched' else c.outcome end as outcome
      from compared c join reconciliation_rows w using (id)`,
    values: [ids],
  });
  return new Map(rows.map(({ id, outcome }) => [id, outcome]));
}

/** A payment of ours that the run has no row for. */
export interface UnseenPayment {
  readonly id: string;
  readonly invoice_id: string;
  readonly provider_payment_id: string;
  readonly method: string;
}

export interface UnseenQuery {
  readonly run_id: string;
  /** The day, RFC 3339. */
  readonly from: string;
  readonly to: string;
  /** Ids of payments that were made a little before the day sort behind this one. */
  readonly from_id: string;
  readonly to_id: string;
  /** True: only those that money has come for or is held for. */
  readonly with_money: boolean;
  /** Payments behind this one. */
  readonly after: string;
  readonly limit: number;
}

/** Payments that were sent on the day of the run and are not in it, in the order of their ids. */
export async function unseenPayments(pool: pg.Pool, query: UnseenQuery): Promise<UnseenPayment[]> {
  const { rows } = await pool.query<UnseenPayment>({
    name: 'unseen_payments',
    text: `
      select p.id, p.invoice_id, p.provider_payment_id, p.method
      from reconciliation_runs r join payments p on p.account_id = r.account_id
      where r.id = $1 and p.id >= $4 and p.id < $5 and p.id > $6 and p.sent_at >= $2 and p.sent_at < $3
        and p.provider_payment_id is not null and (not $7 or p.amount_received > 0 or p.amount_authorized > 0)
        and not exists (select from reconciliation_rows w where w.run_id = r.id and w.payment_id = p.id)
        and (r.source <> 'file' or not exists (select from settlements s where s.payment_id = p.id))
      order by p.id limit $8`,
    values: [
      query.run_id,
      query.from,
      query.to,
      query.from_id,
      query.to_id,
      query.after,
      query.with_money,
      query.limit,
    ],
  });
  return rows;
}

/** Notes that the provider does not have these payments of ours. */
export async function insertMissingThere(
  pool: pg.Pool,
  run_id: string,
  payment_ids: readonly string[],
): Promise<void> {
  await pool.query({
    name: 'insert_missing_there',
    text: `
      insert into reconciliation_rows (id, run_id, row_key, payment_id, invoice_id, reference, provider_payment_id, currency, outcome,
        our_status, our_amount, our_received, our_refunded)
      select u.id, $1, 'missing:' || p.id, p.id, p.invoice_id, p.id, p.provider_payment_id, p.currency, 'missing_there', p.status, p.amount,
        p.amount_received, p.amount_refunded
      from unnest($2::text[], $3::text[]) as u (id, payment_id) join payments p on p.id = u.payment_id
      on conflict (run_id, row_key) do nothing`,
    values: [run_id, payment_ids.map(() => newId('rcr')), payment_ids],
  });
}

/** A row whose payment may be put right by reading it again. */
export interface RowToRepair {
  readonly id: string;
  readonly payment_id: string;
  readonly account_id: string;
  /** False: its create call was never answered, so it has to be looked up. */
  readonly is_known: boolean;
  readonly invoice: SweptInvoice;
}

/** Rows behind `after` whose statuses or amounts differ and of which nothing has come yet. */
export async function rowsToRepair(
  pool: pg.Pool,
  run_id: string,
  after: string,
  limit: number,
): Promise<RowToRepair[]> {
  const { rows } = await pool.query<RowToRepair>({
    name: 'reconciliation_rows_to_repair',
    text: `
      select w.id, p.id as payment_id, p.account_id, p.provider_payment_id is not null as is_known,
        jsonb_build_object('id', i.id, 'merchant_id', i.merchant_id, 'reference', i.reference, 'currency', i.currency,
          'amount', i.amount) as invoice
      from reconciliation_rows w join payments p on p.id = w.payment_id join invoices i on i.id = p.invoice_id
      where w.run_id = $1 and w.outcome in ('status_differs', 'amount_differs') and w.resolution is null and w.id > $2
      order by w.id limit $3`,
    values: [run_id, after, limit],
  });
  return rows;
}

/** The payments of these rows have been read again, and now agree. */
export async function markPutRight(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  await pool.query({
    name: 'mark_put_right',
    text: `update reconciliation_rows set resolution = 'put_right' where id = any($1)`,
    values: [ids],
  });
}

/**
 * Opens a case for each difference that money is at stake in and nothing has put right, at most `limit`, and tells of those that are
 * new. How many rows were looked at, and whom there is something to send to. A payment that a file does not name is no case: another file may bring it, and what never comes is overdue.
 */
export async function openCases(
  pool: pg.Pool,
  run_id: string,
  limit: number,
): Promise<{ readonly rows: number; readonly queues: readonly DeliveryQueue[] }> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'rows_that_need_a_case',
    text: `
      select w.id from reconciliation_rows w join reconciliation_runs r on r.id = w.run_id
      where w.run_id = $1 and w.resolution is null and w.outcome <> 'matched' and not (r.source = 'file' and w.outcome = 'missing_there')
        and (w.outcome in ('fee_differs', 'amount_differs') or coalesce(w.received, 0) <> 0 or coalesce(w.settled, 0) <> 0
          or coalesce(w.our_received, 0) <> 0 or w.status in ('authorized', 'unreadable') or w.our_status = 'authorized')
        -- The second row of one settlement says nothing that the first does not.
        and not (w.outcome = 'duplicate' and w.settlement_key is not null)
      order by w.id limit $2`,
    values: [run_id, limit],
  });
  if (rows.length === 0) return { rows: 0, queues: [] };
  const { rows: told } = await pool.query<ToldRow>({
    name: 'open_reconciliation_cases',
    text: `
      with opened as (
        insert into cases (id, kind, merchant_id, mode, invoice_id, payment_id, currency, amount, opened_at, account_id, row_id, subject)
        select u.case_id, w.outcome, r.merchant_id, r.mode, w.invoice_id, w.payment_id, coalesce(w.currency, p.currency),
          ${AT_STAKE}, now(), r.account_id, w.id, ${subjectOf('w')}
        from unnest($1::text[], $2::text[]) as u (id, case_id) join reconciliation_rows w on w.id = u.id
        join reconciliation_runs r on r.id = w.run_id left join payments p on p.id = w.payment_id
        on conflict (account_id, kind, subject) where row_id is not null do nothing
        returning *
      ), noted as (
        update reconciliation_rows set resolution = 'case' where id = any($1)
      ), ${tellOfCases('opened', 'case.opened', 'unnest($2::text[], $3::text[]) as u (case_id, event_id)')}`,
    values: [rows.map(({ id }) => id), rows.map(() => newId('case')), rows.map(() => newId('evt'))],
  });
  return { rows: rows.length, queues: told[0]?.queues ?? [] };
}

/** The money that the two sides differ by, minor units. */
const AT_STAKE = `case w.outcome
  when 'fee_differs' then abs(w.fee - coalesce(w.our_fee, 0))
  when 'missing_there' then coalesce(w.our_received, 0)
  when 'amount_differs' then greatest(abs(coalesce(w.received, 0) - coalesce(w.our_received, 0)),
    abs(coalesce(w.refunded, 0) - coalesce(w.our_refunded, 0)), abs(coalesce(w.amount, w.our_amount) - w.our_amount))
  else greatest(abs(coalesce(w.received, w.settled, w.amount, 0)), coalesce(w.our_received, 0)) end`;
