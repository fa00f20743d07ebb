/**
 * What a payment provider is to Sarraf: a manifest of what it can do and a connector that speaks its wire
 * format. Everything above works from these types alone; a new provider is one new folder and an entry in two indexes (docs/adding-a-provider.md).
 *
 * Every connector function throws `ProviderError` and nothing else when the provider or the network fails.
 */
import type { ZodType } from 'zod';
import type { Currency } from '../domain/currency.ts';
import type { Money } from '../domain/money.ts';
import type { ReturnAddresses } from '../domain/return-address.ts';
import type { ProviderHttp } from './http.ts';
import type { TokenStore } from './token-store.ts';

/** How the customer pays, which decides what `next_action` the merchant gets. */
export type PaymentFlow = 'redirect' | 'qr_code' | 'bank_transfer' | 'confirm_on_phone';

/** One way to pay at a provider: what a merchant links and a customer chooses (`finan.bank_transfer`). */
export interface MethodManifest {
  /** Our name for it, unique within the provider: lower case, digits, underscores. */
  readonly method: string;
  /** For people: `VietQR bank transfer`. */
  readonly title: string;
  readonly flow: PaymentFlow;
  /** Limits per currency in minor units; `step` is the smallest difference between two amounts (1000 for whole dinars). */
  readonly amounts: readonly { currency: Currency; min: number; max: number; step: number }[];
  /** How long a payment lives at the provider, in seconds, when the provider does not say so itself. */
  readonly lifetime_s: number;
  /** What of the customer the provider insists on. */
  readonly requires: readonly ('customer.name' | 'customer.phone' | 'customer.email')[];
  /** The longest description the provider takes, in characters. */
  readonly description_max: number;
  /** Where this method differs from the manifest's `capture`. */
  readonly capture?: Manifest['capture'];
  /** How long an authorization can be captured, in seconds; left out where nobody says. The shortest that can be. */
  readonly authorization_s?: number;
}

/** Base URLs; `sandbox` null: there is no other host for play money, and none that takes it is known. */
export interface Hosts {
  readonly live: string;
  readonly sandbox: string | null;
}

/** The facts of a provider, declared in one place. Times in seconds. */
export interface Manifest {
  /** Our name for it: the folder's name, the `provider` of every API object, the path of its webhooks. */
  readonly provider: string;
  readonly title: string;
  /** ISO 3166 alpha-2. */
  readonly countries: readonly string[];
  /** Base URLs of the real thing. A provider account can carry its own. */
  readonly hosts: Hosts & {
    /** Where the host depends on the merchant's country: one entry for each, the two above among them. */
    readonly regions?: Readonly<Record<string, Hosts>>;
    /** The credential that names the region, at providers that ask for it anyway. */
    readonly region_credential?: string;
  };
  readonly methods: readonly MethodManifest[];
  readonly capture: 'automatic' | 'manual_once' | 'manual_many';
  readonly refund: 'none' | 'full' | 'partial';
  /** Whether a payment nobody has paid can be ended at the provider, and what that call is. */
  readonly can_expire: boolean;
  /** How a create call whose answer was lost is found again: by our reference, or not at all. */
  readonly lookup: 'by_reference' | 'none';
  /** `amounts`: signature covers amount and reference, so a webhook may be believed. `hint`: read the payment again. */
  readonly webhook_trust: 'amounts' | 'hint';
  /** Whether our webhook URL is registered by an API call, by a person, or sent along with each payment. */
  readonly webhook_registration: 'api' | 'dashboard' | 'per_payment';
  /** When to read an unpaid payment's status, in seconds after its creation; the last gap repeats until expiry. */
  readonly poll_s: readonly number[];
  /**
   * For how long after its end a payment may still be paid, in seconds: until then it is read again now and then, in case the
   * webhook was lost. 0: never. A day where it is left out, because hardly a provider says so.
   */
  readonly late_money_s?: number;
  /**
   * Days after a payment by which its money usually reaches the merchant's bank. Providers publish none: these are
   * assumptions, and an account can have its own, from its contract.
   */
  readonly settlement_days: number;
  /**
   * How many calls one account may make, where the provider says so: under way at once, and a second.
   * An account can have limits of its own.
   */
  readonly limits?: { readonly max_concurrent?: number; readonly max_per_second?: number };
}

