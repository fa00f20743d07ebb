/**
 * Money after the payment: capture, release, refund. Tamara repeats none of these calls safely by itself, so each one
 * reads the order first and does nothing when what it was asked for is there already.
 */
import { addAmounts } from '../../domain/money.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import { isFailure, unexpectedAnswer } from '../answers.ts';
import { checkRepetition, refused } from '../check-request.ts';
import type { MoneyOperation, PaymentReading, RefundReading } from '../contract.ts';
import { minorUnits, positiveUnits, toWire } from './amounts.ts';
import { orderPath, readOrder, readPayment, type OrderAnswer } from './orders.ts';
import { moneyOf, readingOf, type OrderMoney } from './readings.ts';
import { anything, call, madeRefund, type Context } from './wire.ts';

/** `shipping_info` is mandatory. Nothing is known here of who ships. */
const SHIPPING_COMPANY = 'Merchant';

/** There is no key for captures; ours goes out as the tracking number, which each listed capture repeats. */
export async function capturePayment(context: Context, capture: MoneyOperation): Promise<PaymentReading> {
  const { provider_payment_id, operation_key } = capture;
  const { data: order, request } = await readOrder(context, provider_payment_id);
  const { currency } = moneyOf(order, request);
  if (capture.money.currency !== currency)
    throw refused('unsupported_currency', `the order is in ${currency}`);
  const ours = order.transactions.captures.find(({ shipping_info }) => shipping_info === operation_key);
  if (ours) {
    checkRepetition(positiveUnits(ours.total_amount, currency, request), capture);
    return readingOf(order, request);
  }
  const body = {
    order_id: provider_payment_id,
    total_amount: toWire(capture.money),
    shipping_info: {
      shipped_at: new Date(context.now()).toISOString(),
      shipping_company: SHIPPING_COMPANY,
      tracking_number: operation_key,
    },
  };
  await call(
    context,
    { operation: 'capture_payment', method: 'POST', path: '/payments/capture', body, mutates: true },
    anything,
  );
  return afterwards(context, provider_payment_id);
}

/** Cancels all that is not captured yet. When nothing is left, there is nothing to do. */
export async function voidPayment(
  context: Context,
  { provider_payment_id }: { readonly provider_payment_id: string },
): Promise<PaymentReading> {
  const before = await readOrder(context, provider_payment_id);
  const { open, currency } = moneyOf(before.data, before.request);
  const reading = readingOf(before.data, before.request);
  if (open === 0 || isOver(reading)) return reading;
  try {
    await call(
      context,
      {
        operation: 'void_payment',
        method: 'POST',
        path: orderPath(provider_payment_id, '/cancel'),
        body: { total_amount: toWire({ amount: open, currency }) },
        mutates: true,
      },
      anything,
    );
  } catch (error) {
    if (!isFailure(error, 'invalid_request')) throw error;
    const now = await readPayment(context, { provider_payment_id });
    if (now.status === 'pending' || now.status === 'authorized') throw error;
    return now;
  }
  return afterwards(context, provider_payment_id);
}

function isOver({ status }: PaymentReading): boolean {
  return status === 'failed' || status === 'expired' || status === 'canceled' || status === 'paid';
}

/** Our operation key is `merchant_refund_id`, which Tamara keeps with the refund. */
export async function refundPayment(context: Context, refund: MoneyOperation): Promise<RefundReading> {
  const { provider_payment_id, money, operation_key, reason } = refund;
  const before = await readOrder(context, provider_payment_id);
  const known = moneyOf(before.data, before.request);
  if (money.currency !== known.currency)
    throw refused('unsupported_currency', `the order is in ${known.currency}`);
  const ours = known.refunds.find(({ reference }) => reference === operation_key);
  if (ours) {
    checkRepetition(ours.amount, refund);
    return ours;
  }
  refuseGaps(before, known);
  refuseUnnamed(before, known, money.amount);
  const { data, request } = await call(
    context,
    {
      operation: 'refund_payment',
      method: 'POST',
      path: `/payments/simplified-refund/${encodeURIComponent(provider_payment_id)}`,
      body: {
        total_amount: toWire(money),
        comment: reason ?? 'Refund',
        merchant_refund_id: operation_key,
      },
      mutates: true,
    },
    madeRefund,
  );
  const amount = minorUnits(data.refunded_amount, money.currency, request);
  if (data.order_id !== provider_payment_id || amount !== money.amount)
    throw unexpectedAnswer(request, 'is about another order or amount');
  return { key: data.refund_id, reference: operation_key, amount, status: 'succeeded' };
}

/** A refund that is counted and not listed may be the one that is asked for, so none is made until it is. */
function refuseGaps({ data, request }: OrderAnswer, { refunds, currency }: OrderMoney): void {
  const told = minorUnits(data.refunded_amount, currency, request);
  if (told !== null && told !== addAmounts(refunds.map(({ amount }) => amount))) {
    throw unexpectedAnswer(request, 'lists refunds that do not add up to what was refunded');
  }
}

/** When Tamara does not say whose a refund is, one of this amount may be ours, made by a call whose answer was lost. */
function refuseUnnamed({ data }: OrderAnswer, { refunds }: OrderMoney, amount: number): void {
  const unnamed = new Set(
    data.transactions.refunds.filter((row) => row.unnamed).map(({ refund_id }) => refund_id),
  );
  if (!refunds.some((made) => made.amount === amount && unnamed.has(made.key))) return;
  throw new ProviderError({
    kind: 'unknown_outcome',
    code: 'unnamed_refund',
    message: 'Tamara lists a refund of this amount and does not say whose it is; a person has to look',
  });
}

async function afterwards(context: Context, provider_payment_id: string): Promise<PaymentReading> {
  try {
    return await readPayment(context, { provider_payment_id });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    // The call itself went through; only how the payment stands now is unknown.
    throw new ProviderError({ ...error.failure, kind: 'unknown_outcome' });
  }
}
