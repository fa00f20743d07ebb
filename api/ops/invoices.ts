/** The list of invoices, and the search by whatever somebody has in hand. */
import { findByOurId, findMentioned, searchInvoices, type InvoiceLine } from '../../db/ops-invoices.ts';
import { allCurrencies } from '../../domain/currency.ts';
import { INVOICE_STATUSES, type InvoiceStatus } from '../../domain/status.ts';
import { html } from '../../pages/html.ts';
import { amount, badge } from '../../pages/look/components.ts';
import { moment } from '../../pages/ops/frame.ts';
import { statusBadge, words } from '../../pages/ops/statuses.ts';
import { shown } from '../shown.ts';
import { listPage, type ListColumn, type ListFilter } from './list.ts';
import type { OpsPart } from './page.ts';

const DAY_MS = 86_400_000;

export const invoicesPart: OpsPart = ({ pool, connectors }) => {
  const providers = connectors.map(({ manifest }) => manifest.provider);
  const filters: ListFilter[] = [
    {
      name: 'q',
      label: 'Search',
      type: 'search',
      hint: 'Id, reference, provider’s id, phone or amount',
    },
    {
      name: 'status',
      label: 'Status',
      type: 'select',
      choices: INVOICE_STATUSES.map((value) => ({ value, label: words(value) })),
    },
    {
      name: 'provider',
      label: 'Provider',
      type: 'select',
      choices: providers.map((value) => ({ value, label: value })),
    },
    {
      name: 'currency',
      label: 'Currency',
      type: 'select',
      choices: allCurrencies().map((value) => ({ value, label: value })),
    },
    { name: 'from', label: 'Made from', type: 'date' },
    { name: 'to', label: 'Made to', type: 'date' },
  ];
  const list = listPage<InvoiceLine>({
    path: '/ops/invoices',
    nav: 'Invoices',
    title: 'Invoices',
    prefix: 'inv',
    topics: ['invoices'],
    filters,
    columns,
    id: ({ id }) => id,
    async read({ merchant_id, mode }, given, page) {
      const { q, status = null, currency = null, provider = null, from, to } = given;
      const ids = q === undefined ? null : await findMentioned(pool, { merchant_id, mode }, q);
      const search = {
        merchant_id,
        mode,
        ids,
        status: status as InvoiceStatus | null,
        currency,
        provider,
        from: from === undefined ? null : `${from}T00:00:00Z`,
        until: to === undefined ? null : new Date(Date.parse(`${to}T00:00:00Z`) + DAY_MS).toISOString(),
      };
      return searchInvoices(pool, search, page);
    },
    empty: (isFiltered) =>
      isFiltered
        ? { title: 'No invoice fits', text: 'Take a filter away, choose another merchant or the other mode.' }
        : { title: 'No invoices yet', text: 'They appear here as soon as a merchant makes one.' },
    async shortcut({ operator, href }, { q }) {
      const found = q === undefined ? null : await findByOurId(pool, q);
      if (found === null || (operator.merchant_id !== null && operator.merchant_id !== found.merchant_id))
        return null;
      return href(`/ops/invoices/${found.id}`, { mode: found.mode });
    },
  });
  return { pages: [list], actions: [] };
};

const columns: readonly ListColumn<InvoiceLine>[] = [
  {
    title: 'Invoice',
    name: 'id',
    show: ({ id, reference }, { href }) =>
      html`<a href="${href(`/ops/invoices/${id}`)}">${reference ?? id.slice(0, 14)}</a
        >${reference === null ? '…' : null}`,
    cell: ({ id }) => id,
  },
  {
    title: 'Status',
    name: 'status',
    show: ({ status, open_cases }) =>
      html`${statusBadge(status)}
      ${open_cases === 0 ? null : badge(open_cases === 1 ? '1 case' : `${open_cases} cases`, 'bad')}`,
    cell: ({ status }) => status,
  },
  {
    title: 'Amount',
    name: 'amount',
    isNumber: true,
    show: (row) => amount(shown(row.amount, row.currency).display),
    cell: (row) => row.amount,
  },
  {
    title: 'Received',
    name: 'received',
    isNumber: true,
    show: (row) =>
      row.amount_received === 0 ? '–' : amount(shown(row.amount_received, row.currency).display),
    cell: (row) => row.amount_received,
  },
  {
    title: 'Refunded',
    name: 'refunded',
    isNumber: true,
    show: (row) =>
      row.amount_refunded === 0 ? '–' : amount(shown(row.amount_refunded, row.currency).display),
    cell: (row) => row.amount_refunded,
  },
  {
    title: 'Provider',
    name: 'providers',
    show: ({ providers }) => providers.join(', '),
    cell: ({ providers }) => providers.join(' '),
  },
  {
    title: 'Customer',
    name: 'customer_name',
    show: ({ customer }) => customer.name ?? customer.phone ?? customer.email ?? '–',
    cell: ({ customer }) => customer.name ?? null,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
  {
    title: 'Made',
    name: 'created_at',
    show: ({ created_at }) => moment(created_at),
    cell: ({ created_at }) => created_at,
  },
];
