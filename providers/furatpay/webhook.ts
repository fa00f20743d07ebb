/** FuratPay's webhooks: proof, content, answer. */
import { createHmac } from 'node:crypto';
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { equalInConstantTime } from '../webhook-proof.ts';
import { invoiceWebhook, type FuratPayCredentials } from './wire.ts';

/**
 * How far `x-timestamp` may be from our clock, either way. Neither a window nor the rule for repetitions is published;
 * a day lets repetitions through, and a replay within it does no more than have the invoice read again.
 */
const TIMESTAMP_TOLERANCE_S = 24 * 60 * 60;

/**
 * `x-signature`: lower-case hex HMAC-SHA-256 of id, code, order number and timestamp, joined without anything between
 * and trimmed, as the plugin computes it. Neither type nor status are signed.
 */
export function signature(
  secret: string,
  signed: { id: string; code: string; order_number: string; timestamp: string },
): string {
  const { id, code, order_number, timestamp } = signed;
  return createHmac('sha256', secret)
    .update((id + code + order_number + timestamp).trim())
    .digest('hex');
}

/**
 * Without separators the end of the order number could pass for the beginning of the timestamp: a timestamp has
 * exactly 10 digits (seconds) or 13 (milliseconds) and lies within the window.
 */
export function verifyWebhook(
  { credentials }: ProviderAccount<FuratPayCredentials>,
  { headers, body, received_at }: IncomingWebhook,
): WebhookVerdict {
  const { 'x-signature': given, 'x-timestamp': timestamp } = headers;
  if (!given || !timestamp) return { ok: false, reason: 'missing_signature' };
  if (!/^(\d{10}|\d{13})$/.test(timestamp)) return { ok: false, reason: 'bad_signature' };
  const signed = signedIds(body);
  if (
    !signed ||
    !equalInConstantTime(given, signature(credentials.webhook_secret, { ...signed, timestamp }))
  ) {
    return { ok: false, reason: 'bad_signature' };
  }
  const sent_s = timestamp.length === 13 ? Number(timestamp) / 1000 : Number(timestamp);
  const age_s = Math.abs(received_at / 1000 - sent_s);
  return age_s > TIMESTAMP_TOLERANCE_S ? { ok: false, reason: 'stale_timestamp' } : { ok: true };
}

/** The signed parts of the body; null for a body that is no webhook of FuratPay. PHP joins what is missing as ''. */
function signedIds(body: Uint8Array): { id: string; code: string; order_number: string } | null {
  try {
    const { id, code, order_number } = readWebhook(body, invoiceWebhook).data;
    return { id, code: code ?? '', order_number: order_number ?? '' };
  } catch {
    return null;
  }
}

/** No reading: the status is not signed. Types that the plugin ignores are hints, too. */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  const { type, data } = readWebhook(body, invoiceWebhook);
  return {
    event_key: `${data.id}:${type}:${data.status ?? 'unknown'}`,
    provider_payment_id: data.id,
    reference: data.order_number ?? null,
    reading: null,
  };
}

/** As the plugin answers. */
export const acknowledge = () => ({ status: 200, body: { success: true } });

/** What a person enters in FuratPay's admin panel. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    'Sign in to the FuratPay admin panel and open the webhook settings.',
    `Enter ${url} as the webhook URL and save.`,
    'Copy the webhook secret that is shown there, and give it to this account as webhook_secret unless it has it.',
  ],
  secrets: [
    { credential: 'webhook_secret', place: 'webhook secret of the admin panel; the key of x-signature' },
  ],
});
