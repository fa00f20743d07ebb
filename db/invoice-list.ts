/** The statement of the list of invoices. */
import type pg from 'pg';
import type { InvoiceStatus } from '../domain/status.ts';
import {
  INVOICE_WITH_PAYMENTS,
  invoiceFromJoined,
  type InvoiceWithPayments,
  type JoinedInvoice,
  type Owner,
} from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import { hasMetadata } from './metadata.ts';
import { withMoney, withTime, type RangeFilter } from './ranges.ts';

/** Null: any. */
export interface InvoiceFilter extends RangeFilter {
  readonly status: InvoiceStatus | null;
  readonly reference: string | null;
  /** With a payment at it, whatever became of that. */
  readonly provider: string | null;
  /** All of it has to be in the invoice's. */
  readonly metadata: Readonly<Record<string, string>> | null;
}

/**
 * Invoices with a payment at these accounts. They are asked for first, so that the planner knows how much these accounts have: it goes
 * through the payments of one that has few, and through the invoices where most are at it.
 */
const PAID_AT =
  "i.id in (select p.invoice_id from payments p where p.account_id = any(string_to_array($, ',')))";

async function accountsAt(pool: pg.Pool, owner: Owner, provider: string): Promise<string> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'accounts_at_provider',
    text: 'select id from provider_accounts where merchant_id = $1 and mode = $2 and provider = $3',
    values: [owner.merchant_id, owner.mode, provider],
  });
  return rows.map(({ id }) => id).join(',');
}

/** A range of times is then a range of the order, and reads nothing beside it. */
const TIME = {
  column: 'i.created_at',
  ofCursor: 'select c.created_at from invoices c where c.id = $',
};

/** A page of a merchant's invoices with their payments, the newest first. */
export async function listInvoices(
  pool: pg.Pool,
  owner: Owner,
  filter: InvoiceFilter,
  page: Page,
): Promise<Listed<InvoiceWithPayments>> {
  const accounts = filter.provider === null ? null : await accountsAt(pool, owner, filter.provider);
  const { rows, has_more } = await readPage<JoinedInvoice>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['i.merchant_id = $', owner.merchant_id],
      ['i.mode = $', owner.mode],
      ['i.status = $', filter.status],
      ['i.reference = $', filter.reference],
      [PAID_AT, accounts],
      ...withMoney('i', filter),
      ...withTime('i.created_at', filter),
      ...hasMetadata('i', filter.metadata, owner),
    ]);
    const source = filter.metadata === null ? 'invoices' : 'invoices_in_scope';
    return `select ${INVOICE_WITH_PAYMENTS} from ${source} i where ${matching} ${clauses.page('i.id', TIME)}`;
  });
  return { rows: rows.map(invoiceFromJoined), has_more };
}
