/** What the API is asked with: bodies and the query parameters of lists. */
import type {
  AuthorizationEnd,
  CaptureMethod,
  CaseDecision,
  CaseKind,
  Customer,
  DeliveryStatus,
  InvoiceStatus,
  Item,
  MoneyPolicy,
  OperationStatus,
  PaymentStatus,
  ReturnUrls,
} from './objects.ts';
import type { EventType } from './events.ts';

export interface NewInvoice {
  /** Minor units. */
  readonly amount: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Yours; can be searched for. */
  readonly reference?: string;
  readonly description?: string;
  /** RFC 3339, a minute to a year ahead; in a week without it. */
  readonly due_at?: string;
  readonly customer?: Customer;
  readonly items?: readonly Item[];
  readonly metadata?: Readonly<Record<string, string>>;
  readonly capture_method?: CaptureMethod;
  readonly on_authorization_expiry?: AuthorizationEnd;
  readonly late_money?: MoneyPolicy;
  readonly excess_money?: MoneyPolicy;
  readonly return_urls?: ReturnUrls;
}

export interface NewPayment {
  /** `finan.bank_transfer`; without it, the merchant's routing rules pick one. */
  readonly payment_service?: string;
  /** Needed where there are several accounts at the provider. */
  readonly provider_account?: string;
  /** Minor units; what remains without it. */
  readonly amount?: number;
  readonly description?: string;
  readonly customer?: Customer;
  readonly return_urls?: ReturnUrls;
}

interface OperationNote {
  readonly reason?: string;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface NewCapture extends OperationNote {
  /** Minor units; all that is authorized without it. */
  readonly amount?: number;
}

export type NewVoid = OperationNote;

export interface NewRefund extends OperationNote {
  /** The payment's id. */
  readonly payment: string;
  /** Minor units; all that is left without it. */
  readonly amount?: number;
  /** True: you give the money back yourself, and it is only recorded. */
  readonly manual?: boolean;
}

export interface Decision {
  readonly decision: CaseDecision;
  readonly reason: string;
  /** Who decided. */
  readonly name: string;
  /** The provider's id, for `it_exists`. */
  readonly provider_id?: string;
}

export interface NewWebhookEndpoint {
  readonly url: string;
  readonly description?: string;
  /** Types such as `invoice.paid`, groups such as `invoice.*`, or `*`; all without it. */
  readonly event_types?: readonly string[];
  readonly api_version?: string;
  readonly alias?: 'furatpay';
}

export interface WebhookEndpointChange extends Partial<NewWebhookEndpoint> {
  readonly enabled?: boolean;
}

export interface NewProviderAccount {
  readonly provider: string;
  readonly label?: string;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly region?: string;
  readonly environment?: string;
  readonly base_url?: string;
}

export interface ProviderAccountChange {
  readonly label?: string;
  readonly enabled?: boolean;
  readonly base_url?: string;
  readonly settlement_days?: number | null;
}

/** Where a list begins, and how much of it comes at once. */
export interface PageQuery {
  /** 1 to 100. */
  readonly limit?: number;
  /** What is older than this one, the newest first. */
  readonly starting_after?: string;
  /** What is newer than this one; a loop over it goes from the oldest to the newest. */
  readonly ending_before?: string;
}

/** What several lists can be narrowed to. */
interface MoneyRange {
  readonly currency?: string;
  /** Minor units, both ends included. */
  readonly amount_gte?: number;
  readonly amount_lte?: number;
}

interface TimeRange {
  /** RFC 3339, both ends included. */
  readonly created_gte?: string;
  readonly created_lte?: string;
}

export interface InvoiceQuery extends PageQuery, MoneyRange, TimeRange {
  readonly status?: InvoiceStatus;
  readonly reference?: string;
  /** With a payment at it. */
  readonly provider?: string;
  /** All of it has to be in the invoice's. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface PaymentQuery extends PageQuery, MoneyRange, TimeRange {
  readonly status?: PaymentStatus;
  readonly provider?: string;
  readonly invoice?: string;
  readonly provider_payment_id?: string;
  /** The invoice's. */
  readonly reference?: string;
}

export interface RefundQuery extends PageQuery, MoneyRange, TimeRange {
  readonly status?: OperationStatus;
  readonly provider?: string;
  readonly payment?: string;
  readonly invoice?: string;
  readonly reference?: string;
  readonly provider_operation_id?: string;
  /** All of it has to be in the refund's. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface EventQuery extends PageQuery, TimeRange {
  readonly type?: EventType;
  readonly invoice?: string;
  readonly payment?: string;
}

export interface CaseQuery extends PageQuery, MoneyRange {
  readonly status?: 'open' | 'resolved';
  readonly kind?: CaseKind;
  readonly invoice?: string;
  readonly payment?: string;
  readonly provider?: string;
  /** RFC 3339, both ends included. */
  readonly opened_gte?: string;
  readonly opened_lte?: string;
}

export interface DeliveryQuery extends PageQuery {
  readonly webhook_endpoint?: string;
  readonly event?: string;
  readonly status?: DeliveryStatus;
}

/** An invoice, or a currency with or without an amount; neither: every service. */
export interface ServiceQuery {
  readonly invoice?: string;
  readonly currency?: string;
  /** Minor units. */
  readonly amount?: number;
}
