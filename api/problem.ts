/** Problem details (RFC 9457): how every error is answered. */
import { errorCatalogue, type ErrorCode } from './error-catalogue.ts';

/** One field at fault. */
export interface FieldError {
  /** JSON pointer (RFC 6901) into the body, or `?name` for a query parameter. */
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
  /** What would be right, for people. */
  readonly expected: string;
}

interface ProblemOptions {
  readonly errors?: readonly FieldError[];
  /** Seconds until a repetition makes sense. */
  readonly retryAfter_s?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The object that exists although the request failed. */
  readonly resource_id?: string;
  readonly cause?: unknown;
}

/** Thrown anywhere in a request; the error handler answers it. `message` is the detail and goes to the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly status: number;
  readonly errors: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly resource_id: string | undefined;

  constructor(code: ErrorCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.status = errorCatalogue[code].status;
    this.errors = options.errors;
    this.resource_id = options.resource_id;
    this.headers =
      options.retryAfter_s === undefined
        ? (options.headers ?? {})
        : { ...options.headers, 'Retry-After': String(Math.max(1, Math.ceil(options.retryAfter_s))) };
  }
}

/** A field's name as one step of a JSON pointer. */
export function escapePointer(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** All fields at fault as one problem. */
export function invalidFields(errors: readonly FieldError[]): Problem {
  const [first] = errors;
  const detail =
    first && errors.length === 1
      ? `${first.pointer} ${first.detail}`
      : `${errors.length} fields are not valid`;
  return new Problem('validation_failed', detail, { errors });
}

/** The same words whatever the reason, so that nothing is learned about other merchants' objects. */
export function notFound(what: string): Problem {
  return new Problem('not_found', `there is no such ${what}`);
}

/** The JSON text of a problem. `publicUrl` has no trailing slash. */
export function problemBody(problem: Problem, requestId: string, publicUrl: string): string {
  const { code, status, message, errors, resource_id } = problem;
  return JSON.stringify({
    type: `${publicUrl}/docs/errors#${code}`,
    title: errorCatalogue[code].title,
    status,
    detail: message,
    code,
    request_id: requestId,
    ...(resource_id === undefined ? {} : { resource_id }),
    ...(errors === undefined ? {} : { errors }),
  });
}
