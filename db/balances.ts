/** The API's statement about balances: sums of the ledger. */
import type pg from 'pg';
import type { LedgerAccount } from '../domain/ledger.ts';
import type { Owner } from './invoices.ts';

export interface BalanceRow {
  readonly currency: string;
  readonly account: LedgerAccount;
  readonly account_id: string;
  readonly provider: string;
  readonly label: string;
  /** Minor units; debit positive, credit negative. */
  readonly amount: number;
}

/**
 * The sum of each ledger account at each provider account of this merchant in this mode, ordered by currency; of one
 * currency or of all (null). A provider account belongs to one mode, and so does all money that came through it.
 */
export async function readBalances(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  currency: string | null,
): Promise<BalanceRow[]> {
  const { rows } = await pool.query<BalanceRow>({
    name: 'read_balances',
    text: `
      select s.currency, s.account, s.account_id, a.provider, a.label, s.amount
      from (
        select currency, account, account_id, sum(amount)::bigint as amount from ledger_entries
        where merchant_id = $1 and ($3::text is null or currency = $3)
          and account_id in (select id from provider_accounts where merchant_id = $1 and mode = $2)
        group by currency, account, account_id
      ) s join provider_accounts a on a.id = s.account_id
      order by s.currency, s.account, s.account_id`,
    values: [merchant_id, mode, currency],
  });
  return rows;
}
