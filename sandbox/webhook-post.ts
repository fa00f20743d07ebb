/** One webhook over the wire: a POST on a connection of its own, and what became of it. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export type DeliveryOutcome =
  | 'acknowledged'
  | 'refused'
  | 'timeout'
  | 'connection_failed'
  | 'no_url'
  | 'dropped'
  | 'delayed'
  | 'held';

interface PostPolicy {
  readonly timeoutMs: number;
  readonly acknowledged: (status: number) => boolean;
}

const MAX_RESPONSE_BYTES = 4_096;

export interface PostResult {
  readonly outcome: DeliveryOutcome;
  readonly response: { readonly status: number; readonly body: string } | null;
  readonly duration_ms: number;
  readonly error: string | null;
}

/** The result of a webhook that was not sent at all. */
export function nothingSent(outcome: DeliveryOutcome): PostResult {
  return { outcome, response: null, duration_ms: 0, error: null };
}

/** One POST on a connection of its own. Redirects are not followed. Never rejects. */
export function postWebhook(
  url: URL,
  headers: Record<string, string>,
  body: string,
  policy: PostPolicy,
): Promise<PostResult> {
  const startedAt = performance.now();
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const finish = (result: Omit<PostResult, 'duration_ms'>): void => {
      clearTimeout(timer);
      resolve({ ...result, duration_ms: Math.round((performance.now() - startedAt) * 10) / 10 });
      request.destroy();
    };
    const request = send(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    });
    const timer = setTimeout(() => {
      finish({ outcome: 'timeout', response: null, error: `no answer within ${policy.timeoutMs} ms` });
    }, policy.timeoutMs);
    request.on('error', (error) => {
      finish({ outcome: 'connection_failed', response: null, error: error.message });
    });
    request.once('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < MAX_RESPONSE_BYTES) text += chunk.slice(0, MAX_RESPONSE_BYTES - text.length);
      });
      const done = (): void => {
        const status = response.statusCode ?? 0;
        const outcome = policy.acknowledged(status) ? 'acknowledged' : 'refused';
        finish({ outcome, response: { status, body: text }, error: null });
      };
      response.once('end', done);
      response.once('error', done);
    });
    request.end(body);
  });
}
