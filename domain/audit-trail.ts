/** Who did what: the actor of each action, as the audit trail names it. */
import type { InvoiceEvent } from './events.ts';

export const ACTOR_TYPES = ['api_key', 'operator', 'person', 'provider', 'workflow'] as const;

export interface Actor {
  readonly type: (typeof ACTOR_TYPES)[number];
  /** The id of the API key, the name of the person or the provider; null: not known (any more). */
  readonly id: string | null;
}

/** What is done to the configuration, in the order of the help text. What happens to invoices is called as its event is. */
export const CONFIGURATION_ACTIONS = [
  'provider_account.linked',
  'provider_account.changed',
  'provider_account.credentials_rotated',
  'provider_account.breaker_set',
  'provider_account.webhook_registered',
  'merchant.created',
  'merchant.policies_changed',
  'merchant.branding_changed',
  'api_key.created',
  'api_key.changed',
  'api_key.revoked',
  'invoice.personal_data_erased',
  'invoice.checked_with_provider',
  'webhook_endpoint.created',
  'webhook_endpoint.changed',
  'webhook_endpoint.secret_rotated',
  'webhook_endpoint.deleted',
  'routing.changed',
  'reconciliation.difference_resolved',
  'reconciliation.run_started',
  'webhook.driven',
  'webhook.marked_dead',
  'delivery.resent',
] as const;
export type ConfigurationAction = (typeof CONFIGURATION_ACTIONS)[number];

/** Every event, once: a new type fails to compile until it is here. */
const EVENTS: Readonly<Record<InvoiceEvent['type'], true>> = {
  'payment.requested': true,
  'payment.created': true,
  'payment.unknown': true,
  'payment.authorized': true,
  'payment.authorization_expiring': true,
  'payment.voided': true,
  'payment.failed': true,
  'payment.expired': true,
  'payment.canceled': true,
  'money.received': true,
  'money.fee_learnt': true,
  'money.refunded': true,
  'operation.requested': true,
  'operation.unknown': true,
  'operation.accepted': true,
  'operation.failed': true,
  'operation.canceled': true,
  'operation.succeeded': true,
  'case.opened': true,
  'case.resolved': true,
  'invoice.expired': true,
  'invoice.canceled': true,
};

export const INVOICE_CREATED = 'invoice.created';
export type AuditAction = ConfigurationAction | InvoiceEvent['type'] | typeof INVOICE_CREATED;
export const AUDIT_ACTIONS: readonly AuditAction[] = [
  INVOICE_CREATED,
  ...(Object.keys(EVENTS) as InvoiceEvent['type'][]),
  ...CONFIGURATION_ACTIONS,
];

/** What the rows of a payment and an operation know that an event does not say. */
export interface EventContext {
  /** Null: unknown. */
  readonly provider: string | null;
  /** The API key that asked for the payment. */
  readonly payment_by: string | null;
  /** Who asked for the capture, void or refund. */
  readonly operation_by: string | null;
}

/** Who asked for a payment on the checkout page: whoever has its address, and no name is known. */
export const CUSTOMER = 'customer';

const WORKFLOW: Actor = { type: 'workflow', id: 'sarraf' };

/** Who made it happen. What a provider tells of is the provider's doing, whoever brought the news. */
export function actorOf(event: InvoiceEvent, { provider, payment_by, operation_by }: EventContext): Actor {
  switch (event.type) {
    case 'payment.requested':
      return payment_by === CUSTOMER ? { type: 'person', id: CUSTOMER } : { type: 'api_key', id: payment_by };
    case 'operation.requested':
      return requester(event.by);
    case 'money.refunded':
      return event.source === 'manual' ? requester(operation_by) : { type: 'provider', id: provider };
    case 'case.resolved':
      return { type: 'person', id: event.by };
    case 'invoice.canceled':
      return requester(event.by ?? null);
    case 'payment.canceled':
      return event.by === undefined ? WORKFLOW : requester(event.by);
    case 'payment.created':
    case 'payment.authorized':
    case 'payment.voided':
    case 'payment.failed':
    case 'money.received':
    case 'money.fee_learnt':
    case 'operation.accepted':
    case 'operation.failed':
    case 'operation.succeeded':
      return { type: 'provider', id: provider };
    case 'payment.unknown':
    case 'payment.authorization_expiring':
    case 'payment.expired':
    case 'operation.unknown':
    case 'operation.canceled':
    case 'case.opened':
    case 'invoice.expired':
      return WORKFLOW;
  }
}

/** As `by` of an operation has it: the id of a key, `sarraf`, `policy:…`, `provider`, or the name of a person. */
function requester(by: string | null): Actor {
  if (by === 'sarraf') return WORKFLOW;
  if (by?.startsWith('policy:')) return { type: 'workflow', id: by };
  if (by === null || by.startsWith('key_')) return { type: 'api_key', id: by };
  return by === 'provider' ? { type: 'provider', id: null } : { type: 'person', id: by };
}

/** The id of what it was done to. */
export function objectOf(event: InvoiceEvent, invoice_id: string): string {
  if ('case_id' in event) return event.case_id;
  if ('operation_id' in event) return event.operation_id;
  return 'payment_id' in event ? event.payment_id : invoice_id;
}
