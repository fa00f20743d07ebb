/** What the API answers with. Amounts are integers in minor units, times RFC 3339 in UTC; `display` is for people. */

export type Mode = 'live' | 'sandbox';

export const INVOICE_STATUSES = [
  'open',
  'authorized',
  'partially_paid',
  'paid',
  'overpaid',
  'partially_refunded',
  'refunded',
  'expired',
  'canceled',
] as const;
export type InvoiceStatus = (typeof INVOICE_STATUSES)[number];

export const PAYMENT_STATUSES = [
  'requested',
  'pending',
  'authorized',
  'partially_paid',
  'paid',
  'partially_refunded',
  'refunded',
  'unknown',
  'failed',
  'expired',
  'canceled',
] as const;
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number];

export const OPERATION_STATUSES = ['pending', 'unknown', 'succeeded', 'failed', 'canceled'] as const;
export type OperationStatus = (typeof OPERATION_STATUSES)[number];

export const DELIVERY_STATUSES = ['pending', 'delivered', 'exhausted'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

export type CaptureMethod = 'automatic' | 'manual';
export type AuthorizationEnd = 'capture' | 'void';
export type MoneyPolicy = 'accept' | 'refund' | 'hold';
export type Scope = 'read' | 'create' | 'capture' | 'refund' | 'admin';

export interface Amount {
  /** Minor units. */
  readonly amount: number;
  readonly display: string;
}

export interface Customer {
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
  /** ISO 3166-1, two letters. */
  readonly country?: string;
}

export interface Item {
  readonly name: string;
  readonly quantity: number;
  /** Minor units. */
  readonly unit_amount: number;
}

/** Where the customer goes after paying. */
export interface ReturnUrls {
  readonly success?: string;
  readonly failure?: string;
  readonly cancel?: string;
}

/** What is owed. */
export interface Invoice extends Amount {
  readonly object: 'invoice';
  readonly id: string;
  readonly mode: Mode;
  readonly status: InvoiceStatus;
  /** ISO 4217. */
  readonly currency: string;
  readonly amounts: {
    readonly due: Amount;
    readonly received: Amount;
    readonly authorized: Amount;
    readonly refunded: Amount;
    readonly remaining: Amount;
    readonly excess: Amount;
    readonly late: Amount;
  };
  readonly capture_method: CaptureMethod;
  readonly on_authorization_expiry: AuthorizationEnd;
  readonly late_money: MoneyPolicy;
  readonly excess_money: MoneyPolicy;
  readonly reference: string | null;
  readonly description: string | null;
  readonly customer: Customer;
  readonly items: readonly Item[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly return_urls: ReturnUrls;
  /** The hosted page on which the customer pays. */
  readonly checkout_url: string;
  readonly due_at: string;
  readonly created_at: string;
  readonly updated_at: string;
  /** When its personal data was erased. */
  readonly erased_at: string | null;
  readonly payments: readonly Payment[];
}

/** What the customer is to be shown: `type` says which of the other fields there are. */
export interface NextAction {
  readonly type: PaymentFlow;
  readonly redirect_url?: string;
  readonly qr?: { readonly payload?: string; readonly svg_url?: string; readonly png_url: string };
  /** A code that a person can type instead of scanning. */
  readonly readable_code?: string;
  readonly deep_links?: readonly { readonly label: string; readonly url: string }[];
  readonly bank_transfer?: Amount & {
    readonly bank_name: string;
    readonly account_name: string;
    readonly account_number: string;
    readonly remark: string;
  };
  /** The last digits of the phone that shows the confirmation. */
  readonly phone_hint?: string;
}

export type PaymentFlow = 'redirect' | 'qr_code' | 'bank_transfer' | 'confirm_on_phone';

export type FailureKind =
  | 'declined'
  | 'invalid_request'
  | 'bad_credentials'
  | 'rate_limited'
  | 'unavailable'
  | 'unknown_outcome'
  | 'not_found';

/** What a provider, or the way to it, said. */
export interface Failure {
  readonly kind: FailureKind;
  readonly code: string;
  readonly message: string;
}

/** One attempt to collect an invoice with one payment service. */
export interface Payment extends Amount {
  readonly object: 'payment';
  readonly id: string;
  readonly invoice: string;
  /** `finan.bank_transfer` */
  readonly payment_service: string;
  readonly provider: string;
  readonly method: string;
  readonly provider_account: string;
  readonly provider_payment_id: string | null;
  readonly status: PaymentStatus;
  readonly currency: string;
  readonly received: Amount;
  readonly authorized: Amount;
  readonly refunded: Amount;
  /** When the authorization ends. */
  readonly capture_before: string | null;
  readonly description: string | null;
  /** Null unless the customer can pay now. */
  readonly next_action: NextAction | null;
  readonly failure: Failure | null;
  /** How the service was picked; null where the request named it. */
  readonly routing: PaymentRouting | null;
  readonly expires_at: string | null;
  readonly captures: readonly Operation[];
  readonly voids: readonly Operation[];
  readonly refunds: readonly Operation[];
  readonly created_at: string;
  readonly updated_at: string;
}

export interface PaymentRouting {
  readonly revision: number;
  readonly rule: { readonly index: number; readonly name: string | null };
  readonly strategy: RoutingStrategy;
  readonly reason: string;
  readonly attempt: number;
  readonly fallback_of: string | null;
  readonly skipped: readonly SkippedService[];
}

export type OperationKind = 'capture' | 'void' | 'refund';

/** A capture, a void or a refund. */
export interface Operation<Kind extends OperationKind = OperationKind> {
  readonly object: Kind;
  readonly id: string;
  readonly payment: string;
  readonly invoice: string;
  readonly status: OperationStatus;
  /** Minor units; null while all that is left was asked for and nobody has decided how much that is. */
  readonly amount: number | null;
  readonly display: string | null;
  readonly currency: string;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly requested_by: string;
  readonly provider_operation_id: string | null;
  readonly failure: Failure | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** One that is read alone, with what has become of it step by step. */
export interface OperationWithHistory<Kind extends OperationKind = OperationKind> extends Operation<Kind> {
  readonly history: readonly {
    readonly status: 'requested' | 'unknown' | 'accepted' | 'failed' | 'canceled' | 'succeeded';
    readonly at: string;
    readonly failure: Failure | null;
  }[];
  readonly attempts: readonly {
    readonly at: string;
    readonly outcome: 'answered' | 'refused' | 'not_taken' | 'unknown';
    readonly http_status: number | null;
    readonly failure: { readonly code: string; readonly message: string } | null;
    readonly duration_ms: number;
    readonly exchange: string;
  }[];
}

export type CaseKind =
  | 'late_money'
  | 'excess_money'
  | 'unknown_operation'
  | 'unknown_payment'
  | 'missing_here'
  | 'missing_there'
  | 'amount_differs'
  | 'status_differs'
  | 'fee_differs'
  | 'duplicate';

export type CaseDecision =
  | 'accept'
  | 'refund'
  | 'refund_by_hand'
  | 'it_happened'
  | 'it_did_not_happen'
  | 'it_exists'
  | 'it_does_not_exist'
  | 'handled'
  | 'not_ours'
  | 'accept_fee';

/** What a person has or had to decide. */
export interface Case {
  readonly object: 'case';
  readonly id: string;
  readonly kind: CaseKind;
  readonly status: 'open' | 'resolved';
  readonly invoice: string | null;
  readonly payment: string | null;
  readonly operation: string | null;
  readonly amount: number;
  readonly display: string | null;
  readonly currency: string | null;
  readonly provider_account: string | null;
  readonly provider_payment_id: string | null;
  readonly reconciliation_run: string | null;
  readonly reconciliation_row: string | null;
  readonly possible_decisions: readonly CaseDecision[];
  readonly decision: CaseDecision | null;
  readonly reason: string | null;
  readonly resolved_by: string | null;
  readonly opened_at: string;
  readonly resolved_at: string | null;
}

/** A time in which calls with a provider account were refused. */
/** One comparison of a provider's day with the record. */
export interface ReconciliationRun {
  readonly object: 'reconciliation_run';
  readonly id: string;
  readonly mode: Mode;
  readonly provider_account: string;
  readonly provider: string;
  /** In UTC: `2027-01-31`. */
  readonly day: string;
  readonly source: 'list' | 'reads' | 'file';
  readonly complete: boolean;
  /** False: the provider gives no whole list of such a day. */
  readonly list_whole: boolean | null;
  readonly status: 'pending' | 'running' | 'succeeded' | 'failed';
  readonly failure: { readonly kind: string; readonly code: string; readonly message: string } | null;
  readonly report: {
    readonly rows: number;
    readonly outcomes: Readonly<Record<string, number>>;
    readonly put_right: number;
    readonly cases: number;
    readonly settled: readonly {
      readonly currency: string;
      readonly settlements: number;
      readonly net: Amount;
      readonly fee: Amount;
    }[];
    readonly settled_before: number;
    readonly overdue: number;
  } | null;
  readonly requested_by: string;
  readonly created_at: string;
  readonly started_at: string | null;
  readonly finished_at: string | null;
}

/** Calls that fail, or what is measured and far from usual. */
export type IncidentCause = 'unreachable' | 'low_success_rate' | 'slow' | 'webhooks_missing';

export interface Incident {
  readonly object: 'incident';
  readonly id: string;
  readonly mode: Mode;
  readonly status: 'open' | 'recovered';
  readonly provider_account: string;
  readonly provider: string;
  readonly cause: IncidentCause;
  readonly detail: string;
  readonly since: string;
  readonly recovered_at: string | null;
  readonly recovery: 'answered' | 'quiet' | 'usual_again' | null;
}

/** Where a merchant's server is told of events. */
export interface WebhookEndpoint {
  readonly object: 'webhook_endpoint';
  readonly id: string;
  readonly mode: Mode;
  readonly url: string;
  readonly description: string | null;
  readonly event_types: readonly string[];
  readonly api_version: '2026-11-01';
  readonly alias: 'furatpay' | null;
  readonly enabled: boolean;
  readonly disabled: {
    readonly reason: 'requested' | 'gone' | 'failing';
    readonly at: string | null;
  } | null;
  readonly failing: { readonly since: string; readonly warned_at: string | null } | null;
  readonly previous_secrets: readonly { readonly valid_until: string }[];
  readonly created_at: string;
  readonly updated_at: string;
  readonly rotated_at: string | null;
}

/** As the answer to its making and to a rotation shows it. `secret`: null when a repetition could not be given it again. */
export type WebhookEndpointWithSecret = WebhookEndpoint & { readonly secret: string | null };

export interface DeliveryAttempt {
  readonly number: number;
  readonly at: string;
  readonly duration_ms: number;
  readonly url: string;
  readonly status: number | null;
  readonly failure: string | null;
  /** The beginning of the answer; null too when it has been forgotten. */
  readonly response_body: string | null;
}

/** One event for one webhook endpoint. */
export interface Delivery {
  readonly object: 'delivery';
  readonly id: string;
  readonly mode: Mode;
  readonly webhook_endpoint: string;
  readonly event: string;
  readonly event_type: string;
  readonly invoice: string | null;
  readonly status: DeliveryStatus;
  readonly reason: 'attempts_exhausted' | 'endpoint_gone' | 'endpoint_disabled' | 'endpoint_deleted' | null;
  readonly attempt_count: number;
  readonly last_attempt: DeliveryAttempt | null;
  readonly next_attempt_at: string | null;
  readonly delivered_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export type DeliveryWithAttempts = Delivery & { readonly attempts: readonly DeliveryAttempt[] };

/** How a payment service has done in the last hour; rates are from 0 to 1, null where there is nothing to measure. */
export interface Performance {
  readonly window_s: number;
  readonly measured_at: string;
  readonly payments: {
    readonly requested: number;
    readonly created: number;
    readonly paid: number;
    readonly ended: number;
    readonly open: number;
  };
  readonly creation_rate: number | null;
  readonly success_rate: number | null;
  readonly failures: Readonly<Partial<Record<FailureKind, number>>>;
  readonly calls: {
    readonly count: number;
    readonly failed: number;
    readonly p50_ms: number | null;
    readonly p95_ms: number | null;
  };
}

/** A way to pay: one method of one provider. */
export interface PaymentService {
  readonly object: 'payment_service';
  readonly id: string;
  readonly provider: string;
  readonly method: string;
  readonly title: string;
  readonly flow: PaymentFlow;
  readonly provider_account: string;
  /** Bounds and step in minor units. */
  readonly currencies: readonly {
    readonly currency: string;
    readonly min: number;
    readonly max: number;
    readonly step: number;
  }[];
  readonly requires: readonly ('customer.name' | 'customer.phone' | 'customer.email')[];
  readonly description_max: number;
  readonly lifetime_s: number;
  readonly capture: 'automatic' | 'manual_once' | 'manual_many';
  readonly refund: 'none' | 'full' | 'partial';
  readonly available: boolean;
  readonly unavailable_reason: { readonly code: string; readonly detail: string } | null;
  readonly performance: Performance | null;
}

/** A payment service that was chosen for an invoice, and what came of it: a payment, seen from the invoice. */
export interface Quote extends Amount {
  readonly object: 'quote';
  /** The payment's. */
  readonly id: string;
  readonly invoice: string;
  readonly payment_service: string;
  readonly title: string;
  readonly provider: string;
  readonly provider_account: string;
  readonly provider_payment_id: string | null;
  readonly chosen_by: 'customer' | 'merchant' | 'routing';
  readonly status: PaymentStatus;
  /** What came against what was asked for, whatever the status. */
  readonly balance: 'unpaid' | 'underpaid' | 'paid' | 'overpaid';
  readonly currency: string;
  readonly received: Amount;
  readonly missing: Amount;
  readonly excess: Amount;
  readonly refunded: Amount;
  readonly received_at: string | null;
  readonly expires_at: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** A page of an invoice's quotes, and what can be chosen now for what is left. */
export interface Quotes {
  readonly object: 'list';
  readonly data: readonly Quote[];
  readonly has_more: boolean;
  /** What another payment may ask for; 0 when the invoice takes none. */
  readonly payable: Amount;
  readonly choices: readonly PaymentService[];
}

/** An account at a provider; of its credentials the names alone. */
export interface ProviderAccount {
  readonly object: 'provider_account';
  readonly id: string;
  readonly mode: Mode;
  readonly provider: string;
  readonly label: string;
  readonly enabled: boolean;
  readonly base_url: string;
  /** Null: they cannot be decrypted. */
  readonly credentials: { readonly set: readonly string[]; readonly unset: readonly string[] } | null;
  readonly previous_credentials: readonly { readonly valid_until: string }[];
  readonly revision: number;
  readonly health: {
    readonly state: string;
    readonly since: string | null;
    readonly retry_at: string | null;
  };
  readonly performance: readonly (Performance & { readonly payment_service: string })[];
  readonly webhook_url: string;
  readonly settlement_days: number | null;
  readonly created_at: string;
  readonly updated_at: string;
  readonly rotated_at: string | null;
}

/** Of one currency, by the ledger. */
export interface Balance {
  readonly object: 'balance';
  readonly currency: string;
  readonly balanced: boolean;
  readonly total: Amount;
  readonly accounts: readonly (Amount & {
    readonly account: string;
    readonly provider_accounts: readonly (Amount & {
      readonly provider_account: string;
      readonly provider: string;
      readonly label: string;
    })[];
  })[];
}

export interface Balances {
  readonly object: 'balances';
  readonly mode: Mode;
  readonly balanced: boolean;
  readonly data: readonly Balance[];
}

/** One message to or from a provider. */
export interface Exchange {
  readonly object: 'exchange';
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  /** Null: it is about no single invoice. */
  readonly invoice: string | null;
  readonly payment: string | null;
  readonly provider: string;
  readonly provider_account: string;
  readonly operation: string;
  readonly method: string;
  readonly url: string;
  readonly status: number | null;
  readonly failure: Failure | null;
  readonly started_at: string;
  readonly duration_ms: number | null;
  readonly attempt: number | null;
  readonly request_headers: Readonly<Record<string, string>>;
  readonly request_body: string | null;
  readonly response_headers: Readonly<Record<string, string>> | null;
  readonly response_body: string | null;
  readonly webhook: {
    readonly event_key: string;
    readonly state: 'received' | 'processed' | 'ignored' | 'dead';
    readonly reason: string | null;
    readonly copies: number;
    readonly processed_at: string | null;
  } | null;
  readonly erased_at: string | null;
}

/**
 * The answer to a move of the test clock; `settled` is false where the move goes on, `in_flight` where nothing of the invoice was in
 * flight and only payments that may still be paid late were looked at.
 */
export interface TestClock {
  readonly object: 'test_clock';
  readonly invoice: Invoice;
  readonly advanced_s: number;
  readonly settled: boolean;
  readonly in_flight: boolean;
}

export type RoutingStrategy = 'in_order' | 'weighted' | 'success_rate' | 'latency';

export interface SkippedService {
  readonly payment_service: string;
  readonly provider_account: string | null;
  readonly code: string;
  readonly detail: string;
}
