/** What the checkout page shows: everything as text already, in the customer's language, and nothing that must not be shown. */
import type { Locale } from '../locale.ts';

/** A payment service as the customer sees it. */
export interface ServiceView {
  /** `finan.bank_transfer` */
  readonly id: string;
  readonly title: string;
  readonly flow: 'redirect' | 'qr_code' | 'bank_transfer' | 'confirm_on_phone';
  /** False: its provider cannot be reached for now. */
  readonly isReady: boolean;
  /** The customer has to tell something first. */
  readonly needsDetails: boolean;
}

export type DetailName = 'name' | 'phone' | 'email';

/** Something a service has to know of its customer. */
export interface DetailView {
  readonly name: DetailName;
  /** As it was typed; only ever what this request has brought. */
  readonly value: string;
  readonly isWrong: boolean;
  /** For a phone number: how one is written there. */
  readonly example: string | null;
}

/** Why the customer chooses (again). */
export type Setback =
  /** The service refused the customer, or the customer's bank did. */
  | 'declined'
  /** Its time ran out. */
  | 'lapsed'
  /** The provider cannot be reached. */
  | 'unavailable'
  /** The provider does not take this payment, for reasons that are not the customer's. */
  | 'refused'
  /** The customer turned back. */
  | 'left';

/** What the customer types or scans elsewhere. */
export interface Instructions {
  /** An SVG of our own, or a `data:` picture that the provider has drawn. */
  readonly qr: { readonly svg: string } | { readonly picture: string } | null;
  readonly readable_code: string | null;
  readonly links: readonly { readonly label: string; readonly url: string }[];
  readonly transfer: {
    readonly bank_name: string;
    readonly account_name: string;
    readonly account_number: string;
    readonly amount: string;
    /** Digits only, as banking apps take it. */
    readonly amount_plain: string;
    readonly remark: string;
  } | null;
}

export interface Receipt {
  readonly service: string | null;
  /** RFC 3339; null: not known. */
  readonly paid_at: string | null;
  readonly transaction: string | null;
}

export type Screen =
  | {
      readonly type: 'choose';
      readonly setback: Setback | null;
      /** The service that the setback is about. */
      readonly last: ServiceView | null;
      readonly services: readonly ServiceView[];
      /** A payment is under way, and the customer looks for another way: `back` leads to it. */
      readonly hasLive: boolean;
    }
  | { readonly type: 'details'; readonly service: ServiceView; readonly details: readonly DetailView[] }
  | { readonly type: 'forward'; readonly service: ServiceView; readonly url: string }
  | {
      readonly type: 'redirect';
      readonly service: ServiceView;
      readonly url: string;
      readonly until: string | null;
      readonly cameBack: boolean;
    }
  | {
      readonly type: 'instructions';
      readonly service: ServiceView;
      readonly show: Instructions;
      readonly until: string | null;
    }
  | {
      readonly type: 'phone';
      readonly service: ServiceView;
      readonly hint: string | null;
      readonly until: string | null;
    }
  | { readonly type: 'processing' }
  | { readonly type: 'authorized' }
  | { readonly type: 'paid'; readonly receipt: Receipt }
  | { readonly type: 'overpaid'; readonly receipt: Receipt; readonly excess: string }
  | { readonly type: 'refunded'; readonly refunded: string }
  | { readonly type: 'expired' }
  | { readonly type: 'canceled' };

export interface BrandView {
  readonly name: string;
  /** `#rrggbb` or null. */
  readonly color: string | null;
  /** A `data:` picture or null. */
  readonly logo: string | null;
  readonly support_url: string | null;
  readonly support_email: string | null;
}

export interface OrderView {
  readonly total: string;
  /** Null unless something has come and something is missing. */
  readonly received: string | null;
  readonly left: string | null;
  readonly reference: string | null;
  readonly description: string | null;
  readonly items: readonly { readonly name: string; readonly quantity: string; readonly amount: string }[];
  /** RFC 3339, while it can still be paid. */
  readonly due_at: string | null;
}

/** What can be done in the sandbox to the payment that is under way. */
export interface SandboxView {
  readonly canAct: boolean;
  readonly canMoveClock: boolean;
  /** Why the last wish was not fulfilled. */
  readonly said: string | null;
}

export interface CheckoutView {
  readonly locale: Locale;
  /** Path of this page, without query. */
  readonly path: string;
  /** Whether the customer has chosen the language here, so that links have to carry it. */
  readonly isLanguageChosen: boolean;
  readonly brand: BrandView;
  readonly order: OrderView;
  readonly screen: Screen;
  /** Of the invoice: what the page knows. */
  readonly version: number;
  /** Back to the merchant; null: it has named no page. */
  readonly shop_url: string | null;
  /** Null: live money. */
  readonly sandbox: SandboxView | null;
}