/** A provider account as a connector sees it: whose money, which host, which secrets. */
export interface ProviderAccount<Credentials> {
  readonly id: string;
  readonly base_url: string;
  readonly credentials: Credentials;
}

/** What every connector call gets. Nothing else may be reached for: no globals, no environment. */
export interface ProviderContext<Credentials> {
  readonly account: ProviderAccount<Credentials>;
  readonly http: ProviderHttp;
  /** Access tokens of this account, for providers that hand them out; empty again when its credentials change. */
  readonly tokens: TokenStore;
  /** The wall clock in milliseconds; providers that check timestamps need the real one. */
  readonly now: () => number;
  /** Ends the call from above: shutdown, or the activity's own time limit. */
  readonly signal: AbortSignal;
}

export interface Customer {
  readonly name?: string;
  readonly email?: string;
  /** E.164 or as the country writes it; the connector converts. */
  readonly phone?: string;
}

export interface LineItem {
  readonly name: string;
  readonly quantity: number;
  /** Minor units of the invoice's currency, per piece. */
  readonly unit_amount: number;
}

export interface CreatePayment {
  /** Our payment id. It goes to the provider so that the payment can be found again by it. */
  readonly reference: string;
  /** Fixed before the first send and the same on every repetition; for providers that take one. */
  readonly idempotency_key: string;
  readonly method: string;
  readonly money: Money;
  readonly description: string | null;
  readonly customer: Customer;
  readonly items: readonly LineItem[];
  /** Where this provider posts webhooks of this account; for providers that take it with each payment. */
  readonly webhook_url: string;
  /** Where the customer's browser goes afterwards: pages of ours, which ask the provider before they believe anything. */
  readonly return_urls: ReturnAddresses;
}

/** What the merchant shows or does next. One shape for every provider. */
export interface NextAction {
  readonly type: PaymentFlow;
  readonly redirect_url?: string;
  /** What the QR code encodes (EMVCo text for VietQR), drawn by whoever shows it. */
  readonly qr_payload?: string;
  /** The QR code as a `data:image/…;base64,` URL, from providers that draw it and do not say what it encodes. */
  readonly qr_image?: string;
  /** A code that a person can type instead of scanning. */
  readonly readable_code?: string;
  readonly deep_links?: readonly { readonly label: string; readonly url: string }[];
  readonly bank_transfer?: {
    readonly bank_name: string;
    readonly account_name: string;
    readonly account_number: string;
    readonly remark: string;
  };
  /** The phone that shows the confirmation, all but its last digits hidden. */
  readonly phone_hint?: string;
}

export interface CreatedPayment {
  readonly provider_payment_id: string;
  /** RFC 3339 UTC, from the provider or from the manifest's lifetime. */
  readonly expires_at: string;
  readonly next_action: NextAction;
}

/** Money that a provider says has arrived. `key` is the provider's own id of this transfer, unique within the payment. */
export interface Receipt {
  readonly key: string;
  /** Minor units. */
  readonly amount: number;
  /** When the customer paid, RFC 3339 UTC; null when the provider does not say. */
  readonly paid_at: string | null;
  /** What the provider kept, minor units; null when it does not say. */
  readonly fee: number | null;
  /** For a capture: the operation key we sent with it, when the provider repeats it. */
  readonly reference?: string | null;
}

/** A refund that the provider knows of, whoever asked for it. */
export interface RefundReading {
  /** The provider's own id of it, unique within the payment. */
  readonly key: string;
  /** The operation key we sent with it, when the provider repeats it. */
  readonly reference: string | null;
  /** Minor units. */
  readonly amount: number;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'canceled';
}

