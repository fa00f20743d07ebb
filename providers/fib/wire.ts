/**
 * FIB's wire format: token, headers, objects. Facts from FIB's web payments page and its official clients (npm, PHP,
 * Python, WordPress); what those leave open is listed in the README of this folder.
 */
import { z, type ZodType } from 'zod';
import { currency } from '../../domain/currency.ts';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, isSuccess, readJson, readRefusal, sayable } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { decimalAmount, optionalMoment, optionalText, secret, text, webUrl } from '../fields.ts';
import type { ProviderRequest, ProviderResponse } from '../http.ts';
import type { IssuedToken } from '../token-store.ts';

export const IQD = currency('IQD');

export interface FibCredentials {
  readonly client_id: string;
  readonly client_secret: string;
}

export const fibCredentials: ZodType<FibCredentials> = z.strictObject({
  client_id: secret.describe('Client id that FIB gave to this shop.'),
  client_secret: secret.describe(
    'Client secret that FIB gave with it; also makes the webhook URL of each payment unguessable.',
  ),
});

/** `paymentId`: a UUID in every source. It becomes part of paths. */
export const paymentId = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);

/** The QR code as a data URL; bare base64, as one client's documentation has it, is taken for a PNG. */
const qrCode = z
  .string()
  .max(100_000)
  .regex(/^(data:image\/(png|jpeg|gif|webp);base64,)?[A-Za-z0-9+/]+={0,2}$/)
  .transform((image) => (image.startsWith('data:') ? image : `data:image/png;base64,${image}`))
  .nullish()
  .catch(null);

const appLink = webUrl.nullish().catch(null);

/** The answer to a create call. The code alone is enough to pay, so nothing else has to be readable. */
export const createdPayment = z.object({
  paymentId,
  readableCode: text(64),
  qrCode,
  validUntil: optionalMoment,
  personalAppLink: appLink,
  businessAppLink: appLink,
  corporateAppLink: appLink,
});
export type CreatedFibPayment = z.infer<typeof createdPayment>;

/** Whole dinars as `25000`, `25000.00`, `"25000"` or `"25000.00"`; read as minor units. */
const dinars = decimalAmount(IQD).refine((amount) => amount % 1000 === 0);

/** The answer to a status call. Who paid (name, IBAN) is not read: nobody here needs it. */
export const paymentStatus = z.object({
  paymentId,
  status: text(64),
  amount: z.object({ amount: dinars, currency: z.literal('IQD') }),
  paidAt: optionalMoment,
  decliningReason: optionalText(64),
  validUntil: optionalMoment,
});
export type FibPaymentStatus = z.infer<typeof paymentStatus>;

const REALM = '/auth/realms/fib-online-shop/protocol/openid-connect/token';
/** Tokens live "about a minute"; this is for an answer that does not say. */
const TOKEN_LIFE_S = 60;

/** Words for people, in any shape; made fit to be kept where they are used. */
const words = z.string().nullish().catch(null);

const issuedToken = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/),
  expires_in: z.number().positive().max(86_400).nullish().catch(null),
});
const tokenRefusal = z.object({ error: text(64), error_description: words });

type Context = ProviderContext<FibCredentials>;

interface Call {
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly mutates: boolean;
}

/** What came back from a call that succeeded, and the request for errors that follow. */
export interface Answer {
  readonly response: ProviderResponse;
  readonly request: ProviderRequest;
}

/**
 * One call with a token; a second one with a fresh token when the first is refused. 403 counts as well: FIB's own
 * WordPress plugin takes it for an expired token, and both say that nothing was done.
 */
export async function call(context: Context, described: Call): Promise<Answer> {
  let answer = await callOnce(context, described);
  if (answer.response.status === 401 || answer.response.status === 403) {
    context.tokens.refuse(TOKEN_SCOPE, answer.token);
    answer = await callOnce(context, described);
  }
  const { response, request } = answer;
  if (isSuccess(response)) return { response, request };
  throw new ProviderError(refusal(failureFromStatus(response, request), response));
}

/** The same, with the answer's JSON as `schema` says. */
export async function callForJson<T>(
  context: Context,
  described: Call,
  schema: ZodType<T>,
): Promise<{ readonly data: T; readonly request: ProviderRequest }> {
  const { response, request } = await call(context, described);
  return { data: readJson(response, schema, request), request };
}

const TOKEN_SCOPE = 'payments';

async function callOnce(context: Context, described: Call): Promise<Answer & { readonly token: string }> {
  const { operation, method, path, body, mutates } = described;
  const { account, http, signal, tokens } = context;
  const token = await tokens.get(TOKEN_SCOPE, () => newToken(context));
  const request: ProviderRequest = {
    operation,
    method,
    mutates,
    signal,
    url: baseUrl(account) + path,
    headers: {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  return { response: await http.send(request), request, token };
}

/** OAuth 2 client credentials at FIB's Keycloak realm. Asking for a token moves nothing, so it may be repeated. */
async function newToken({ account, http, signal }: Context): Promise<IssuedToken> {
  const { client_id, client_secret } = account.credentials;
  const request: ProviderRequest = {
    operation: 'get_token',
    method: 'POST',
    mutates: false,
    signal,
    url: baseUrl(account) + REALM,
    headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret }).toString(),
  };
  const response = await http.send(request);
  if (isSuccess(response)) {
    const { access_token, expires_in } = readJson(response, issuedToken, request);
    return { token: access_token, expires_in_s: expires_in ?? TOKEN_LIFE_S };
  }
  const failure = failureFromStatus(response, request);
  const said = readRefusal(response, tokenRefusal);
  if (!said || response.status >= 500) throw new ProviderError(failure);
  // Keycloak says 400 or 401 for the same thing, by version. All we send are the credentials, so they are what is wrong.
  const kind = failure.kind === 'rate_limited' ? failure.kind : 'bad_credentials';
  const message = sayable(said.error_description ?? said.error);
  throw new ProviderError({ ...failure, kind, code: said.error, message });
}

function baseUrl({ base_url }: Context['account']): string {
  return base_url.replace(/\/+$/, '');
}

const refusalBody = z.object({
  traceId: optionalText(100),
  errors: z.array(z.object({ code: optionalText(64), title: words, detail: words })).catch([]),
});

/** The codes are not published, so the kind follows from the status. The trace id is what FIB's support asks for. */
function refusal(failure: ProviderFailure, response: ProviderResponse): ProviderFailure {
  const said = readRefusal(response, refusalBody);
  if (!said) return failure;
  const [first] = said.errors;
  const message = first?.detail || first?.title || failure.message;
  return {
    ...failure,
    code: first?.code ?? failure.code,
    message: sayable(said.traceId === null ? message : `${message} (trace ${said.traceId})`),
  };
}
