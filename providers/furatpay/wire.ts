/**
 * FuratPay's wire format: headers, invoices, the answers of the services behind it. There is no field-level reference;
 * the facts are from the GitBook page "Payment flow" and from FuratPay's two plugins. See the README.
 */
import { z, type ZodType } from 'zod';
import { currency } from '../../domain/currency.ts';
import type { ProviderContext } from '../contract.ts';
import { decimalAmount, optionalMoment, optionalText, secret, text, webUrl } from '../fields.ts';
import { callJson, refusalInMessage, type JsonCall } from '../json-call.ts';

export const IQD = currency('IQD');
/** `currency_id` of the Iraqi dinar, as in the plugin. */
export const IQD_ID = 3;

export interface FuratPayCredentials {
  readonly api_key: string;
  readonly customer_id: string;
  readonly webhook_secret: string;
}

export const furatPayCredentials: ZodType<FuratPayCredentials> = z.strictObject({
  api_key: secret.describe('API key from the FuratPay admin panel; sent as the header x-api-key.'),
  customer_id: secret.describe(
    'FuratPay customer (a UUID) that the invoices are written to, as in the plugin.',
  ),
  webhook_secret: secret.describe(
    'Webhook secret from the admin panel; the key of the signature of webhooks.',
  ),
});

/** Ids and codes come back as texts or as numbers. */
const idOrNumber = z.union([text(100), z.int().transform(String)]);

/** An amount of dinars: a number, or a decimal as databases write it (`"25000.0000"`); read as minor units. */
const dinars = decimalAmount(IQD);

/** One linked payment service. Its id goes back exactly as it came. */
export const linkedServices = z.object({
  data: z.array(z.object({ id: z.union([z.int(), text(100)]), name: text(), status: optionalText(64) })),
});
export type LinkedService = z.infer<typeof linkedServices>['data'][number];

/** The answer to `POST /invoice`. */
export const createdInvoice = z.object({ id: idOrNumber });

/** The answer to `GET /invoice/{id}`. Only `status` is certain; `total` is the amount that was sent, and must be there for money to be believed. */
export const invoice = z.object({
  id: idOrNumber,
  status: text(64),
  total: dinars.nullish(),
  currency_id: z
    .union([
      z.int(),
      z
        .string()
        .regex(/^\d{1,6}$/)
        .transform(Number),
    ])
    .nullish(),
  order_number: idOrNumber.nullish().catch(null),
});
export type Invoice = z.infer<typeof invoice>;

/** The picture of a QR code; anything but a small image is left out, because the code that can be typed is enough. */
const qrImage = z
  .string()
  .max(200_000)
  .regex(/^data:image\/(png|jpeg);base64,[A-Za-z0-9+/]+=*$/)
  .nullish()
  .catch(null);

/** `/public/invoice/pay` at FIB: FIB's own answer. */
export const fibPayment = z.object({
  qrCode: qrImage,
  readableCode: text(64),
  personalAppLink: webUrl,
  businessAppLink: webUrl.nullish().catch(null),
  corporateAppLink: webUrl.nullish().catch(null),
  validUntil: optionalMoment,
});

const link = webUrl.nullish().catch(null);

/** `/public/invoice/pay` everywhere else: the page of the service, under one of five names. */
export const redirectPayment = z
  .object({
    redirect_url: link,
    formUrl: link,
    url: link,
    data: z.object({ redirect_uri: link, url: link }).nullish().catch(null),
  })
  .transform(({ redirect_url, formUrl, url, data }, context) => {
    const page = redirect_url ?? formUrl ?? data?.redirect_uri ?? url ?? data?.url;
    if (page) return page;
    context.addIssue({ code: 'custom', message: 'no link', path: ['url'] });
    return z.NEVER;
  });

/** A webhook. `id`, `code` and `order_number` are signed, the rest is not. */
export const invoiceWebhook = z.object({
  type: text(64),
  data: z.object({
    id: idOrNumber,
    code: idOrNumber.nullish(),
    order_number: idOrNumber.nullish(),
    status: optionalText(64),
  }),
});

/** A moment as FuratPay writes it: UTC, without a zone, whole seconds. `time` in milliseconds. */
export const dateTime = (time: number): string => new Date(time).toISOString().slice(0, 19).replace('T', ' ');

/** One call; gives the answer as `schema` says, and the request for errors that follow. */
export function call<T>(context: ProviderContext<FuratPayCredentials>, wanted: JsonCall, schema: ZodType<T>) {
  const headers = { 'x-api-key': context.account.credentials.api_key };
  return callJson(context, wanted, schema, { headers, refusal: refusalInMessage });
}
