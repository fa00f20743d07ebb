/**
 * Finan's wire format: paths, signature, envelope, objects. Facts from Finan's "Payment Gateway" and
 * "Generating signature" pages; what those leave open is listed in the README of this folder.
 */
import { createHash } from 'node:crypto';
import { z, type ZodType } from 'zod';
import { currency } from '../../domain/currency.ts';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, isSuccess, readJson, readRefusal, readValue, sayable } from '../answers.ts';
import type { ProviderContext, Receipt } from '../contract.ts';
import { optionalMoment, optionalText, secret, text, webUrl, wholeUnits } from '../fields.ts';
import type { ProviderRequest, ProviderResponse } from '../http.ts';
import { withoutProofs } from '../proofs.ts';

export const VND = currency('VND');

export interface FinanCredentials {
  readonly client_id: string;
  readonly secret: string;
  readonly account_id?: string | undefined;
}

export const finanCredentials: ZodType<FinanCredentials> = z.strictObject({
  client_id: secret.describe('Client ID that Finan gave you; sent as x-client-id.'),
  secret: secret.describe('Secret key of that client; signs requests and proves webhooks.'),
  account_id: z
    .uuid()
    .optional()
    .describe(
      'Bank account (UUID of the Account API) that gets bank transfers; Finan wants it for Shinhan accounts.',
    ),
});

/**
 * `x-signature`: lower-case hex SHA-256 of `secret_METHOD_path_payload_timestamp`. `path` is relative to `/open`
 * and carries the query; `payload` is the compact JSON body, empty for GET; `timestamp` is in Unix seconds.
 */
export function signature(
  secretKey: string,
  signed: { method: string; path: string; payload: string | Uint8Array; timestamp: string },
): string {
  return createHash('sha256')
    .update(`${secretKey}_${signed.method}_${signed.path}_`)
    .update(signed.payload)
    .update(`_${signed.timestamp}`)
    .digest('hex');
}

const [SPACE, TAB, NEWLINE, RETURN, QUOTE, BACKSLASH] = [0x20, 0x09, 0x0a, 0x0d, 0x22, 0x5c];

/** The same JSON without white space between its tokens: keys keep their order and numbers their spelling. */
export function compactJson(json: Uint8Array): Uint8Array {
  const compact = new Uint8Array(json.length);
  let length = 0;
  let quoted = false;
  let escaped = false;
  for (const byte of json) {
    if (!quoted && (byte === SPACE || byte === TAB || byte === NEWLINE || byte === RETURN)) continue;
    if (byte === QUOTE && !escaped) quoted = !quoted;
    escaped = quoted && byte === BACKSLASH && !escaped;
    compact[length] = byte;
    length += 1;
  }
  return compact.subarray(0, length);
}

/** What the customer needs for a bank transfer. `qr_code` is the VietQR text (EMVCo). */
const bankTransferDetail = z.object({
  qr_code: text(1024),
  bank_name: text(),
  account_name: text(),
  account_number: text(),
  remark: text(),
});

const createdFields = { payment_request_id: text() };

/** `data` of a created bank transfer. */
export const createdBankTransfer = z.object({ ...createdFields, bank_transfer_detail: bankTransferDetail });

/** `data` of a created card or MoMo payment. */
export const createdRedirect = z.object({ ...createdFields, payment_url: webUrl });

/** A whole number of đồng, also as text of digits; nothing else is read as a number, `5.000` least of all. */
const digitsToo = (value: unknown): unknown =>
  typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
const dong = z.preprocess(digitsToo, wholeUnits(VND));

/** `id` is the transfer's own and the same in reads and webhooks, so one transfer is never counted twice. */
const transferFields = { id: text(), amount: dong, created_at: optionalMoment };

/** One payment request as reads answer it. `payments` are the transfers that have arrived. */
export const paymentRequest = z.object({
  payment_request_id: text(),
  reference_id: optionalText(),
  status: text(64),
  amount: dong,
  paid_amount: z.preprocess(digitsToo, z.int().nonnegative().nullish()),
  payments: z
    .array(z.object(transferFields))
    .nullish()
    .transform((payments) => payments ?? []),
  // Documented for the answer to a create only; taken when a read repeats them.
  payment_url: webUrl.nullish().catch(null),
  bank_transfer_detail: bankTransferDetail.nullish().catch(null),
  created_at: optionalMoment,
});
export type PaymentRequest = z.infer<typeof paymentRequest>;

/** The webhook of one transfer. Money on a static QR code names no payment request. */
export const transferWebhook = z.object({
  ...transferFields,
  payment_request_id: optionalText(),
  reference_id: optionalText(),
});

/** One transfer as money received. Finan tells no fees. */
export function receiptOf(transfer: { id: string; amount: number; created_at: string | null }): Receipt {
  const { id, amount, created_at } = transfer;
  return { key: id, amount, paid_at: created_at, fee: null };
}

interface Call {
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  /** Relative to the base URL, with the query: it is signed as it is sent. */
  readonly path: string;
  readonly body?: unknown;
  readonly mutates: boolean;
}

/** One signed call; gives the envelope's `data` as `schema` says, and the request for errors that follow. */
export async function call<T>(
  { account, http, now, signal }: ProviderContext<FinanCredentials>,
  { operation, method, path, body, mutates }: Call,
  schema: ZodType<T>,
): Promise<{ data: T; request: ProviderRequest }> {
  const { client_id, secret: key } = account.credentials;
  const timestamp = String(Math.floor(now() / 1000));
  const payload = body === undefined ? '' : JSON.stringify(body);
  const request: ProviderRequest = {
    operation,
    method,
    mutates,
    signal,
    url: account.base_url.replace(/\/+$/, '') + path,
    headers: {
      accept: 'application/json',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      'x-client-id': client_id,
      'x-timestamp': timestamp,
      'x-signature': signature(key, { method, path, payload, timestamp }),
    },
    ...(body === undefined ? {} : { body: payload }),
  };
  const response = await http.send(request);
  return { data: readEnvelope(response, schema, request), request };
}

/** 102000 is OK and 102001 is created. Other codes are not published; those of the same family are taken as success. */
const isSuccessCode = (code: number): boolean => code >= 102_000 && code < 103_000;

const envelope = z.object({ code: z.int(), data: z.unknown().optional() });
const refusalBody = z.object({
  code: z.union([z.int(), text(64)]).optional(),
  message: z
    .union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])
    .optional(),
});

function readEnvelope<T>(response: ProviderResponse, schema: ZodType<T>, request: ProviderRequest): T {
  if (!isSuccess(response)) throw new ProviderError(refusal(response, request));
  const { code, data } = readJson(response, envelope, request);
  if (!isSuccessCode(code)) throw new ProviderError(refusal(response, request));
  return readValue(data, schema, request);
}

/** The kind follows from the HTTP status alone, because Finan publishes no error codes; its code and words are kept. */
function refusal(response: ProviderResponse, request: ProviderRequest): ProviderFailure {
  const failure = failureFromStatus(response, request);
  const said = readRefusal(response, refusalBody);
  return {
    ...failure,
    code: said?.code === undefined ? failure.code : String(said.code),
    message: said?.message ? sayable(withoutProofs(said.message, request)) : failure.message,
  };
}
