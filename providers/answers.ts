/** What an HTTP answer means, as long as a connector knows no better, and how JSON from outside is read. */
import type { ZodType } from 'zod';
import { ProviderError, type ProviderFailure } from '../domain/provider-error.ts';
import type { ProviderRequest, ProviderResponse } from './http.ts';

/** Longer waits than a day are not waits. */
const MAX_RETRY_AFTER_MS = 24 * 60 * 60 * 1000;

/** True for 200 to 299. */
export function isSuccess({ status }: ProviderResponse): boolean {
  return status >= 200 && status < 300;
}

/**
 * The failure that a status stands for when nothing else is known. Connectors refine it from the body:
 * `{ ...failureFromStatus(response, request), ...sayings }`. 503 and 429 are taken as refusals before anything
 * happened; every other 5xx, redirect or unexpected success of a call that mutates is `unknown_outcome`.
 */
export function failureFromStatus(response: ProviderResponse, request: ProviderRequest): ProviderFailure {
  const { status } = response;
  const kind = kindOfStatus(status, request.mutates);
  const message = `the provider answered ${status} to ${request.operation}`;
  const retry_after_ms = status === 429 || status === 503 ? retryAfter(response) : null;
  return {
    kind,
    code: `http_${status}`,
    message,
    ...(retry_after_ms === null ? {} : { retry_after_ms }),
  };
}

/** What an HTTP status that is no success means for a call, when nothing else is known. */
export function kindOfStatus(status: number, mutates: boolean): ProviderFailure['kind'] {
  switch (status) {
    case 401:
    case 403:
      return 'bad_credentials';
    case 402:
      return 'declined';
    case 404:
      return 'not_found';
    case 408:
      return lost(mutates);
    case 429:
      return 'rate_limited';
    case 503:
      return 'unavailable';
    default:
      return status >= 400 && status < 500 ? 'invalid_request' : lost(mutates);
  }
}

function lost(mutates: boolean): ProviderFailure['kind'] {
  return mutates ? 'unknown_outcome' : 'unavailable';
}

/** Milliseconds of a Retry-After header (RFC 9110: seconds, or a date measured by the answer's own clock), or null. */
export function retryAfter({ headers }: ProviderResponse): number | null {
  const value = headers['retry-after']?.trim();
  if (!value) return null;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1000, MAX_RETRY_AFTER_MS);
  const until = Date.parse(value);
  if (Number.isNaN(until)) return null;
  const sentAt = Date.parse(headers['date'] ?? '');
  const wait = until - (Number.isNaN(sentAt) ? Date.now() : sentAt);
  return Math.min(Math.max(wait, 0), MAX_RETRY_AFTER_MS);
}

const CONTROLS_AND_SPACES = /[\p{Cc}\s]+/gu;

/** Words of a provider, fit to be kept: one line, no control characters, at most 300 characters. */
export function sayable(text: string): string {
  return text.replace(CONTROLS_AND_SPACES, ' ').trim().slice(0, 300);
}

/**
 * The body of a success as `schema` says. A body that cannot be read leaves the outcome of a call that mutates
 * unknown; a read is merely `unavailable`. Messages name fields, never values.
 */
export function readJson<T>(response: ProviderResponse, schema: ZodType<T>, request: ProviderRequest): T {
  return readValue(parsedOrUndefined(response.text), schema, request);
}

/** The same for a part of a body that was read before. */
export function readValue<T>(value: unknown, schema: ZodType<T>, request: ProviderRequest): T {
  if (value === undefined) throw unexpectedAnswer(request, 'is not the JSON that was expected');
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw unexpectedAnswer(request, `has unexpected fields: ${fieldsOf(parsed.error)}`);
}

/** True for a `ProviderError` of this kind. */
export function isFailure(error: unknown, kind: ProviderFailure['kind']): boolean {
  return error instanceof ProviderError && error.failure.kind === kind;
}

const UNEXPECTED = 'unexpected_answer';

/** For an answer that was read and contradicts itself or the question. */
export function unexpectedAnswer(request: ProviderRequest, what: string): ProviderError {
  return new ProviderError({
    kind: lost(request.mutates),
    code: UNEXPECTED,
    message: sayable(`the answer to ${request.operation} ${what}`),
  });
}

/** True for an answer that was read and contradicts itself. */
export function isUnexpected(error: unknown): boolean {
  return error instanceof ProviderError && error.failure.code === UNEXPECTED;
}

/** The body of a refusal when it is readable, for the provider's own code and words; null otherwise. Never throws. */
export function readRefusal<T>(response: ProviderResponse, schema: ZodType<T>): T | null {
  const parsed = schema.safeParse(parsedOrUndefined(response.text));
  return parsed.success ? parsed.data : null;
}

/** A webhook's JSON body as `schema` says; throws `ProviderError` of kind `invalid_request` when it is not. */
export function readWebhook<T>(body: Uint8Array, schema: ZodType<T>): T {
  const parsed = schema.safeParse(parsedOrUndefined(utf8OrEmpty(body)));
  if (parsed.success) return parsed.data;
  throw new ProviderError({
    kind: 'invalid_request',
    code: 'unreadable_webhook',
    message: sayable(`the webhook has unexpected fields: ${fieldsOf(parsed.error)}`),
  });
}

function utf8OrEmpty(body: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return '';
  }
}

function parsedOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function fieldsOf(error: { issues: readonly { path: readonly PropertyKey[] }[] }): string {
  const paths = error.issues.slice(0, 5).map(({ path }) => path.map(String).join('.') || 'the whole body');
  return [...new Set(paths)].join(', ');
}
