/**
 * ZainCash v1's wire format: forms that carry a JWT, objects, refusals. Facts from ZainCash's documentation of March
 * 2023 and from client code; what those leave open is listed in the README of this folder.
 */
import { z, type ZodType } from 'zod';
import { currency } from '../../domain/currency.ts';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, isSuccess, readJson, readRefusal, sayable } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { decimalAmount, optionalMoment, optionalText, secret, text } from '../fields.ts';
import type { ProviderRequest } from '../http.ts';
import { signHs256, type JwtClaims } from '../jwt.ts';
import { withoutProofs } from '../proofs.ts';

export const IQD = currency('IQD');

/** "exp: iat + 4 hours"; a transaction can be paid as long as its token is good. */
export const TOKEN_LIFETIME_S = 4 * 60 * 60;

export interface ZainCashV1Credentials {
  readonly msisdn: string;
  readonly merchant_id: string;
  readonly secret: string;
  readonly language?: 'ar' | 'en' | undefined;
}

export const zainCashV1Credentials: ZodType<ZainCashV1Credentials> = z.strictObject({
  msisdn: z
    .string()
    .regex(/^964\d{10}$/, 'must be 13 digits that begin with 964')
    .describe('Wallet number of the merchant: 13 digits, 9647…'),
  merchant_id: secret.describe('Merchant ID that ZainCash gave you; sent as merchantId.'),
  secret: secret.describe('Merchant secret; signs requests and proves the token of the return page.'),
  language: z
    .enum(['ar', 'en'])
    .optional()
    .describe('Language of the payment page: ar (the default) or en; sent as lang.'),
});

/** ids are 24 hexadecimal digits everywhere they are shown; nothing depends on that. */
export const transactionId = text(64).regex(/^[A-Za-z0-9_-]+$/);

/** Whole dinars, as a number or as text (`25000`, `"25000"`); read as minor units. */
const dinars = decimalAmount(IQD);

/** A transaction, as `/transaction/init` and `/transaction/get` answer it. */
export const transaction = z.object({
  id: transactionId,
  status: text(64),
  // The documentation always shows it; client code lives without. Money is only believed when it is there.
  amount: dinars.nullish(),
  orderId: z
    .union([z.number().transform(String), text(512)])
    .nullish()
    .catch(null),
  // Why it failed: "Not enough credit on balance".
  due: optionalText(300),
  updatedAt: optionalMoment,
});
export type Transaction = z.infer<typeof transaction>;

interface Call {
  readonly operation: string;
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly mutates: boolean;
}

/** One form; gives the answer as `schema` says, and the request for errors that follow. */
export async function call<T>(
  { account, http, signal }: ProviderContext<ZainCashV1Credentials>,
  { operation, path, fields, mutates }: Call,
  schema: ZodType<T>,
): Promise<{ data: T; request: ProviderRequest }> {
  const request: ProviderRequest = {
    operation,
    method: 'POST',
    mutates,
    signal,
    url: urlOf(account.base_url, path),
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  };
  const response = await http.send(request);
  const words = readRefusal(response, refusalBody);
  const said = words === null ? null : withoutProofs(words, request);
  if (!isSuccess(response)) throw new ProviderError(refusal(failureFromStatus(response, request), said));
  // A refusal comes with 200, too: `{"err":{"msg":"…"}}` in place of the transaction.
  if (said) {
    throw new ProviderError(refusal({ kind: 'invalid_request', code: 'refused', message: 'refused' }, said));
  }
  return { data: readJson(response, schema, request), request };
}

/** The merchant's fields of a signed call: the claims in a token that lives four hours, and whose it is. */
export function signedFields(
  { account, now }: ProviderContext<ZainCashV1Credentials>,
  claims: JwtClaims,
): Record<string, string> {
  const iat = Math.floor(now() / 1000);
  return {
    token: signHs256({ ...claims, iat, exp: iat + TOKEN_LIFETIME_S }, account.credentials.secret),
    merchantId: account.credentials.merchant_id,
  };
}

/** `base` with `path` behind it, whatever slashes `base` ends with. */
export function urlOf(base: string, path: string): string {
  return base.replace(/\/+$/, '') + path;
}

const refusalBody = z
  .object({ err: z.union([z.string(), z.object({ msg: z.string() }).transform(({ msg }) => msg)]) })
  .transform(({ err }) => err);

/** Words of refusals that are about who asks; ZainCash has no codes. */
const ABOUT_CREDENTIALS = /merchant|signature|secret|jwt|token/i;
const ABOUT_ABSENCE = /not.?found|no such|does not exist/i;

function refusal(failure: ProviderFailure, said: string | null): ProviderFailure {
  if (!said) return failure;
  const message = sayable(said);
  if (failure.kind !== 'invalid_request') return { ...failure, message };
  // "Merchant not found" is about who asks, "Transaction not found" about what was asked for.
  if (ABOUT_CREDENTIALS.test(said)) return { ...failure, kind: 'bad_credentials', message };
  return { ...failure, kind: ABOUT_ABSENCE.test(said) ? 'not_found' : 'invalid_request', message };
}
