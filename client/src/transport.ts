/** One call to the API: sent until there is an answer, a reason not to repeat it, or no patience left. */
import { apiError, ConnectionError, TimeoutError, type ApiError, type FieldError } from './errors.ts';

const TIMEOUT_MS = 60_000;
const RETRIES = 2;
const PAUSE_MS = 500;
const PAUSE_MAX_MS = 8_000;
/** A server that asks for more patience than this is not waited for: the error says when to come back. */
const RETRY_AFTER_MAX_S = 30;
export const API_VERSION = '2026-11-01';

export interface ClientOptions {
  /** Where the API is, such as `https://pay.example.com`. */
  readonly baseUrl: string;
  /** `sk_live_…` or `sk_sandbox_…`. Keep it on a server. */
  readonly apiKey: string;
  /** How long one attempt may take; a minute without it. */
  readonly timeout_ms?: number;
  /** How often a call is repeated that got no answer, or one that asks for it; 2 without it. */
  readonly retries?: number;
  /** In place of the global one. */
  readonly fetch?: typeof globalThis.fetch;
}

/** What may differ from call to call. */
export interface CallOptions {
  /** Ends the call, whatever it waits for; it throws the signal's reason. */
  readonly signal?: AbortSignal;
  readonly timeout_ms?: number;
  readonly retries?: number;
  /**
   * For calls that make something. Without it each call gets a key of its own, kept across its retries. Give one that you have
   * stored with your order, and the call can be repeated after a crash, too.
   */
  readonly idempotencyKey?: string;
}

/** A list is sent separated by commas, an object as `name[field]=value`. */
export type QueryValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly string[]
  | Readonly<Record<string, string>>;

export interface RequestOptions extends CallOptions {
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** An object is sent as JSON, a string as it is. */
  readonly body?: object | string;
  /** Of a body that is a string. */
  readonly contentType?: string;
  /** False: a repetition would do it twice, so only what was certainly not done is repeated. */
  readonly repeatable?: boolean;
}

/** Sends one call and returns the body of the answer. Throws a `SarrafError`, or the reason of `signal`. */
export type Transport = (method: string, path: string, options?: RequestOptions) => Promise<unknown>;

/** Throws `TypeError` for options that cannot be right. */
export function createTransport(options: ClientOptions): Transport {
  const base = checkedBase(options.baseUrl);
  if (typeof options.apiKey !== 'string' || !/^[\x21-\x7e]+$/.test(options.apiKey))
    throw new TypeError('apiKey has to be an API key, without blanks');
  const { apiKey, timeout_ms = TIMEOUT_MS, retries = RETRIES } = options;
  const send = options.fetch ?? ((...args: Parameters<typeof fetch>) => globalThis.fetch(...args));

  return async (method, path, call = {}) => {
    const idempotency_key = method === 'POST' ? (call.idempotencyKey ?? crypto.randomUUID()) : null;
    const headers = {
      authorization: `Bearer ${apiKey}`,
      accept: 'application/json',
      'sarraf-version': API_VERSION,
      ...(call.body === undefined ? {} : { 'content-type': call.contentType ?? 'application/json' }),
      ...(idempotency_key === null ? {} : { 'idempotency-key': idempotency_key }),
    };
    const body = typeof call.body === 'object' ? JSON.stringify(call.body) : call.body;
    const request = { method, headers, redirect: 'error' as const, ...(body === undefined ? {} : { body }) };
    const url = base + path + queryText(call.query);
    const limit_ms = call.timeout_ms ?? timeout_ms;
    const attemptsMax = 1 + (call.retries ?? retries);
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await attempt(send, url, request, limit_ms, call.signal);
      if (outcome.type === 'answered') return outcome.body;
      const failure = outcome.failure({ attempts, idempotency_key });
      const isDone = outcome.nothingHappened || call.repeatable !== false;
      const pause_s = outcome.retry_after_s ?? pauseBefore(attempts) / 1000;
      if (attempts >= attemptsMax || !outcome.passes || !isDone || pause_s > RETRY_AFTER_MAX_S) throw failure;
      await pause(pause_s * 1000, call.signal);
    }
  };
}

