/** The rows of a reconciliation run: stored page by page as they are read, listed, and held against an earlier run. */
import type pg from 'pg';
import type { Outcome } from '../domain/reconciliation.ts';
import { newId } from './ids.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';

/** What a provider says, in a list, in the answer about one payment, or in a file. Null: it does not say. */
export interface ProviderRow {
  /** The same row read twice is one. */
  readonly row_key: string;
  readonly line: number | null;
  readonly provider_payment_id: string | null;
  readonly reference: string | null;
  readonly currency: string | null;
  /** Minor units, all of these. */
  readonly amount: number | null;
  readonly received: number | null;
  readonly refunded: number | null;
  readonly fee: number | null;
  readonly status: string | null;
  readonly provider_status: string | null;
  readonly at: string | null;
  readonly settled: number | null;
  readonly settled_at: string | null;
  readonly settlement_reference: string | null;
  readonly settlement_key: string | null;
}

const FIELDS = {
  row_key: 'text',
  line: 'int',
  provider_payment_id: 'text',
  reference: 'text',
  currency: 'text',
  amount: 'bigint',
  received: 'bigint',
  refunded: 'bigint',
  fee: 'bigint',
  status: 'text',
  provider_status: 'text',
  at: 'timestamptz',
  settled: 'bigint',
  settled_at: 'timestamptz',
  settlement_reference: 'text',
  settlement_key: 'text',
} as const satisfies Record<keyof ProviderRow, string>;

const NAMES = Object.keys(FIELDS) as (keyof ProviderRow)[];
const ARRAYS = Object.values(FIELDS).map((type, index) => `$${index + 5}::${type}[]`);

const INSERT = `
  with moved as (
    update reconciliation_runs set list_cursor = $4 where id = $1 and $4::text is not null and finished_at is null
  )
  insert into reconciliation_rows (id, run_id, ${NAMES.join(', ')}, payment_id, invoice_id, matched_by)
  select u.id, $1, ${NAMES.map((name) => `u.${name}`).join(', ')}, coalesce(a.id, b.id), coalesce(a.invoice_id, b.invoice_id),
    case when a.id is not null then 'provider_id' when b.id is not null then 'reference' end
  from unnest($3::text[], ${ARRAYS.join(', ')}) as u (id, ${NAMES.join(', ')})
  left join payments a on a.account_id = $2 and a.provider_payment_id = u.provider_payment_id
  left join payments b on a.id is null and b.account_id = $2 and b.id = u.reference
  on conflict (run_id, row_key) do nothing`;

/**
 * Stores rows with the payments they name, in one statement; rows that are there already stay as they are. `cursor`: where
 * the list goes on after them, remembered with them; null leaves it.
 */
export async function insertRows(
  client: pg.Pool | pg.PoolClient,
  { run_id, account_id }: { readonly run_id: string; readonly account_id: string },
  rows: readonly ProviderRow[],
  cursor: string | null,
): Promise<void> {
  await client.query({
    name: 'insert_reconciliation_rows',
    text: INSERT,
    values: [
      run_id,
      account_id,
      rows.map(() => newId('rcr')),
      cursor,
      ...NAMES.map((name) => rows.map((row) => row[name])),
    ],
  });
}

/** A row with what came of it. */
export interface ReconciledRow extends Omit<ProviderRow, 'row_key' | 'settlement_key'> {
  readonly id: string;
  readonly run_id: string;
  readonly payment_id: string | null;
  readonly invoice_id: string | null;
  readonly matched_by: 'provider_id' | 'reference' | 'amount_and_time' | null;
  readonly our_status: string | null;
  readonly our_amount: number | null;
  readonly our_received: number | null;
  readonly our_refunded: number | null;
  readonly our_fee: number | null;
  readonly outcome: Outcome;
  readonly resolution: 'put_right' | 'case' | null;
  readonly settlement: 'booked' | 'booked_before' | 'not_booked' | null;
  /** Of the case that waits or waited for a person. */
  readonly case_id: string | null;
}

const SHOWN = `w.id, w.run_id, w.line, w.provider_payment_id, w.reference, w.currency, w.amount, w.received, w.refunded, w.fee, w.status,
  w.provider_status, w.at, w.settled, w.settled_at, w.settlement_reference, w.payment_id, w.invoice_id, w.matched_by,
  w.our_status, w.our_amount, w.our_received, w.our_refunded, w.our_fee, w.outcome, w.resolution, w.settlement`;

