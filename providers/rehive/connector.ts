/** Rehive: invoices of a business, paid on a hosted page, in the currency of the business; refunds in parts. */
import { currency, minorUnitDigits } from '../../domain/currency.ts';
import { addAmounts, MAX_AMOUNT } from '../../domain/money.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import { checkRepetition, checkRequest, exactly, refused } from '../check-request.ts';
import type {
  Connector,
  CreatedPayment,
  CreatePayment,
  Manifest,
  MoneyOperation,
  PaymentReading,
  ProviderContext,
  RefundReading,
} from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { toUnits } from './amounts.ts';
import { currencyOfBusiness, otherCurrency } from './business.ts';
import { findInvoices } from './lookup.ts';
import { listPayments } from './list.ts';
import { readingOf, refundsOf } from './readings.ts';
import { reasonWith, refundReadingOf } from './refunds.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup } from './webhook.ts';
import { call, invoice, refund, rehiveCredentials, type Invoice, type RehiveCredentials } from './wire.ts';

/** Rehive takes whatever a business is set up for; these are the ones we offer. A new one is one more word. */
const CURRENCIES =
  'AED BHD EGP EUR GBP GHS IQD JOD KES KWD NGN OMR QAR SAR TZS UGX USD VND XAF XOF ZAR ZMW'.split(' ');
/** Ours: an invoice without an expiration date would stay open for ever. */
const LIFETIME_S = 24 * 60 * 60;
/** Not documented. */
const DESCRIPTION_MAX = 255;

const manifest: Manifest = {
  provider: 'rehive',
  title: 'Rehive',
  countries: ['ZA'],
  hosts: { live: 'https://business.services.rehive.com/api', sandbox: null },
  methods: [
    {
      method: 'hosted',
      title: 'Rehive payment page',
      flow: 'redirect',
      amounts: CURRENCIES.map((code) => ({ currency: currency(code), min: 1, max: MAX_AMOUNT, step: 1 })),
      lifetime_s: LIFETIME_S,
      requires: [],
      description_max: DESCRIPTION_MAX,
    },
  ],
  capture: 'automatic',
  refund: 'partial',
  can_expire: true,
  lookup: 'by_reference',
  webhook_trust: 'hint',
  webhook_registration: 'dashboard',
  poll_s: [30, 120, 420, 1320, 3900, 11_100, 32_700],
  settlement_days: 1,
};

type Context = ProviderContext<RehiveCredentials>;
interface KnownPayment {
  readonly provider_payment_id: string;
}

/**
 * The invoice has the currency of the business and cannot be given one, and its integers have the decimals of that
 * currency; so the business is read before anything is created. Where it cannot be read, the answer tells: an invoice that
 * turns out to be in another currency or of other decimals is canceled before anybody has its link.
 */
async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  const { lifetime_s } = checkRequest(manifest, request);
  const { money, reference } = request;
  const told = await currencyOfBusiness(context);
  if (told && told.code !== money.currency) throw otherCurrency(told);
  const expected = told ?? { code: money.currency, divisibility: minorUnitDigits(money.currency) };
  const request_amount = exactly(() => toUnits(money, expected));
  const ends_at = context.now() + lifetime_s * 1000;
  const { data: created, request: sent } = await call(
    context,
    {
      operation: 'create_payment',
      method: 'POST',
      path: 'invoices/',
      body: invoiceBody(request, request_amount, ends_at),
      idempotency_key: request.idempotency_key,
      mutates: true,
    },
    invoice,
  );
  const { request_currency: given } = created;
  const fits = given.code === expected.code && given.divisibility === expected.divisibility;
  if (
    created.request_amount !== request_amount ||
    created.request_reference !== reference ||
    (told && !fits)
  ) {
    throw unexpectedAnswer(sent, 'is about another amount or reference');
  }
  if (!fits) {
    await cancelInvoice(context, created.id);
    throw otherCurrency(given);
  }
  if (!created.redirect_url) throw unexpectedAnswer(sent, 'has no link for the customer');
  return {
    provider_payment_id: created.id,
    expires_at: created.expiration_date ?? new Date(ends_at).toISOString(),
    next_action: { type: 'redirect', redirect_url: created.redirect_url },
  };
}

function invoiceBody(
  { reference, description, customer, return_urls }: CreatePayment,
  request_amount: number,
  ends_at: number,
): Record<string, unknown> {
  const phone = internationalPhone(customer.phone ?? '');
  return {
    request_reference: reference,
    request_amount,
    ...(description ? { description } : {}),
    status: 'initiated',
    // There is one address for every outcome.
    return_url: return_urls.success,
    ...(customer.email ? { payer_email: customer.email } : {}),
    ...(phone ? { payer_mobile_number: phone } : {}),
    expiration_date: ends_at,
    metadata: { payment: reference },
  };
}

