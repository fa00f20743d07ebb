/**
 * What can go wrong at a provider, in the terms that decide what happens next. A connector maps every
 * failure to one of these kinds once; retries, statuses and the API's answers follow from the kind alone.
 */

export type ProviderErrorKind =
  /** The provider (or the payer's bank) said no. Final; another attempt needs the customer. */
  | 'declined'
  /** The provider refuses the request as it stands: our data is wrong for it. Final. */
  | 'invalid_request'
  /** Our credentials are wrong or lack a right. Final until a person changes them. */
  | 'bad_credentials'
  /** Too many calls. Nothing happened; try after `retry_after_ms`. */
  | 'rate_limited'
  /** The request never reached the provider or was refused before it acted. Nothing happened; safe to repeat. */
  | 'unavailable'
  /** The request was sent and no readable answer came. It may have happened: look it up before repeating. */
  | 'unknown_outcome'
  /** The provider does not know the object we named. */
  | 'not_found';

/** The part of a provider error that is safe to keep: no credentials, no customer data. */
export interface ProviderFailure {
  readonly kind: ProviderErrorKind;
  /** The provider's own error code, or a word of ours (`timeout`, `connection_reset`), at most 64 characters. */
  readonly code: string;
  /** For people: what the provider said, without secrets, at most 300 characters. */
  readonly message: string;
  /** When the provider said how long to wait. */
  readonly retry_after_ms?: number;
}

/** Thrown by connectors; `failure` is all that anyone above may rely on. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError';
  readonly failure: ProviderFailure;

  constructor(failure: ProviderFailure, options?: { cause?: unknown }) {
    super(`${failure.kind}: ${failure.message}`, options);
    this.failure = {
      ...failure,
      code: failure.code.slice(0, 64),
      message: failure.message.slice(0, 300),
    };
  }
}
