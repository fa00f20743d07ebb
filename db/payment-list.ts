/** The statement of the list of payments. */
import type pg from 'pg';
import type { PaymentStatus } from '../domain/status.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Condition, type Listed, type Page } from './lists.ts';
import { operationFromJson } from './operations.ts';
import { PAYMENT_COLUMNS, type PaymentRow } from './payments.ts';
import { withinIds, withMoney, withTime, type RangeFilter } from './ranges.ts';

/** Null: any. */
export interface PaymentFilter extends RangeFilter {
  readonly status: PaymentStatus | null;
  readonly provider: string | null;
  readonly invoice_id: string | null;
  readonly provider_payment_id: string | null;
  /** Of the invoice. */
  readonly reference: string | null;
}

/** Of the account's merchant, in its mode. */
const INVOICES_OF_REFERENCE =
  'select i.id from invoices i where i.merchant_id = a.merchant_id and i.mode = a.mode and i.reference = $';

/**
 * The payments of an account `a` as a range of accounts and ids, which one index has in order. With `=` the planner may take the index of
 * all payments for that order, and for an account without payments it would read everybody's. A cursor is one end of the range itself, and
 * so is an end of a range of times: beside another condition for the same end, the index would not be entered there.
 */
function inOrder({ after, before }: Page, { created_gte, created_lte }: PaymentFilter): Condition[] {
  return withinIds('pay', (sign) => `(n.account_id, n.id) ${sign} (a.id, $)`, {
    created_gte: before === null ? created_gte : null,
    created_lte: after === null ? created_lte : null,
  });
}

/** The ends that no id stands for. */
const wholeAccount = ({ after, before }: Page, { created_gte, created_lte }: PaymentFilter): string =>
  [
    ...(before === null && created_gte === null ? ['n.account_id >= a.id'] : []),
    ...(after === null && created_lte === null ? ['n.account_id <= a.id'] : []),
  ].join(' and ');
const BY_ACCOUNT = { column: 'n.account_id', ofCursor: 'a.id' };

/**
 * A page of a merchant's payments, the newest first. The newest of each of the merchant's accounts in this mode, and the newest of
 * those: each account has them in order, so none is read that is not near the page.
 */
export async function listPayments(
  pool: pg.Pool,
  owner: Owner,
  filter: PaymentFilter,
  page: Page,
): Promise<Listed<PaymentRow>> {
  const { rows, has_more } = await readPage<PaymentRow>(pool, page, (clauses) => {
    const accounts = clauses.where([
      ['a.merchant_id = $', owner.merchant_id],
      ['a.mode = $', owner.mode],
      ['a.provider = $', filter.provider],
    ]);
    // Few can have these, and an index finds them.
    const isNarrow =
      filter.invoice_id !== null || filter.provider_payment_id !== null || filter.reference !== null;
    const matching = clauses.where([
      ...(isNarrow ? [] : inOrder(page, filter)),
      ['n.status = $', filter.status],
      ['n.invoice_id = $', filter.invoice_id],
      ['n.provider_payment_id = $', filter.provider_payment_id],
      [`n.invoice_id = any(array(${INVOICES_OF_REFERENCE}))`, filter.reference],
      ...withMoney('n', filter),
      ...withTime('n.created_at', filter),
    ]);
    const ofAccount = isNarrow ? 'n.account_id = a.id' : wholeAccount(page, filter);
    const narrowed = [ofAccount, matching].filter((part) => part !== '').join(' and ');
    return `
      select ${PAYMENT_COLUMNS} from provider_accounts a cross join lateral (
        select n.* from payments n where ${narrowed} ${clauses.page('n.id', isNarrow ? undefined : BY_ACCOUNT)}
      ) p where ${accounts} ${clauses.page('p.id')}`;
  });
  return {
    rows: rows.map((row) => ({ ...row, operations: row.operations.map(operationFromJson) })),
    has_more,
  };
}
