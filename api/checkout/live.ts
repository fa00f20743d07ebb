/** Live status: a stream of server-sent events, and a plain question for browsers and proxies that take no streams. */
import type { Request, Response } from 'express';
import { sendJson } from '../answer.ts';
import { contextOf } from '../context.ts';
import type { InvoiceWatch } from './watch.ts';

/** Streams of one process at once, and of one invoice; whoever comes later asks now and then instead. */
const STREAMS = 2_000;
const STREAMS_OF_ONE = 20;
/** Proxies close connections on which nothing is said. */
const HEARTBEAT_MS = 20_000;
/** Then the browser connects again, perhaps to another process. */
const LIFETIME_MS = 15 * 60_000;
/** What browsers wait before they come back. */
const RETRY_MS = 3_000;
const LATER_S = '15';

export interface LiveOptions {
  readonly watch: InvoiceWatch;
  /** The invoice that the request's token names, or null. */
  readonly invoiceOf: (request: Request) => string | null;
  /** The process is stopping. */
  readonly closing: AbortSignal;
}

export function liveRoutes({ watch, invoiceOf, closing }: LiveOptions) {
  const open = new Map<string, number>();
  const finishers = new Set<() => void>();
  closing.addEventListener('abort', () => {
    for (const finish of finishers) finish();
  });

  const events = (request: Request, response: Response): void => {
    const id = invoiceOf(request);
    if (id === null) return refuse(response, 404);
    contextOf(response).invoice_id = id;
    const ofThis = open.get(id) ?? 0;
    if (finishers.size >= STREAMS || ofThis >= STREAMS_OF_ONE || closing.aborted)
      return refuse(response, 503);
    const end = watch.watch(id, knownBy(request), (version) => {
      response.write(`id: ${version}\nevent: change\ndata: ${version}\n\n`);
    });
    if (end === null) return refuse(response, 503);
    open.set(id, ofThis + 1);
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // Some proxies hold back what they have not got whole.
      'X-Accel-Buffering': 'no',
    });
    response.write(`retry: ${RETRY_MS}\n\n`);
    const beat = setInterval(() => response.write(':\n\n'), HEARTBEAT_MS).unref();
    const finish = (): void => void response.end();
    const life = setTimeout(finish, LIFETIME_MS).unref();
    finishers.add(finish);
    response.once('close', () => {
      clearInterval(beat);
      clearTimeout(life);
      finishers.delete(finish);
      end();
      const left = (open.get(id) ?? 1) - 1;
      if (left > 0) open.set(id, left);
      else open.delete(id);
    });
  };

  const version = async (request: Request, response: Response): Promise<void> => {
    const id = invoiceOf(request);
    if (id === null) return refuse(response, 404);
    contextOf(response).invoice_id = id;
    const found = await watch.next(id);
    if (found === null) return refuse(response, 503);
    sendJson(response, 200, JSON.stringify({ version: found }));
  };

  return { events, version };
}

/** What the page has seen last: of an earlier stream, or of its own making. */
function knownBy(request: Request): number {
  const last = request.headers['last-event-id'] ?? request.query['since'];
  return typeof last === 'string' && /^\d{1,9}$/.test(last) ? Number(last) : -1;
}

function refuse(response: Response, status: 404 | 503): void {
  if (status === 503) response.setHeader('Retry-After', LATER_S);
  response.writeHead(status, { 'Cache-Control': 'no-store', 'Content-Length': 0 });
  response.end();
}