interface Tried {
  readonly attempts: number;
  readonly idempotency_key: string | null;
}

type Outcome =
  | { readonly type: 'answered'; readonly body: unknown }
  | {
      readonly type: 'failed';
      /** Another attempt may end better. */
      readonly passes: boolean;
      /** The API says that it has done nothing. */
      readonly nothingHappened: boolean;
      readonly retry_after_s: number | null;
      readonly failure: (tried: Tried) => Error;
    };

async function attempt(
  send: typeof fetch,
  url: string,
  request: RequestInit,
  limit_ms: number,
  signal: AbortSignal | undefined,
): Promise<Outcome> {
  signal?.throwIfAborted();
  const patience = new AbortController();
  const forward = (): void => patience.abort(signal?.reason);
  signal?.addEventListener('abort', forward, { once: true });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    patience.abort();
  }, limit_ms);
  try {
    const response = await send(url, { ...request, signal: patience.signal });
    return read(response, await response.text());
  } catch (cause) {
    signal?.throwIfAborted();
    const Failed = isLate ? TimeoutError : ConnectionError;
    const { origin } = new URL(url);
    const message = isLate
      ? `${origin} did not answer within ${limit_ms / 1000} s`
      : `${origin} could not be reached: ${reasonOf(cause)}`;
    return {
      type: 'failed',
      passes: true,
      nothingHappened: false,
      retry_after_s: null,
      failure: (tried) => new Failed(message, { cause, ...tried }),
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', forward);
  }
}

function read(response: Response, text: string): Outcome {
  const { status, ok } = response;
  const body = parsed(text);
  if (ok && body !== undefined) return { type: 'answered', body };
  const problem = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const isOurs = typeof problem['code'] === 'string';
  const code = isOurs ? String(problem['code']) : 'unreadable_answer';
  const retry_after_s = secondsOf(response.headers.get('retry-after'));
  const word = (name: string): string | null => {
    const value = problem[name];
    return typeof value === 'string' ? value : null;
  };
  const failure = (tried: Tried): ApiError =>
    apiError({
      status,
      code,
      title: word('title') ?? `HTTP ${status}`,
      detail: word('detail') ?? 'the answer is not one of a Sarraf API: is the address right?',
      request_id: word('request_id'),
      errors: Array.isArray(problem['errors']) ? (problem['errors'] as FieldError[]) : [],
      resource_id: word('resource_id'),
      retry_after_s,
      body: isOurs ? body : text.slice(0, 1000),
      ...tried,
    });
  // A provider that refuses our credentials refuses them again; any other 5xx may pass.
  const isFinal = code === 'provider_credentials_rejected';
  const passes = ok || status === 429 || (status >= 500 && !isFinal) || code === 'idempotency_in_progress';
  return { type: 'failed', passes, nothingHappened: status === 429, retry_after_s, failure };
}

/** Undefined: it is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** `Retry-After` is seconds or a date. */
function secondsOf(header: string | null): number | null {
  if (header === null || header.trim() === '') return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}

/** Twice as long each time, and never the same for all who were refused together. */
function pauseBefore(attempts: number): number {
  return Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
}

/** Throws the signal's reason as soon as it is aborted. */
async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
  });
  signal?.throwIfAborted();
}

function checkedBase(url: string): string {
  const isUrl = typeof url === 'string' && URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isUrl) throw new TypeError('baseUrl has to be the http or https URL of a Sarraf API');
  return url.replace(/\/+$/, '');
}

function queryText(query: RequestOptions['query'] = {}): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] => {
    if (value === undefined || value === null) return [];
    if (typeof value !== 'object') return [[name, String(value)]];
    if (Array.isArray(value)) return value.length === 0 ? [] : [[name, value.join(',')]];
    return Object.entries(value).map(([field, text]): [string, string] => [`${name}[${field}]`, text]);
  });
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
