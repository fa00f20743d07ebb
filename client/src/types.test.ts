/** The types of the library are those of the API: the compiler compares them with what the presenters return. */
import type { presentCase } from '../../api/present-case.ts';
import type { presentAttempt, presentDelivery } from '../../api/present-delivery.ts';
import type { presentEndpoint } from '../../api/present-endpoint.ts';
import type { presentEvent } from '../../api/present-event.ts';
import type { presentExchange } from '../../api/present-exchange.ts';
import type { presentIncident } from '../../api/present-incident.ts';
import type { presentRun } from '../../api/present-run.ts';
import type { presentOperation, presentOperationLog } from '../../api/present-operation.ts';
import type { quotes } from '../../api/schemas/quote.ts';
import type { Shown } from '../../api/schemas/parts.ts';
import type { presentPerformance } from '../../api/present-performance.ts';
import type {
  presentExpandedInvoice,
  presentExpandedOperation,
  presentExpandedPayment,
} from '../../api/expanded.ts';
import type { presentInvoice, presentPayment } from '../../api/present.ts';
import { errorCatalogue } from '../../api/error-catalogue.ts';
import { DELIVERY_STATUSES as DELIVERY_STATUSES_THERE } from '../../db/delivery-list.ts';
import { OPERATION_STATUSES as OPERATION_STATUSES_THERE } from '../../domain/operations.ts';
import type { OutgoingType } from '../../domain/outgoing.ts';
import * as there from '../../domain/status.ts';
import { apiError } from './errors.ts';
import { DELIVERY_STATUSES, INVOICE_STATUSES, OPERATION_STATUSES, PAYMENT_STATUSES } from './index.ts';
import type * as here from './index.ts';

/**
 * As JSON has it: without `readonly`, alternatives of an object as one object, a field that may be missing as `undefined`, and without
 * the name of the object, which presenters leave a string.
 */
type Plain<T> =
  | (T extends object ? never : T)
  | (T extends readonly (infer Row)[] ? Plain<Row>[] : never)
  | OneObject<T extends readonly unknown[] ? never : T extends object ? T : never>;

type OneObject<T> = [T] extends [never]
  ? never
  : { [Name in Exclude<NamesOf<T>, 'object'>]: Plain<FieldOf<T, Name>> };

type NamesOf<T> = T extends object ? keyof T : never;

type FieldOf<T, Name> = T extends object ? (Name extends keyof T ? T[Name] : undefined) : never;

/** True only where the two are the same: each field, each alternative, each `null`. */
type Same<A, B> =
  // oxlint-disable-next-line no-unnecessary-type-parameters -- how the compiler is made to compare for sameness
  (<T>() => T extends Plain<A> ? 1 : 2) extends <T>() => T extends Plain<B> ? 1 : 2 ? true : false;

/** Presenters leave these a string, or nothing in particular. */
type Loose = 'status' | 'possible_decisions' | 'request_headers';

type EventThere = Omit<ReturnType<typeof presentEvent>, 'data' | 'incident'>;

/** Does not compile when an answer of the API and its type in the library differ. */
const comparisons: {
  readonly invoice: Same<here.Invoice, ReturnType<typeof presentInvoice>>;
  readonly payment: Same<here.Payment, ReturnType<typeof presentPayment>>;
  readonly operation: Same<here.Operation, ReturnType<typeof presentOperation>>;
  readonly history: Same<
    here.OperationWithHistory,
    ReturnType<typeof presentOperation> & ReturnType<typeof presentOperationLog>
  >;
  readonly invoice_events: Same<
    keyof here.ExpandedInvoice<['events']>['events']['data'][number],
    keyof NonNullable<ReturnType<typeof presentExpandedInvoice>['events']>['data'][number]
  >;
  readonly invoice_without: Same<here.ExpandedInvoice<['payments']>, ReturnType<typeof presentInvoice>>;
  readonly payment_invoice: Same<
    here.ExpandedPayment<['invoice']>['invoice'],
    Exclude<ReturnType<typeof presentExpandedPayment>['invoice'], string>
  >;
  readonly payment_without: Same<here.ExpandedPayment<[]>, ReturnType<typeof presentPayment>>;
  readonly refund_payment: Same<
    here.ExpandedOperation<'refund', ['payment', 'invoice']>['payment'],
    Exclude<ReturnType<typeof presentExpandedOperation>['payment'], string>
  >;
  readonly quotes: Same<here.Quotes, Shown<typeof quotes>>;
  readonly case: Same<Omit<here.Case, Loose>, Omit<ReturnType<typeof presentCase>, Loose>>;
  readonly delivery: Same<
    Omit<here.Delivery, 'event_type' | 'reason'>,
    Omit<ReturnType<typeof presentDelivery>, 'event_type' | 'reason'>
  >;
  readonly attempt: Same<here.DeliveryAttempt, ReturnType<typeof presentAttempt>>;
  readonly endpoint: Same<here.WebhookEndpoint, ReturnType<typeof presentEndpoint>>;
  readonly incident: Same<Omit<here.Incident, Loose>, Omit<ReturnType<typeof presentIncident>, Loose>>;
  readonly run: Same<
    Omit<here.ReconciliationRun, Loose | 'failure'>,
    Omit<ReturnType<typeof presentRun>, Loose | 'failure'>
  >;
  readonly exchange: Same<here.Exchange, ReturnType<typeof presentExchange>>;
  readonly performance: Same<here.Performance, NonNullable<ReturnType<typeof presentPerformance>>>;
  readonly event_fields: Same<keyof here.Event, keyof ReturnType<typeof presentEvent>>;
  readonly event_types: Same<here.EventType, OutgoingType>;
  readonly event: here.Event extends Omit<EventThere, 'type'> ? true : false;
} = {
  invoice: true,
  payment: true,
  operation: true,
  history: true,
  invoice_events: true,
  invoice_without: true,
  payment_invoice: true,
  payment_without: true,
  refund_payment: true,
  quotes: true,
  case: true,
  delivery: true,
  attempt: true,
  endpoint: true,
  incident: true,
  run: true,
  exchange: true,
  performance: true,
  event_fields: true,
  event_types: true,
  event: true,
};

it('has the types of the API', () => {
  expect(Object.values(comparisons)).not.toContain(false);
});

it('lists the statuses of the API', () => {
  expect(INVOICE_STATUSES).toEqual(there.INVOICE_STATUSES);
  expect(PAYMENT_STATUSES).toEqual(there.PAYMENT_STATUSES);
  expect(OPERATION_STATUSES).toEqual(OPERATION_STATUSES_THERE);
  expect(DELIVERY_STATUSES).toEqual(DELIVERY_STATUSES_THERE);
});

it('has a class for every status of the catalogue but one that no call of it can meet', () => {
  const facts = { code: '', title: '', detail: '', request_id: null, errors: [], resource_id: null };
  const rest = { retry_after_s: null, attempts: 1, idempotency_key: null, body: null };
  const without = Object.values(errorCatalogue)
    .map(({ status }) => status)
    .filter((status) => apiError({ status, ...facts, ...rest }).name === 'ApiError');
  expect(new Set(without)).toEqual(new Set([405]));
});
