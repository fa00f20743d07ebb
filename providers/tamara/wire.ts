/**
 * Tamara's wire format: orders, captures, refunds, cancellations. Facts from docs.tamara.co and the official
 * `tamara-solution/php-sdk`; what those leave open is listed in the README of this folder.
 */
import { z, type ZodType } from 'zod';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, readRefusal, sayable } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { oneOf, optionalMoment, optionalText, secret, text, webUrl } from '../fields.ts';
import type { ProviderRequest, ProviderResponse } from '../http.ts';
import { callJson, sendJson, type JsonCall } from '../json-call.ts';

export interface TamaraCredentials {
  readonly api_token: string;
  readonly notification_token: string;
  readonly address_line: string;
  readonly city: string;
}
export type Context = ProviderContext<TamaraCredentials>;

export const tamaraCredentials: ZodType<TamaraCredentials> = z.strictObject({
  api_token: secret.describe('API token of the merchant account; sent as "Authorization: Bearer …".'),
  notification_token: secret.describe('Notification token; Tamara signs the token of each webhook with it.'),
  address_line: text(255).describe(
    'Street and number of the shop. Tamara wants a shipping address, and payments here carry none.',
  ),
  city: text(255).describe('City of the shop, for the same address.'),
});

/** `{amount, currency}`; the amount as a number, or as text in older answers. Kept as text, so nothing is rounded. */
const amount = oneOf(
  z.object({ amount: z.union([z.number(), z.string().max(40)]).transform(String), currency: text(3) }),
);
export type WireAmount = z.infer<typeof amount>;

export const checkout = z.object({
  order_id: text(64),
  checkout_id: optionalText(64),
  checkout_url: webUrl,
  status: optionalText(64),
});

/** The amount of a row is `total_amount`; as answers to the call that made it name it, it is taken, too. */
const named = (row: unknown, other: string): unknown =>
  typeof row === 'object' && row !== null && !('total_amount' in row) && other in row
    ? { ...row, total_amount: (row as Record<string, unknown>)[other] }
    : row;

const captureRow = z.object({
  capture_id: text(100),
  total_amount: amount,
  shipping_info: z
    .object({ tracking_number: optionalText() })
    .nullish()
    .catch(null)
    .transform((info) => info?.tracking_number ?? null),
  created_at: optionalMoment,
});

const capture = z.preprocess((row: unknown) => named(row, 'captured_amount'), captureRow);

/** `unnamed`: the field for our id is not there at all, as in the types of the official SDKs. */
const refund = z.preprocess(
  (row: unknown) =>
    typeof row === 'object' && row !== null
      ? { ...Object(named(row, 'refunded_amount')), unnamed: !('merchant_refund_id' in row) }
      : row,
  z.object({
    refund_id: text(100),
    total_amount: amount,
    merchant_refund_id: optionalText(),
    unnamed: z.boolean(),
  }),
);

const list = <T>(schema: ZodType<T>) =>
  z
    .array(schema)
    .nullish()
    .transform((rows) => rows ?? []);

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

/** What has not happened may be told as null, as nothing or, in PHP's way, as an empty list. */
const amountIfAny = z.preprocess((value: unknown) => (isEmptyList(value) ? null : value), amount.nullish());

/** PHP writes an object without fields as `[]`. `missing`: the answer has no such object at all. */
const transactions = z.preprocess(
  (value: unknown) => {
    if (value === undefined || value === null) return { missing: true };
    if (isEmptyList(value)) return { missing: false };
    return typeof value === 'object' ? { ...value, missing: false } : value;
  },
  z.object({ missing: z.boolean(), captures: list(capture), refunds: list(refund) }),
);

export const order = z.object({
  order_id: text(64),
  order_reference_id: optionalText(),
  status: text(64),
  total_amount: amount,
  captured_amount: amountIfAny,
  canceled_amount: amountIfAny,
  refunded_amount: amountIfAny,
  transactions,
});
export type Order = z.infer<typeof order>;

/** Answers of calls after which the order is read again. */
export const anything = z.unknown();

export const madeRefund = z.object({ order_id: text(64), refund_id: text(100), refunded_amount: amount });

/** A webhook as registered, or the older message to the payment's own notification URL, with `order_status`. */
export const orderWebhook = z
  .object({
    order_id: text(64),
    order_reference_id: optionalText(),
    event_type: optionalText(64),
    order_status: optionalText(64),
    // An empty array when there is nothing to say.
    data: z
      .object({ capture_id: optionalText(100), refund_id: optionalText(100), cancel_id: optionalText(100) })
      .nullish()
      .catch(null),
  })
  .refine(({ event_type, order_status }) => event_type !== null || order_status !== null);

/** One call; gives the answer as `schema` says, and the request for errors that follow. */
export function call<T>(context: Context, wanted: JsonCall, schema: ZodType<T>) {
  return callJson(context, wanted, schema, { headers: headersOf(context), refusal });
}

/** One call, whatever its answer. */
export function exchange(context: Context, wanted: JsonCall) {
  return sendJson(context, wanted, headersOf(context));
}

/** What an answer that is no success means. */
export function refused(response: ProviderResponse, request: ProviderRequest): ProviderError {
  return new ProviderError(refusal(response, request));
}

function headersOf({ account }: Context): Readonly<Record<string, string>> {
  return { authorization: `Bearer ${account.credentials.api_token}` };
}

/** For people only; `sayable` makes it fit to be kept. */
const words = z.string().nullish().catch(null);
const refusalBody = z.object({
  message: words,
  errors: z
    .array(z.object({ error_code: optionalText(64), description: words }))
    .nullish()
    .catch(null),
});

/** The kind follows from the status (409 is a wrong state); code and words are Tamara's when it has some. */
function refusal(response: ProviderResponse, request: ProviderRequest): ProviderFailure {
  const failure = failureFromStatus(response, request);
  const said = readRefusal(response, refusalBody);
  const [first] = said?.errors ?? [];
  const parts = [said?.message, ...(said?.errors ?? []).map(({ description }) => description)];
  const message = sayable(parts.filter((part) => part).join('; '));
  return {
    ...failure,
    ...(first?.error_code ? { code: first.error_code } : {}),
    ...(message ? { message } : {}),
  };
}
