/** The shapes of the FIB simulator's answers. */
import type { Reply } from '../../sandbox/http-server.ts';
import { randomUUID } from '../../sandbox/random.ts';

export function errorReply(status: number, code: string, detail: string): Reply {
  return json(status, { traceId: randomUUID().replaceAll('-', ''), errors: [{ code, title: code, detail }] });
}

export function empty(status: 202 | 204): Reply {
  return { status, body: '' };
}

export function json(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
