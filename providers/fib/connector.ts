/** FIB (First Iraqi Bank) online payments: the customer pays in one of FIB's apps, by QR code, code or link. */
import { money, toWholeUnits, type Money } from '../../domain/money.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import { checkRequest, exactly, refused } from '../check-request.ts';
import type {
  Connector,
  CreatedPayment,
  CreatePayment,
  Manifest,
  MoneyOperation,
  NextAction,
  PaymentReading,
  ProviderContext,
  RefundReading,
} from '../contract.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup, webhookUrlOf } from './webhook.ts';
import {
  call,
  callForJson,
  createdPayment,
  fibCredentials,
  IQD,
  paymentStatus,
  type CreatedFibPayment,
  type FibCredentials,
  type FibPaymentStatus,
} from './wire.ts';

/** "Must be bigger than 250" (npm guide); the maximum is ours. In thousandths of a dinar, as ISO 4217 has it. */
const AMOUNTS = [{ currency: IQD, min: 251_000, max: 100_000_000_000, step: 1_000 }];
/** The payment lives as long as we ask for; FIB's own default is not documented. */
const LIFETIME_S = 60 * 60;
const EXPIRES_IN = 'PT1H';
/** The longest that FIB allows (12 hours to 7 days), and its default. */
const REFUNDABLE_FOR = 'P7D';

const manifest: Manifest = {
  provider: 'fib',
  title: 'FIB (First Iraqi Bank)',
  countries: ['IQ'],
  hosts: { live: 'https://fib.prod.fib.iq', sandbox: 'https://fib.stage.fib.iq' },
  methods: [
    {
      method: 'qr_code',
      title: 'FIB app (QR code, code or link)',
      flow: 'qr_code',
      amounts: AMOUNTS,
      lifetime_s: LIFETIME_S,
      requires: [],
      description_max: 50,
    },
  ],
  capture: 'automatic',
  refund: 'full',
  can_expire: true,
  lookup: 'none',
  webhook_trust: 'hint',
  webhook_registration: 'per_payment',
  // How often FIB repeats a webhook is not documented, so an unpaid payment is read every five minutes to the end.
  poll_s: [15, 45, 120, 300, 540],
  settlement_days: 1,
};

type Context = ProviderContext<FibCredentials>;
interface KnownPayment {
  readonly provider_payment_id: string;
}

async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  checkRequest(manifest, request);
  const { money: due, description, reference, return_urls, webhook_url } = request;
  const body = {
    monetaryValue: { amount: `${exactly(() => toWholeUnits(due))}.00`, currency: due.currency },
    statusCallbackUrl: webhookUrlOf(context.account, webhook_url, reference),
    // FIB has no field for a reference. Without another description ours lets a person match what the app shows.
    description: description || reference.slice(0, 50),
    // There is one address for every outcome, and only the app opens it.
    redirectUri: return_urls.success,
    expiresIn: EXPIRES_IN,
    refundableFor: REFUNDABLE_FOR,
    category: 'ECOMMERCE',
  };
  // Taken before sending: the customer is never promised more time than FIB gives.
  const asked_at = context.now();
  const { data } = await callForJson(
    context,
    { operation: 'create_payment', method: 'POST', path: '/protected/v1/payments', body, mutates: true },
    createdPayment,
  );
  return {
    provider_payment_id: data.paymentId,
    expires_at: data.validUntil ?? new Date(asked_at + LIFETIME_S * 1000).toISOString(),
    next_action: nextActionOf(data),
  };
}

/** FIB sends the QR code drawn and does not say what it encodes, so there is an image and no payload. */
function nextActionOf(created: CreatedFibPayment): NextAction {
  const links = [
    { label: 'FIB Personal', url: created.personalAppLink },
    { label: 'FIB Business', url: created.businessAppLink },
    { label: 'FIB Corporate', url: created.corporateAppLink },
  ];
  return {
    type: 'qr_code',
    ...(created.qrCode ? { qr_image: created.qrCode } : {}),
    readable_code: created.readableCode,
    deep_links: links.flatMap(({ label, url }) => (url ? [{ label, url }] : [])),
  };
}

