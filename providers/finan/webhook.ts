/** Finan's webhooks: proof, content, answer. */
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  PaymentReading,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { equalInConstantTime } from '../webhook-proof.ts';
import { compactJson, receiptOf, signature, transferWebhook, VND, type FinanCredentials } from './wire.ts';

/** How far `x-timestamp` may be from our clock, either way. Finan states the same window for requests to it. */
const TIMESTAMP_TOLERANCE_S = 30;

/**
 * The signature covers body and time. The digest has the secret in front and is therefore open to length extension;
 * a timestamp of digits only, inside the window, closes that for the last field, and a body that was extended is
 * no JSON any more. Whether Finan signs the bytes it sends or their compact form is not documented: both are accepted.
 */
export function verifyWebhook(
  { credentials }: ProviderAccount<FinanCredentials>,
  webhook: IncomingWebhook,
): WebhookVerdict {
  const { 'x-signature': given, 'x-timestamp': timestamp, 'x-client-id': client } = webhook.headers;
  if (!given || !timestamp) return { ok: false, reason: 'missing_signature' };
  if (!/^\d{1,12}$/.test(timestamp)) return { ok: false, reason: 'bad_signature' };
  const age_s = webhook.received_at / 1000 - Number(timestamp);
  if (Math.abs(age_s) > TIMESTAMP_TOLERANCE_S) return { ok: false, reason: 'stale_timestamp' };

  const signs = (payload: Uint8Array): boolean =>
    equalInConstantTime(
      given,
      signature(credentials.secret, { method: 'POST', path: webhook.path, payload, timestamp }),
    );
  if (!signs(webhook.body) && !signs(compactJson(webhook.body)))
    return { ok: false, reason: 'bad_signature' };
  if (client !== undefined && client !== credentials.client_id) return { ok: false, reason: 'wrong_account' };
  return { ok: true };
}

/** One transfer. It never says how much of the request is paid in all, so the status stays open and the receipt counts. */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  const transfer = readWebhook(body, transferWebhook);
  const { id, payment_request_id, reference_id } = transfer;
  const reading: PaymentReading | null = payment_request_id
    ? {
        provider_payment_id: payment_request_id,
        reference: reference_id,
        currency: VND,
        status: 'pending',
        receipts: [receiptOf(transfer)],
        provider_status: 'transfer_received',
        failure: null,
        next_action: null,
        expires_at: null,
      }
    : null;
  return { event_key: id, provider_payment_id: payment_request_id, reference: reference_id, reading };
}

/** "Your webhook endpoint must respond with HTTP 200" and this body. */
export const acknowledge = (now: Date) => ({
  status: 200,
  body: { status: 'success', message: 'received', timestamp: now.toISOString() },
});

/** What a person enters in Finan's dashboard. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    'Sign in to the Finan dashboard and open the settings of the client whose client_id this account has.',
    `Enter ${url} as the webhook URL, exactly so: its path is part of what Finan signs.`,
    'There is no secret to enter: Finan signs webhooks with the secret key of the client.',
  ],
  secrets: [{ credential: 'secret', place: 'secret key of the client; Finan has it already' }],
});
