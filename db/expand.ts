/** What lists show whole beside their rows, read for a whole page together: one statement for each kind. */
import type pg from 'pg';
import {
  INVOICE_WITH_PAYMENTS,
  invoiceFromJoined,
  type InvoiceWithPayments,
  type JoinedInvoice,
  type Owner,
} from './invoices.ts';
import type { Listed } from './lists.ts';
import { operationFromJson } from './operations.ts';
import { EVENT_COLUMNS, type OutgoingEventRow } from './outgoing-events.ts';
import { PAYMENT_COLUMNS, type PaymentRow } from './payments.ts';

/** The owner's invoices of these ids, by id. */
export async function invoicesById(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  ids: readonly string[],
): Promise<ReadonlyMap<string, InvoiceWithPayments>> {
  const { rows } = await pool.query<JoinedInvoice>({
    name: 'expand_invoices',
    text: `select ${INVOICE_WITH_PAYMENTS} from invoices i where i.id = any($1) and i.merchant_id = $2 and i.mode = $3`,
    values: [[...new Set(ids)], merchant_id, mode],
  });
  return new Map(rows.map((row) => [row.id, invoiceFromJoined(row)]));
}

/** The owner's payments of these ids, by id. */
export async function paymentsById(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  ids: readonly string[],
): Promise<ReadonlyMap<string, PaymentRow>> {
  const { rows } = await pool.query<PaymentRow>({
    name: 'expand_payments',
    text: `select ${PAYMENT_COLUMNS} from payments p join invoices i on i.id = p.invoice_id
           where p.id = any($1) and p.merchant_id = $2 and i.mode = $3`,
    values: [[...new Set(ids)], merchant_id, mode],
  });
  return new Map(rows.map((row) => [row.id, { ...row, operations: row.operations.map(operationFromJson) }]));
}

/** The newest events of each of these invoices, `most` at most, by the invoice's id; one that has none is missing. */
export async function eventsOfInvoices(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  ids: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, Listed<OutgoingEventRow>>> {
  const { rows } = await pool.query<OutgoingEventRow & { invoice_id: string }>({
    name: 'expand_events',
    // Without `offset 0` the planner may go through all events that there are, in the order of their ids.
    text: `
      select x.* from unnest($1::text[]) u (id) cross join lateral (
        select * from (
          select ${EVENT_COLUMNS} from outgoing_events e join invoices i on i.id = e.invoice_id
          where e.invoice_id = u.id and e.merchant_id = $2 and e.mode = $3 offset 0
        ) of_invoice order by id desc limit $4
      ) x`,
    values: [ids, merchant_id, mode, most + 1],
  });
  const found = new Map<string, OutgoingEventRow[]>();
  for (const row of rows) found.set(row.invoice_id, [...(found.get(row.invoice_id) ?? []), row]);
  return new Map(
    [...found].map(([id, events]) => [id, { rows: events.slice(0, most), has_more: events.length > most }]),
  );
}