/**
 * What a difference is about: the same in every run. Ours, or the provider's word, or else its reference or line. `coalesce` would say
 * the same, but behind row-level security Postgres looks nothing up in an index by it, and a page would read all cases for each row.
 */
export const subjectOf = (row: string): string =>
  `case ${['payment_id', 'provider_payment_id', 'reference', 'settlement_key']
    .map((name) => `when ${row}.${name} is not null then ${row}.${name}`)
    .join(' ')} else ${row}.row_key end`;

const CASE = `case when w.resolution = 'case' then (
  select c.id from cases c where c.account_id = n.account_id and c.kind = w.outcome and c.subject = ${subjectOf('w')}
    and c.row_id is not null) end as case_id`;
const FROM = 'from reconciliation_rows w join reconciliation_runs n on n.id = w.run_id';

/** Null: any. */
export interface RowFilter {
  readonly outcome: Outcome | null;
  readonly payment_id: string | null;
}

/** A page of a run's rows, the last that was read first. */
export function listRows(
  pool: pg.Pool,
  run_id: string,
  filter: RowFilter,
  page: Page,
): Promise<Listed<ReconciledRow>> {
  return readPage<ReconciledRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['w.run_id = $', run_id],
      ['w.outcome = $', filter.outcome],
      ['w.payment_id = $', filter.payment_id],
    ]);
    return `select ${SHOWN}, ${CASE} ${FROM} where ${matching} and w.outcome is not null ${clauses.page('w.id')}`;
  });
}

/** The run that a row of this merchant belongs to, or null. */
export async function runOfRow(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<string | null> {
  const { rows } = await pool.query<{ run_id: string }>({
    name: 'run_of_reconciliation_row',
    text: `select w.run_id ${FROM} where w.id = $1 and n.merchant_id = $2 and n.mode = $3`,
    values: [id, merchant_id, mode],
  });
  return rows[0]?.run_id ?? null;
}

/** What a run has otherwise than an earlier one. */
export interface ChangedRow {
  /** Of the row in this run; of the earlier one's where it is gone. */
  readonly id: string;
  readonly change: 'new' | 'gone' | 'changed';
  readonly before: ReconciledRow | null;
  readonly after: ReconciledRow | null;
}

/** What must be the same for a row to be unchanged. */
const COMPARED = [
  'outcome',
  'currency',
  'amount',
  'received',
  'refunded',
  'fee',
  'status',
  'settled',
  'our_status',
  'our_received',
  'our_refunded',
];
const compared = (row: string): string => `(${COMPARED.map((name) => `${row}.${name}`).join(', ')})`;

/** Rows of a run with their place among those about the same subject: a payment settled in two parts has two rows. */
const numbered = (run: string): string => `
  select w.*, ${subjectOf('w')} as subject,
    row_number() over (partition by ${subjectOf('w')} order by w.settlement_key, w.row_key) as part
  from reconciliation_rows w where ${run} and w.outcome is not null`;

/** A page of what `run_id` has otherwise than `earlier_id`, the last first. */
export function listChanges(
  pool: pg.Pool,
  run_id: string,
  earlier_id: string,
  change: ChangedRow['change'] | null,
  page: Page,
): Promise<Listed<ChangedRow>> {
  return readPage<ChangedRow>(pool, page, (clauses) => {
    const json = (row: string): string =>
      `case when ${row}.id is not null then (select to_jsonb(shown) from (
         select ${SHOWN.replaceAll('w.', `${row}.`)}, null as case_id) shown) end`;
    const changes = `
      select coalesce(n.id, o.id) as id, case when o.id is null then 'new' when n.id is null then 'gone' else 'changed' end as change,
        ${json('o')} as before, ${json('n')} as after
      from (${numbered(clauses.where([['w.run_id = $', earlier_id]]))}) o
      full join (${numbered(clauses.where([['w.run_id = $', run_id]]))}) n on n.subject = o.subject and n.part = o.part
      where o.id is null or n.id is null or ${compared('o')} is distinct from ${compared('n')}`;
    const matching = clauses.where([['d.change = $', change]]);
    return `select d.* from (${changes}) d where ${matching || 'true'} ${clauses.page('d.id')}`;
  });
}
