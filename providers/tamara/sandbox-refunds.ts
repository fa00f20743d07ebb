/** The three ways in which the Tamara simulator takes refunds. */
import type { Reply } from '../../sandbox/http-server.ts';
import { reply } from './sandbox-json.ts';
import { json } from './sandbox-money.ts';
import type { Order, OrderBook } from './sandbox-orders.ts';
import { amountIn, asBody, missing, text } from './sandbox-requests.ts';
import type { Body } from './sandbox-requests.ts';

/** `{total_amount, comment, merchant_refund_id?}`: Tamara chooses the captures. */
export function simplifiedRefund(book: OrderBook, order: Order, body: Body): Reply {
  const { currency } = order.created.total;
  const amount = amountIn(currency, body);
  const comment = text(body, 'comment', 1000);
  const theirs = body['merchant_refund_id'];
  const merchantRefundId = typeof theirs === 'string' ? theirs : null;
  const { id, minor, captureId } = book.refund(order, amount, { captureId: null, comment, merchantRefundId });
  return reply(200, {
    order_id: order.id,
    comment,
    refund_id: id,
    capture_id: captureId,
    status: order.status,
    refunded_amount: json(minor, currency),
  });
}

/** `{order_id, refunds: [{capture_id, total_amount}]}`, as the PHP SDK sends it; one refund for each entry. */
export function refundOfCaptures(book: OrderBook, order: Order, body: Body): Reply {
  const list = body['refunds'];
  if (!Array.isArray(list) || list.length === 0) throw missing('refunds');
  const asked = list.map(asBody).map((entry) => ({
    captureId: text(entry, 'capture_id', 64),
    minor: amountIn(order.created.total.currency, entry),
  }));
  // All or nothing: a capture named twice could pass one by one and fail half-way.
  if (new Set(asked.map(({ captureId }) => captureId)).size < asked.length) throw missing('refunds');
  for (const { captureId, minor } of asked) book.checkRefund(order, minor, captureId);
  const refunds = asked.map(({ captureId, minor }) =>
    book.refund(order, minor, { captureId, comment: '', merchantRefundId: null }),
  );
  return reply(200, {
    order_id: order.id,
    refunds: refunds.map(({ id, captureId }) => ({ refund_id: id, capture_id: captureId })),
  });
}
