/** Events: what the API's list of them and its webhooks say. `type` tells which object there is in `data`. */
import type {
  Case,
  Incident,
  IncidentCause,
  Invoice,
  InvoiceStatus,
  Mode,
  Operation,
  OperationKind,
  OperationStatus,
  Payment,
  PaymentStatus,
  ReconciliationRun,
  WebhookEndpoint,
} from './objects.ts';

export type InvoiceEventType = `invoice.${InvoiceStatus}`;
export type PaymentEventType =
  | `payment.${PaymentStatus}`
  | 'payment.money_received'
  | 'payment.authorization_expiring';
export type OperationEventType<Kind extends OperationKind> = `${Kind}.${OperationStatus}`;
export type CaseEventType = 'case.opened' | 'case.resolved';
export type IncidentEventType = 'provider.degraded' | 'provider.recovered';
export type ReconciliationEventType = 'reconciliation_run.succeeded' | 'reconciliation_run.failed';
export type WebhookEndpointEventType = `webhook_endpoint.${'test' | 'failing' | 'disabled'}`;

interface EventOf<Type extends string, Subject> extends Facts<Type> {
  /** The whole object, as it stood when the event was sent; null when it is there no more. */
  readonly data: { readonly object: Subject | null };
}

interface Facts<Type extends string> {
  readonly object: 'event';
  readonly id: string;
  readonly type: Type;
  readonly api_version: string;
  readonly mode: Mode;
  readonly invoice: string | null;
  /** Of two events of an invoice, the greater one is the later. */
  readonly invoice_version: number | null;
  readonly payment: string | null;
  readonly operation: string | null;
  readonly case: string | null;
  readonly incident: {
    readonly id: string;
    readonly provider_account: string;
    readonly provider: string;
    readonly cause: IncidentCause;
    readonly detail: string;
    readonly since: string;
    readonly recovered_at: string | null;
  } | null;
  readonly webhook_endpoint: string | null;
  readonly reconciliation_run: string | null;
  /** Minor units; only where money moves, or is held. */
  readonly amount: number | null;
  readonly display: string | null;
  readonly currency: string | null;
  /** When the authorization ends; only in `payment.authorization_expiring`. */
  readonly capture_before?: string;
  readonly late: boolean;
  readonly created_at: string;
}

/** `switch (event.type)` narrows `event.data.object`. */
export type Event =
  | EventOf<InvoiceEventType, Invoice>
  | EventOf<PaymentEventType, Payment>
  | EventOf<OperationEventType<'capture'>, Operation<'capture'>>
  | EventOf<OperationEventType<'void'>, Operation<'void'>>
  | EventOf<OperationEventType<'refund'>, Operation<'refund'>>
  | EventOf<CaseEventType, Case>
  | EventOf<IncidentEventType, Incident>
  | EventOf<ReconciliationEventType, ReconciliationRun>
  | EventOf<WebhookEndpointEventType, WebhookEndpoint>;

export type EventType = Event['type'];

/** An event without the object it is about: as it stands with the invoice. */
export type EventFacts = Facts<EventType>;
