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

/** Null: any. */
export interface InvoiceFilter {
  readonly status: InvoiceStatus | null;
  readonly currency: string | null;
  readonly reference: string | null;
  /** All of it has to be in the invoice's. */
  readonly metadata: Readonly<Record<string, string>> | null;
  /** Minor units, both ends included. */
  readonly amount_gte: number | null;
  readonly amount_lte: number | null;
  /** Milliseconds since 1970, both ends included. */
  readonly created_gte: number | null;
  readonly created_lte: number | null;
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
  const { rows, has_more } = await readPage<JoinedInvoice>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['i.merchant_id = $', owner.merchant_id],
      ['i.mode = $', owner.mode],
      ['i.status = $', filter.status],
      ['i.currency = $', filter.currency],
      ['i.reference = $', filter.reference],
      ['i.amount >= $', filter.amount_gte],
      ['i.amount <= $', filter.amount_lte],
      ['i.created_at >= to_timestamp($::float8 / 1000)', filter.created_gte],
      ['i.created_at <= to_timestamp($::float8 / 1000)', filter.created_lte],
      ...hasMetadata('i', filter.metadata, owner),
    ]);
    const source = filter.metadata === null ? 'invoices' : 'invoices_in_scope';
    return `select ${INVOICE_WITH_PAYMENTS} from ${source} i where ${matching} ${clauses.page('i.id', TIME)}`;
  });
  return { rows: rows.map(invoiceFromJoined), has_more };
}
