/** `expand`: what an answer has whole. The names that a call gives decide the type of what it answers with. */
import type { EventFacts } from './events.ts';
import type { Page } from './listing.ts';
import type { Invoice, Operation, OperationKind, OperationWithHistory, Payment } from './objects.ts';

/** `events`: the newest of each. Payments are there without being asked for. */
export type InvoiceExpansion = 'payments' | 'events';
export type PaymentExpansion = 'invoice';
/** Of captures, voids and refunds. */
export type OperationExpansion = 'payment' | 'invoice';

/** To stand beside what else a call takes. */
export interface Expand<Names extends readonly string[]> {
  /** What the answer is to have whole. */
  readonly expand?: Names;
}

/** Whether the names have this one. */
type Has<Names extends readonly string[], Name extends string, Then, Else> = Name extends Names[number]
  ? Then
  : Else;

/** An invoice with what was asked for beside it; `GET /v1/events?invoice=` has all events. */
export type ExpandedInvoice<Names extends readonly string[]> = Invoice &
  Has<Names, 'events', { readonly events: Page<EventFacts> }, unknown>;

/** A payment; the invoice in place of its id where that was asked for. */
export type ExpandedPayment<Names extends readonly string[]> = Has<
  Names,
  'invoice',
  Omit<Payment, 'invoice'> & { readonly invoice: Invoice },
  Payment
>;

/** An operation; payment and invoice in place of their ids where that was asked for. */
export type ExpandedOperation<
  Kind extends OperationKind,
  Names extends readonly string[],
  Whole extends Operation<Kind> = Operation<Kind>,
> = Omit<Whole, 'invoice' | 'payment'> & {
  readonly invoice: Has<Names, 'invoice', Invoice, string>;
  readonly payment: Has<Names, 'payment', Payment, string>;
};

/** The same with what has become of it. */
export type ExpandedHistory<Kind extends OperationKind, Names extends readonly string[]> = ExpandedOperation<
  Kind,
  Names,
  OperationWithHistory<Kind>
>;
