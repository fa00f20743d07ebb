/**
 * Orders as the Tamara simulator shows them. Fields as the documentation's examples have them and the official
 * `tamara-solution/php-sdk` reads them: what a merchant left out is there all the same, empty or nothing.
 */
import type { Reply } from '../../sandbox/http-server.ts';
import { json } from './sandbox-money.ts';
import { canceledOf, capturedOf, refundedOf } from './sandbox-orders.ts';
import type { Order } from './sandbox-orders.ts';
import { asBody } from './sandbox-requests.ts';
import type { Body } from './sandbox-requests.ts';

const moment = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, '+00:00');

export function orderJson(order: Order): Readonly<Record<string, unknown>> {
  const { reference, number, description, total, paymentType, instalments, body } = order.created;
  const money = (minor: number): unknown => json(minor, total.currency);
  const rows = (items: unknown): Body[] => itemsJson(items, money(0));
  return {
    order_id: order.id,
    order_reference_id: reference,
    order_number: number,
    description,
    status: order.status,
    consumer: consumerJson(body['consumer']),
    shipping_address: addressJson(body['shipping_address']),
    billing_address: addressJson(body['billing_address'] ?? body['shipping_address']),
    items: rows(body['items']),
    payment_type: paymentType,
    instalments,
    total_amount: money(total.minor),
    tax_amount: body['tax_amount'],
    shipping_amount: body['shipping_amount'],
    discount_amount: { name: '', amount: money(0), ...asBody(body['discount']) },
    captured_amount: money(capturedOf(order)),
    refunded_amount: money(refundedOf(order)),
    canceled_amount: money(canceledOf(order)),
    settlement_status: '',
    settlement_date: null,
    created_at: moment(order.createdAt),
    processing: false,
    store_code: '',
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
        shipping_info: shippingJson(sent['shipping_info'], at),
        items: rows(sent['items']),
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

function consumerJson(sent: unknown): Body {
  return { national_id: '', date_of_birth: null, is_first_order: null, ...asBody(sent) };
}

function addressJson(sent: unknown): Body {
  return { line2: '', region: '', postal_code: '', phone_number: '', ...asBody(sent) };
}

function itemsJson(sent: unknown, nothing: unknown): Body[] {
  if (!Array.isArray(sent)) return [];
  return sent.map(asBody).map((item) => ({
    ...item,
    unit_price: item['unit_price'] ?? item['total_amount'] ?? nothing,
    tax_amount: item['tax_amount'] ?? nothing,
    discount_amount: item['discount_amount'] ?? nothing,
    image_url: item['image_url'] ?? '',
    item_url: item['item_url'] ?? '',
  }));
}

/** What Tamara captures by itself was shipped by nobody it knows. */
function shippingJson(sent: unknown, at: number): Body {
  const none = { shipped_at: moment(at), shipping_company: 'N/A', tracking_number: null, tracking_url: null };
  return { ...none, ...asBody(sent) };
}

export function reply(status: number, body: unknown): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
