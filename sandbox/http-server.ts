/**
 * The small HTTP server under every simulator and the control API: routes with `:parameters`, raw bodies with a limit,
 * faults, and a stop that does not wait for callers that hang.
 */
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault, FaultBook } from './faults.ts';
import { findRoute, methodsOf } from './router.ts';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface SimulatorRequest {
  readonly method: string;
  /** Path and query exactly as they came: signatures are computed over this. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly rawBody: Buffer;
  /** A `:parameter` of the route, decoded. */
  param(name: string): string;
  /** Notes which payment the request is about, for that payment's list of calls. */
  about(paymentId: string): void;
}

export interface Route {
  readonly method: string;
  /** `/api/v1/payments/:id` */
  readonly path: string;
  /** For providers whose servers do not look at the case of a path; parameters keep theirs. */
  readonly ignoreCase?: boolean;
  /** What the call is named in faults; empty for pages, which never misbehave. */
  readonly operations: readonly string[];
  readonly handle: (request: SimulatorRequest) => Reply | Promise<Reply>;
}

/** One request that was served, for the log and the list of calls. */
export interface ServedCall {
  readonly operation: string | null;
  readonly method: string;
  readonly path: string;
  /** Null when no status was sent: reset, or no answer at all. */
  readonly status: number | null;
  readonly fault: Fault['kind'] | null;
  readonly duration_ms: number;
  readonly paymentId: string | null;
}

export interface HttpServerOptions {
  readonly port: number;
  readonly routes: readonly Route[];
  readonly bodyLimitBytes: number;
  /** An answer in the owner's own error format. */
  readonly errorReply: (status: number, message: string) => Reply;
  /** What goes wrong on purpose; null: nothing. */
  readonly faults: Pick<FaultBook, 'take' | 'cleared'> | null;
  readonly onCall: (call: ServedCall) => void;
  readonly onError: (error: unknown) => void;
}

export interface RunningServer {
  readonly origin: string;
  stop(): Promise<void>;
}

