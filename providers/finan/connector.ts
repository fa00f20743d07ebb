/** Finan (Vietnam): VietQR bank transfers, cards and MoMo, in đồng. */
import { z } from 'zod';
import { toWholeUnits } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import { checkRequest, exactly } from '../check-request.ts';
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
import { oneOf } from '../fields.ts';
import type { ProviderRequest } from '../http.ts';
import { createListing } from './list.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup } from './webhook.ts';
import {
  call,
  createdBankTransfer,
  createdRedirect,
  finanCredentials,
  paymentRequest,
  receiptOf,
  VND,
  type FinanCredentials,
  type PaymentRequest,
} from './wire.ts';

/** Finan documents no limits; 499,999,999 đồng is the most that one instant Napas transfer can carry. */
const AMOUNTS = [{ currency: VND, min: 1, max: 499_999_999, step: 1 }];
/** "Each payment link is valid for 30 minutes." */
const LIFETIME_S = 30 * 60;
/** "Payment note (max 30 characters)" */
const DESCRIPTION_MAX = 30;

const COMMON = { amounts: AMOUNTS, lifetime_s: LIFETIME_S, requires: [], description_max: DESCRIPTION_MAX };

const manifest: Manifest = {
  provider: 'finan',
  title: 'Finan',
  countries: ['VN'],
  hosts: { live: 'https://api.finan.one/open', sandbox: null },
  methods: [
    { method: 'bank_transfer', title: 'VietQR bank transfer', flow: 'bank_transfer', ...COMMON },
    { method: 'card', title: 'Card', flow: 'redirect', ...COMMON },
    { method: 'momo', title: 'MoMo wallet', flow: 'redirect', ...COMMON },
  ],
  capture: 'automatic',
  refund: 'none',
  can_expire: false,
  lookup: 'by_reference',
  webhook_trust: 'amounts',
  webhook_registration: 'dashboard',
  poll_s: [60, 240, 600, 1200],
  // Nothing keeps a transfer from reaching the bank account later.
  late_money_s: 7 * 24 * 3600,
  settlement_days: 1,
};

/** Finan's `payment_method` for our method names. */
const PAYMENT_METHODS: Readonly<Record<string, string>> = {
  bank_transfer: 'bank_transfer',
  card: 'card',
  momo: 'ewallet_momo',
};

async function createPayment(
  context: ProviderContext<FinanCredentials>,
  request: CreatePayment,
): Promise<CreatedPayment> {
  const method = checkRequest(manifest, request);
  // Taken before sending: the customer is never promised more time than Finan gives.
  const expires_at = new Date(context.now() + method.lifetime_s * 1000).toISOString();
  const body = createBody(context.account.credentials, request);
  const create = {
    operation: 'create_payment',
    method: 'POST',
    path: '/api/v1/payments',
    body,
    mutates: true,
  } as const;

  if (method.flow === 'bank_transfer') {
    const { data } = await call(context, create, createdBankTransfer);
    const { payment_request_id: provider_payment_id, bank_transfer_detail } = data;
    return { provider_payment_id, expires_at, next_action: transferAction(bank_transfer_detail) };
  }
  const { data } = await call(context, create, createdRedirect);
  const { payment_request_id: provider_payment_id, payment_url } = data;
  return { provider_payment_id, expires_at, next_action: { type: 'redirect', redirect_url: payment_url } };
}

function createBody({ account_id }: FinanCredentials, request: CreatePayment): Record<string, unknown> {
  const { description, customer, return_urls } = request;
  const amount = exactly(() => toWholeUnits(request.money));
  const items = itemsBlock(request, amount);
  return {
    ...(items ? { items } : {}),
    ...(customer.name ? { customer: customerBlock(request) } : {}),
    payment_method: PAYMENT_METHODS[request.method],
    ...(request.method === 'bank_transfer' && account_id ? { account_id } : {}),
    amount,
    ...(description ? { description } : {}),
    reference_id: request.reference,
    success_redirect_url: return_urls.success,
    failure_redirect_url: return_urls.failure,
  };
}

function customerBlock({
  customer: { name, phone, email },
}: CreatePayment): Record<string, string | undefined> {
  return { name, ...(phone ? { phone } : {}), ...(email ? { email } : {}) };
}

