/** What an order of Tamara says, in the terms of the contract. */
import type { Currency } from '../../domain/currency.ts';
import { addAmounts } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import type { PaymentReading, Receipt, RefundReading } from '../contract.ts';
import { currencyNamed } from '../decimals.ts';
import type { ProviderRequest } from '../http.ts';
import { minorUnits, positiveUnits } from './amounts.ts';
import type { Order } from './wire.ts';

/** The money of an order in minor units. */
export interface OrderMoney {
  readonly currency: Currency;
  readonly total: number;
  readonly captured: number;
  readonly canceled: number;
  /** What can still be captured or cancelled once the order is authorised. */
  readonly open: number;
  readonly receipts: readonly Receipt[];
  readonly refunds: readonly RefundReading[];
}

/**
 * Captures are receipts. The captures listed have to add up to `captured_amount` where both are told: a list that lags
 * behind would count money twice later, so nothing of it is believed.
 *
 * Tamara's own library takes it for granted that every order has the list. Should one have none at all, as stand-ins
 * for Tamara may, what was captured is one receipt as soon as it cannot grow any more.
 */
export function moneyOf(order: Order, request: ProviderRequest): OrderMoney {
  const currency = currencyNamed(order.total_amount.currency, request);
  const total = positiveUnits(order.total_amount, currency, request);
  const canceled = minorUnits(order.canceled_amount, currency, request) ?? 0;
  const told = minorUnits(order.captured_amount, currency, request);
  const listed = order.transactions.captures.map(
    ({ capture_id, total_amount, created_at, shipping_info }) => ({
      key: capture_id,
      amount: positiveUnits(total_amount, currency, request),
      paid_at: created_at,
      fee: null,
      // The tracking number, which carries our operation key.
      reference: shipping_info,
    }),
  );
  const unlisted = order.transactions.missing && told !== null && told > 0 && told + canceled >= total;
  const receipts: readonly Receipt[] = unlisted
    ? [{ key: order.order_id, amount: told, paid_at: null, fee: null }]
    : listed;
  const captured = addAmounts(receipts.map(({ amount }) => amount));
  if (told !== null && told !== captured) {
    throw unexpectedAnswer(request, 'lists captures that do not add up to what was captured');
  }
  const refunds = order.transactions.refunds.map(
    ({ refund_id, merchant_refund_id, total_amount }): RefundReading => ({
      key: refund_id,
      reference: merchant_refund_id,
      amount: positiveUnits(total_amount, currency, request),
      // Tamara tells of refunds that are made, never of requests.
      status: 'succeeded',
    }),
  );
  return {
    currency,
    total,
    captured,
    canceled,
    open: Math.max(0, total - captured - canceled),
    receipts,
    refunds,
  };
}

/** An order as a reading. */
export function readingOf(order: Order, request: ProviderRequest): PaymentReading {
  const money = moneyOf(order, request);
  const status = statusOf(order.status, money, request);
  const held = status === 'authorized' || status === 'paid';
  return {
    provider_payment_id: order.order_id,
    reference: order.order_reference_id,
    currency: money.currency,
    status,
    ...(held ? { authorized: money.total - money.canceled } : {}),
    receipts: money.receipts,
    refunds: money.refunds,
    provider_status: order.status,
    failure:
      status === 'failed' ? { code: order.status, message: 'Tamara did not grant the instalments' } : null,
    // An order does not repeat the link of its checkout.
    next_action: null,
    expires_at: null,
  };
}

/** Paid when money was captured and no more can be: the word alone does not tell (`updated`, `partially_refunded`). */
function statusOf(
  word: string,
  { captured, open }: OrderMoney,
  request: ProviderRequest,
): PaymentReading['status'] {
  switch (word) {
    case 'declined':
      return 'failed';
    case 'expired':
      return captured > 0 ? 'paid' : 'expired';
    case 'canceled':
      return captured > 0 ? 'paid' : 'canceled';
    case 'fully_captured':
    case 'partially_captured':
    case 'partially_refunded':
    case 'fully_refunded':
      if (captured === 0) throw unexpectedAnswer(request, 'calls an order captured and lists no capture');
      return open > 0 && word === 'partially_captured' ? 'authorized' : 'paid';
    case 'authorised':
    case 'updated':
      if (open > 0) return 'authorized';
      return captured > 0 ? 'paid' : 'canceled';
    default:
      // new, approved, on_hold
      return 'pending';
  }
}