/** Starts listening on 127.0.0.1. Port 0 takes a free one. */
export async function startHttpServer(options: HttpServerOptions): Promise<RunningServer> {
  const sockets = new Set<Socket>();
  const stopping = new AbortController();
  const server = createServer((request, response) => {
    serve(options, request, response, stopping.signal).catch((error: unknown) => {
      options.onError(error);
      request.socket.destroy();
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no TCP address');
  return {
    origin: `http://127.0.0.1:${address.port}`,
    stop: async () => {
      stopping.abort();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** How one request ends. */
type Ending =
  | { readonly how: 'reply'; readonly reply: Reply }
  | { readonly how: 'reset' }
  | { readonly how: 'silence' };

async function serve(
  options: HttpServerOptions,
  incoming: IncomingMessage,
  response: ServerResponse,
  stopping: AbortSignal,
): Promise<void> {
  const startedAt = performance.now();
  const target = incoming.url ?? '/';
  // A HEAD is a GET whose answer keeps its body to itself (RFC 9110).
  const method = incoming.method === 'HEAD' ? 'GET' : (incoming.method ?? 'GET');
  const path = target.split('?', 1)[0] ?? '/';
  const match = findRoute(options.routes, method, path);
  let paymentId: string | null = null;

  const body = await readBody(incoming, options.bodyLimitBytes);
  const act = async (): Promise<Reply> => {
    if (body === null) return options.errorReply(413, 'request entity too large');
    if (match === null) return noRoute(options, method, path);
    try {
      return await match.route.handle({
        method,
        target,
        path,
        query: new URLSearchParams(target.slice(path.length + 1)),
        headers: incoming.headers,
        rawBody: body,
        param: (name) => {
          const value = match.params.get(name);
          if (value === undefined) throw new Error(`route ${match.route.path} has no parameter ${name}`);
          return value;
        },
        about: (id) => {
          paymentId = id;
        },
      });
    } catch (error) {
      options.onError(error);
      return options.errorReply(500, 'internal server error');
    }
  };

  const fault = (match && options.faults?.take(match.route.operations)) ?? null;
  const hurry = fault && options.faults ? AbortSignal.any([stopping, options.faults.cleared]) : stopping;
  const ending = await endWith(fault, act, options.errorReply, hurry);
  options.onCall({
    operation: match?.route.operations[0] ?? null,
    method,
    path,
    status: ending.how === 'reply' ? ending.reply.status : null,
    fault: fault?.kind ?? null,
    duration_ms: Math.round(performance.now() - startedAt),
    paymentId,
  });
  finish(ending, incoming, response, body === null);
}

function noRoute({ routes, errorReply }: HttpServerOptions, method: string, path: string): Reply {
  const methods = methodsOf(routes, path);
  if (methods.length === 0) return errorReply(404, `Cannot ${method} ${path}`);
  const reply = errorReply(405, `Method ${method} not allowed`);
  return { ...reply, headers: { ...reply.headers, allow: methods.join(', ') } };
}

async function endWith(
  fault: Fault | null,
  act: () => Promise<Reply>,
  errorReply: HttpServerOptions['errorReply'],
  hurry: AbortSignal,
): Promise<Ending> {
  if (fault === null) return { how: 'reply', reply: await act() };
  switch (fault.kind) {
    case 'slow': {
      if (fault.before === true) await pause(fault.ms, hurry);
      const reply = await act();
      if (fault.before !== true) await pause(fault.ms, hurry);
      return { how: 'reply', reply };
    }
    case 'status': {
      if (fault.after_accept === true) await act();
      const reply = errorReply(fault.status, statusMessage(fault.status));
      if (fault.retry_after_s === undefined) return { how: 'reply', reply };
      const headers = { ...reply.headers, 'retry-after': String(fault.retry_after_s) };
      return { how: 'reply', reply: { ...reply, headers } };
    }
    case 'hang_after_accept':
      await act();
      return { how: 'silence' };
    case 'reset':
      return { how: 'reset' };
    case 'reset_after_accept':
      await act();
      return { how: 'reset' };
    case 'truncate': {
      const reply = await act();
      return {
        how: 'reply',
        reply: { ...reply, body: reply.body.slice(0, Math.ceil(reply.body.length / 2)) },
      };
    }
    case 'html': {
      const { status } = await act();
      const headers = { 'content-type': 'text/html; charset=utf-8' };
      return { how: 'reply', reply: { status, headers, body: '<!doctype html><h1>One moment please</h1>' } };
    }
    case 'empty':
      return { how: 'reply', reply: { ...(await act()), body: '' } };
  }
}

function finish(
  ending: Ending,
  incoming: IncomingMessage,
  response: ServerResponse,
  closeAfter: boolean,
): void {
  switch (ending.how) {
    case 'silence':
      return;
    case 'reset':
      incoming.socket.resetAndDestroy();
      return;
    case 'reply': {
      const { status, headers, body } = ending.reply;
      const bytes = Buffer.from(body, 'utf8');
      response.writeHead(status, {
        ...headers,
        // RFC 9110: an answer 204 has no body and no length.
        ...(status === 204 ? {} : { 'content-length': String(bytes.length) }),
        ...(closeAfter ? { connection: 'close' } : {}),
      });
      response.end(incoming.method === 'HEAD' ? undefined : bytes);
      return;
    }
  }
}

/** Waits, but not when there is a hurry: the server ends, or the fault that makes it wait was cleared. */
async function pause(ms: number, hurry: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal: hurry }).catch(() => undefined);
}

/** The whole body, or null when it is larger than the limit. Rejects when the caller leaves half-way. */
function readBody(incoming: IncomingMessage, limitBytes: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      // What comes beyond the limit is read and thrown away, so that the caller gets to see the answer.
      if (size <= limitBytes) chunks.push(chunk);
      else resolve(null);
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks)));
    incoming.once('error', reject);
  });
}

function statusMessage(status: number): string {
  if (status === 429) return 'Too many requests';
  if (status === 503) return 'Service unavailable';
  return status >= 500 ? 'Internal server error' : 'Request refused';
}
