/**
 * ZainCash v2's wire format: bearer tokens, objects, refusals. Facts from ZainCash's "Merchant Payment Gateway"
 * integration guide (January 2026) and client code; what those leave open is listed in the README of this folder.
 */
import { createHash } from 'node:crypto';
import { z, type ZodType } from 'zod';
import { currency } from '../../domain/currency.ts';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, isSuccess, readJson, readRefusal, sayable } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { decimalAmount, optionalMoment, optionalText, secret, text, webUrl } from '../fields.ts';
import type { ProviderRequest, ProviderResponse } from '../http.ts';
import type { IssuedToken } from '../token-store.ts';

export const IQD = currency('IQD');

export interface ZainCashCredentials {
  readonly client_id: string;
  readonly client_secret: string;
  readonly api_key: string;
  readonly service_type?: string | undefined;
  readonly language?: 'ar' | 'en' | 'ku' | undefined;
}

export const zainCashCredentials: ZodType<ZainCashCredentials> = z.strictObject({
  client_id: secret.describe('Client ID of the payment gateway (v2).'),
  client_secret: secret.describe('Client secret of that client; gets access tokens.'),
  api_key: secret.describe('API key; proves webhooks. It is not the client secret.'),
  service_type: text(254)
    .optional()
    .describe(
      'Service type agreed with ZainCash, sent as serviceType; the description of the payment without one.',
    ),
  language: z
    .enum(['ar', 'en', 'ku'])
    .optional()
    .describe('Language of the payment page: ar (the default), en or ku.'),
});

/** Whole dinars, as a number or as text (`500`, `"25000"`, `"25000.00"`); read as minor units. */
const dinars = decimalAmount(IQD);

/** What ZainCash keeps; one that cannot be read is one that nobody told. */
const fee = z
  .union([z.literal([0, '0']).transform(() => 0), dinars])
  .nullish()
  .catch(null);

const money = z.object({ value: dinars, currency: z.literal('IQD'), feeValue: fee });

/** A UUID in every example. */
const transactionId = text(64).regex(/^[A-Za-z0-9_-]+$/);

/** The answer to `transaction/init`. */
export const created = z.object({
  transactionDetails: z.object({
    transactionId,
    externalReferenceId: optionalText(),
    amount: money.nullish(),
  }),
  redirectUrl: webUrl,
  expiryTime: optionalMoment,
});

/** The answer to an inquiry. */
export const inquiry = z.object({
  status: text(64),
  transactionDetails: z.object({ transactionId, orderId: optionalText(), amount: money }),
  timeStamps: z.object({ expiryTime: optionalMoment, completedAt: optionalMoment }).nullish().catch(null),
});
export type Inquiry = z.infer<typeof inquiry>;

/** The answer to a reversal. */
export const reversal = z.object({ status: text(64), amount: dinars.nullish() });

/** The claims of a webhook's token. `data` is shown for STATUS_CHANGED only and is read for no other type. */
export const eventClaims = z.object({
  eventId: text(),
  eventType: text(64),
  timestamp: optionalMoment,
  data: z.unknown(),
});

export const statusChange = z.object({
  transactionId,
  orderId: optionalText(),
  currentStatus: text(64),
  errorMessage: optionalText(300),
  amount: money,
});

/** RFC 9562 version 5: the same UUID for the same key, always. `externalReferenceId` must be a UUID. */
export function externalReference(idempotency_key: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(idempotency_key, 'utf8').digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Ours, made once by chance. Changing it would make repetitions of requests in flight look new. */
const NAMESPACE = Buffer.from('0f6b4a5e3c1d4e8f9a2b7c6d5e4f3a21', 'hex');

/**
 * An Iraqi mobile number as ZainCash wants it (`9647…`, 13 digits), from that form or with +, 00, or as 07…, however it
 * is spaced; null for anything else.
 */
export function walletNumber(phone: string): string | null {
  const digits = phone.replace(/[\s().-]/g, '').replace(/^(\+|00)(?=964)/, '');
  const international = digits.replace(/^0(?=7\d{9}$)/, '964');
  return /^9647\d{9}$/.test(international) ? international : null;
}

/** Rights of a token. Reversals get one of their own, so that a client without that right can still be paid. */
export type Scope = 'payment:read payment:write' | 'reverse:write';

interface Call {
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly mutates: boolean;
  readonly scope?: Scope;
}

export interface Exchange {
  readonly response: ProviderResponse;
  readonly request: ProviderRequest;
}

/** One call with a bearer token. A token that is refused with 401 is forgotten, and a new one is tried once. */
export async function exchange(
  context: ProviderContext<ZainCashCredentials>,
  wanted: Call,
): Promise<Exchange> {
  const { tokens } = context;
  const scope = wanted.scope ?? 'payment:read payment:write';
  const once = async (): Promise<Exchange & { token: string }> => {
    const token = await tokens.get(scope, () => issueToken(context, scope));
    const request = requestOf(context, wanted, token);
    return { request, token, response: await context.http.send(request) };
  };
  const first = await once();
  if (first.response.status !== 401) return first;
  tokens.refuse(scope, first.token);
  return once();
}

/** The same, for calls of which only success is of interest; gives the answer as `schema` says. */
export async function call<T>(
  context: ProviderContext<ZainCashCredentials>,
  wanted: Call,
  schema: ZodType<T>,
): Promise<{ data: T; request: ProviderRequest }> {
  const { response, request } = await exchange(context, wanted);
  if (!isSuccess(response)) throw refusal({ response, request });
  return { data: readJson(response, schema, request), request };
}

function requestOf(
  { account, signal }: ProviderContext<ZainCashCredentials>,
  { operation, method, path, body, mutates }: Call,
  token: string,
): ProviderRequest {
  return {
    operation,
    method,
    mutates,
    signal,
    url: `${account.base_url.replace(/\/+$/, '')}/api/v2/payment-gateway/transaction/${path}`,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
}

const issued = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/),
  expires_in: z.number().positive().catch(300),
});

