/** Reconciliation runs: made by the API or the schedule, carried on by the workflow's activities. */
import type pg from 'pg';
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { RunSource, RunStatus } from '../domain/reconciliation.ts';
import type { DeliveryQueue } from './deliveries.ts';
import { tellOfRun, type ToldRow } from './difference-events.ts';
import { newId } from './ids.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';
import type { Idempotency } from './provider-accounts.ts';

export interface RunReport {
  readonly rows: number;
  /** How many rows of each outcome. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Differences that reading the payment again has put right. */
  readonly put_right: number;
  /** Differences that wait for a person, or waited for one before. */
  readonly cases: number;
  /** Of this run, by currency, minor units. */
  readonly settled: readonly {
    readonly currency: string;
    readonly settlements: number;
    readonly net: number;
    readonly fee: number;
  }[];
  /** Settlements that an earlier file had brought. */
  readonly settled_before: number;
  /** Of the whole account when the run ended: paid, and not settled after the usual days. */
  readonly overdue: number;
}

export interface RunFailure {
  readonly kind: ProviderFailure['kind'] | 'internal';
  readonly code: string;
  readonly message: string;
}

export interface RunRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: Mode;
  readonly account_id: string;
  readonly provider: string;
  /** In UTC: `2027-01-31`. */
  readonly day: string;
  readonly source: RunSource;
  readonly is_complete: boolean;
  readonly requested_by: string;
  readonly status: RunStatus;
  readonly failure: RunFailure | null;
  readonly list_cursor: string | null;
  readonly list_ended: boolean;
  readonly list_whole: boolean | null;
  readonly report: RunReport | null;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

/** Of a run `r` and its account `a`. */
export const RUN_ROW_COLUMNS = `r.id, r.merchant_id, r.mode, r.account_id, a.provider, to_char(r.day, 'YYYY-MM-DD') as day, r.source, r.is_complete,
  r.requested_by, r.status, r.failure, r.list_cursor, r.list_ended, r.list_whole, r.report, r.created_at, r.started_at, r.finished_at`;
const FROM = 'from reconciliation_runs r join provider_accounts a on a.id = r.account_id';

export interface NewRun extends Owner {
  readonly id: string;
  readonly account_id: string;
  readonly day: string;
  readonly source: RunSource;
  readonly is_complete: boolean;
  readonly requested_by: string;
  readonly created_at: string;
}

/** Stores a run that has not begun, with the claim of its idempotency key. False: the key has been used before. */
export async function insertRun(
  client: pg.Pool | pg.PoolClient,
  run: NewRun,
  idempotency: Idempotency | null,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'insert_reconciliation_run',
    text: `
      with claim as (
        insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
        select $2, $3, $10, $11, $1, $12, to_jsonb($13::text) where $10::text is not null
        on conflict (merchant_id, mode, key) do nothing
        returning 1
      )
      insert into reconciliation_runs (id, merchant_id, mode, account_id, day, source, is_complete, requested_by, status, created_at)
      select $1, $2, $3, $4, $5, $6, $7, $8, 'pending', $9 where $10::text is null or exists (select from claim)`,
    values: [
      run.id,
      run.merchant_id,
      run.mode,
      run.account_id,
      run.day,
      run.source,
      run.is_complete,
      run.requested_by,
      run.created_at,
      idempotency?.claim.key ?? null,
      idempotency?.claim.request_hash ?? null,
      idempotency?.answer.status ?? null,
      idempotency?.answer.body ?? null,
    ],
  });
  return rowCount === 1;
}

/** Claims the key of a request that is only known when all of it was stored. False: the key has been used before. */
export async function claimKey(
  client: pg.PoolClient,
  run_id: string,
  { claim, answer }: Idempotency,
): Promise<boolean> {
  const { rowCount } = await client.query({
    name: 'claim_key_of_file',
    text: `insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id, answer_status, answer_body)
           values ($1, $2, $3, $4, $5, $6, to_jsonb($7::text)) on conflict (merchant_id, mode, key) do nothing`,
    values: [
      claim.merchant_id,
      claim.mode,
      claim.key,
      claim.request_hash,
      run_id,
      answer.status,
      answer.body,
    ],
  });
  return rowCount === 1;
}

/** One run of this merchant; null when there is none of this id in this mode. */
export async function findRun(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<RunRow | null> {
  const run = await loadRun(pool, id);
  return run?.merchant_id === merchant_id && run.mode === mode ? run : null;
}

/** One run, whoever's it is. */
export async function loadRun(pool: pg.Pool, id: string): Promise<RunRow | null> {
  const { rows } = await pool.query<RunRow>({
    name: 'load_reconciliation_run',
    text: `select ${RUN_ROW_COLUMNS} ${FROM} where r.id = $1`,
    values: [id],
  });
  return rows[0] ?? null;
}

/** Null: any. */
export interface RunFilter {
  readonly account_id: string | null;
  readonly day: string | null;
  readonly source: RunSource | null;
  readonly status: RunStatus | null;
}

/** A page of a merchant's runs, the newest first. */
export function listRuns(
  pool: pg.Pool,
  owner: Owner,
  filter: RunFilter,
  page: Page,
): Promise<Listed<RunRow>> {
  return readPage<RunRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['r.merchant_id = $', owner.merchant_id],
      ['r.mode = $', owner.mode],
      ['r.account_id = $', filter.account_id],
      ['r.day = $::date', filter.day],
      ['r.source = $', filter.source],
      ['r.status = $', filter.status],
    ]);
    return `select ${RUN_ROW_COLUMNS} ${FROM} where ${matching} ${clauses.page('r.id')}`;
  });
}

