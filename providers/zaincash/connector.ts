/** ZainCash v2 (Iraq): the wallet's hosted payment page, with webhooks and full reversals, in dinars. */
import { toWholeUnits } from '../../domain/money.ts';
import type { ProviderError } from '../../domain/provider-error.ts';
import { isFailure, isSuccess, readJson, unexpectedAnswer } from '../answers.ts';
import { checkRequest, exactly, refused } from '../check-request.ts';
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
import { readingOf, refundOf } from './readings.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup } from './webhook.ts';
import {
  call,
  created,
  exchange,
  externalReference,
  inquiry,
  IQD,
  madeBefore,
  refusal,
  reversal,
  walletNumber,
  zainCashCredentials,
  type Exchange,
  type ZainCashCredentials,
} from './wire.ts';

/** `expiryTime` is 15 minutes after `createdAt` in the documentation's example; answers say it themselves. */
const LIFETIME_S = 15 * 60;

const manifest: Manifest = {
  provider: 'zaincash',
  title: 'ZainCash',
  countries: ['IQ'],
  hosts: { live: 'https://pg-api.zaincash.iq', sandbox: 'https://pg-api-uat.zaincash.iq' },
  methods: [
    {
      method: 'wallet',
      title: 'ZainCash wallet',
      flow: 'redirect',
      // No limits are documented: the minimum is v1's, the maximum is ours, the central bank's limits are lower.
      amounts: [{ currency: IQD, min: 250_000, max: 100_000_000_000, step: 1000 }],
      lifetime_s: LIFETIME_S,
      requires: [],
      description_max: 254,
    },
  ],
  capture: 'automatic',
  refund: 'full',
  can_expire: false,
  lookup: 'none',
  webhook_trust: 'amounts',
  webhook_registration: 'dashboard',
  // There are no webhooks in the test environment, and none before the customer's last step.
  poll_s: [20, 45, 75, 120, 180, 300, 480, 780],
  settlement_days: 1,
};

type Context = ProviderContext<ZainCashCredentials>;
interface KnownPayment {
  readonly provider_payment_id: string;
  readonly method: string;
}

/**
 * A lost answer is cleared up here, because `externalReferenceId` makes the request safe to repeat: the second one either
 * makes the payment or is refused with the id of the one that was made. It has a name of its own on record, because it is no second sending.
 */
async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  checkRequest(manifest, request);
  const body = initBody(context.account.credentials, request);
  const expires_at = new Date(context.now() + LIFETIME_S * 1000).toISOString();
  const init = async (operation: 'create_payment' | 'repeat_create_payment'): Promise<CreatedPayment> => {
    const answer = await exchange(context, {
      operation,
      method: 'POST',
      path: 'init',
      body,
      mutates: true,
    });
    return createdBy(context, request, answer, expires_at);
  };
  try {
    return await init('create_payment');
  } catch (error) {
    if (!isFailure(error, 'unknown_outcome') || context.signal.aborted) throw error;
    // Whatever else the repetition meets says nothing of the first request: its outcome stays unknown.
    return init('repeat_create_payment').catch(() => {
      throw error;
    });
  }
}

function initBody(
  { service_type, language = 'ar' }: ZainCashCredentials,
  { money, reference, idempotency_key, description, customer, return_urls }: CreatePayment,
): Record<string, unknown> {
  const phone = customer.phone ? walletNumber(customer.phone) : null;
  return {
    language,
    externalReferenceId: externalReference(idempotency_key),
    orderId: reference,
    serviceType: service_type ?? (description || 'Payment'),
    amount: { value: String(exactly(() => toWholeUnits(money))), currency: 'IQD' },
    // Only fills in the page's first field, so a number that is none of theirs is left for the customer to type.
    ...(phone ? { customer: { phone } } : {}),
    redirectUrls: { successUrl: return_urls.success, failureUrl: return_urls.failure },
  };
}

