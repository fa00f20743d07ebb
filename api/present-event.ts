/** Events as the API shows them and as webhooks carry them: what happened, and the whole object it happened to, as it stands now. */
import type pg from 'pg';
import { loadEventObjects, type EventObject } from '../db/event-objects.ts';
import type { OutgoingEventRow } from '../db/outgoing-events.ts';
import type { EventAlias } from '../db/webhook-endpoints.ts';
import { CURRENT_API_VERSION } from '../domain/api-version.ts';
import type { PageAddresses } from './checkout-token.ts';
import { presentCase } from './present-case.ts';
import { presentEndpoint } from './present-endpoint.ts';
import { presentOperation } from './present-operation.ts';
import { presentRun } from './present-run.ts';
import { incidentDetail, presentIncident } from './present-incident.ts';
import { presentInvoice, presentPayment } from './present.ts';
import type { event } from './schemas/event.ts';
import type { Shown } from './schemas/parts.ts';
import { shown } from './shown.ts';

export interface EventWithObject {
  readonly row: OutgoingEventRow;
  readonly object: EventObject | null;
}

export function presentEvent(
  { row, object }: EventWithObject,
  addresses: PageAddresses,
  now: number,
  api_version: string = CURRENT_API_VERSION,
): Shown<typeof event> {
  const facts = presentEventFacts(row, api_version);
  return { ...facts, data: { object: object && presentObject(object, addresses, now) } };
}

/** An event without the object it is about. */
export function presentEventFacts(
  row: OutgoingEventRow,
  api_version: string = CURRENT_API_VERSION,
): Omit<Shown<typeof event>, 'data'> {
  const { id, mode, type, invoice_id, payment_id, sequence, currency, data, created_at } = row;
  const {
    operation_id = null,
    case_id = null,
    endpoint_id = null,
    run_id = null,
    capture_before,
    late = false,
  } = data;
  return {
    object: 'event',
    id,
    type,
    api_version,
    mode,
    invoice: invoice_id,
    invoice_version: sequence,
    payment: payment_id,
    operation: operation_id,
    case: case_id,
    incident: incidentOf(data),
    webhook_endpoint: endpoint_id,
    reconciliation_run: run_id,
    // Only where money moves, or is held.
    ...moneyOf(row),
    currency,
    // Only in the warning that an authorization is about to end.
    ...(capture_before === undefined ? {} : { capture_before }),
    late,
    created_at,
  };
}

/** The money an event is about; null where it is about none. */
export function moneyOf({ currency, data: { amount = null } }: OutgoingEventRow) {
  return amount === null || currency === null ? { amount: null, display: null } : shown(amount, currency);
}

/** What an event about a provider account is about, as it stood then. */
function incidentOf(data: OutgoingEventRow['data']) {
  const { incident_id, account_id, provider, opened_at, recovered_at, failures, detail = null } = data;
  const { cause = 'unreachable' } = data;
  if (incident_id === undefined || account_id === undefined || provider === undefined) return null;
  if (opened_at === undefined) return null;
  return {
    id: incident_id,
    provider_account: account_id,
    provider,
    cause,
    detail: incidentDetail({ failures: failures ?? 0, detail }),
    since: opened_at,
    recovered_at: recovered_at ?? null,
  };
}

function presentObject(object: EventObject, addresses: PageAddresses, now: number) {
  switch (object.type) {
    case 'invoice':
      return presentInvoice(object.invoice.invoice, object.invoice.payments, addresses);
    case 'payment':
      return presentPayment(object.payment, addresses.publicUrl);
    case 'operation':
      return presentOperation(object.operation);
    case 'case':
      return presentCase(object.case);
    case 'incident':
      return presentIncident(object.incident);
    case 'reconciliation_run':
      return presentRun(object.run);
    case 'webhook_endpoint':
      return presentEndpoint(object.endpoint, now);
  }
}

/** Makes the body of a webhook: the event as `GET /v1/events/{id}` shows it, with the names of the alias where one is wanted. */
export function createWebhookRenderer(pool: pg.Pool, addresses: PageAddresses, now: () => number) {
  return async (
    row: OutgoingEventRow,
    { api_version, alias }: { readonly api_version: string; readonly alias: EventAlias | null },
  ): Promise<string> => {
    const [object = null] = await loadEventObjects(pool, [row]);
    const event = presentEvent({ row, object }, addresses, now(), api_version);
    return JSON.stringify(
      alias === 'furatpay' && object?.type === 'invoice' ? asFuratPay(event, object) : event,
    );
  };
}

/**
 * The names that receivers of FuratPay's webhooks look for, laid over the event: the type, and in `data` the invoice's id, number and
 * status. Ours is in `event_type`.
 */
function asFuratPay(
  event: ReturnType<typeof presentEvent>,
  { invoice: { invoice } }: Extract<EventObject, { type: 'invoice' }>,
) {
  const { id, reference, status } = invoice;
  const isPaid = event.type === 'invoice.paid';
  const names = { id, code: reference ?? id, order_number: reference, status: isPaid ? 'paid' : status };
  return {
    ...event,
    type: isPaid ? 'INVOICE_PAID' : 'INVOICE_UPDATED',
    event_type: event.type,
    data: { ...names, ...event.data },
  };
}
