/** Rehive's webhooks: proof, content, answer. */
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { equalInConstantTime } from '../webhook-proof.ts';
import { invoiceWebhook, type RehiveCredentials } from './wire.ts';

/** Nothing is signed: `Authorization: Secret …` has to be the secret that was entered with the URL. */
export function verifyWebhook(
  { credentials }: ProviderAccount<RehiveCredentials>,
  { headers }: IncomingWebhook,
): WebhookVerdict {
  const given = headers['authorization'];
  if (!given) return { ok: false, reason: 'missing_signature' };
  return equalInConstantTime(given, `Secret ${credentials.webhook_secret}`)
    ? { ok: true }
    : { ok: false, reason: 'bad_signature' };
}

/** No reading: whoever knows the secret could claim anything, and quotes do not name their transfers. */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  const { id, request_reference, status, updated } = readWebhook(body, invoiceWebhook);
  return {
    event_key: `${id}:${status}:${updated ?? 0}`,
    provider_payment_id: id,
    reference: request_reference,
    reading: null,
  };
}

/** What Rehive makes of the answer is not documented. */
export const acknowledge = () => ({ status: 200, body: { status: 'success' } });

/** What a person enters in Rehive's merchant settings. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    'Sign in to the Rehive dashboard as a manager of the business and open the webhooks of its merchant settings.',
    `Add a webhook with the URL ${url}.`,
    'Enter the webhook_secret of this account as its secret, and save.',
  ],
  secrets: [
    { credential: 'webhook_secret', place: 'secret of the webhook; comes back as "Authorization: Secret …"' },
  ],
});
