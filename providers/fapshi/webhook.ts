/** Fapshi's webhooks: proof, content, answer. */
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { equalInConstantTime } from '../webhook-proof.ts';
import { transactionHint, type FapshiCredentials } from './wire.ts';

/** Nothing is signed. The secret from the dashboard is compared if there is one; the manifest calls every webhook a hint. */
export function verifyWebhook(
  { credentials: { webhook_secret } }: ProviderAccount<FapshiCredentials>,
  { headers }: IncomingWebhook,
): WebhookVerdict {
  if (webhook_secret === undefined) return { ok: true };
  const given = headers['x-wh-secret'];
  if (!given) return { ok: false, reason: 'missing_signature' };
  return equalInConstantTime(given, webhook_secret) ? { ok: true } : { ok: false, reason: 'bad_signature' };
}

/** No reading: anyone who knows the secret could claim anything, and the method that FAILED depends on is not in it. */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  const { transId, status, externalId, userId } = readWebhook(body, transactionHint);
  return {
    event_key: `${transId}:${status}`,
    provider_payment_id: transId,
    reference: externalId ?? userId,
    reading: null,
  };
}

/** Nobody looks at it: Fapshi sends every webhook once, whatever comes back. */
export const acknowledge = () => ({ status: 200, body: { message: 'received' } });

/** What a person enters in Fapshi's dashboard. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    'Sign in to the Fapshi dashboard and open the service whose API user this account has.',
    `Enter ${url} as the webhook URL of the service; a service has one.`,
    'Set a webhook secret there, long and random, and save.',
    'Give this account the same text as webhook_secret. Without one anybody can post to the URL, and every such post is read again at Fapshi.',
  ],
  secrets: [
    { credential: 'webhook_secret', place: 'webhook secret of the service; comes back as x-wh-secret' },
  ],
});