/** Items with all four documented fields, or none at all: none too when they do not add up to the amount. */
function itemsBlock({ items, money: { currency } }: CreatePayment, total: number): unknown[] | null {
  const lines = items.map(({ name, quantity, unit_amount }) => {
    const price = exactly(() => toWholeUnits({ amount: unit_amount, currency }));
    return { name, price, quantity, amount: price * quantity };
  });
  const complete = lines.every(
    ({ name, quantity }) => name !== '' && Number.isSafeInteger(quantity) && quantity > 0,
  );
  const sum = lines.reduce((subtotal, { amount }) => subtotal + amount, 0);
  return lines.length > 0 && complete && sum === total ? lines : null;
}

function transferAction(detail: NonNullable<PaymentRequest['bank_transfer_detail']>): NextAction {
  const { qr_code, ...bank_transfer } = detail;
  return { type: 'bank_transfer', qr_payload: qr_code, bank_transfer };
}

async function readPayment(
  context: ProviderContext<FinanCredentials>,
  { provider_payment_id, method }: { provider_payment_id: string; method: string },
): Promise<PaymentReading> {
  const path = `/api/v1/payments/${encodeURIComponent(provider_payment_id)}`;
  const read = { operation: 'read_payment', method: 'GET', path, mutates: false } as const;
  // The page shows no answer of this call; a bare object is likely, a list of one would be unmistakable, too.
  const { data, request } = await call(context, read, oneOf(paymentRequest));
  if (data.payment_request_id !== provider_payment_id) {
    throw unexpectedAnswer(request, 'is about another payment request');
  }
  return readingOf(data, method, request);
}

/**
 * By `reference_id`. Should there be several, the one that has money counts, else the oldest. Rows of other
 * references mean that the filter was not applied; then a missing row proves nothing and is not reported as absence.
 */
async function findPayment(
  context: ProviderContext<FinanCredentials>,
  { reference, method }: { reference: string; method: string },
): Promise<PaymentReading | null> {
  const path = `/api/v1/payments?reference_id=${encodeURIComponent(reference)}`;
  const find = { operation: 'find_payment', method: 'GET', path, mutates: false } as const;
  const rowsOrNone = z.array(paymentRequest).nullable();
  const { data, request } = await call(context, find, rowsOrNone);
  const rows = data ?? [];
  const ours = rows.filter(({ reference_id }) => reference_id === reference);
  if (ours.length === 0 && rows.length > 0) {
    throw unexpectedAnswer(request, 'lists other references only: the filter was not applied');
  }
  const [first] = ours.toSorted(
    (a, b) => Number(hasMoney(b)) - Number(hasMoney(a)) || compare(a.created_at ?? '', b.created_at ?? ''),
  );
  return first ? readingOf(first, method, request) : null;
}

const hasMoney = (row: PaymentRequest): boolean => row.payments.length > 0 || (row.paid_amount ?? 0) > 0;
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Money is what `payments` lists. If it lists less than the answer says was paid, that money has no name: refused. */
function readingOf(row: PaymentRequest, method: string, request: ProviderRequest): PaymentReading {
  const receipts = row.payments.map(receiptOf);
  const listed = receipts.reduce((sum, { amount }) => sum + amount, 0);
  const isPaid = row.status === 'paid' || row.status === 'extra_paid';
  if (listed < Math.max(row.paid_amount ?? 0, isPaid ? row.amount : 0)) {
    throw unexpectedAnswer(request, 'lists less money than it says was paid');
  }
  return {
    provider_payment_id: row.payment_request_id,
    reference: row.reference_id,
    currency: VND,
    status: isPaid ? 'paid' : 'pending',
    receipts,
    provider_status: row.status,
    failure: null,
    next_action: actionOf(row, methodNamed(method)),
    expires_at: null,
  };
}

function actionOf(row: PaymentRequest, method: MethodManifest | undefined): NextAction | null {
  if (method?.flow === 'bank_transfer') {
    return row.bank_transfer_detail ? transferAction(row.bank_transfer_detail) : null;
  }
  return row.payment_url ? { type: 'redirect', redirect_url: row.payment_url } : null;
}

const methodNamed = (name: string): MethodManifest | undefined =>
  manifest.methods.find(({ method }) => method === name);

export const finan: Connector<FinanCredentials> = {
  manifest,
  credentials: finanCredentials,
  createPayment,
  readPayment,
  findPayment,
  listPayments: createListing((row, request) => readingOf(row, '', request)),
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
