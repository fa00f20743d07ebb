/** What the control API can see of a provider's payments and do to them, in words that fit every provider. */

/** One transfer of money as the control API shows it. */
export interface TransferView {
  readonly id: string;
  readonly amount: number | string;
  readonly at: string;
  readonly medium: string | null;
}

/** One payment as the control API shows it, the same for every provider. Amounts in the provider's units. */
export interface PaymentView {
  readonly id: string;
  readonly reference: string | null;
  readonly amount: number | string;
  readonly currency: string;
  /** The provider's own word. */
  readonly status: string;
  readonly paid_amount: number | string;
  readonly created_at: string;
  readonly expires_at: string | null;
  /** Where a person can play the customer. */
  readonly page_url: string | null;
  readonly transfers: readonly TransferView[];
}

export interface PayInput {
  readonly amount?: number | string | undefined;
  readonly after_expiry?: boolean | undefined;
  readonly medium?: string | undefined;
  readonly phone?: string | undefined;
  readonly name?: string | undefined;
}

export interface ExtraWebhookInput {
  readonly status?: string | undefined;
  readonly transfer_id?: string | undefined;
  readonly forge?: boolean | undefined;
}

/** What the control API can do with a provider's payments. Each throws `ControlError` when it cannot be done. */
export interface PaymentControl {
  /** Newest first. */
  list(reference: string | null): PaymentView[];
  find(id: string): PaymentView | null;
  pay(id: string, input: PayInput): void;
  fail(id: string, reason: string | null): void;
  expire(id: string): void;
  sendWebhook(id: string, input: ExtraWebhookInput): void;
}

/** A request to the control API that makes no sense for this payment or provider. */
export class ControlError extends Error {
  readonly status: number;
  readonly allowed: readonly string[];

  constructor(status: 400 | 404 | 409, message: string, allowed: readonly string[] = []) {
    super(message);
    this.name = 'ControlError';
    this.status = status;
    this.allowed = allowed;
  }
}
