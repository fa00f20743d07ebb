/** What events are about, as it stands now: read together for a page of events. */
import type pg from 'pg';
import { CASE_COLUMNS, CASE_SOURCE, type CaseRow } from './cases.ts';
import { INCIDENT_COLUMNS, type IncidentRow } from './incidents.ts';
import {
  INVOICE_WITH_PAYMENTS,
  invoiceFromJoined,
  type InvoiceWithPayments,
  type JoinedInvoice,
} from './invoices.ts';
import type { OperationJson } from './operations.ts';
import type { OutgoingEventRow } from './outgoing-events.ts';
import type { PaymentRow } from './payments.ts';
import { RUN_ROW_COLUMNS, type RunRow } from './reconciliation-runs.ts';
import { ENDPOINT_COLUMNS, type WebhookEndpointRow } from './webhook-endpoints.ts';

export type EventObject =
  | { readonly type: 'invoice'; readonly invoice: InvoiceWithPayments }
  | { readonly type: 'payment'; readonly payment: PaymentRow }
  | { readonly type: 'operation'; readonly operation: OperationJson }
  | { readonly type: 'case'; readonly case: CaseRow }
  | { readonly type: 'webhook_endpoint'; readonly endpoint: WebhookEndpointRow }
  | { readonly type: 'incident'; readonly incident: IncidentRow }
  | { readonly type: 'reconciliation_run'; readonly run: RunRow };

/** The object of each event, in the order of `events`; null where there is none (any more). At most one statement for each table. */
export async function loadEventObjects(
  pool: pg.Pool,
  events: readonly OutgoingEventRow[],
): Promise<readonly (EventObject | null)[]> {
  const [invoices, cases, endpoints, incidents, runs] = await Promise.all([
    byId<JoinedInvoice>(
      pool,
      `select ${INVOICE_WITH_PAYMENTS} from invoices i where i.id = any($1)`,
      events.map(({ invoice_id }) => invoice_id),
    ),
    byId<CaseRow>(
      pool,
      `select ${CASE_COLUMNS} from ${CASE_SOURCE} where c.id = any($1)`,
      events.map(({ data }) => data.case_id),
    ),
    byId<WebhookEndpointRow>(
      pool,
      `select ${ENDPOINT_COLUMNS} from webhook_endpoints w where w.id = any($1)`,
      events.map(({ data }) => data.endpoint_id),
    ),
    byId<IncidentRow>(
      pool,
      `select ${INCIDENT_COLUMNS} from incidents n join provider_accounts a on a.id = n.account_id where n.id = any($1)`,
      events.map(({ data }) => data.incident_id),
    ),
    byId<RunRow>(
      pool,
      `select ${RUN_ROW_COLUMNS} from reconciliation_runs r join provider_accounts a on a.id = r.account_id where r.id = any($1)`,
      events.map(({ data }) => data.run_id),
    ),
  ]);
  return events.map(
    ({ invoice_id, payment_id, data: { operation_id, case_id, endpoint_id, incident_id, run_id } }) => {
      if (run_id !== undefined) {
        const run = runs.get(run_id);
        return run ? { type: 'reconciliation_run', run } : null;
      }
      if (incident_id !== undefined) {
        const incident = incidents.get(incident_id);
        return incident ? { type: 'incident', incident } : null;
      }
      if (endpoint_id !== undefined) {
        const endpoint = endpoints.get(endpoint_id);
        return endpoint ? { type: 'webhook_endpoint', endpoint } : null;
      }
      if (case_id !== undefined) {
        const found = cases.get(case_id);
        return found ? { type: 'case', case: found } : null;
      }
      const joined = invoices.get(invoice_id ?? '');
      return joined ? partOf(invoiceFromJoined(joined), payment_id, operation_id) : null;
    },
  );
}

function partOf(
  invoice: InvoiceWithPayments,
  payment_id: string | null,
  operation_id: string | undefined,
): EventObject | null {
  if (payment_id === null) return { type: 'invoice', invoice };
  const payment = invoice.payments.find(({ id }) => id === payment_id);
  if (!payment) return null;
  if (operation_id === undefined) return { type: 'payment', payment };
  const operation = payment.operations.find(({ id }) => id === operation_id);
  return operation ? { type: 'operation', operation } : null;
}

async function byId<Row extends pg.QueryResultRow & { readonly id: string }>(
  pool: pg.Pool,
  text: string,
  ids: readonly (string | null | undefined)[],
): Promise<ReadonlyMap<string, Row>> {
  const wanted = [...new Set(ids.filter((id) => typeof id === 'string'))];
  if (wanted.length === 0) return new Map();
  const { rows } = await pool.query<Row>(text, [wanted]);
  return new Map(rows.map((row) => [row.id, row]));
}
