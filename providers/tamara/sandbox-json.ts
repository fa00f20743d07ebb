/** Orders as the Tamara simulator shows them. Fields as the official `tamara-solution/php-sdk` reads them. */
import type { Reply } from '../../sandbox/http-server.ts';
import { json } from './sandbox-money.ts';
import { canceledOf, capturedOf, refundedOf } from './sandbox-orders.ts';
import type { Order } from './sandbox-orders.ts';

const moment = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00');

export function orderJson(order: Order): Readonly<Record<string, unknown>> {
  const { reference, number, description, total, paymentType, instalments, body } = order.created;
  const money = (minor: number): unknown => json(minor, total.currency);
  return {
    order_id: order.id,
    order_reference_id: reference,
    order_number: number,
    description,
    status: order.status,
    consumer: body['consumer'],
    shipping_address: body['shipping_address'],
    billing_address: body['billing_address'] ?? body['shipping_address'],
    items: body['items'],
    payment_type: paymentType,
    instalments,
    total_amount: money(total.minor),
    tax_amount: body['tax_amount'],
    shipping_amount: body['shipping_amount'],
    discount_amount: { name: '', amount: money(0) },
    captured_amount: money(capturedOf(order)),
    refunded_amount: money(refundedOf(order)),
    canceled_amount: money(canceledOf(order)),
    settlement_status: '',
    settlement_date: null,
    created_at: moment(order.createdAt),
    transactions: {
      cancels: order.cancels.map(({ id, minor, at }) => ({
        cancel_id: id,
        order_id: order.id,
        total_amount: money(minor),
        items: [],
        created_at: moment(at),
      })),
      captures: order.captures.map(({ id, minor, at, refunded, body: sent }) => ({
        capture_id: id,
        order_id: order.id,
        total_amount: money(minor),
        refunded_amount: money(refunded),
        tax_amount: sent['tax_amount'] ?? money(0),
        shipping_amount: sent['shipping_amount'] ?? money(0),
        discount_amount: sent['discount_amount'] ?? money(0),
        shipping_info: sent['shipping_info'] ?? [],
        items: sent['items'] ?? [],
        created_at: moment(at),
      })),
      refunds: order.refunds.map(({ id, captureId, minor, at, merchantRefundId, comment }) => ({
        refund_id: id,
        capture_id: captureId,
        total_amount: money(minor),
        items: [],
        comment,
        merchant_refund_id: merchantRefundId,
        created_at: moment(at),
      })),
    },
  };
}

export function reply(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
