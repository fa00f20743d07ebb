/** Sends answers whose text has been made already, without Express's detours (entity tags, content negotiation). */
import type { Response } from 'express';
import type { StoredAnswer } from '../db/idempotency.ts';

/** Sends JSON text as it is. */
export function sendJson(response: Response, status: number, text: string, type = 'application/json'): void {
  response.writeHead(status, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
  });
  response.end(response.req.method === 'HEAD' ? undefined : text);
}

/** Repeats the answer that was given to the first request with this key. */
export function replay(response: Response, { status, body }: StoredAnswer): void {
  response.setHeader('Idempotent-Replayed', 'true');
  sendJson(response, status, body, status >= 400 ? 'application/problem+json' : 'application/json');
}
