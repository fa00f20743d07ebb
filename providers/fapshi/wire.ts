/**
 * Fapshi's wire format: headers, objects, phone numbers. Facts from docs.fapshi.com and the `Fapshi/SDKs`
 * repository; what those leave open is listed in the README of this folder.
 */
import { z, type ZodType } from 'zod';
import { currency } from '../../domain/currency.ts';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, isSuccess, readJson, readRefusal, sayable } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { oneOf, optionalMoment, optionalText, secret, text, webUrl, wholeUnits } from '../fields.ts';
import type { ProviderRequest } from '../http.ts';

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
  amount: wholeUnits(XAF),
  revenue: z.number().nullish().catch(null),
  externalId: optionalText(),
  userId: optionalText(),
  reason: optionalText(300),
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

interface Call {
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** Never for GET: Fapshi refuses a GET with a body. */
  readonly body?: Readonly<Record<string, unknown>>;
  readonly mutates: boolean;
}

/** One call; gives the answer as `schema` says, and the request for errors that follow. */
export async function call<T>(
  { account, http, signal }: ProviderContext<FapshiCredentials>,
  { operation, method, path, body, mutates }: Call,
  schema: ZodType<T>,
): Promise<{ data: T; request: ProviderRequest }> {
  const request: ProviderRequest = {
    operation,
    method,
    mutates,
    signal,
    url: account.base_url.replace(/\/+$/, '') + path,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      apiuser: account.credentials.apiuser,
      apikey: account.credentials.apikey,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await http.send(request);
  if (isSuccess(response)) return { data: readJson(response, schema, request), request };
  throw new ProviderError(refusal(failureFromStatus(response, request), readRefusal(response, refusalBody)));
}

const refusalBody = z.object({ message: z.string() });

/** Fapshi has no error codes: the kind follows from the status, and its `message` is kept for people. */
function refusal(failure: ProviderFailure, said: z.infer<typeof refusalBody> | null): ProviderFailure {
  return said?.message ? { ...failure, message: sayable(said.message) } : failure;
}
