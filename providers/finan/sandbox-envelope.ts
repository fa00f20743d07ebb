/**
 * Finan's envelope around every answer. The error codes are not published: 102000 and 102001 suggest 10, the class of
 * the HTTP status and its rest, hence 104000, 104001, 104004.
 */
import { randomBytes } from 'node:crypto';
import type { Reply } from '../../sandbox/http-server.ts';

export function success(code: 102000 | 102001, data: unknown): Reply {
  const created = code === 102001;
  return envelope(created ? 201 : 200, code, created ? 'Tạo thành công' : 'Thực thi API thành công', data);
}

export function errorReply(status: number, message: string): Reply {
  return envelope(status, 100_000 + Math.floor(status / 100) * 1000 + (status % 100), message, undefined);
}

function envelope(status: number, code: number, content: string, data: unknown): Reply {
  const requestId = randomBytes(16).toString('hex');
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', 'x-request-id': requestId },
    body: JSON.stringify({ message: { content }, code, request_id: requestId, data }),
  };
}
