/**
 * Rehive's wire format: business invoices, quotes, transactions, refunds. Facts from docs.rehive.com ("Merchants") and the
 * generated types of `rehive/rehive-javascript`; what those leave open is listed in the README of this folder.
 */
import { createHash } from 'node:crypto';
import { z, type ZodType } from 'zod';
import type { ProviderContext } from '../contract.ts';
import { optionalText, secret, text, webUrl } from '../fields.ts';
import { callJson, refusalInMessage, type JsonCall } from '../json-call.ts';

export interface RehiveCredentials {
  readonly token: string;
  readonly business_id: string;
  readonly webhook_secret: string;
}

export const rehiveCredentials: ZodType<RehiveCredentials> = z.strictObject({
  token: secret.describe('API token of a manager of the business; sent as "Authorization: Token …".'),
  business_id: secret
    .regex(/^[A-Za-z0-9_-]{1,64}$/)
    .describe('Id of the business whose invoices these are; a part of every path.'),
  webhook_secret: secret
    .max(150)
    .describe('Secret of the webhook in the merchant settings; comes back as "Authorization: Secret …".'),
});

/** Milliseconds since the epoch as RFC 3339 UTC; missing, zero and unreadable are null. */
const moment = z
  .int()
  .positive()
  .max(8.64e15)
  .transform((time) => new Date(time).toISOString())
  .nullish()
  .catch(null);

/** `divisibility` says how many decimals the integers of this currency have. */
const currencyObject = z.object({ code: text(32), divisibility: z.int().min(0).max(30) });
export type RehiveCurrency = z.infer<typeof currencyObject>;

/** An integer of the currency's smallest unit, or the same as text. */
const units = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);

/** A business; its currency is the currency of all its invoices. */
export const business = z.object({ id: text(64), currency: currencyObject });

/** What one payment processor was asked to collect, and what it has; in a currency of the customer's choice. */
const quote = z.object({
  id: text(64),
  currency: currencyObject,
  amount: units.nullish(),
  total_paid: units.nullish().transform((value) => value ?? 0),
});
export type Quote = z.infer<typeof quote>;

const quotes = z
  .array(quote)
  .nullish()
  .transform((value) => value ?? []);

export const invoice = z.object({
  id: text(64),
  request_reference: optionalText(),
  request_currency: currencyObject,
  request_amount: units,
  status: text(64),
  redirect_url: webUrl.nullish().catch(null),
  payment_processor_quotes: quotes,
  expiration_date: moment,
  created: moment,
});
export type Invoice = z.infer<typeof invoice>;

/** Money that came in for an invoice. `rehive_code` is the transaction's own id. */
export const transaction = z.object({
  rehive_code: text(100),
  settled: z.boolean().nullish(),
  details: z.object({
    tx_type: optionalText(32),
    status: optionalText(32),
    amount: z.union([z.int(), units]),
    created: moment,
  }),
});
export type Transaction = z.infer<typeof transaction>;

const refundId = z.union([text(100), z.int().transform(String)]).nullish();

/** Named by `identifier` in the generated types, by `id` like everything else should those be wrong. */
export const refund = z
  .object({
    identifier: refundId,
    id: refundId,
    amount: units,
    currency: z.union([currencyObject.transform(({ code }) => code), text(32)]).nullish(),
    status: text(64),
    reason: optionalText(500),
  })
  .transform(({ identifier, id, ...row }, context) => {
    const key = identifier ?? id;
    if (key) return { ...row, identifier: key };
    context.addIssue({ code: 'custom', message: 'no identifier', path: ['identifier'] });
    return z.NEVER;
  });
export type Refund = z.infer<typeof refund>;

/** A webhook, with or without an envelope; only what tells one event from another is read. */
const invoiceEvent = z.object({
  id: text(64),
  request_reference: optionalText(),
  status: text(64),
  updated: z.int().nonnegative().nullish().catch(null),
});
export const invoiceWebhook = z.union([
  z.object({ data: invoiceEvent }).transform(({ data }) => data),
  invoiceEvent,
]);

/** The documentation shows answers bare, the SDK wraps them as `{status:"success",data}`; both are read. */
export const enveloped = <T>(schema: ZodType<T>): ZodType<T> =>
  z.union([z.object({ status: z.literal('success'), data: schema }).transform(({ data }) => data), schema]);

/** A list: paginated, or just an array. `next` is null on the last page. */
export const pageOf = <T>(schema: ZodType<T>): ZodType<{ results: T[]; next: string | null }> =>
  enveloped(
    z.union([
      z
        .object({ results: z.array(schema), next: z.string().max(4096).nullish() })
        .transform(({ results, next }) => ({ results, next: next ?? null })),
      z.array(schema).transform((results) => ({ results, next: null })),
    ]),
  );

interface Call extends JsonCall {
  readonly idempotency_key?: string;
}

/** One call to a path below the business; gives the answer as `schema` says, and the request for errors that follow. */
export function call<T>(context: ProviderContext<RehiveCredentials>, wanted: Call, schema: ZodType<T>) {
  const { token, business_id } = context.account.credentials;
  const { idempotency_key: key } = wanted;
  const path = `/manager/businesses/${encodeURIComponent(business_id)}/${wanted.path}`;
  const headers = {
    authorization: `Token ${token}`,
    ...(key === undefined ? {} : { 'idempotency-key': shortKey(key) }),
  };
  return callJson(context, { ...wanted, path }, enveloped(schema), { headers, refusal: refusalInMessage });
}

/** Keys "must be under 100 characters long"; a longer one goes out as its digest. */
function shortKey(key: string): string {
  return /^[\x21-\x7e]{1,99}$/.test(key) ? key : createHash('sha256').update(key).digest('hex');
}
