/**
 * Tabby's wire format: checkout sessions, payments, captures, refunds. Facts from docs.tabby.ai and its OpenAPI document;
 * what those leave open is listed in the README of this folder.
 */
import { z, type ZodType } from 'zod';
import type { ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, readRefusal, sayable } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { optionalMoment, optionalText, secret, text, webUrl } from '../fields.ts';
import type { ProviderRequest, ProviderResponse } from '../http.ts';
import { callJson, type JsonCall } from '../json-call.ts';

export interface TabbyCredentials {
  readonly secret_key: string;
  readonly merchant_code: string;
  readonly webhook_header: string;
  readonly webhook_secret: string;
}

export type Context = ProviderContext<TabbyCredentials>;

export const tabbyCredentials: ZodType<TabbyCredentials> = z.strictObject({
  secret_key: secret.describe(
    'Secret key of the store (sk_… or sk_test_…), sent as a bearer token. The key alone selects live or test.',
  ),
  merchant_code: secret
    .max(255)
    .describe('Merchant code of the store at Tabby. Each code has one currency: AED, SAR or KWD.'),
  webhook_header: secret
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .describe('Name of the header chosen when the webhook was registered (its "title").'),
  webhook_secret: secret.max(255).describe('Value of that header, long and random. It proves the sender.'),
});

/** A decimal as text; a number is printed shortest. `parseDecimal` then reads either exactly or not at all. */
const decimal = z.union([z.string().max(40), z.number().transform(String)]);

const listOf = <T>(schema: ZodType<T>) =>
  z
    .array(schema)
    .nullish()
    .transform((list) => list ?? []);

const movement = z.object({
  id: text(100),
  amount: decimal,
  reference_id: optionalText(255),
  created_at: optionalMoment,
});
export type Movement = z.infer<typeof movement>;

export const payment = z.object({
  id: text(64),
  status: text(64),
  amount: decimal,
  currency: text(8),
  created_at: optionalMoment,
  order: z.object({ reference_id: optionalText(255) }).nullish(),
  captures: listOf(movement),
  refunds: listOf(movement),
});
export type Payment = z.infer<typeof payment>;

/** What is pre-scored and refused has no link; what is created has one for each product. */
export const session = z.object({
  status: text(64),
  payment: z
    .object({
      id: text(64),
      amount: decimal,
      currency: text(8),
      order: z.object({ reference_id: optionalText(255) }).nullish(),
    })
    .nullish()
    .catch(null),
  configuration: z
    .object({
      available_products: z
        .object({ installments: listOf(z.object({ web_url: webUrl })).catch([]) })
        .nullish()
        .catch(null),
      products: z
        .object({ installments: z.object({ rejection_reason: optionalText(64) }).nullish() })
        .nullish()
        .catch(null),
    })
    .nullish()
    .catch(null),
});
export type Session = z.infer<typeof session>;

/** An empty page has `null`; an answer without the field is no page, and says nothing of what there is. */
export const paymentPage = z.object({
  payments: z
    .array(payment)
    .nullable()
    .transform((list) => list ?? []),
  pagination: z
    .object({ total_count: z.int().nonnegative().nullish().catch(null) })
    .nullish()
    .catch(null),
});

interface Call extends JsonCall {
  /** Webhooks are still at `v1`. */
  readonly version?: 'v1' | 'v2';
  /** Below `/api/<version>/`: `payments/…`. */
  readonly path: string;
  /** Beside the key. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** One call; gives the answer as `schema` says, and the request for errors that follow. */
export function call<T>(context: Context, { version = 'v2', headers, ...wanted }: Call, schema: ZodType<T>) {
  const authorization = `Bearer ${context.account.credentials.secret_key}`;
  const path = `/api/${version}/${wanted.path}`;
  return callJson(context, { ...wanted, path }, schema, { headers: { authorization, ...headers }, refusal });
}

const refusalBody = z.object({
  errorType: optionalText(64),
  error: optionalText(1000),
  errors: z
    .array(z.object({ field: optionalText(255), code: optionalText(64) }))
    .nullish()
    .catch(null),
});

/**
 * The kind follows from the status; Tabby's words are for people only ("don't parse it"). A 404 without `errorType` is
 * "404 page not found": a wrong base URL, not an unknown payment.
 */
function refusal(response: ProviderResponse, request: ProviderRequest): ProviderFailure {
  const failure = failureFromStatus(response, request);
  const said = readRefusal(response, refusalBody);
  if (!said?.errorType) {
    return failure.kind === 'not_found' ? { ...failure, kind: 'invalid_request' } : failure;
  }
  const fields = (said.errors ?? []).map(({ field, code }) => [field, code].filter(Boolean).join(': '));
  const words = sayable([said.error, ...fields].filter(Boolean).join('; '));
  return { ...failure, code: said.errorType, ...(words ? { message: words } : {}) };
}
