/** The list of invoices. */
import { findInvoice, type InvoiceWithPayments } from '../../db/invoices.ts';
import { listInvoices } from '../../db/invoice-list.ts';
import { INVOICE_STATUSES } from '../../domain/status.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Columns } from '../csv.ts';
import { amountText, currencyCode, moment, oneOf } from '../fields.ts';
import { exactText, listHandler } from '../lists.ts';
import { presentInvoice } from '../present.ts';
import { shown } from '../shown.ts';

export const invoiceFilters = {
  status: oneOf(INVOICE_STATUSES, 'unknown_status', 'a status of an invoice').optional(),
  currency: currencyCode().optional(),
  reference: exactText(255).optional(),
  amount_gte: amountText(0).optional(),
  amount_lte: amountText(0).optional(),
  created_gte: moment().optional(),
  created_lte: moment().optional(),
};

export function invoiceListRoute(dependencies: ApiDependencies) {
  const { pool } = dependencies;
  return listHandler({
    prefix: 'inv',
    name: 'invoices',
    filters: invoiceFilters,
    find: (owner, id) => findInvoice(pool, owner, id),
    read: (
      owner,
      { status, currency, reference, amount_gte, amount_lte, created_gte, created_lte },
      page,
    ) => {
      const filter = {
        status: status ?? null,
        currency: currency ?? null,
        reference: reference ?? null,
        amount_gte: amount_gte === undefined ? null : Number(amount_gte),
        amount_lte: amount_lte === undefined ? null : Number(amount_lte),
        created_gte: created_gte === undefined ? null : Date.parse(created_gte),
        created_lte: created_lte === undefined ? null : Date.parse(created_lte),
      };
      return listInvoices(pool, owner, filter, page);
    },
    id: ({ invoice }) => invoice.id,
    present: ({ invoice, payments }) => presentInvoice(invoice, payments, dependencies),
    columns,
  });
}

const columns: Columns<InvoiceWithPayments> = {
  id: ({ invoice }) => invoice.id,
  mode: ({ invoice }) => invoice.mode,
  status: ({ invoice }) => invoice.status,
  amount: ({ invoice }) => invoice.amount,
  currency: ({ invoice }) => invoice.currency,
  display: ({ invoice }) => shown(invoice.amount, invoice.currency).display,
  received: ({ invoice }) => invoice.amount_received,
  authorized: ({ invoice }) => invoice.amount_authorized,
  refunded: ({ invoice }) => invoice.amount_refunded,
  late: ({ invoice }) => invoice.amount_late,
  reference: ({ invoice }) => invoice.reference,
  description: ({ invoice }) => invoice.description,
  customer_name: ({ invoice }) => invoice.customer.name ?? null,
  customer_email: ({ invoice }) => invoice.customer.email ?? null,
  customer_phone: ({ invoice }) => invoice.customer.phone ?? null,
  metadata: ({ invoice }) => JSON.stringify(invoice.metadata),
  due_at: ({ invoice }) => invoice.due_at,
  created_at: ({ invoice }) => invoice.created_at,
  updated_at: ({ invoice }) => invoice.updated_at,
};
