/**
 * The one way out to a provider. (Transport only: it knows when a request was sent and when it was not,
 * and turns every failure of the network into a `ProviderError` of the right kind.)
 */
import { Agent, type Dispatcher } from 'undici';
import { ProviderError, type ProviderFailure } from '../domain/provider-error.ts';
import { unpacked } from './content-encoding.ts';
import { Interruption, networkFailure } from './network-failure.ts';
import { withoutProofs } from './proofs.ts';
import { guardedLookup, isReachable, literalAddress, type Reach } from './reach.ts';

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
  /** The body; that of a refusal without the proof of who we are, should it repeat that. */
  readonly text: string;
}

export interface ProviderHttp {
  send(request: ProviderRequest): Promise<ProviderResponse>;
}

/** One call as it was, with all its secrets: for `redact.ts` and nothing else. */
export interface SeenExchange {
  readonly request: ProviderRequest;
  /** RFC 3339 UTC. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly outcome:
    | { readonly type: 'answered'; readonly response: ProviderResponse }
    | { readonly type: 'failed'; readonly failure: ProviderFailure };
}

/** One call, for logs and metrics. It holds no secret and no body. */
export interface Exchange {
  readonly operation: string;
  readonly method: ProviderRequest['method'];
  /** The names in the query are kept, their values and any user name and password are not. */
  readonly url: string;
  /** RFC 3339 UTC. */
  readonly started_at: string;
  readonly duration_ms: number;
  readonly outcome:
    | { readonly type: 'answered'; readonly status: number }
    | { readonly type: 'failed'; readonly failure: ProviderFailure };
}

export interface ProviderHttpOptions {
  /** Called once after every call, whatever came of it. */
  readonly onExchange?: (exchange: Exchange) => void;
  /** Which addresses may be called; the processes pass what their configuration says. Default `loopback`. */
  readonly reach?: Reach;
  /** Milliseconds; default 3,000. */
  readonly connect_timeout_ms?: number;
  /** The largest answer body that is read, in bytes; default 1 MiB. */
  readonly max_answer_bytes?: number;
  /** Connections to one origin; further calls wait for one within their own time limit. Default 128. */
  readonly connections_per_origin?: number;
}

const CONNECT_TIMEOUT_MS = 3_000;
const MUTATION_TIMEOUT_MS = 15_000;
const READ_TIMEOUT_MS = 8_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
const CONNECTIONS_PER_ORIGIN = 128;

/**
 * A `ProviderHttp` with its own keep-alive connections; `close` lets running calls end and then closes them.
 * Redirects are answers like any other, never followed. `send` rejects with `ProviderError` only.
 */
export function createProviderHttp(
  options: ProviderHttpOptions = {},
): ProviderHttp & { close(): Promise<void> } {
  const reach = options.reach ?? 'loopback';
  const agent = new Agent({
    connect: { timeout: options.connect_timeout_ms ?? CONNECT_TIMEOUT_MS, lookup: guardedLookup(reach) },
    connections: options.connections_per_origin ?? CONNECTIONS_PER_ORIGIN,
    pipelining: 1,
    // The time limit of the whole call is kept in `exchange`; shorter ones inside it would only blur the reason.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const maxBytes = options.max_answer_bytes ?? MAX_ANSWER_BYTES;

  const bare: ProviderHttp = { send: (request) => exchange(agent, request, { maxBytes, reach }) };
  const { onExchange } = options;
  const { send } = onExchange ? observed(bare, (seen) => onExchange(summaryOf(seen))) : bare;
  return { send, close: () => agent.close() };
}

/** The same client; `see` is told of every call once it has ended, whatever came of it. */
export function observed(http: ProviderHttp, see: (exchange: SeenExchange) => void): ProviderHttp {
  return {
    async send(request) {
      const started_at = new Date().toISOString();
      const started = performance.now();
      const tell = (outcome: SeenExchange['outcome']): void => {
        const duration_ms = Math.round(performance.now() - started);
        try {
          see({ request, started_at, duration_ms, outcome });
        } catch (error) {
          // A line of log or record that fails must not make a payment that succeeded look lost.
          process.emitWarning(`the exchange hook failed: ${String(error)}`);
        }
      };
      try {
        const response = await http.send(request);
        tell({ type: 'answered', response });
        return response;
      } catch (error) {
        if (error instanceof ProviderError) tell({ type: 'failed', failure: error.failure });
        throw error;
      }
    },
  };
}

function summaryOf({ request, started_at, duration_ms, outcome }: SeenExchange): Exchange {
  return {
    operation: request.operation,
    method: request.method,
    url: withoutQueryValues(request.url),
    started_at,
    duration_ms,
    outcome: outcome.type === 'answered' ? { type: 'answered', status: outcome.response.status } : outcome,
  };
}

/**
 * Sends once and reads the whole answer. A request counts as sent from the moment undici starts to write it:
 * `onRequestStart` comes right before the first byte, on new and on reused connections alike.
 */
function exchange(
  agent: Dispatcher,
  request: ProviderRequest,
  { maxBytes, reach }: { maxBytes: number; reach: Reach },
): Promise<ProviderResponse> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;
    let status = 0;
    let headers: Record<string, string> = {};
    let size = 0;
    const chunks: Buffer[] = [];

    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', onAbort);
      return true;
    };
    const fail = (reason: Error): void => {
      if (!settle()) return;
      const failure = networkFailure(reason, { sent: controller !== undefined, mutates: request.mutates });
      // Without `cause`: undici's errors can carry bytes of the answer, and causes are logged.
      reject(new ProviderError(failure));
      controller?.abort(reason);
    };
    const onAbort = (): void => fail(new Interruption('aborted'));
    const limit_ms = request.timeout_ms ?? (request.mutates ? MUTATION_TIMEOUT_MS : READ_TIMEOUT_MS);
    const timer = setTimeout(() => fail(new Interruption('timeout')), limit_ms);

    if (request.signal?.aborted) return onAbort();
    request.signal?.addEventListener('abort', onAbort);

    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(started) {
        // Nobody waits for it any more, or it was written once before: it must not be written now.
        if (settled || (controller && request.mutates)) {
          started.abort(new Interruption('aborted'));
          fail(new Interruption('connection_reset'));
        } else {
          controller = started;
        }
      },
      onResponseStart(_, code, received) {
        if (code < 200) return;
        status = code;
        headers = flattened(received);
      },
      onResponseData(_, chunk) {
        size += chunk.length;
        if (size > maxBytes) fail(new Interruption('answer_too_large'));
        else chunks.push(chunk);
      },
      onResponseEnd() {
        let body: Buffer;
        try {
          body = unpacked(Buffer.concat(chunks), headers['content-encoding'], maxBytes);
        } catch (error) {
          // A refusal is one by its status, whatever became of its words.
          if (status < 400)
            return fail(error instanceof Error ? error : new Interruption('malformed_answer'));
          body = Buffer.alloc(0);
        }
        if (!settle()) return;
        const text = new TextDecoder().decode(body);
        resolve({ status, headers, text: status < 400 ? text : withoutProofs(text, request) });
      },
      onResponseError(_, error) {
        fail(error);
      },
    };
    try {
      const { method, body, headers: sentHeaders } = request;
      const { origin, pathname, search } = webAddress(request.url, reach);
      agent.dispatch(
        { origin, path: pathname + search, method, headers: { ...sentHeaders }, body: body ?? null },
        handler,
      );
    } catch (error) {
      fail(error instanceof Error ? error : new Interruption('unsendable_request'));
    }
  });
}

/** Names are judged when they have been resolved; addresses never are, so they are judged here. */
function webAddress(url: string, reach: Reach): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed?.protocol !== 'https:' && parsed?.protocol !== 'http:')
    throw new Interruption('unsendable_request');
  const address = literalAddress(parsed.hostname);
  if (address !== null && !isReachable(address, reach)) throw new Interruption('address_not_allowed');
  return parsed;
}

function flattened(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) flat[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value;
  }
  return flat;
}

function withoutQueryValues(url: string): string {
  if (!URL.canParse(url)) return '(not a URL)';
  const parsed = new URL(url);
  const names = [...parsed.searchParams.keys()].map((name) => `${encodeURIComponent(name)}=…`);
  return parsed.origin + parsed.pathname + (names.length > 0 ? `?${names.join('&')}` : '');
}
