/**
 * Fapshi's wire format: headers, objects, phone numbers. Facts from docs.fapshi.com and the `Fapshi/SDKs`
 * repository; what those leave open is listed in the README of this folder.
 */
import { z, type ZodType } from 'zod';
import { currency } from '../../domain/currency.ts';
import type { ProviderContext } from '../contract.ts';
import { decimalAmount, oneOf, optionalMoment, optionalText, secret, text, webUrl } from '../fields.ts';
import { callJson, refusalInMessage, type JsonCall } from '../json-call.ts';

export const XAF = currency('XAF');

export interface FapshiCredentials {
  readonly apiuser: string;
  readonly apikey: string;
  readonly webhook_secret?: string | undefined;
}

export const fapshiCredentials: ZodType<FapshiCredentials> = z.strictObject({
  apiuser: secret.describe('API user of the service; sent as the header apiuser.'),
  apikey: secret.describe('API key of the service (FAK_…, or FAK_TEST_… in the sandbox); sent as apikey.'),
  webhook_secret: secret
    .optional()
    .describe(
      'Webhook secret set in the dashboard; comes back as x-wh-secret. Without one anybody can post to the webhook URL: ' +
        'every webhook is only a hint and the payment is read again, but set one to keep junk out.',
    ),
});

/** `userId` and `externalId`. */
export const REFERENCE = /^[A-Za-z0-9_-]{1,100}$/;

/** `transId`: the documentation says 8 to 10 letters and digits. */
const transId = text(32).regex(/^[A-Za-z0-9]+$/);

/** The answer to `/initiate-pay`. */
export const createdLink = z.object({ transId, link: webUrl });

/** The answer to `/direct-pay`. */
export const createdDirectPay = z.object({ transId });

const transactionFields = z.object({
  transId,
  status: text(64),
  amount: decimalAmount(XAF),
  revenue: z.number().nullish().catch(null),
  externalId: optionalText(),
  userId: optionalText(),
  reason: optionalText(300),
  transType: optionalText(64),
  dateInitiated: optionalMoment,
  dateConfirmed: optionalMoment,
});
export type Transaction = z.infer<typeof transactionFields>;

/** A transaction; the documentation once typed it as a list of one, so that is accepted, too. */
export const transaction = oneOf(transactionFields);

/** The answer to `/transaction/{userId}`. */
export const transactions = z.array(transactionFields);

/** What a webhook is trusted to say: which transaction to look at, and why now. */
export const transactionHint = oneOf(
  z.object({ transId, status: text(64), externalId: optionalText(), userId: optionalText() }),
);

/**
 * A Cameroonian mobile number as Fapshi wants it (`6XXXXXXXX`), from that form or with +237, 00237 or 237 in front,
 * however it is spaced; null for anything else.
 */
export function localPhone(phone: string): string | null {
  const digits = phone.replace(/[\s().-]/g, '').replace(/^(\+|00)?237(?=6\d{8}$)/, '');
  return /^6\d{8}$/.test(digits) ? digits : null;
}

/** One call; gives the answer as `schema` says, and the request for errors that follow. */
export function call<T>(context: ProviderContext<FapshiCredentials>, wanted: JsonCall, schema: ZodType<T>) {
  const { apiuser, apikey } = context.account.credentials;
  return callJson(context, wanted, schema, { headers: { apiuser, apikey }, refusal: refusalInMessage });
}
