/**
 * Settlements: money that a provider has passed on. Each is booked once, from `provider_clearing` to `bank`, with the part of the fee
 * that had not been known before; a file that comes again finds them booked.
 */
import type pg from 'pg';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';

/**
 * The ledger's lines of a settlement. What a receipt had told of the fee was taken off the clearing account then, so
 * only the rest is a fee now. Debits positive.
 */
const LINES = (row: string): string => `(values
  (1, 'bank', ${row}.net), (2, 'provider_fees', ${row}.fee), (3, 'provider_clearing', -${row}.net - ${row}.fee))`;

const POSTED = `
  insert into ledger_entries (transaction_key, line, account, merchant_id, account_id, invoice_id, payment_id, currency, amount, at)
  select 'settlement:' || b.id, l.line, l.account, b.merchant_id, b.account_id, b.invoice_id, b.payment_id, b.currency, l.amount,
    coalesce(b.settled_at, b.created_at)
  from booked b, lateral ${LINES('b')} as l (line, account, amount) where l.amount <> 0`;

/**
 * Books the next settlements of a run that were not looked at, at most `limit` rows; how many were. Money of nobody's payment waits, and so
 * does more money for a payment that earlier files have settled in whole: it is most likely the same, told in other words.
 */
export async function bookSettlements(pool: pg.Pool, run_id: string, limit: number): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'book_settlements',
    text: `
      with part as (
        select w.*, r.merchant_id, r.account_id,
          w.outcome not in ('missing_here', 'duplicate') and (w.payment_id is null or p.currency = w.currency)
            and (w.received is null or w.received < 0 or w.settlement_key like 'id:%' or e.gross is null or e.gross < p.amount_received)
            as is_ours,
          coalesce(f.fee, 0) as known_fee
        from (
          select * from reconciliation_rows
          where run_id = $1 and outcome is not null and settled is not null and settlement is null order by id limit $2
        ) w join reconciliation_runs r on r.id = w.run_id left join payments p on p.id = w.payment_id
        left join lateral (
          select sum(l.amount) filter (where l.account = 'provider_fees' and l.transaction_key not like 'settlement:%')::bigint as fee
          from ledger_entries l where l.invoice_id = w.invoice_id and l.payment_id = w.payment_id
        ) f on true
        left join lateral (
          select sum(s.gross) as gross from settlements s
          where s.payment_id = w.payment_id and s.run_id <> w.run_id and s.key <> w.settlement_key
        ) e on true
      ), booked as (
        insert into settlements (id, merchant_id, account_id, payment_id, invoice_id, run_id, key, reference, currency, gross,
          told_fee, net, fee, settled_at)
        select replace(id, 'rcr_', 'stl_'), merchant_id, account_id, payment_id, invoice_id, run_id, settlement_key, settlement_reference,
          currency, coalesce(received, 0), fee, settled, case when known_fee = 0 then coalesce(fee, 0) else 0 end, settled_at
        from part where is_ours
        on conflict (account_id, key) do nothing
        returning *
      ), posted as (${POSTED})
      update reconciliation_rows w set settlement = case
        when not part.is_ours then 'not_booked' when part.settlement_key in (select key from booked) then 'booked'
        else 'booked_before' end
      from part where w.id = part.id`,
    values: [run_id, limit],
  });
  return rowCount ?? 0;
}

/** Books the difference of a fee, which a person has accepted: from what the provider owes to what it keeps. Once per case. */
export const ACCEPT_FEE = `
  booked as (
    insert into settlements (id, merchant_id, account_id, payment_id, invoice_id, run_id, key, currency, net, fee)
    select replace(d.id, 'case_', 'stl_'), d.merchant_id, d.account_id, d.payment_id, d.invoice_id, w.run_id, 'fee:' || d.id, d.currency, 0,
      w.fee - w.our_fee
    from decided d join reconciliation_rows w on w.id = d.row_id where d.decision = 'accept_fee'
    on conflict (account_id, key) do nothing
    returning *
  ), posted as (${POSTED})`;

/** What a run has booked, by currency. */
export async function settledBy(
  pool: pg.Pool,
  run_id: string,
  account_id: string,
): Promise<{ currency: string; settlements: number; net: number; fee: number }[]> {
  const { rows } = await pool.query<{ currency: string; settlements: number; net: number; fee: number }>({
    name: 'settled_by_run',
    text: `select currency, count(*) as settlements, sum(net)::bigint as net, sum(fee)::bigint as fee from settlements
           where run_id = $1 and account_id = $2 and key not like 'fee:%' group by currency order by currency`,
    values: [run_id, account_id],
  });
  return rows;
}

export interface SettlementRow {
  readonly id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly payment_id: string | null;
  readonly invoice_id: string | null;
  readonly run_id: string | null;
  readonly reference: string | null;
  readonly currency: string;
  readonly net: number;
  readonly fee: number;
  readonly settled_at: string | null;
  readonly created_at: string;
}

const COLUMNS = `s.id, s.account_id, a.provider, s.payment_id, s.invoice_id, s.run_id, s.reference, s.currency, s.net, s.fee, s.settled_at,
  s.created_at`;
const FROM = 'from settlements s join provider_accounts a on a.id = s.account_id';

/** Null: any. */
export interface SettlementFilter {
  readonly account_id: string | null;
  readonly payment_id: string | null;
  readonly run_id: string | null;
  readonly reference: string | null;
}

/** A page of a merchant's settlements, the newest first. */
export function listSettlements(
  pool: pg.Pool,
  owner: Owner,
  filter: SettlementFilter,
  page: Page,
): Promise<Listed<SettlementRow>> {
  return readPage<SettlementRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['a.merchant_id = $', owner.merchant_id],
      ['a.mode = $', owner.mode],
      ['s.account_id = $', filter.account_id],
      ['s.payment_id = $', filter.payment_id],
      ['s.run_id = $', filter.run_id],
      ['s.reference = $', filter.reference],
    ]);
    return `select ${COLUMNS} ${FROM} where ${matching} ${clauses.page('s.id')}`;
  });
}

/** One settlement of this merchant, or null. */
export async function findSettlement(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<SettlementRow | null> {
  const { rows } = await pool.query<SettlementRow>({
    name: 'find_settlement',
    text: `select ${COLUMNS} ${FROM} where s.id = $1 and a.merchant_id = $2 and a.mode = $3`,
    values: [id, merchant_id, mode],
  });
  return rows[0] ?? null;
}
