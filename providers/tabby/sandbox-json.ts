/** How the Tabby simulator shows sessions and payments: upper-case statuses in the API, lower-case ones in webhooks. */
import { decimal } from './sandbox-payments.ts';
import type { Move, Payment, Status } from './sandbox-payments.ts';

export function pageUrl({ sessionId }: Payment, origin: string): string {
  return `${origin}/checkout?sessionId=${sessionId}`;
}

/** The link as a QR code, drawn. */
function qrUrl({ sessionId }: Payment, origin: string): string {
  return `${origin}/api/v2/checkout/${sessionId}/hpp_link_qr`;
}

const iso = (time: number): string => new Date(time).toISOString();
const isoOrNull = (time: number | null): string | null => (time === null ? null : iso(time));

/** The documentation's examples have `expires_at` a year after `created_at`. */
const expiresAt = ({ createdAt }: Payment): string => iso(createdAt + 365 * 24 * 60 * 60 * 1000);

function moveJson({ id, amount, key, reason, sent, at }: Move, currency: string, refund: boolean): object {
  const said = (name: string): unknown => sent[name] ?? decimal(0, currency);
  return {
    id,
    created_at: iso(at),
    amount: decimal(amount, currency),
    reference_id: key,
    items: sent['items'] ?? [],
    ...(refund
      ? { reason: reason ?? '' }
      : {
          tax_amount: said('tax_amount'),
          shipping_amount: said('shipping_amount'),
          discount_amount: said('discount_amount'),
        }),
  };
}

function moves(payment: Payment): object {
  const { currency } = payment.order;
  return {
    captures: payment.captures.map((capture) => moveJson(capture, currency, false)),
    refunds: payment.refunds.map((refund) => moveJson(refund, currency, true)),
  };
}

export function paymentJson(payment: Payment): object {
  const { order } = payment;
  const sentOrder: unknown = order.sent['order'];
  return {
    id: payment.id,
    created_at: iso(payment.createdAt),
    expires_at: expiresAt(payment),
    status: payment.status,
    is_test: true,
    amount: decimal(order.amount, order.currency),
    currency: order.currency,
    description: order.description ?? '',
    buyer: order.sent['buyer'],
    shipping_address: order.sent['shipping_address'] ?? null,
    order: { items: [], ...Object(sentOrder), reference_id: payment.reference },
    ...moves(payment),
    buyer_history: order.sent['buyer_history'] ?? null,
    order_history: order.sent['order_history'] ?? [],
    meta: order.sent['meta'] ?? null,
    attachment: order.sent['attachment'] ?? null,
  };
}

/** `rejection_reason` is null unless pre-scoring refused; then there are no products to choose. */
export function sessionJson(payment: Payment, origin: string, reason: string | null): object {
  const link = pageUrl(payment, origin);
  const created = payment.status !== 'REJECTED';
  return {
    id: payment.sessionId,
    status: created ? 'created' : 'rejected',
    // For stores with tokens, once the customer has approved.
    token: null,
    payment: paymentJson(payment),
    configuration: {
      available_products: created
        ? { installments: [{ web_url: link, qr_code: qrUrl(payment, origin) }] }
        : {},
      products: {
        installments: { type: 'installments', is_available: created, rejection_reason: reason },
      },
    },
    merchant_urls: payment.order.urls,
    // Not in the documentation; a client of others reads both.
    lang: payment.order.lang,
    merchant_code: payment.order.merchantCode,
  };
}

export function webhookJson(payment: Payment, status: Status): object {
  const { order } = payment;
  return {
    id: payment.id,
    created_at: iso(payment.createdAt),
    expires_at: expiresAt(payment),
    closed_at: isoOrNull(payment.closedAt),
    status: status.toLowerCase(),
    is_test: true,
    is_expired: payment.expiredAt !== null,
    ...(payment.expiredAt === null ? {} : { expired_at: iso(payment.expiredAt) }),
    amount: decimal(order.amount, order.currency),
    currency: order.currency,
    order: { reference_id: payment.reference },
    ...moves(payment),
    meta: order.sent['meta'] ?? null,
    token: payment.sessionId,
  };
}
