/** Tabby: purchases in four payments for customers in the Emirates, Saudi Arabia and Kuwait, authorized and then captured. */
import { currency } from '../../domain/currency.ts';
import { addAmounts, money, toDecimal } from '../../domain/money.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import { unexpectedAnswer } from '../answers.ts';
import { checkRequest, exactly } from '../check-request.ts';
import type {
  Connector,
  CreatedPayment,
  CreatePayment,
  Hosts,
  Manifest,
  PaymentReading,
} from '../contract.ts';
import { positiveAmount } from '../decimals.ts';
import { capturePayment, refundPayment, retrieve, voidPayment } from './operations.ts';
import { listPayments } from './list.ts';
import { readingOf } from './readings.ts';
import { findWebhooks, registerWebhook } from './registration.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import {
  call,
  paymentPage,
  session,
  tabbyCredentials,
  type Context,
  type Session,
  type TabbyCredentials,
} from './wire.ts';

/** Ours. Tabby's own limits depend on the store and the customer, and it asks not to build them in. */
const MAX_MINOR_UNITS = 1_000_000_000;
/** The page closes after 20 minutes and the payment expires about 10 minutes later. */
const LIFETIME_S = 30 * 60;
/** After 21 days Tabby may capture the rest by itself. */
const AUTHORIZATION_S = 21 * 24 * 3600;
/** "255-character string cap". */
const TEXT_MAX = 255;
/** The largest page of the list, and how much of it is read before giving up. */
const PAGE_SIZE = 20;
const MAX_PAGES = 50;
/** How far back a payment is looked for, in milliseconds. */
const LOOKUP_WINDOW_MS = 7 * 24 * 60 * 60 * 1000;

const hostsOf = (host: string): Hosts => ({ live: host, sandbox: host });

const manifest: Manifest = {
  provider: 'tabby',
  title: 'Tabby',
  countries: ['AE', 'KW', 'SA'],
  // The key alone selects live or test.
  hosts: {
    ...hostsOf('https://api.tabby.ai'),
    regions: {
      AE: hostsOf('https://api.tabby.ai'),
      KW: hostsOf('https://api.tabby.ai'),
      SA: hostsOf('https://api.tabby.sa'),
    },
  },
  methods: [
    {
      method: 'installments',
      title: 'Tabby, pay in 4',
      flow: 'redirect',
      amounts: ['AED', 'KWD', 'SAR'].map((code) => ({
        currency: currency(code),
        min: 1,
        max: MAX_MINOR_UNITS,
        step: 1,
      })),
      lifetime_s: LIFETIME_S,
      authorization_s: AUTHORIZATION_S,
      requires: ['customer.name', 'customer.phone', 'customer.email'],
      description_max: TEXT_MAX,
    },
  ],
  capture: 'manual_many',
  refund: 'partial',
  can_expire: false,
  lookup: 'by_reference',
  webhook_trust: 'hint',
  webhook_registration: 'api',
  poll_s: [30, 90, 240, 600, 1200, 1800],
  settlement_days: 7,
};

/** Pre-scoring may refuse the customer; the answer is then HTTP 200 with `rejected`, and no payment can follow. */
async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  const { lifetime_s } = checkRequest(manifest, request);
  const expires_at = new Date(context.now() + lifetime_s * 1000).toISOString();
  const { data, request: sent } = await call(
    context,
    {
      operation: 'create_payment',
      method: 'POST',
      path: 'checkout',
      body: {
        payment: paymentBody(request),
        lang: 'en',
        merchant_code: context.account.credentials.merchant_code,
        merchant_urls: request.return_urls,
      },
      mutates: true,
    },
    session,
  );
  if (data.status.toLowerCase() === 'rejected') throw rejected(data);
  const link = data.configuration?.available_products?.installments[0]?.web_url;
  const { payment } = data;
  if (data.status.toLowerCase() !== 'created' || !payment || !link) {
    throw unexpectedAnswer(sent, 'has no payment or no link for the customer');
  }
  const same =
    payment.currency === request.money.currency &&
    positiveAmount(payment.amount, request.money.currency, sent) === request.money.amount &&
    (payment.order?.reference_id ?? request.reference) === request.reference;
  if (!same) throw unexpectedAnswer(sent, 'is about another amount or reference');
  return {
    provider_payment_id: payment.id,
    expires_at,
    next_action: { type: 'redirect', redirect_url: link },
  };
}