async function createdBy(
  context: Context,
  request: CreatePayment,
  answer: Exchange,
  expires_at: string,
): Promise<CreatedPayment> {
  const earlier = madeBefore(answer);
  if (earlier) return adopted(context, request, earlier, expires_at);
  if (!isSuccess(answer.response)) throw refusal(answer);
  const { transactionDetails, redirectUrl, expiryTime } = readJson(answer.response, created, answer.request);
  const { transactionId, externalReferenceId, amount } = transactionDetails;
  if (
    externalReferenceId &&
    externalReferenceId.toLowerCase() !== externalReference(request.idempotency_key)
  ) {
    throw unexpectedAnswer(answer.request, 'is about another reference');
  }
  if (amount && amount.value !== request.money.amount) {
    throw unexpectedAnswer(answer.request, 'names another amount');
  }
  return {
    provider_payment_id: transactionId,
    expires_at: expiryTime ?? expires_at,
    next_action: { type: 'redirect', redirect_url: redirectUrl },
  };
}

/**
 * The payment that an earlier sending of the same request has made. An inquiry tells when it ends; the link is told once,
 * in the answer that was lost, and must not be made up. Should the inquiry fail, the payment exists all the same.
 */
async function adopted(
  context: Context,
  request: CreatePayment,
  { id, redirectUrl }: { id: string; redirectUrl: string | null },
  expires_at: string,
): Promise<CreatedPayment> {
  const reading = await readPayment(context, { provider_payment_id: id, method: request.method }).catch(
    () => null,
  );
  return {
    provider_payment_id: id,
    expires_at: reading?.expires_at ?? expires_at,
    next_action: { type: 'redirect', ...(redirectUrl ? { redirect_url: redirectUrl } : {}) },
  };
}

async function readPayment(context: Context, { provider_payment_id }: KnownPayment): Promise<PaymentReading> {
  const path = `inquiry/${encodeURIComponent(provider_payment_id)}`;
  const { data, request } = await call(
    context,
    { operation: 'read_payment', method: 'GET', path, mutates: false },
    inquiry,
  );
  const { transactionId, orderId, amount } = data.transactionDetails;
  if (transactionId !== provider_payment_id) throw unexpectedAnswer(request, 'is about another transaction');
  return readingOf({
    transactionId,
    orderId,
    status: data.status,
    amount: amount.value,
    fee: amount.feeValue ?? null,
    paid_at: data.timeStamps?.completedAt ?? null,
    expires_at: data.timeStamps?.expiryTime ?? null,
    errorMessage: null,
  });
}

/**
 * "Reverse is not idempotent": the transaction is read first, and again when the reversal is refused, so that one that
 * was reversed before, or by another hand at the same time, is never asked to be reversed twice.
 */
async function refundPayment(context: Context, refund: MoneyOperation): Promise<RefundReading> {
  if (refund.money.currency !== IQD) throw refused('unsupported_currency', 'ZainCash refunds dinars only');
  const before = await readPayment(context, refund);
  const done = before.refunds?.[0];
  if (done) return whole(refund, done);
  const [receipt] = before.receipts;
  if (!receipt) throw refused('not_refundable', `the payment is ${before.provider_status}`);
  if (receipt.amount !== refund.money.amount) throw partialRefund();
  try {
    return await reverse(context, refund);
  } catch (error) {
    if (!isFailure(error, 'invalid_request')) throw error;
    const [now] = (await readPayment(context, refund)).refunds ?? [];
    if (now) return now;
    throw error;
  }
}

async function reverse(context: Context, refund: MoneyOperation): Promise<RefundReading> {
  const { provider_payment_id: transactionId, reason, money } = refund;
  const body = { transactionId, reason: reason || 'Refund' };
  const { data, request } = await call(
    context,
    {
      operation: 'refund_payment',
      method: 'POST',
      path: 'reverse',
      body,
      mutates: true,
      scope: 'reverse:write',
    },
    reversal,
  );
  if (data.amount && data.amount !== money.amount) throw unexpectedAnswer(request, 'names another amount');
  return refundOf(transactionId, money.amount, reversalStatus(data.status));
}

/** `COMPLETED` is all that the documentation shows; what is unknown is settled by the next reading. */
function reversalStatus(status: string): RefundReading['status'] {
  switch (status) {
    case 'COMPLETED':
      return 'succeeded';
    case 'FAILED':
      return 'failed';
    default:
      return 'pending';
  }
}

function whole({ money }: MoneyOperation, done: RefundReading): RefundReading {
  if (done.amount !== money.amount) throw partialRefund();
  return done;
}

const partialRefund = (): ProviderError =>
  refused('unsupported_amount', 'ZainCash refunds the whole payment or nothing');

export const zaincash: Connector<ZainCashCredentials> = {
  manifest,
  credentials: zainCashCredentials,
  createPayment,
  readPayment,
  refundPayment,
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
