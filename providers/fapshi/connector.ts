/** Fapshi (Cameroon): hosted payment links and direct mobile-money requests, in CFA francs. */
import { toWholeUnits } from '../../domain/money.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import { checkRequest, exactly, refused } from '../check-request.ts';
import type {
  Connector,
  CreatedPayment,
  CreatePayment,
  Manifest,
  NextAction,
  PaymentReading,
  ProviderContext,
  Receipt,
} from '../contract.ts';
import type { ProviderRequest } from '../http.ts';
import { createListing } from './list.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookSetup } from './webhook.ts';
import {
  call,
  createdDirectPay,
  createdLink,
  fapshiCredentials,
  localPhone,
  REFERENCE,
  transaction,
  transactions,
  XAF,
  type FapshiCredentials,
  type Transaction,
} from './wire.ts';

/** The minimum is documented; the maximum is ours, far above what a mobile-money wallet may send at once. */
const AMOUNTS = [{ currency: XAF, min: 100, max: 10_000_000, step: 1 }];
/** "Payment links expire after 24 hours." */
const LINK_LIFETIME_S = 24 * 60 * 60;
/** Direct payments never expire at Fapshi; this is how long we wait for the customer to confirm. */
const DIRECT_PAY_LIFETIME_S = 30 * 60;
/** Not documented. */
const DESCRIPTION_MAX = 255;

const manifest: Manifest = {
  provider: 'fapshi',
  title: 'Fapshi',
  countries: ['CM'],
  hosts: { live: 'https://live.fapshi.com', sandbox: 'https://sandbox.fapshi.com' },
  methods: [
    {
      method: 'payment_link',
      title: 'Fapshi payment page',
      flow: 'redirect',
      amounts: AMOUNTS,
      lifetime_s: LINK_LIFETIME_S,
      requires: [],
      description_max: DESCRIPTION_MAX,
    },
    {
      method: 'direct_pay',
      title: 'MTN or Orange mobile money',
      flow: 'confirm_on_phone',
      amounts: AMOUNTS,
      lifetime_s: DIRECT_PAY_LIFETIME_S,
      requires: ['customer.phone'],
      description_max: DESCRIPTION_MAX,
    },
  ],
  capture: 'automatic',
  refund: 'none',
  can_expire: true,
  lookup: 'by_reference',
  webhook_trust: 'hint',
  webhook_registration: 'dashboard',
  // Webhooks are sent once and never again, so a lost one is only made up for here.
  poll_s: [30, 120, 420, 1320, 3900, 11_100, 32_700],
  settlement_days: 1,
};

type Context = ProviderContext<FapshiCredentials>;
interface KnownPayment {
  readonly provider_payment_id: string;
  readonly method: string;
}

async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  const { lifetime_s, flow } = checkRequest(manifest, request);
  if (!REFERENCE.test(request.reference)) {
    throw refused(
      'unsupported_reference',
      'Fapshi takes references of 1 to 100 letters, digits, _ and - only',
    );
  }
  // Taken before sending: the customer is never promised more time than Fapshi gives.
  const expires_at = new Date(context.now() + lifetime_s * 1000).toISOString();
  const created = await (flow === 'redirect' ? createLink : createDirectPay)(context, request);
  return { ...created, expires_at };
}

type Created = Omit<CreatedPayment, 'expires_at'>;

async function createLink(context: Context, request: CreatePayment): Promise<Created> {
  const { customer, return_urls } = request;
  const body = {
    ...commonBody(request),
    ...(customer.email ? { email: customer.email } : {}),
    // There is one address for every outcome.
    redirectUrl: return_urls.success,
  };
  const { data } = await call(
    context,
    { operation: 'create_payment', method: 'POST', path: '/initiate-pay', body, mutates: true },
    createdLink,
  );
  return { provider_payment_id: data.transId, next_action: { type: 'redirect', redirect_url: data.link } };
}

async function createDirectPay(context: Context, request: CreatePayment): Promise<Created> {
  const { name, email, phone: given } = request.customer;
  const phone = localPhone(given ?? '');
  if (phone === null) {
    throw refused(
      'unsupported_phone',
      'customer.phone must be a Cameroonian mobile number: 6 and eight more digits',
    );
  }
  const body = {
    ...commonBody(request),
    phone,
    ...(name ? { name } : {}),
    ...(email ? { email } : {}),
  };
  const { data } = await call(
    context,
    { operation: 'create_payment', method: 'POST', path: '/direct-pay', body, mutates: true },
    createdDirectPay,
  );
  const next_action: NextAction = { type: 'confirm_on_phone', phone_hint: `•••••••${phone.slice(-2)}` };
  return { provider_payment_id: data.transId, next_action };
}

