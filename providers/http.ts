/**
 * The one way out to a provider. (Transport only: it knows when a request was sent and when it was not,
 * and turns every failure of the network into a `ProviderError` of the right kind.)
 */

export interface ProviderRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute URL. */
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is; the connector has serialised it, because some providers sign the bytes. */
  readonly body?: string;
  /** Our word for the call, for logs and metrics: `create_payment`. */
  readonly operation: string;
  /** True when the call may change something at the provider: then a lost answer is `unknown_outcome`. */
  readonly mutates: boolean;
  /** Whole call, milliseconds; default 15,000 for calls that mutate, 8,000 for reads. */
  readonly timeout_ms?: number;
  readonly signal?: AbortSignal;
}

export interface ProviderResponse {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

export interface ProviderHttp {
  send(request: ProviderRequest): Promise<ProviderResponse>;
}
