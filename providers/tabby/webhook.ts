/** Tabby's webhooks: proof, content, answer. */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { readWebhook } from '../answers.ts';
import type { IncomingWebhook, ProviderAccount, WebhookClaim, WebhookVerdict } from '../contract.ts';
import { optionalText, text } from '../fields.ts';
import { equalInConstantTime } from '../webhook-proof.ts';
import type { TabbyCredentials } from './wire.ts';

/** Nothing is signed: the header that was chosen with the registration has to come back with its value. */
export function verifyWebhook(
  { credentials }: ProviderAccount<TabbyCredentials>,
  { headers }: IncomingWebhook,
): WebhookVerdict {
  const given = headers[credentials.webhook_header.toLowerCase()];
  if (!given) return { ok: false, reason: 'missing_signature' };
  return equalInConstantTime(given, credentials.webhook_secret)
    ? { ok: true }
    : { ok: false, reason: 'bad_signature' };
}

const ids = z
  .array(z.object({ id: text(100) }))
  .nullish()
  .transform((list) => (list ?? []).map(({ id }) => id));

/** Statuses are lower-case here and upper-case in the API; the key is made of neither's case. */
const paymentEvent = z
  .object({
    id: text(64),
    status: text(64),
    order: z.object({ reference_id: optionalText(255) }).nullish(),
    captures: ids,
    refunds: ids,
  })
  .transform(({ id, status, order, captures, refunds }) => {
    const reference = order?.reference_id ?? null;
    const parts = JSON.stringify([reference, captures.toSorted(), refunds.toSorted()]);
    const digest = createHash('sha256').update(parts).digest('hex').slice(0, 32);
    return hint(`${id}:${status.toLowerCase()}:${digest}`, id, reference);
  });

const disputeEvent = z
  .object({ dispute_id: text(64), payment_id: text(64), status: text(64) })
  .transform(({ dispute_id, payment_id, status }) =>
    hint(`dispute:${dispute_id}:${status.toLowerCase()}`, payment_id, null),
  );

const hint = (event_key: string, provider_payment_id: string, reference: string | null): WebhookClaim => ({
  event_key,
  provider_payment_id,
  reference,
  reading: null,
});

const event = z.union([paymentEvent, disputeEvent]);

/**
 * No reading: whoever knows the header could claim anything. There is no id of the event, so its key is made of what an
 * event can change: the status, the reference, the captures, the refunds.
 */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  return readWebhook(body, event);
}

/** 200 within a minute ends the repetitions; nobody reads the body. */
export const acknowledge = () => ({ status: 200, body: { received: true } });