/** The number in E.164; null for one without a country, which Rehive could not place. */
function internationalPhone(phone: string): string | null {
  const digits = phone.replace(/[\s().-]/g, '').replace(/^00/, '+');
  return /^\+[1-9]\d{6,14}$/.test(digits) ? digits : null;
}

async function readInvoice(
  context: Context,
  { provider_payment_id }: KnownPayment,
): Promise<{ data: Invoice; request: ProviderRequest }> {
  const path = `invoices/${encodeURIComponent(provider_payment_id)}/`;
  const answer = await call(
    context,
    { operation: 'read_payment', method: 'GET', path, mutates: false },
    invoice,
  );
  if (answer.data.id !== provider_payment_id)
    throw unexpectedAnswer(answer.request, 'is about another invoice');
  return answer;
}

async function readPayment(context: Context, payment: KnownPayment): Promise<PaymentReading> {
  const { data, request } = await readInvoice(context, payment);
  return readingOf(context, data, request);
}

/** Should there be several with this reference, the one with the most money counts. */
async function findPayment(
  context: Context,
  { reference }: { reference: string },
): Promise<PaymentReading | null> {
  const readings: PaymentReading[] = [];
  for (const provider_payment_id of await findInvoices(context, reference)) {
    readings.push(await readPayment(context, { provider_payment_id }));
  }
  const received = ({ receipts }: PaymentReading): number => addAmounts(receipts.map(({ amount }) => amount));
  return readings.sort((a, b) => received(b) - received(a))[0] ?? null;
}

/** Cancels the invoice. When Rehive refuses, it is paid or has ended already; then its status tells which. */
async function expirePayment(context: Context, payment: KnownPayment): Promise<PaymentReading> {
  try {
    const { data, request } = await cancelInvoice(context, payment.provider_payment_id);
    if (data.id !== payment.provider_payment_id) throw unexpectedAnswer(request, 'is about another invoice');
    return await readingOf(context, data, request);
  } catch (error) {
    if (isFailure(error, 'invalid_request')) return readPayment(context, payment);
    throw error;
  }
}

function cancelInvoice(
  context: Context,
  id: string,
): Promise<{ readonly data: Invoice; readonly request: ProviderRequest }> {
  return call(
    context,
    {
      operation: 'expire_payment',
      method: 'PATCH',
      path: `invoices/${encodeURIComponent(id)}/`,
      body: { status: 'cancelled' },
      // Canceling twice is canceling once, so a lost answer may simply be asked for again.
      mutates: false,
    },
    invoice,
  );
}

/**
 * Pays back to the customer's Rehive account. Idempotency keys last a day, a repetition may come later: a refund that
 * carries our key already is the answer.
 */
async function refundPayment(context: Context, operation: MoneyOperation): Promise<RefundReading> {
  const { provider_payment_id, money, operation_key, reason } = operation;
  const { data: paid } = await readInvoice(context, { provider_payment_id });
  const { code } = paid.request_currency;
  if (money.currency !== code) throw refused('unsupported_currency', `the invoice is in ${code}`);
  const amount = exactly(() => toUnits(money, paid.request_currency));
  const before = await refundsOf(context, paid);
  // Without the list a repetition after a day would be a second refund.
  if (before === null) throw refused('not_refundable', 'this Rehive extension does not list refunds');
  const known = before.find(({ reference }) => reference === operation_key);
  if (known) {
    checkRepetition(known.amount, operation);
    return known;
  }
  const { data, request } = await call(
    context,
    {
      operation: 'refund_payment',
      method: 'POST',
      path: `invoices/${encodeURIComponent(provider_payment_id)}/refunds/`,
      body: { amount, currency: code, type: 'native', reason: reasonWith(reason, operation_key) },
      idempotency_key: operation_key,
      mutates: true,
    },
    refund,
  );
  if (data.amount !== amount) throw unexpectedAnswer(request, 'is about another amount');
  // The answer to a create need not repeat the reason.
  return { ...refundReadingOf(data, paid.request_currency, request), reference: operation_key };
}

export const rehive: Connector<RehiveCredentials> = {
  manifest,
  credentials: rehiveCredentials,
  createPayment,
  readPayment,
  findPayment,
  listPayments,
  expirePayment,
  refundPayment,
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