/** The finished run before this one of the same account and day; null when there is none. */
export async function runBefore(
  pool: pg.Pool,
  { id, account_id, day }: Pick<RunRow, 'id' | 'account_id' | 'day'>,
): Promise<string | null> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'reconciliation_run_before',
    text: `select id from reconciliation_runs where account_id = $1 and day = $2 and id < $3 and status = 'succeeded'
           order by id desc limit 1`,
    values: [account_id, day, id],
  });
  return rows[0]?.id ?? null;
}

/** The run has begun, or goes on. */
export async function beginRun(pool: pg.Pool, id: string): Promise<void> {
  await pool.query({
    name: 'begin_reconciliation_run',
    text: `update reconciliation_runs set status = 'running', started_at = coalesce(started_at, now())
           where id = $1 and status in ('pending', 'running')`,
    values: [id],
  });
}

/** The list has been read as far as the provider gives it. `whole`: that is all of it. */
export async function endList(pool: pg.Pool, id: string, whole: boolean): Promise<void> {
  await pool.query({
    name: 'end_reconciliation_list',
    text: `update reconciliation_runs set list_ended = true, list_whole = coalesce(list_whole, true) and $2 where id = $1`,
    values: [id, whole],
  });
}

/** The end of a run, once, which is told of. `failure` null: it has done all it had to. Whom there is something to send to. */
export async function endRun(
  pool: pg.Pool,
  id: string,
  report: RunReport | null,
  failure: RunFailure | null,
): Promise<readonly DeliveryQueue[]> {
  const { rows } = await pool.query<ToldRow>({
    name: 'end_reconciliation_run',
    text: `
      with ended as (
        update reconciliation_runs set status = case when $3::jsonb is null then 'succeeded' else 'failed' end, report = $2,
          failure = $3, finished_at = now()
        where id = $1 and finished_at is null
        returning id, merchant_id, mode, status
      ), ${tellOfRun('ended', '$4')}`,
    values: [id, report, failure, newId('evt')],
  });
  return rows[0]?.queues ?? [];
}

/** How many of each outcome, and what became of them. */
export async function countRows(
  pool: pg.Pool,
  run_id: string,
): Promise<Omit<RunReport, 'settled' | 'overdue'>> {
  const { rows } = await pool.query<{
    outcome: string;
    rows: number;
    put_right: number;
    cases: number;
    before: number;
  }>({
    name: 'count_reconciliation_rows',
    text: `select outcome, count(*) as rows, count(*) filter (where resolution = 'put_right') as put_right,
             count(*) filter (where resolution = 'case') as cases, count(*) filter (where settlement = 'booked_before') as before
           from reconciliation_rows where run_id = $1 and outcome is not null group by outcome order by outcome`,
    values: [run_id],
  });
  const sum = (pick: (row: (typeof rows)[number]) => number): number =>
    rows.reduce((total, row) => total + pick(row), 0);
  return {
    rows: sum((row) => row.rows),
    outcomes: Object.fromEntries(rows.map((row) => [row.outcome, row.rows])),
    put_right: sum(({ put_right }) => put_right),
    cases: sum(({ cases }) => cases),
    settled_before: sum(({ before }) => before),
  };
}

/** Runs whose workflow could not be started when they were made; each comes back after a while. */
export async function takePendingRuns(pool: pg.Pool, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'take_pending_reconciliation_runs',
    text: `
      with taken as (
        select id from reconciliation_runs
        where status = 'pending' and created_at < now() - interval '1 minute'
          and (swept_at is null or swept_at < now() - interval '5 minutes')
        order by created_at limit $1
      )
      update reconciliation_runs r set swept_at = now() from taken where r.id = taken.id returning r.id`,
    values: [limit],
  });
  return rows.map(({ id }) => id);
}

/** The accounts that the schedule reconciles, whoever's they are: enabled ones, and those with payments of that day. */
export async function accountsToReconcile(
  pool: pg.Pool,
  range: { readonly first_id: string; readonly last_id: string },
): Promise<readonly (Owner & { readonly id: string; readonly provider: string })[]> {
  const { rows } = await pool.query<Owner & { id: string; provider: string }>({
    name: 'accounts_to_reconcile',
    text: `select a.id, a.merchant_id, a.mode, a.provider from provider_accounts a
           where a.enabled or exists (select from payments p where p.account_id = a.id and p.id >= $1 and p.id < $2)
           order by a.id`,
    values: [range.first_id, range.last_id],
  });
  return rows;
}
