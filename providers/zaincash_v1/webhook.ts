/**
 * ZainCash v1 sends no webhooks. What can come here is the token of the customer's return
 * (`redirectUrl?token=<JWT>`), passed on by the merchant's return page as `{"token":"<JWT>"}`: then the payment is read
 * at once instead of at the next poll. It travelled through the customer's browser and is a hint, whatever it says.
 */
import { z } from 'zod';
import { readWebhook } from '../answers.ts';
import type {
  IncomingWebhook,
  ProviderAccount,
  WebhookClaim,
  WebhookSetup,
  WebhookVerdict,
} from '../contract.ts';
import { optionalText, text } from '../fields.ts';
import { readClaims, verifyHs256 } from '../jwt.ts';
import { transactionId, type ZainCashV1Credentials } from './wire.ts';

/** `orderid` in lower case here, unlike in the request. */
const returnClaims = z.object({ id: transactionId, status: text(64), orderid: optionalText(512) });

const returned = z.object({
  token: z.string().transform((token, context) => {
    const claims = returnClaims.safeParse(readClaims(token));
    if (claims.success) return claims.data;
    context.addIssue({ code: 'custom', message: 'not a token of a return' });
    return z.NEVER;
  }),
});

/** The token must be signed with the merchant secret and, when it says so, be in its time. */
export function verifyWebhook(
  { credentials }: ProviderAccount<ZainCashV1Credentials>,
  { body, received_at }: IncomingWebhook,
): WebhookVerdict {
  const token = tokenIn(body);
  if (token === null) return { ok: false, reason: 'missing_signature' };
  const verdict = verifyHs256(token, credentials.secret, received_at);
  if (verdict.ok) return { ok: true };
  const inTime = verdict.reason === 'malformed' || verdict.reason === 'bad_signature';
  return { ok: false, reason: inTime ? 'bad_signature' : 'stale_timestamp' };
}

function tokenIn(body: Uint8Array): string | null {
  try {
    return readWebhook(body, z.object({ token: z.string().min(1) })).token;
  } catch {
    return null;
  }
}

/** Never a reading: the return is not where money is learnt from. */
export function parseWebhook(body: Uint8Array): WebhookClaim {
  const { token } = readWebhook(body, returned);
  return {
    event_key: `${token.id}:${token.status}`,
    provider_payment_id: token.id,
    reference: token.orderid,
    reading: null,
  };
}

export const acknowledge = () => ({ status: 200, body: { message: 'received' } });

/** There is no webhook to set up; the shop's return page can pass its token on. */
export const webhookSetup = (url: string): WebhookSetup => ({
  steps: [
    'Nothing has to be set up: ZainCash v1 sends no webhooks, and payments are read by polling.',
    `To learn of a payment sooner, let the page that customers return to post {"token": "…"} to ${url}, with the token from its query.`,
  ],
  secrets: [
    { credential: 'secret', place: 'merchant secret; ZainCash signs the token of the return page with it' },
  ],
});
