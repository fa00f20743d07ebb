/** Invoices, payments and operations with what `expand` asks for: what is read for it, and how it is shown. */
import type pg from 'pg';
import { eventsOfInvoices, invoicesById, paymentsById } from '../db/expand.ts';
import type { InvoiceWithPayments, Owner } from '../db/invoices.ts';
import type { Listed } from '../db/lists.ts';
import type { OperationJson } from '../db/operations.ts';
import type { OutgoingEventRow } from '../db/outgoing-events.ts';
import type { PaymentRow } from '../db/payments.ts';
import type { PageAddresses } from './checkout-token.ts';
import { presentEventFacts } from './present-event.ts';
import { presentOperation } from './present-operation.ts';
import { presentInvoice, presentPayment } from './present.ts';
import type { expandedInvoice, expandedOperation, expandedPayment } from './schemas/expanded.ts';
import type { Shown } from './schemas/parts.ts';

/** Of invoices. Payments are there without being asked for. */
export const INVOICE_EXPANSIONS = ['payments', 'events'] as const;
export const PAYMENT_EXPANSIONS = ['invoice'] as const;
/** Of captures, voids and refunds. */
export const OPERATION_EXPANSIONS = ['payment', 'invoice'] as const;

/** What a request wants of `Names`. */
export type Expand<Names extends readonly string[]> = ReadonlySet<Names[number]>;

/** Events of one invoice; its list of events has the rest. */
const EVENTS_MAX = 20;

export type ExpandedInvoice = InvoiceWithPayments & { readonly events?: Listed<OutgoingEventRow> };
export type ExpandedPayment = PaymentRow & { readonly invoice?: InvoiceWithPayments | undefined };
export type ExpandedOperation<Row> = Row & {
  readonly invoice?: InvoiceWithPayments | undefined;
  readonly payment?: PaymentRow | undefined;
};

export async function expandInvoices(
  pool: pg.Pool,
  owner: Owner,
  rows: readonly InvoiceWithPayments[],
  expand: Expand<typeof INVOICE_EXPANSIONS>,
): Promise<readonly ExpandedInvoice[]> {
  if (!expand.has('events') || rows.length === 0) return rows;
  const ids = rows.map(({ invoice }) => invoice.id);
  const events = await eventsOfInvoices(pool, owner, ids, EVENTS_MAX);
  const none = { rows: [], has_more: false };
  return rows.map((row) => ({ ...row, events: events.get(row.invoice.id) ?? none }));
}

export async function expandPayments(
  pool: pg.Pool,
  owner: Owner,
  rows: readonly PaymentRow[],
  expand: Expand<typeof PAYMENT_EXPANSIONS>,
): Promise<readonly ExpandedPayment[]> {
  if (!expand.has('invoice') || rows.length === 0) return rows;
  const ids = rows.map(({ invoice_id }) => invoice_id);
  const invoices = await invoicesById(pool, owner, ids);
  return rows.map((row) => ({ ...row, invoice: invoices.get(row.invoice_id) }));
}

export async function expandOperations<Row extends OperationJson>(
  pool: pg.Pool,
  owner: Owner,
  rows: readonly Row[],
  expand: Expand<typeof OPERATION_EXPANSIONS>,
): Promise<readonly ExpandedOperation<Row>[]> {
  if (expand.size === 0 || rows.length === 0) return rows;
  const ids = (of: (row: Row) => string, name: 'invoice' | 'payment') =>
    expand.has(name) ? rows.map(of) : [];
  const [invoiceIds, paymentIds] = [
    ids(({ invoice_id }) => invoice_id, 'invoice'),
    ids(({ payment_id }) => payment_id, 'payment'),
  ];
  const [invoices, payments] = await Promise.all([
    invoiceIds.length > 0 ? invoicesById(pool, owner, invoiceIds) : null,
    paymentIds.length > 0 ? paymentsById(pool, owner, paymentIds) : null,
  ]);
  return rows.map((row) => ({
    ...row,
    invoice: invoices?.get(row.invoice_id),
    payment: payments?.get(row.payment_id),
  }));
}

export function presentExpandedInvoice(
  { invoice, payments, events }: ExpandedInvoice,
  addresses: PageAddresses,
): Shown<typeof expandedInvoice> {
  const shown = presentInvoice(invoice, payments, addresses);
  if (events === undefined) return shown;
  const data = events.rows.map((row) => presentEventFacts(row));
  return { ...shown, events: { object: 'list', data, has_more: events.has_more } };
}

export function presentExpandedPayment(
  { invoice, ...row }: ExpandedPayment,
  addresses: PageAddresses,
): Shown<typeof expandedPayment> {
  const shown = presentPayment(row, addresses.publicUrl);
  return invoice
    ? { ...shown, invoice: presentInvoice(invoice.invoice, invoice.payments, addresses) }
    : shown;
}

export function presentExpandedOperation(
  { invoice, payment, ...row }: ExpandedOperation<OperationJson>,
  addresses: PageAddresses,
): Shown<typeof expandedOperation> {
  return {
    ...presentOperation(row),
    ...(payment ? { payment: presentPayment(payment, addresses.publicUrl) } : {}),
    ...(invoice ? { invoice: presentInvoice(invoice.invoice, invoice.payments, addresses) } : {}),
  };
}
