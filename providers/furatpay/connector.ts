/** FuratPay (Iraq): one invoice, paid through one of the payment services that the merchant has linked. In dinars. */
import type { z } from 'zod';
import { fromWholeUnits } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import { checkRequest, refused } from '../check-request.ts';
import type {
  Connector,
  CreatedPayment,
  CreatePayment,
  Manifest,
  MethodManifest,
  NextAction,
  PaymentReading,
  ProviderContext,
} from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { invoiceBody } from './invoice-body.ts';
import { isServiceMethod, linkedServiceFor, SERVICE_NAMES, type ServiceMethod } from './services.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup } from './webhook.ts';
import {
  call,
  createdInvoice,
  fibPayment,
  furatPayCredentials,
  invoice,
  IQD,
  IQD_ID,
  redirectPayment,
  type FuratPayCredentials,
  type Invoice,
} from './wire.ts';

/** None of these limits is published. FIB takes more than 250 dinars; the rest is ours. */
const AMOUNTS: MethodManifest['amounts'] = [
  {
    currency: IQD,
    min: fromWholeUnits(251, IQD).amount,
    max: fromWholeUnits(100_000_000, IQD).amount,
    step: fromWholeUnits(1, IQD).amount,
  },
];
/** Not documented: it depends on the service, which only says so itself at FIB (`validUntil`). */
const LIFETIME_S = 24 * 60 * 60;
/** The plugin sends fixed words here; the limit is ours. */
const DESCRIPTION_MAX = 255;
const methodOf = (method: ServiceMethod, flow: MethodManifest['flow']): MethodManifest => ({
  method,
  title: `${SERVICE_NAMES[method].title} through FuratPay`,
  flow,
  amounts: AMOUNTS,
  lifetime_s: LIFETIME_S,
  requires: [],
  description_max: DESCRIPTION_MAX,
});

const manifest: Manifest = {
  provider: 'furatpay',
  title: 'FuratPay',
  countries: ['IQ'],
  hosts: { live: 'https://api.furatpay.com/v1', sandbox: null },
  methods: [
    methodOf('fib', 'qr_code'),
    methodOf('zaincash', 'redirect'),
    methodOf('fastpay', 'redirect'),
    methodOf('qicard', 'redirect'),
    methodOf('paytabs', 'redirect'),
  ],
  capture: 'automatic',
  refund: 'none',
  can_expire: false,
  lookup: 'none',
  webhook_trust: 'hint',
  webhook_registration: 'dashboard',
  poll_s: [30, 120, 420, 1320, 3900, 11_100, 32_700],
  settlement_days: 2,
};

type Context = ProviderContext<FuratPayCredentials>;

/**
 * Three calls: which service, the invoice, the request to pay it. When the last one fails, an invoice that nobody has
 * a link to is left behind; if it should be paid all the same, its webhook names our reference.
 */
async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  const { lifetime_s } = checkRequest(manifest, request);
  const method = serviceMethod(request.method);
  const at = context.now();
  const ends_at = at + lifetime_s * 1000;
  const body = invoiceBody(context.account.credentials.customer_id, request, { at, ends_at });
  const service = await linkedServiceFor(context, method);
  const { data: created } = await call(
    context,
    { operation: 'create_invoice', method: 'POST', path: '/invoice', body, mutates: true },
    createdInvoice,
  );
  const pay = {
    operation: 'create_payment',
    method: 'POST',
    path: '/public/invoice/pay',
    body: { payment_service_id: service.id, invoice_id: created.id },
    mutates: true,
  } as const;
  const expires_at = new Date(ends_at).toISOString();
  if (method === 'fib') {
    const { data: fib } = await call(context, pay, fibPayment);
    return {
      provider_payment_id: created.id,
      expires_at: fib.validUntil ?? expires_at,
      next_action: fibAction(fib),
    };
  }
  const { data: redirect_url } = await call(context, pay, redirectPayment);
  return {
    provider_payment_id: created.id,
    expires_at,
    next_action: { type: 'redirect', redirect_url },
  };
}

function serviceMethod(method: string): ServiceMethod {
  if (isServiceMethod(method)) return method;
  throw refused('unknown_method', `${manifest.title} has no method ${method}`);
}

function fibAction({
  qrCode,
  readableCode,
  personalAppLink,
  businessAppLink,
  corporateAppLink,
}: z.infer<typeof fibPayment>): NextAction {
  const links = [
    { label: 'Personal', url: personalAppLink },
    { label: 'Business', url: businessAppLink },
    { label: 'Corporate', url: corporateAppLink },
  ];
  return {
    type: 'qr_code',
    ...(qrCode ? { qr_image: qrCode } : {}),
    readable_code: readableCode,
    deep_links: links.flatMap(({ label, url }) => (url ? [{ label, url }] : [])),
  };
}

async function readPayment(
  context: Context,
  { provider_payment_id }: { provider_payment_id: string },
): Promise<PaymentReading> {
  const path = `/invoice/${encodeURIComponent(provider_payment_id)}`;
  const { data, request } = await call(
    context,
    { operation: 'read_payment', method: 'GET', path, mutates: false },
    invoice,
  );
  if (data.id !== provider_payment_id) throw unexpectedAnswer(request, 'is about another invoice');
  if (data.currency_id != null && data.currency_id !== IQD_ID) {
    throw unexpectedAnswer(request, 'is not in Iraqi dinars');
  }
  return readingOf(data, request);
}

/** An invoice is paid at once and in full; FuratPay tells neither the moment nor its fee. */
function readingOf(
  { id, status: word, total, order_number }: Invoice,
  request: ProviderRequest,
): PaymentReading {
  const status = statusOf(word);
  if (status === 'paid' && total == null) throw unexpectedAnswer(request, 'says paid without a total');
  return {
    provider_payment_id: id,
    reference: order_number ?? null,
    currency: IQD,
    status,
    receipts:
      status === 'paid' && total != null ? [{ key: id, amount: total, paid_at: null, fee: null }] : [],
    provider_status: word,
    failure:
      status === 'failed' ? { code: word, message: 'the payment service did not take the payment' } : null,
    next_action: null,
    expires_at: null,
  };
}

/** The plugin's table, with its one word for every bad end split into three. */
function statusOf(word: string): PaymentReading['status'] {
  switch (word.toLowerCase()) {
    case 'paid':
    case 'completed':
      return 'paid';
    case 'failed':
      return 'failed';
    case 'canceled':
    case 'cancelled':
      return 'canceled';
    case 'expired':
      return 'expired';
    default:
      return 'pending';
  }
}

export const furatpay: Connector<FuratPayCredentials> = {
  manifest,
  credentials: furatPayCredentials,
  createPayment,
  readPayment,
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
