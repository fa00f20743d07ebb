/** Signs outgoing webhooks as Standard Webhooks wants it: HMAC-SHA-256 over id, time and body. */
import { createHmac } from 'node:crypto';
import type { EndpointSecrets } from '../db/webhook-endpoints.ts';

const PREFIX = 'whsec_';

/** The headers of one attempt. Every secret that still counts signs, so the receiver may know any of them. */
export function signedHeaders(
  { secrets }: EndpointSecrets,
  { id, body, now_ms }: { readonly id: string; readonly body: string; readonly now_ms: number },
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(now_ms / 1000));
  const signatures = secrets
    .filter(({ until }) => until === null || Date.parse(until) > now_ms)
    .map(({ secret }) => `v1,${signature(secret, `${id}.${timestamp}.${body}`)}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

function signature(secret: string, content: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}