/** Our reference goes out twice: as `externalId` it comes back everywhere, as `userId` it can be searched for. */
function commonBody({ money, reference, description }: CreatePayment): Record<string, unknown> {
  return {
    amount: exactly(() => toWholeUnits(money)),
    userId: reference,
    externalId: reference,
    ...(description ? { message: description } : {}),
  };
}

async function readPayment(context: Context, payment: KnownPayment): Promise<PaymentReading> {
  const path = `/payment-status/${encodeURIComponent(payment.provider_payment_id)}`;
  const { data, request } = await call(
    context,
    { operation: 'read_payment', method: 'GET', path, mutates: false },
    transaction,
  );
  return readingOfKnown(data, payment, request);
}

/** By `userId`. Should there be several, the paid one counts, else the oldest. */
async function findPayment(
  context: Context,
  { reference, method }: { reference: string; method: string },
): Promise<PaymentReading | null> {
  const path = `/transaction/${encodeURIComponent(reference)}`;
  const { data } = await call(
    context,
    { operation: 'find_payment', method: 'GET', path, mutates: false },
    transactions,
  );
  const ours = data.filter((row) => row.externalId === reference || row.userId === reference);
  const [first] = ours.toSorted(
    (a, b) => Number(isPaid(b)) - Number(isPaid(a)) || compare(a.dateInitiated ?? '', b.dateInitiated ?? ''),
  );
  if (!first) return null;
  // A link is told once, in the answer that was lost; for a request on the phone there is nothing to lose.
  const next_action: NextAction | null = method === 'direct_pay' ? { type: 'confirm_on_phone' } : null;
  return { ...readingOf(first, method), next_action };
}

const isPaid = ({ status }: Transaction): boolean => status === 'SUCCESSFUL';
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Closes a link. Fapshi refuses with 400 when it is already closed or paid; then its status tells which.
 * Direct payments cannot be ended, so they are only read.
 */
async function expirePayment(context: Context, payment: KnownPayment): Promise<PaymentReading> {
  if (payment.method === 'direct_pay') return readPayment(context, payment);
  try {
    const { data, request } = await call(
      context,
      {
        operation: 'expire_payment',
        method: 'POST',
        path: '/expire-pay',
        body: { transId: payment.provider_payment_id },
        // Closing twice is closing once, so a lost answer may simply be asked for again.
        mutates: false,
      },
      transaction,
    );
    return readingOfKnown(data, payment, request);
  } catch (error) {
    if (isFailure(error, 'invalid_request')) return readPayment(context, payment);
    throw error;
  }
}

function readingOfKnown(row: Transaction, payment: KnownPayment, request: ProviderRequest): PaymentReading {
  if (row.transId !== payment.provider_payment_id) {
    throw unexpectedAnswer(request, 'is about another transaction');
  }
  return readingOf(row, payment.method);
}

function readingOf(row: Transaction, method: string): PaymentReading {
  const status = statusOf(row.status, method);
  return {
    provider_payment_id: row.transId,
    reference: row.externalId ?? row.userId,
    currency: XAF,
    status,
    receipts: status === 'paid' ? [receiptOf(row)] : [],
    provider_status: row.status,
    failure:
      status === 'failed'
        ? { code: 'FAILED', message: row.reason ?? 'the customer or the operator refused the payment' }
        : null,
    next_action: null,
    expires_at: null,
  };
}

/**
 * "No payments can be made after the status is SUCCESSFUL or EXPIRED": a FAILED attempt on a link is not its end,
 * because the customer may try again until it expires. A direct payment is one attempt, so there FAILED is final.
 */
function statusOf(status: string, method: string): PaymentReading['status'] {
  switch (status) {
    case 'SUCCESSFUL':
      return 'paid';
    case 'EXPIRED':
      return 'expired';
    case 'FAILED':
      return method === 'direct_pay' ? 'failed' : 'pending';
    default:
      return 'pending';
  }
}

/** A transaction is paid at once and in full; what Fapshi keeps is the difference between `amount` and `revenue`. */
function receiptOf({ transId, amount, revenue, dateConfirmed }: Transaction): Receipt {
  const fee = typeof revenue === 'number' && Number.isSafeInteger(revenue) ? amount - revenue : null;
  return {
    key: transId,
    amount,
    paid_at: dateConfirmed,
    fee: fee !== null && fee >= 0 && fee <= amount ? fee : null,
  };
}

export const fapshi: Connector<FapshiCredentials> = {
  manifest,
  credentials: fapshiCredentials,
  createPayment,
  readPayment,
  findPayment,
  listPayments: createListing((row) => readingOf(row, 'payment_link')),
  expirePayment,
  webhookSetup,
  verifyWebhook,
  parseWebhook,
  acknowledge,
};
