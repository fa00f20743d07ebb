/** The list of invoices. */
import { findInvoice } from '../../db/invoices.ts';
import { listInvoices } from '../../db/invoice-list.ts';
import type { Listed } from '../../db/lists.ts';
import { INVOICE_STATUSES } from '../../domain/status.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Columns } from '../csv.ts';
import {
  expandInvoices,
  INVOICE_EXPANSIONS,
  presentExpandedInvoice,
  type ExpandedInvoice,
} from '../expanded.ts';
import { oneOf } from '../fields.ts';
import { exactText, listHandler } from '../lists.ts';
import { metadataFilter } from '../metadata-filter.ts';
import { moneyRange, providerName, rangeOf, timeRange } from '../range-filters.ts';
import { shown } from '../shown.ts';

export const invoiceFilters = (connectors: ApiDependencies['connectors']) => ({
  status: oneOf(INVOICE_STATUSES, 'unknown_status', 'a status of an invoice').optional(),
  reference: exactText(255).optional(),
  provider: providerName(connectors),
  ...moneyRange,
  ...timeRange,
  metadata: metadataFilter(),
});

export function invoiceListRoute(dependencies: ApiDependencies) {
  const { pool, connectors } = dependencies;
  return listHandler({
    prefix: 'inv',
    name: 'invoices',
    filters: invoiceFilters(connectors),
    find: (owner, id) => findInvoice(pool, owner, id),
    read: async (owner, wanted, page): Promise<Listed<ExpandedInvoice>> => {
      const { status, reference, provider, metadata, ...range } = wanted;
      const filter = {
        status: status ?? null,
        reference: reference ?? null,
        provider: provider ?? null,
        metadata: metadata ?? null,
        ...rangeOf(range),
      };
      return listInvoices(pool, owner, filter, page);
    },
    id: ({ invoice }) => invoice.id,
    expansions: INVOICE_EXPANSIONS,
    complete: (owner, rows, expand) => expandInvoices(pool, owner, rows, expand),
    present: (row) => presentExpandedInvoice(row, dependencies),
    columns,
  });
}

const columns: Columns<ExpandedInvoice> = {
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
