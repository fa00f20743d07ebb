/** ZainCash v1 (Iraq): the wallet's payment page, without webhooks and without refunds, in dinars. */
import { z } from 'zod';
import { toWholeUnits } from '../../domain/money.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import { checkRequest, exactly } from '../check-request.ts';
import type {
  Connector,
  CreatedPayment,
  CreatePayment,
  Manifest,
  NextAction,
  PaymentReading,
  ProviderContext,
} from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup } from './webhook.ts';
import {
  call,
  IQD,
  signedFields,
  TOKEN_LIFETIME_S,
  transaction,
  urlOf,
  zainCashV1Credentials,
  type Transaction,
  type ZainCashV1Credentials,
} from './wire.ts';

const manifest: Manifest = {
  provider: 'zaincash_v1',
  title: 'ZainCash (v1)',
  countries: ['IQ'],
  hosts: { live: 'https://api.zaincash.iq', sandbox: 'https://test.zaincash.iq' },
  methods: [
    {
      method: 'wallet',
      title: 'ZainCash wallet',
      flow: 'redirect',
      // 250 dinars is the documented minimum; the maximum is ours, the central bank's wallet limits are lower.
      amounts: [{ currency: IQD, min: 250_000, max: 100_000_000_000, step: 1000 }],
      lifetime_s: TOKEN_LIFETIME_S,
      requires: [],
      // `serviceType` takes 254 characters.
      description_max: 254,
    },
  ],
  capture: 'automatic',
  refund: 'none',
  can_expire: true,
  lookup: 'none',
  webhook_trust: 'hint',
  webhook_registration: 'dashboard',
  // Nothing is ever told to us: reading is the only way to learn of a payment.
  poll_s: [10, 20, 35, 60, 90, 135, 195, 300, 480, 780, 1380, 2580, 4380, 7980],
  settlement_days: 1,
};

type Context = ProviderContext<ZainCashV1Credentials>;
interface KnownPayment {
  readonly provider_payment_id: string;
  readonly method: string;
}

async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  const { lifetime_s } = checkRequest(manifest, request);
  const { money, reference, description, return_urls } = request;
  // Taken before sending: the customer is never promised more time than ZainCash gives.
  const expires_at = new Date(context.now() + lifetime_s * 1000).toISOString();
  const { msisdn, language = 'ar' } = context.account.credentials;
  const token = signedFields(context, {
    amount: exactly(() => toWholeUnits(money)),
    serviceType: description || 'Payment',
    msisdn,
    orderId: reference,
    // There is one address for every outcome.
    redirectUrl: return_urls.success,
  });
  const { data, request: sent } = await call(
    context,
    {
      operation: 'create_payment',
      path: '/transaction/init',
      fields: { ...token, lang: language },
      mutates: true,
    },
    transaction,
  );
  if (data.amount && data.amount !== money.amount) throw unexpectedAnswer(sent, 'names another amount');
  if (data.orderId && data.orderId !== reference) throw unexpectedAnswer(sent, 'names another order');
  return { provider_payment_id: data.id, expires_at, next_action: payPage(context, data.id) };
}

/** The page has no address in any answer: "redirect the user to /transaction/pay?id=…". */
function payPage({ account }: Context, id: string): NextAction {
  const redirect_url = urlOf(account.base_url, `/transaction/pay?id=${encodeURIComponent(id)}`);
  return { type: 'redirect', redirect_url };
}

async function readPayment(
  context: Context,
  { provider_payment_id: id }: KnownPayment,
): Promise<PaymentReading> {
  const { data, request } = await call(
    context,
    {
      operation: 'read_payment',
      path: '/transaction/get',
      fields: signedFields(context, { id, msisdn: context.account.credentials.msisdn }),
      mutates: false,
    },
    transaction,
  );
  if (data.id !== id) throw unexpectedAnswer(request, 'is about another transaction');
  return readingOf(data, request, payPage(context, id));
}

/**
 * Cancels as the payment page's own button does, then reads: what `/transaction/cancel` answers is not documented
 * well enough to tell a cancelled transaction from one that was paid in the meantime.
 */
async function expirePayment(context: Context, payment: KnownPayment): Promise<PaymentReading> {
  try {
    await call(
      context,
      {
        operation: 'expire_payment',
        path: '/transaction/cancel',
        fields: { id: payment.provider_payment_id, type: 'MERCHANT_PAYMENT' },
        // Cancelling twice is cancelling once, so a lost answer may simply be asked for again.
        mutates: false,
      },
      z.unknown(),
    );
  } catch (error) {
    const refused = isFailure(error, 'invalid_request');
    const unreadable = error instanceof ProviderError && error.failure.code === 'unexpected_answer';
    if (!refused && !unreadable) throw error;
  }
  return readPayment(context, payment);
}

function readingOf(row: Transaction, request: ProviderRequest, page: NextAction): PaymentReading {
  const status = statusOf(row.status);
  if (status === 'paid' && !row.amount) throw unexpectedAnswer(request, 'says paid without an amount');
  return {
    provider_payment_id: row.id,
    reference: row.orderId ?? null,
    currency: IQD,
    status,
    // Paid at once and in full; v1 tells no fee, and only when the transaction was last changed.
    receipts:
      status === 'paid' && row.amount
        ? [{ key: row.id, amount: row.amount, paid_at: row.updatedAt, fee: null }]
        : [],
    provider_status: row.status,
    failure: status === 'failed' ? { code: 'failed', message: row.due ?? 'the payment failed' } : null,
    next_action: status === 'pending' ? page : null,
    expires_at: null,
  };
}

/** The documentation says `completed` and `cancel`; `success` and `cancelled` are seen in client code. */
function statusOf(status: string): PaymentReading['status'] {
  switch (status.toLowerCase()) {
    case 'completed':
    case 'success':
      return 'paid';
    case 'failed':
      return 'failed';
    case 'cancel':
    case 'cancelled':
      return 'canceled';
    default:
      return 'pending';
  }
}

export const zaincashV1: Connector<ZainCashV1Credentials> = {
  manifest,
  credentials: zainCashV1Credentials,
  createPayment,
  readPayment,
  expirePayment,
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
