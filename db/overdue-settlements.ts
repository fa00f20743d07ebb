/** Payments whose money has come at the provider and has not been passed on after its usual days. */
import type pg from 'pg';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';

export interface OverdueRow {
  readonly payment_id: string;
  readonly invoice_id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly currency: string;
  /** What the provider still owes for it, minor units. */
  readonly amount: number;
  readonly paid_at: string;
  /** When it should have come. */
  readonly due_at: string;
}

/** The usual days of each provider, where the account has none of its own. */
export type SettlementDays = Readonly<Record<string, number>>;

/**
 * By the ledger: what a payment has left on the clearing account. `$1` of the usual days; a payment counts from its last
 * receipt on. The payments come from the index on accounts, so that old ones that are settled cost a look each.
 */
const overdue = (accounts: string, days: string): string => `
  select p.id as payment_id, p.invoice_id, p.account_id, a.provider, p.currency, l.owed as amount, l.paid_at,
    l.paid_at + make_interval(days => d.days) as due_at
  from provider_accounts a
  cross join lateral (select coalesce(a.settlement_days, (${days}::jsonb ->> a.provider)::int) as days) d
  join payments p on p.account_id = a.id and p.amount_received > 0
  cross join lateral (
    select sum(e.amount) filter (where e.account = 'provider_clearing')::bigint as owed,
      max(e.at) filter (where e.transaction_key like 'receipt:%') as paid_at
    from ledger_entries e where e.invoice_id = p.invoice_id and e.payment_id = p.id
  ) l
  where ${accounts} and d.days is not null and l.owed > 0 and l.paid_at + make_interval(days => d.days) < now()`;

/** How many payments of an account are overdue. */
export async function countOverdue(pool: pg.Pool, account_id: string, days: SettlementDays): Promise<number> {
  const { rows } = await pool.query<{ count: number }>({
    name: 'count_overdue_settlements',
    text: `select count(*) from (${overdue('a.id = $1', '$2')}) o`,
    values: [account_id, days],
  });
  return rows[0]?.count ?? 0;
}

/** A page of a merchant's overdue payments, the newest first; of one account or of all (null). */
export function listOverdue(
  pool: pg.Pool,
  owner: Owner,
  account_id: string | null,
  days: SettlementDays,
  page: Page,
): Promise<Listed<OverdueRow>> {
  return readPage<OverdueRow>(pool, page, (clauses) => {
    const usual = clauses.where([['$', JSON.stringify(days)]]);
    const accounts = clauses.where([
      ['a.merchant_id = $', owner.merchant_id],
      ['a.mode = $', owner.mode],
      ['a.id = $', account_id],
    ]);
    return `select o.* from (${overdue(accounts, usual)}) o where true ${clauses.page('o.payment_id')}`;
  });
}
