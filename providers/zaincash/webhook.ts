/** ZainCash v2's webhooks: a JSON body with a JWT that carries and signs everything. */
import { z } from 'zod';
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { readClaims, verifyHs256 } from '../jwt.ts';
import { readingOf } from './readings.ts';
import { eventClaims, statusChange, type ZainCashCredentials } from './wire.ts';

const token = z.string().min(1);

/** `webhook_token` in the description, `token` in the guide's own example code. */
const envelope = z
  .union([z.object({ webhook_token: token }), z.object({ token })])
  .transform((body) => ('webhook_token' in body ? body.webhook_token : body.token));

/** The token is signed with the API key. The example has no `exp`; it counts when there is one. */
export function verifyWebhook(
  { credentials }: ProviderAccount<ZainCashCredentials>,
  { body, received_at }: IncomingWebhook,
): WebhookVerdict {
  const given = tokenIn(body);
  if (given === null) return { ok: false, reason: 'missing_signature' };
  const verdict = verifyHs256(given, credentials.api_key, received_at);
  if (verdict.ok) return { ok: true };
  switch (verdict.reason) {
    case 'malformed':
    case 'bad_signature':
      return { ok: false, reason: 'bad_signature' };
    case 'expired':
    case 'not_yet_valid':
      return { ok: false, reason: 'stale_timestamp' };
  }
}

function tokenIn(body: Uint8Array): string | null {
  try {
    return readWebhook(body, envelope);
  } catch {
    return null;
  }
}

/**
 * `STATUS_CHANGED` is believed. Of `REFUND_COMPLETED` and `REFUND_FAILED` no example exists: they say "look again", like
 * a type that nobody has heard of.
 */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  return readWebhook(body, envelope.transform(claimIn));
}

const anyTransaction = statusChange.pick({ transactionId: true, orderId: true }).partial();

function claimIn(jwt: string, context: z.RefinementCtx): WebhookClaim {
  const unreadable = (what: string): never => {
    context.addIssue({ code: 'custom', message: what });
    return z.NEVER;
  };
  const event = eventClaims.safeParse(readClaims(jwt));
  if (!event.success) return unreadable('not the claims of an event');
  const { eventId: event_key, eventType, timestamp, data } = event.data;
  if (eventType !== 'STATUS_CHANGED') {
    const named = anyTransaction.safeParse(data).data;
    return {
      event_key,
      provider_payment_id: named?.transactionId ?? null,
      reference: named?.orderId ?? null,
      reading: null,
    };
  }
  const change = statusChange.safeParse(data);
  if (!change.success) return unreadable('not the data of a status change');
  const { transactionId, orderId, currentStatus: status, amount, errorMessage } = change.data;
  const reading = readingOf({
    transactionId,
    orderId,
    status,
    amount: amount.value,
    fee: amount.feeValue ?? null,
    paid_at: status === 'SUCCESS' ? timestamp : null,
    expires_at: null,
    errorMessage,
  });
  return { event_key, provider_payment_id: transactionId, reference: orderId, reading };
}

/** "Process it only once and return HTTP 200." */
export const acknowledge = () => ({ status: 200, body: { success: true } });

/** ZainCash's business team enters it, for the live system only. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    `Ask the business team of ZainCash to register ${url} as the notification URL of the client whose client_id this account has.`,
    'Ask them for the API key that signs notifications, which is not the client secret, and give it to this account as api_key unless it has it.',
    'The test system sends no webhooks: payments there are read by polling.',
  ],
  secrets: [
    { credential: 'api_key', place: 'API key of the client; ZainCash signs the webhook_token with it' },
  ],
});
