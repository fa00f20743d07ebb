/**
 * Sends answers whose text has been made already, without Express's detours (content negotiation). What a key reads can be asked
 * for again with `If-None-Match`, and is compressed when it is large. Nothing else is: answers to other calls may hold a secret, and
 * how well a text can be compressed says something of what is in it.
 */
import { createHash } from 'node:crypto';
import { gzip } from 'node:zlib';
import type { Request, Response } from 'express';
import type { StoredAnswer } from '../db/idempotency.ts';
import { contextOf } from './context.ts';

/** Bytes; below that compression costs more than it saves. */
const COMPRESSED_FROM = 4096;

/** Sends JSON text as it is. */
export function sendJson(response: Response, status: number, text: string, type = 'application/json'): void {
  const contentType = `${type}; charset=utf-8`;
  if (isReading(response) && status === 200) return sendResource(response, text, contentType);
  const headers = { 'Content-Type': contentType, 'Cache-Control': 'no-store' };
  const send = () => {
    finish(response, status, headers, text);
  };
  const { keepAnswer } = contextOf(response);
  if (keepAnswer === null || status >= 400) return send();
  // First kept, then sent: whoever has the answer may repeat the request at once.
  void keepAnswer({ status, body: text }).then(send);
}

/** Repeats the answer that was given to the first request with this key. */
export function replay(response: Response, { status, body }: StoredAnswer): void {
  response.setHeader('Idempotent-Replayed', 'true');
  sendJson(response, status, body, status >= 400 ? 'application/problem+json' : 'application/json');
}

/** True when the answer to this request may be compressed, and its reader wants it to be. */
export function wantsGzip(response: Response): boolean {
  if (!isReading(response)) return false;
  response.vary('Accept-Encoding');
  return response.req.acceptsEncodings('gzip') === 'gzip';
}

/** Somebody with a key reads something: the only answers that others do not put anything into. */
function isReading(response: Response): boolean {
  return /^(?:GET|HEAD)$/.test(response.req.method) && contextOf(response).holder !== null;
}

function sendResource(response: Response, text: string, contentType: string): void {
  // Weak: the same resource, whether it is compressed or not.
  const tag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
  // Kept by nobody but the caller, and asked about before each use.
  const headers = { 'Content-Type': contentType, 'Cache-Control': 'private, no-cache', ETag: tag };
  const compress = wantsGzip(response);
  if (isKnown(response.req, tag)) {
    response.writeHead(304, { ETag: tag, 'Cache-Control': headers['Cache-Control'] }).end();
    return;
  }
  const bytes = Buffer.from(text);
  if (!compress || bytes.length < COMPRESSED_FROM) return finish(response, 200, headers, text);
  // In another thread; this one goes on with other requests.
  gzip(bytes, (error, compressed) => {
    if (error) finish(response, 200, headers, bytes);
    else finish(response, 200, { ...headers, 'Content-Encoding': 'gzip' }, compressed);
  });
}

function finish(
  response: Response,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string,
): void {
  // Text goes out in one piece with the headers.
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

/** Compared without regard to weakness, as RFC 9110 has it for reading. */
function isKnown({ headers }: Request, tag: string): boolean {
  const given = headers['if-none-match'] ?? '';
  return given.trim() === '*' || [...given.matchAll(/"[^"]*"/g)].some(([known]) => tag.endsWith(known));
}