function paymentBody(request: CreatePayment): Record<string, unknown> {
  const { money: total, customer, reference, description } = request;
  const zero = toDecimal(money(0, total.currency));
  return {
    amount: exactly(() => toDecimal(total)),
    currency: total.currency,
    ...(description ? { description } : {}),
    buyer: { name: customer.name, email: customer.email, phone: phoneOf(customer.phone ?? '') },
    order: {
      reference_id: reference,
      tax_amount: zero,
      shipping_amount: zero,
      discount_amount: zero,
      items: itemsOf(request),
    },
    order_history: [],
    meta: { order_id: reference },
  };
}

/** Items that do not add up to the amount, and payments without items, become one line. */
function itemsOf({ items, money: total, description }: CreatePayment): Record<string, unknown>[] {
  const sum = addAmounts(items.map(({ quantity, unit_amount }) => quantity * unit_amount));
  const lines =
    items.length > 0 && sum === total.amount
      ? items
      : [{ name: description ?? 'Order', quantity: 1, unit_amount: total.amount }];
  return lines.map(({ name, quantity, unit_amount }, index) => ({
    // Items have no name of their own here; Tabby's examples all carry one.
    reference_id: String(index + 1),
    title: name.slice(0, TEXT_MAX),
    quantity,
    unit_price: exactly(() => toDecimal(money(unit_amount, total.currency))),
    // Required, and nothing here knows it.
    category: 'General',
  }));
}

/** With the country or without, as the documentation shows it: digits, and a plus in front at most. */
function phoneOf(phone: string): string {
  return phone.replace(/[\s().-]/g, '').replace(/^00/, '+');
}

function rejected({ configuration }: Session): ProviderError {
  const reason = configuration?.products?.installments?.rejection_reason;
  return new ProviderError({
    kind: 'declined',
    code: reason ?? 'rejected',
    message: 'Tabby is unable to approve this purchase for this customer',
  });
}

async function readPayment(
  context: Context,
  { provider_payment_id }: { readonly provider_payment_id: string },
): Promise<PaymentReading> {
  const { data, request } = await retrieve(context, provider_payment_id);
  return readingOf(data, request);
}

/**
 * Reads the list, newest first. It has authorized and closed payments only: one that is merely created is not there. Its
 * link was in the answer that was lost, so nobody can pay it, and `null` is the truth as far as money goes.
 */
async function findPayment(
  context: Context,
  { reference }: { readonly reference: string },
): Promise<PaymentReading | null> {
  const since = new Date(context.now() - LOOKUP_WINDOW_MS).toISOString().slice(0, 10);
  const found = new Map<string, PaymentReading>();
  for (let page = 0, offset = 0; page < MAX_PAGES; page += 1) {
    const path = `payments?created_at__gte=${since}&limit=${PAGE_SIZE}&offset=${offset}`;
    const { data, request } = await call(
      context,
      { operation: 'find_payment', method: 'GET', path, mutates: false },
      paymentPage,
    );
    for (const payment of data.payments) {
      if (payment.order?.reference_id === reference) found.set(payment.id, readingOf(payment, request));
    }
    offset += data.payments.length;
    const total = data.pagination?.total_count ?? null;
    if (data.payments.length === 0 || (total !== null && offset >= total)) return best([...found.values()]);
  }
  if (found.size > 0) return best([...found.values()]);
  throw new ProviderError({
    kind: 'unavailable',
    code: 'too_many_payments',
    message: `${PAGE_SIZE * MAX_PAGES} payments were read and the list did not end`,
  });
}

/** Should there be several with this reference, the one with the most money counts. */
function best(readings: readonly PaymentReading[]): PaymentReading | null {
  const weight = ({ receipts, authorized }: PaymentReading): number =>
    addAmounts(receipts.map(({ amount }) => amount)) + (authorized ?? 0);
  return [...readings].sort((a, b) => weight(b) - weight(a))[0] ?? null;
}

export const tabby: Connector<TabbyCredentials> = {
  manifest,
  credentials: tabbyCredentials,
  createPayment,
  readPayment,
  findPayment,
  listPayments,
  capturePayment,
  voidPayment,
  refundPayment,
  registerWebhook,
  findWebhooks,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
