/**
 * The webhook of the FuratPay simulator: `x-signature` is the lower-case hex HMAC-SHA-256 of id, code, order number and
 * `x-timestamp` one after the other (source: the plugin's class-furatpay-ipn-handler.php). The status is not in it.
 */
import { createHmac, randomBytes } from 'node:crypto';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { invoiceJson } from './sandbox-invoices.ts';
import type { Invoice, Status } from './sandbox-invoices.ts';

/** `timestamp`: Unix seconds, as text. */
export function webhookSignature(
  secret: string,
  ids: readonly [id: string, code: string, orderNumber: string],
  timestamp: string,
): string {
  return createHmac('sha256', secret)
    .update(ids.join('') + timestamp, 'utf8')
    .digest('hex');
}

export function invoiceWebhook(secret: string, invoice: Invoice, status: Status): OutgoingWebhook {
  const type = status === 'paid' ? 'INVOICE_PAID' : 'INVOICE_UPDATED';
  return {
    paymentId: invoice.id,
    event: `${type} ${status}`,
    body: JSON.stringify({ type, data: invoiceJson(invoice, status) }),
    proof: (_target, forged) => {
      // Receivers check it against the wall clock.
      const timestamp = String(Math.floor(Date.now() / 1000));
      const { code, orderNumber } = invoice.order;
      const key = forged ? randomBytes(16).toString('hex') : secret;
      return {
        'x-timestamp': timestamp,
        'x-signature': webhookSignature(key, [invoice.id, code, orderNumber], timestamp),
      };
    },
  };
}