/** What a provider says of one payment at one moment. Readings may arrive late, twice and out of order. */
export interface PaymentReading {
  readonly provider_payment_id: string;
  /** Our payment id, when the provider repeats it. */
  readonly reference: string | null;
  readonly currency: Currency;
  /** `pending` says nothing final; `failed`, `expired` and `canceled` mean that no money can come any more. */
  readonly status: 'pending' | 'authorized' | 'paid' | 'failed' | 'expired' | 'canceled';
  /** What may be captured in all, minor units, at providers that authorize first; `receipts` are then the captures. */
  readonly authorized?: number;
  /** When the customer agreed, RFC 3339 UTC, where the provider says so; without it, it is the moment of the reading. */
  readonly authorized_at?: string | null;
  /** All transfers known to the provider at that moment, or just the one of this webhook. */
  readonly receipts: readonly Receipt[];
  /** All refunds known to the provider; left out where it has none or does not tell. */
  readonly refunds?: readonly RefundReading[];
  /** The provider's own word, for people. */
  readonly provider_status: string;
  readonly failure: { readonly code: string; readonly message: string } | null;
  /** What the customer needs, when the provider repeats it; restores a link whose first answer was lost. */
  readonly next_action: NextAction | null;
  readonly expires_at: string | null;
}

/** The range of a list: from the first moment to the one after the last, RFC 3339; from the page on that `cursor` names. */
export interface ListRange {
  readonly from: string;
  readonly to: string;
  readonly cursor: string | null;
}

/** A payment as a provider's list shows it. Amounts in minor units; null where the list does not say. */
export interface ListedPayment {
  readonly provider_payment_id: string;
  /** Our payment id, when the provider repeats it. Other systems of the merchant may have put something else there. */
  readonly reference: string | null;
  readonly currency: Currency | null;
  /** `unreadable`: the provider contradicts itself about it, so a person has to look. */
  readonly status: PaymentReading['status'] | 'unreadable';
  readonly provider_status: string;
  /** What was asked for. */
  readonly amount: number | null;
  /** What has come, as the receipts of a reading would add up to. */
  readonly received: number | null;
  readonly refunded: number | null;
  /** What the provider kept. */
  readonly fee: number | null;
  /** RFC 3339 UTC. */
  readonly at: string | null;
  /** Where the list says that its money has been passed on. `key`: the same whenever this settlement is told of again. */
  readonly settlement?: {
    readonly key: string;
    readonly net: number;
    readonly at: string | null;
    readonly reference: string | null;
  };
}

export interface ListedPage {
  readonly rows: readonly ListedPayment[];
  /** Where the list goes on, for a later call; null on the last page. */
  readonly next: string | null;
  /** False: there is more than the provider gives. */
  readonly is_whole?: boolean;
}

/** A webhook as it came in. `path` is path and query of our own endpoint as the provider knows it. */
export interface IncomingWebhook {
  readonly method: string;
  readonly path: string;
  /** Lower-case names; repeated headers joined by a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Wall clock in milliseconds. */
  readonly received_at: number;
}

/** Why a webhook was refused; counted and logged, never stored as an event. */
export type WebhookRefusal = 'missing_signature' | 'bad_signature' | 'stale_timestamp' | 'wrong_account';

export type WebhookVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: WebhookRefusal };

/** What a verified webhook claims. */
export interface WebhookClaim {
  /** Unique per account and event: the provider's id of the event, or derived from ids and status. */
  readonly event_key: string;
  readonly provider_payment_id: string | null;
  /** Our payment id, when the provider repeats it. */
  readonly reference: string | null;
  /** The claim as a reading, or null when the webhook only says "look again". */
  readonly reading: PaymentReading | null;
}

/** Money that is to move after the payment: a capture or a refund. */
export interface MoneyOperation {
  readonly provider_payment_id: string;
  readonly method: string;
  readonly money: Money;
  /** Fixed before the first send and the same on every repetition; goes to the provider wherever it takes one. */
  readonly operation_key: string;
  readonly reason: string | null;
}

/** Where an account's webhooks are to go. */
export interface WebhookTarget {
  readonly url: string;
  /** What the provider called the registration that was made last time; null when there was none. */
  readonly known_id: string | null;
}