async function issueToken(
  { account, http, signal }: ProviderContext<ZainCashCredentials>,
  scope: Scope,
): Promise<IssuedToken> {
  const { client_id, client_secret } = account.credentials;
  const request: ProviderRequest = {
    operation: 'get_token',
    method: 'POST',
    // Nothing moves: when this fails, the call it is for was never sent.
    mutates: false,
    signal,
    url: `${account.base_url.replace(/\/+$/, '')}/oauth2/token`,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id,
      client_secret,
      scope,
    }).toString(),
  };
  const response = await http.send(request);
  if (!isSuccess(response)) {
    const { failure } = refusal({ response, request });
    // RFC 6749 answers a wrong client, secret or scope with 400.
    throw new ProviderError(
      failure.kind === 'invalid_request' ? { ...failure, kind: 'bad_credentials' } : failure,
    );
  }
  const { access_token, expires_in } = readJson(response, issued, request);
  return { token: access_token, expires_in_s: expires_in };
}

/** The shape of refusals is not documented; these are the places where clients look for code and words. */
const refusalBody = z.object({
  code: optionalText(64),
  errorCode: optionalText(64),
  error: z
    .union([z.string(), z.object({ code: optionalText(64), message: optionalText(300) })])
    .nullish()
    .catch(null),
  error_description: optionalText(300),
  message: optionalText(300),
  transactionDetails: z.object({ transactionId }).nullish().catch(null),
  transactionId: transactionId.nullish().catch(null),
  redirectUrl: webUrl.nullish().catch(null),
});

const CODE = /^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)+$/;

function saidIn(response: ProviderResponse): { code: string | null; message: string | null } {
  const said = readRefusal(response, refusalBody);
  if (!said) return { code: null, message: null };
  const error = typeof said.error === 'string' ? { code: said.error, message: said.error } : said.error;
  const words = [said.code, said.errorCode, error?.code, said.message];
  const code = words.find((word): word is string => !!word && CODE.test(word)) ?? null;
  return { code, message: said.message ?? said.error_description ?? error?.message ?? null };
}

const CREATING: ReadonlySet<string> = new Set(['create_payment', 'repeat_create_payment']);

/** A refusal as an error. 403 is "not owned by this merchant" when it says so, and our rights when it does not. */
export function refusal({ response, request }: Exchange): ProviderError {
  const failure: ProviderFailure = failureFromStatus(response, request);
  const { code, message } = saidIn(response);
  const foreign = response.status === 403 && code === 'PAYMENT_GATEWAY_UNAUTHORIZED';
  return new ProviderError({
    ...failure,
    kind: foreign && !CREATING.has(request.operation) ? 'not_found' : failure.kind,
    code: code ?? failure.code,
    message: message ? sayable(message) : failure.message,
  });
}

/** The transaction that was made under the same `externalReferenceId` before; null for any other answer. */
export function madeBefore({ response }: Exchange): { id: string; redirectUrl: string | null } | null {
  if (isSuccess(response) || saidIn(response).code !== 'EXTERNAL_REFERENCE_ALREADY_EXISTS') return null;
  const said = readRefusal(response, refusalBody);
  const id = said?.transactionDetails?.transactionId ?? said?.transactionId;
  return id ? { id, redirectUrl: said?.redirectUrl ?? null } : null;
}