async function readPayment(context: Context, payment: KnownPayment): Promise<PaymentReading> {
  const { data, request } = await callForJson(
    context,
    { operation: 'read_payment', method: 'GET', path: pathOf(payment, 'status'), mutates: false },
    paymentStatus,
  );
  if (data.paymentId !== payment.provider_payment_id) {
    throw unexpectedAnswer(request, 'is about another payment');
  }
  return readingOf(data);
}

/** Cancels. FIB refuses when the payment is over or paid; then its status tells which. */
async function expirePayment(context: Context, payment: KnownPayment): Promise<PaymentReading> {
  try {
    // Cancelling twice is cancelling once, so a lost answer may simply be asked for again.
    const path = pathOf(payment, 'cancel');
    await call(context, { operation: 'expire_payment', method: 'POST', path, mutates: false });
  } catch (error) {
    if (!isFailure(error, 'invalid_request')) throw error;
  }
  return readPayment(context, payment);
}

/**
 * Gives the whole payment back; FIB knows no other refund, and no key to recognise a repeated request by. The status
 * is that key: a payment whose refund was asked for says so, and is not asked again.
 */
async function refundPayment(context: Context, refund: MoneyOperation): Promise<RefundReading> {
  const before = await readPayment(context, refund);
  const paid = before.receipts[0];
  if (!paid) throw refused('not_refundable', 'FIB gives back paid payments only');
  const whole: Money = money(paid.amount, IQD);
  if (refund.money.currency !== whole.currency || refund.money.amount !== whole.amount) {
    throw refused('partial_refund', 'FIB gives back the whole payment only');
  }
  const known = before.refunds?.[0];
  if (known) return known;
  try {
    const path = pathOf(refund, 'refund');
    await call(context, { operation: 'refund_payment', method: 'POST', path, mutates: true });
  } catch (error) {
    if (!isFailure(error, 'invalid_request')) throw error;
    // Refused, perhaps because the one that a lost answer hid had been accepted.
    const [accepted] = (await readPayment(context, refund)).refunds ?? [];
    if (accepted) return accepted;
    throw error;
  }
  return refundOf(whole.amount, 'pending');
}

function pathOf({ provider_payment_id }: KnownPayment, verb: 'status' | 'cancel' | 'refund'): string {
  return `/protected/v1/payments/${encodeURIComponent(provider_payment_id)}/${verb}`;
}

function readingOf(row: FibPaymentStatus): PaymentReading {
  const { status, refund } = standing(row);
  const { amount } = row.amount;
  return {
    provider_payment_id: row.paymentId,
    reference: null,
    currency: IQD,
    status,
    receipts: status === 'paid' ? [{ key: row.paymentId, amount, paid_at: row.paidAt, fee: null }] : [],
    refunds: refund === null ? [] : [refundOf(amount, refund)],
    provider_status: row.decliningReason ? `${row.status} (${row.decliningReason})` : row.status,
    failure:
      status === 'failed'
        ? { code: row.decliningReason ?? row.status, message: 'FIB declined the payment' }
        : null,
    next_action: null,
    expires_at: row.validUntil,
  };
}

interface Standing {
  readonly status: PaymentReading['status'];
  readonly refund: RefundReading['status'] | null;
}

/** A refunded payment was paid all the same: what goes back is a refund of its own. */
function standing({ status, decliningReason }: FibPaymentStatus): Standing {
  switch (status) {
    case 'PAID':
      return { status: 'paid', refund: null };
    case 'REFUND_REQUESTED':
      return { status: 'paid', refund: 'pending' };
    case 'REFUNDED':
      return { status: 'paid', refund: 'succeeded' };
    case 'DECLINED':
      return { status: declined(decliningReason), refund: null };
    default:
      return { status: 'pending', refund: null };
  }
}

/** DECLINED is the end whatever the reason; those that are not known, and SERVER_FAILURE, are failures. */
function declined(reason: string | null): PaymentReading['status'] {
  switch (reason) {
    case 'PAYMENT_EXPIRATION':
      return 'expired';
    case 'PAYMENT_CANCELLATION':
      return 'canceled';
    default:
      return 'failed';
  }
}

/** A payment has at most one refund, and FIB gives it no id. */
function refundOf(amount: number, status: RefundReading['status']): RefundReading {
  return { key: 'refund', reference: null, amount, status };
}

export const fib: Connector<FibCredentials> = {
  manifest,
  credentials: fibCredentials,
  createPayment,
  readPayment,
  expirePayment,
  refundPayment,
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
