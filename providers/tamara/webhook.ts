/** Tamara's webhooks: proof, content, answer. */
import { readWebhook } from '../answers.ts';
import type { IncomingWebhook, ProviderAccount, WebhookClaim, WebhookVerdict } from '../contract.ts';
import { verifyHs256 } from '../jwt.ts';
import { orderWebhook, type TamaraCredentials } from './wire.ts';

const BEARER = 'Bearer ';

/**
 * A JWT signed with the notification token comes in the query (`tamaraToken`) and in the header. Either will do, for a
 * proxy may drop one of them, but every one that is there has to be true. It proves the sender; the body is not covered.
 */
export function verifyWebhook(
  { credentials }: ProviderAccount<TamaraCredentials>,
  { path, headers, received_at }: IncomingWebhook,
): WebhookVerdict {
  const query = new URLSearchParams(path.split('?').slice(1).join('?')).getAll('tamaraToken');
  const header = headers['authorization'];
  const given = [...query, ...(header ? [header.startsWith(BEARER) ? header.slice(BEARER.length) : ''] : [])];
  if (given.length === 0) return { ok: false, reason: 'missing_signature' };
  for (const token of given) {
    const verdict = verifyHs256(token, credentials.notification_token, received_at);
    if (verdict.ok) continue;
    const stale = verdict.reason === 'expired' || verdict.reason === 'not_yet_valid';
    return { ok: false, reason: stale ? 'stale_timestamp' : 'bad_signature' };
  }
  return { ok: true };
}

/**
 * "Look again", and nothing more. There is no event id. `order_approved` and the older message's `approved` are one
 * event, told to the registered URL and to that of the payment.
 */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  const { order_id, order_reference_id, event_type, order_status, data } = readWebhook(body, orderWebhook);
  const event = (event_type ?? order_status ?? '').replace(/^order_/, '');
  const part = data?.refund_id ?? data?.capture_id ?? data?.cancel_id ?? '';
  return {
    event_key: `${order_id}:${event}:${part}`,
    provider_payment_id: order_id,
    reference: order_reference_id,
    reading: null,
  };
}

/** Anything but 2xx is tried again; the body is not looked at. */
export const acknowledge = () => ({ status: 200, body: { success: true } });
