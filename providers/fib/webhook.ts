/** FIB's webhooks: the URL that stands in for a signature, content, answer. */
import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { text } from '../fields.ts';
import { equalInConstantTime } from '../webhook-proof.ts';
import { paymentId, type FibCredentials } from './wire.ts';

/**
 * FIB signs nothing, so each payment gets a webhook URL of its own that nobody can guess: our endpoint, then our
 * reference, then an HMAC-SHA-256 of account and reference under the client secret. Only FIB is told.
 */
export function webhookUrlOf(
  account: ProviderAccount<FibCredentials>,
  webhook_url: string,
  reference: string,
): string {
  const segment = encodeURIComponent(reference);
  return `${webhook_url.replace(/\/+$/, '')}/${segment}/${proofOf(account, segment)}`;
}

/** Compares the last two segments of the path. The body proves nothing: the manifest calls every webhook a hint. */
export function verifyWebhook(
  account: ProviderAccount<FibCredentials>,
  { path }: IncomingWebhook,
): WebhookVerdict {
  const [proof = '', reference = ''] = (path.split('?', 1)[0] ?? '').split('/').reverse();
  if (!/^[\w-]{43}$/.test(proof)) return { ok: false, reason: 'missing_signature' };
  return equalInConstantTime(proof, proofOf(account, reference))
    ? { ok: true }
    : { ok: false, reason: 'bad_signature' };
}

function proofOf({ id, credentials }: ProviderAccount<FibCredentials>, reference: string): string {
  // The words in front keep this use of the secret apart from any other.
  return createHmac('sha256', credentials.client_secret)
    .update(`fib webhook url:${id}:${reference}`)
    .digest('base64url');
}

/** The status is a string in the official code; one README can be read as the whole status object, so both are taken. */
const statusHint = z.object({
  id: paymentId,
  status: z.union([text(64), z.object({ status: text(64) }).transform(({ status }) => status)]),
});

/** No reading: there is no amount in it, and whoever learns the URL could claim anything. */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  const { id, status } = readWebhook(body, statusHint);
  return { event_key: `${id}:${status}`, provider_payment_id: id, reference: null, reading: null };
}

/** FIB's own examples answer 202. */
export const acknowledge = () => ({ status: 202, body: { message: 'accepted' } });

/** The URL goes out with each payment. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    'Nothing has to be set up: each payment carries a webhook URL of its own.',
    `It begins with ${url} and ends with a part that nobody can guess; let your proxy pass all of it on.`,
  ],
  secrets: [{ credential: 'client_secret', place: 'stays here; the last part of each URL is made with it' }],
});
