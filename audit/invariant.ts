/** What an invariant is: something that must hold whatever has happened, and how it is seen in the record. */
import type { InvoiceEvent } from '../domain/events.ts';
import type { InvoiceState } from '../domain/state.ts';

/** Something that does not hold. */
export interface Violation {
  /** The id of the invoice, payment, operation, case, webhook or ledger transaction it is about. */
  readonly about: string;
  readonly message: string;
}

/** An invariant of single invoices, checked on everything that is recorded of one. */
export interface InvoiceInvariant {
  /** Stable: for programs. */
  readonly id: string;
  /** What holds, as a sentence. */
  readonly title: string;
  readonly check: (invoice: InvoiceRecord) => Violation[];
}

/** All rows about one invoice, read in one snapshot. Amounts in minor units, times RFC 3339 UTC. */
export interface InvoiceRecord {
  readonly row: InvoiceColumns;
  readonly events: readonly EventColumns[];
  readonly payments: readonly PaymentColumns[];
  readonly operations: readonly OperationColumns[];
  readonly cases: readonly CaseColumns[];
  readonly ledger: readonly LedgerColumns[];
  readonly outgoing: readonly OutgoingColumns[];
  readonly entries: readonly EntryColumns[];
}

export interface InvoiceColumns {
  readonly id: string;
  readonly merchant_id: string;
  readonly mode: string;
  readonly created_by: string | null;
  /** The last event that the audit chain covers; null: it does not know the invoice yet. */
  readonly sealed_to: number | null;
  readonly currency: string;
  readonly amount: number;
  readonly due_at: string;
  readonly created_at: string;
  readonly capture_method: InvoiceState['capture_method'];
  readonly on_authorization_expiry: InvoiceState['on_authorization_expiry'];
  readonly late_money: InvoiceState['policies']['late'];
  readonly excess_money: InvoiceState['policies']['excess'];
  readonly state: InvoiceState;
  readonly version: number;
  readonly status: string;
  readonly amount_received: number;
  readonly amount_late: number;
  readonly amount_authorized: number;
  readonly amount_refunded: number;
}

export interface EventColumns {
  readonly sequence: number;
  readonly type: InvoiceEvent['type'];
  readonly event_key: string;
  readonly data: object;
  readonly at: string;
  /** The moment of its commit in microseconds: the same for all events of one commit, and for no others of the invoice. */
  readonly commit: string;
}

export interface PaymentColumns {
  readonly id: string;
  readonly account_id: string;
  readonly provider: string;
  readonly method: string;
  readonly currency: string;
  readonly amount: number;
  readonly status: string;
  readonly provider_payment_id: string | null;
  readonly sent_at: string | null;
  readonly expires_at: string | null;
  readonly capture_before: string | null;
  readonly amount_received: number;
  readonly amount_authorized: number;
  readonly amount_refunded: number;
  readonly requested_by: string | null;
  /** Create calls that the provider took, or may have taken, as far as calls are still kept. */
  readonly creations: number;
}

export interface OperationColumns {
  readonly id: string;
  readonly kind: string;
  readonly payment_id: string;
  readonly currency: string;
  readonly amount: number | null;
  readonly status: string;
  readonly provider_operation_id: string | null;
  readonly requested_by: string;
}

export interface CaseColumns {
  readonly id: string;
  readonly kind: string;
  readonly payment_id: string;
  readonly operation_id: string | null;
  readonly currency: string;
  readonly amount: number;
  readonly opened_at: string | null;
  readonly resolved_at: string | null;
  readonly decision: string | null;
  readonly resolved_by: string | null;
}

export interface LedgerColumns {
  readonly transaction_key: string;
  readonly line: number;
  readonly account: string;
  readonly merchant_id: string;
  readonly account_id: string;
  readonly payment_id: string;
  readonly currency: string;
  readonly amount: number;
}

export interface OutgoingColumns {
  readonly sequence: number;
  readonly line: number;
  readonly type: string;
  readonly payment_id: string | null;
  readonly data: object;
}

/** What the audit trail says of an event, or of the invoice itself (0). */
export interface EntryColumns {
  readonly id: string;
  readonly event_sequence: number;
  readonly merchant_id: string;
  readonly mode: string;
  readonly actor_type: string;
  readonly actor_id: string | null;
  readonly action: string;
  readonly object_id: string;
}
