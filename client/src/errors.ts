/** What a call fails with. Every failure of this library is a `SarrafError`; none has the API key in it. */

/** One field at fault. */
export interface FieldError {
  /** JSON pointer into the body, or `?name` for a query parameter. */
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  /** What would be right, for people. */
  readonly expected: string;
}

/** The base of all. */
export class SarrafError extends Error {
  override readonly name: string = 'SarrafError';
}

/** No answer came, after all attempts: it may have happened. `idempotency_key`: repeating the call with it is safe. */
export class ConnectionError extends SarrafError {
  override readonly name: string = 'ConnectionError';
  readonly attempts: number;
  readonly idempotency_key: string | null;

  constructor(
    message: string,
    options: { cause?: unknown; attempts: number; idempotency_key: string | null },
  ) {
    super(message, { cause: options.cause });
    this.attempts = options.attempts;
    this.idempotency_key = options.idempotency_key;
  }
}

/** No answer came in time. */
export class TimeoutError extends ConnectionError {
  override readonly name: string = 'TimeoutError';
}

/** What an answer that is no success said. */
export interface ApiErrorFacts {
  readonly status: number;
  /** Stable, such as `validation_failed`; `unreadable_answer` where it was not the API that answered. */
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Leads to the API's log. */
  readonly request_id: string | null;
  /** The fields at fault. */
  readonly errors: readonly FieldError[];
  /** The object that exists although the call failed. */
  readonly resource_id: string | null;
  /** Seconds until a repetition makes sense, where the API says so. */
  readonly retry_after_s: number | null;
  readonly attempts: number;
  readonly idempotency_key: string | null;
  /** The body as it came. */
  readonly body: unknown;
}

/** The API answered with an error. */
export class ApiError extends SarrafError implements ApiErrorFacts {
  override readonly name: string = 'ApiError';
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly request_id: string | null;
  readonly errors: readonly FieldError[];
  readonly resource_id: string | null;
  readonly retry_after_s: number | null;
  readonly attempts: number;
  readonly idempotency_key: string | null;
  readonly body: unknown;

  constructor(facts: ApiErrorFacts) {
    const request = facts.request_id === null ? '' : `, request ${facts.request_id}`;
    super(`${facts.title}: ${facts.detail} (${facts.code}${request})`);
    this.status = facts.status;
    this.code = facts.code;
    this.title = facts.title;
    this.detail = facts.detail;
    this.request_id = facts.request_id;
    this.errors = facts.errors;
    this.resource_id = facts.resource_id;
    this.retry_after_s = facts.retry_after_s;
    this.attempts = facts.attempts;
    this.idempotency_key = facts.idempotency_key;
    this.body = facts.body;
  }
}

/** 400, 408, 413, 415, 422, 431: the request is not right as it stands; `errors` has the fields. */
export class InvalidRequestError extends ApiError {
  override readonly name = 'InvalidRequestError';
}

/** 401: the API key is missing, unknown or has ended. */
export class AuthenticationError extends ApiError {
  override readonly name = 'AuthenticationError';
}

/** 402: the provider or the payer's bank said no. */
export class DeclinedError extends ApiError {
  override readonly name = 'DeclinedError';
}

/** 403: the API key may not do this. */
export class PermissionError extends ApiError {
  override readonly name = 'PermissionError';
}

/** 404 */
export class NotFoundError extends ApiError {
  override readonly name = 'NotFoundError';
}

/** 409: it cannot be done as things stand. */
export class ConflictError extends ApiError {
  override readonly name = 'ConflictError';
}

/** 429, after all attempts. */
export class RateLimitError extends ApiError {
  override readonly name = 'RateLimitError';
}

/** 5xx, after all attempts. */
export class ServerError extends ApiError {
  override readonly name = 'ServerError';
}

/** The error that stands for an answer. */
export function apiError(facts: ApiErrorFacts): ApiError {
  switch (facts.status) {
    case 400:
    case 408:
    case 413:
    case 415:
    case 422:
    case 431:
      return new InvalidRequestError(facts);
    case 401:
      return new AuthenticationError(facts);
    case 402:
      return new DeclinedError(facts);
    case 403:
      return new PermissionError(facts);
    case 404:
      return new NotFoundError(facts);
    case 409:
      return new ConflictError(facts);
    case 429:
      return new RateLimitError(facts);
    default:
      return facts.status >= 500 ? new ServerError(facts) : new ApiError(facts);
  }
}