/** A webhook as it is registered at a provider. Nothing secret: it is shown to the merchant. */
export interface RegisteredWebhook {
  readonly id: string;
  readonly url: string;
  /** In the provider's words; null: all there are. */
  readonly events: readonly string[] | null;
  /** `outdated`: it is this account's, with another URL, secret or set of events. `other`: not this account's. */
  readonly standing: 'current' | 'outdated' | 'other';
}

/** What a person does so that webhooks reach us, where no call does it. */
export interface WebhookSetup {
  /** In their order, whole sentences. */
  readonly steps: readonly string[];
  /** Which credential belongs where at the provider: names, never values. */
  readonly secrets: readonly { readonly credential: string; readonly place: string }[];
}

export interface Connector<Credentials> {
  readonly manifest: Manifest;
  /** Checks and describes the credentials; every field has a `description` for people. */
  readonly credentials: ZodType<Credentials>;

  createPayment(context: ProviderContext<Credentials>, request: CreatePayment): Promise<CreatedPayment>;

  readPayment(
    context: ProviderContext<Credentials>,
    payment: { readonly provider_payment_id: string; readonly method: string },
  ): Promise<PaymentReading>;

  /**
   * Looks for a payment by our reference after a lost answer. `null`: the provider says there is none.
   * Present exactly when the manifest says `lookup: 'by_reference'`.
   */
  findPayment?(
    context: ProviderContext<Credentials>,
    payment: { readonly reference: string; readonly method: string },
  ): Promise<PaymentReading | null>;

  /**
   * The provider's own list of the payments that were made in `range`, or paid in it where that is all the list tells; page by page, so
   * that it may be long. A payment may be listed twice when the list moves while it is read. Where a provider has no list, or one
   * that cannot be read to its end, it is left out.
   */
  listPayments?(context: ProviderContext<Credentials>, range: ListRange): AsyncIterable<ListedPage>;

  /** Ends an unpaid payment at the provider and says how it stands afterwards: it may turn out to be paid. */
  expirePayment?(
    context: ProviderContext<Credentials>,
    payment: { readonly provider_payment_id: string; readonly method: string },
  ): Promise<PaymentReading>;

  /** Takes authorized money, once or in parts as the manifest says. Returns the payment as it stands afterwards. */
  capturePayment?(context: ProviderContext<Credentials>, capture: MoneyOperation): Promise<PaymentReading>;

  /** Gives up what is authorized and not captured. Returns the payment as it stands afterwards. */
  voidPayment?(
    context: ProviderContext<Credentials>,
    payment: {
      readonly provider_payment_id: string;
      readonly method: string;
      readonly operation_key: string;
    },
  ): Promise<PaymentReading>;

  /** Present exactly when the manifest says that there are refunds. Returns the refund as it stands. */
  refundPayment?(context: ProviderContext<Credentials>, refund: MoneyOperation): Promise<RefundReading>;

  /**
   * Registers the account's webhook, or brings the registration up to date; safe to repeat, and never two for one
   * account. Like `findWebhooks`, present exactly when the manifest says `webhook_registration: 'api'`.
   */
  registerWebhook?(context: ProviderContext<Credentials>, target: WebhookTarget): Promise<RegisteredWebhook>;

  /** The webhooks registered at the provider, as far as it tells: all of them, or the known one alone. */
  findWebhooks?(
    context: ProviderContext<Credentials>,
    target: WebhookTarget,
  ): Promise<readonly RegisteredWebhook[]>;

  /** What a person has to do, with the URL in the words. Present wherever there is no call for it. */
  webhookSetup?(url: string): WebhookSetup;

  /** Decides by the raw bytes and headers alone whether the account's provider sent this. Constant-time comparisons. */
  verifyWebhook(account: ProviderAccount<Credentials>, webhook: IncomingWebhook): WebhookVerdict;

  /** Reads a verified webhook's body. Throws `ProviderError` of kind `invalid_request` when it cannot be read. */
  parseWebhook(body: Uint8Array): WebhookClaim;

  /** The answer this provider expects for an accepted webhook. */
  acknowledge(now: Date): { readonly status: number; readonly body: unknown };
}
