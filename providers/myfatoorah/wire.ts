/**
 * MyFatoorah's wire format (API v2): envelope, invoices, refunds, amounts. Facts from docs.myfatoorah.com and its PHP
 * library; what those leave open is listed in the README of this folder. Misspelt names are MyFatoorah's own.
 */
import { z, type ZodType } from 'zod';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { failureFromStatus, isSuccess, readJson, readRefusal, readValue, sayable } from '../answers.ts';
import type { ProviderContext } from '../contract.ts';
import { optionalText, secret, text, webUrl } from '../fields.ts';
import type { ProviderRequest, ProviderResponse } from '../http.ts';
import { withoutProofs } from '../proofs.ts';
import { COUNTRIES, type Country } from './countries.ts';

export interface MyFatoorahCredentials {
  readonly token: string;
  readonly country: Country;
  readonly webhook_secret: string;
  readonly webhook_v2_field?: 'Invoice.ExternalIdentifier' | 'Customer.Reference' | undefined;
}

export type Context = ProviderContext<MyFatoorahCredentials>;

export const myfatoorahCredentials: ZodType<MyFatoorahCredentials> = z.strictObject({
  token: secret.describe(
    'API token of the portal account, sent as a bearer token. Each country has its own.',
  ),
  country: z
    .enum(COUNTRIES)
    .describe(
      'Country of the portal account (KWT, SAU, ARE, QAT, BHR, OMN, JOD, EGY). It decides the currency; the base URL ' +
        'must be the API of this country.',
    ),
  webhook_secret: secret.describe('Secret key of the portal’s webhook settings; signs the webhooks.'),
  webhook_v2_field: z
    .enum(['Invoice.ExternalIdentifier', 'Customer.Reference'])
    .optional()
    .describe(
      'Last field under the signature of payment webhooks V2. Invoice.ExternalIdentifier unless set; ' +
        'Customer.Reference for old accounts.',
    ),
});

/** Ids are numbers in some answers and digits in others. */
const invoiceId = z.union([z.int().positive().transform(String), z.string().regex(/^\d{1,20}$/)]);

/** A number is printed shortest, a text loses its thousands separators; `parseDecimal` then reads it exactly. */
const decimal = z.union([
  z.number().transform(String),
  z
    .string()
    .max(40)
    .transform((value) => (/^\d{1,3}(,\d{3})+(\.\d+)?$/.test(value) ? value.replaceAll(',', '') : value)),
]);

export const initiatedPayment = z.object({
  PaymentMethods: z.array(
    z.object({ PaymentMethodId: z.int(), PaymentMethodCode: optionalText(), CurrencyIso: optionalText() }),
  ),
});

/** The answers to SendPayment and ExecutePayment; they name the link differently. */
export const sentPayment = z
  .object({ InvoiceId: invoiceId, InvoiceURL: webUrl, CustomerReference: optionalText() })
  .transform(({ InvoiceURL, ...rest }) => ({ ...rest, url: InvoiceURL }));
export const executedPayment = z
  .object({ InvoiceId: invoiceId, PaymentURL: webUrl, CustomerReference: optionalText() })
  .transform(({ PaymentURL, ...rest }) => ({ ...rest, url: PaymentURL }));

const transaction = z.object({
  TransactionDate: optionalText(),
  PaymentId: text(100),
  TransactionStatus: text(64),
  TransationValue: decimal,
  TotalServiceCharge: decimal.nullish().catch(null),
  Currency: optionalText(),
  Error: optionalText(300),
  ErrorCode: optionalText(64),
});
export type Transaction = z.infer<typeof transaction>;

export const invoice = z.object({
  InvoiceId: invoiceId,
  InvoiceStatus: text(64),
  CustomerReference: optionalText(),
  ExpiryDate: optionalText(),
  ExpiryTime: optionalText(),
  InvoiceValue: decimal,
  InvoiceTransactions: z
    .array(transaction)
    .nullish()
    .transform((list) => list ?? []),
});
export type Invoice = z.infer<typeof invoice>;

/** The answer to UpdatePaymentStatus. Nothing is read from it: the payment is read again. */
export const anything = z.unknown();

export const madeRefund = z.object({
  RefundId: invoiceId,
  Amount: decimal,
  ExternalIdentifier: optionalText(),
});

export const refundStatuses = z
  .object({
    RefundStatusResult: z.array(
      z.object({
        RefundId: invoiceId,
        RefundStatus: text(64),
        InvoiceId: invoiceId,
        Amount: decimal,
        ExternalIdentifier: optionalText(),
      }),
    ),
  })
  .nullable()
  .transform((data) => data?.RefundStatusResult ?? []);
export type RefundStatus = z.infer<typeof refundStatuses>[number];

const envelope = z.object({
  IsSuccess: z.boolean(),
  Message: optionalText(1000),
  ValidationErrors: z
    .array(z.object({ Name: optionalText(), Error: optionalText(1000) }))
    .nullish()
    .catch(null),
  Data: z.unknown(),
});
type Envelope = z.infer<typeof envelope>;

interface Call {
  readonly operation: string;
  /** `SendPayment`: all calls are POST below /v2. */
  readonly endpoint: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly mutates: boolean;
}

/** One call; gives `Data` as `schema` says, and the request for errors that follow. */
export async function call<T>(
  { account, http, signal }: Context,
  { operation, endpoint, body, mutates }: Call,
  schema: ZodType<T>,
): Promise<{ data: T; request: ProviderRequest }> {
  const request: ProviderRequest = {
    operation,
    method: 'POST',
    mutates,
    signal,
    url: `${account.base_url.replace(/\/+$/, '')}/v2/${endpoint}`,
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      authorization: `Bearer ${account.credentials.token}`,
    },
    body: JSON.stringify(body),
  };
  const response = await http.send(request);
  if (!isSuccess(response)) throw new ProviderError(refusal(response, request));
  const answer = readJson(response, envelope, request);
  if (!answer.IsSuccess) throw new ProviderError(refusal(response, request, answer));
  return { data: readValue(answer.Data ?? null, schema, request), request };
}

/** The words of an inquiry that finds nothing (seen with HTTP 400 at the test API). */
const NO_MATCH = /no data match/i;

/**
 * What a refusal means. MyFatoorah has no codes for refused calls: the kind follows from the status, "no data match"
 * is `not_found`, and IsSuccess false under HTTP 2xx is a clear no. 404 without the envelope is a wrong base URL.
 */
function refusal(
  response: ProviderResponse,
  request: ProviderRequest,
  answer: Envelope | null = readRefusal(response, envelope),
): ProviderFailure {
  const failure: ProviderFailure = isSuccess(response)
    ? { kind: 'invalid_request', code: 'refused', message: `${request.operation} was refused` }
    : failureFromStatus(response, request);
  if (answer === null || answer.IsSuccess) {
    return failure.kind === 'not_found' ? { ...failure, kind: 'invalid_request' } : failure;
  }
  const words = [answer.Message, ...(answer.ValidationErrors ?? []).map(inWords)].filter((part) => part);
  const said = words.length > 0 ? { message: sayable(withoutProofs(words.join('; '), request)) } : {};
  const clear = failure.kind === 'invalid_request' || failure.kind === 'not_found';
  if (!clear) return { ...failure, ...said };
  return NO_MATCH.test(words.join(' '))
    ? { ...failure, ...said, kind: 'not_found', code: 'no_data_match' }
    : { ...failure, ...said, kind: 'invalid_request' };
}

function inWords({ Name, Error }: { Name: string | null; Error: string | null }): string {
  return [Name, Error].filter((part) => part !== null).join(': ');
}
