/** How the Rehive simulator shows its objects, in answers and in webhooks (docs.rehive.com, "Merchants"). */
import { randomBytes } from 'node:crypto';
import type { OutgoingWebhook } from '../../sandbox/webhooks.ts';
import { CURRENCY, paidAmount, refundedAmount } from './sandbox-invoices.ts';
import type { Invoice, Refund, Status, Transfer, Visit } from './sandbox-invoices.ts';

const PROCESSOR = {
  id: 'b5950a31-f954-44ff-8860-3a18d7349cf5',
  unique_string_name: 'native',
  logo: '',
  name: 'Native',
  description: 'Pay using a application balance.',
  currencies: [],
  longest_expiration_time: 0,
};

export function businessJson(id: string): Record<string, unknown> {
  return {
    id,
    name: 'Sarraf Sandbox',
    currency: CURRENCY,
    timezone: 'UTC',
    status: 'verified',
    metadata: {},
  };
}

export function invoiceJson(invoice: Invoice, status: Status, origin: string): Record<string, unknown> {
  const { order } = invoice;
  return {
    id: invoice.id,
    user: {},
    account: 'ABC123',
    request_reference: order.reference,
    request_currency: CURRENCY,
    request_amount: order.amount,
    primary_payment_processor: invoice.quoted ? PROCESSOR : null,
    description: order.description,
    status,
    return_url: order.returnUrl,
    redirect_url: pageUrl(invoice, origin),
    payer_user: null,
    payer_email: order.payerEmail,
    payer_mobile_number: order.payerMobile,
    payment_processor_quotes: invoice.quoted ? [quoteJson(invoice)] : [],
    available_payment_processors: [PROCESSOR],
    expiration_date: order.expirationDate,
    due_date: order.dueDate,
    refunded: paidAmount(invoice) > 0 && refundedAmount(invoice) >= paidAmount(invoice),
    metadata: order.metadata,
    created: invoice.createdAt,
    updated: invoice.updatedAt,
  };
}

/** Where the customer pays: the merchant's address to return to rides along. */
export function pageUrl({ id, order }: Invoice, origin: string): string {
  const query = new URLSearchParams({ request: id });
  if (order.returnUrl !== null) query.set('return_url', order.returnUrl);
  return `${origin}/checkout/?${query.toString()}`;
}

function quoteJson(invoice: Invoice): Record<string, unknown> {
  const { amount } = invoice.order;
  const paid = paidAmount(invoice);
  const status =
    paid === 0 ? 'processing' : paid < amount ? 'underpaid' : paid === amount ? 'paid' : 'overpaid';
  return {
    id: invoice.quoteId,
    request: 16,
    reference: invoice.quoteId,
    deposit_details: {},
    payment_processor: PROCESSOR,
    currency: CURRENCY,
    amount,
    total_paid: paid,
    expiration_date: null,
    status,
    conversion_quote: null,
  };
}

export function transactionJson({ id, amount, at }: Transfer): Record<string, unknown> {
  return {
    rehive_code: id,
    settled: true,
    payment_processor_quote: 14,
    details: {
      id,
      tx_type: 'credit',
      subtype: 'receive_email',
      note: '',
      metadata: {},
      status: 'Complete',
      reference: null,
      amount,
      fee: 0,
      total_amount: amount,
      account: 'ABC123',
      label: 'Receive email',
      created: at,
      updated: at,
    },
  };
}

/** Who looked at the invoice. */
export function logJson({ order }: Invoice, { userAgent, at }: Visit): Record<string, unknown> {
  const { payerEmail: email, payerMobile: mobile_number } = order;
  return { user_agent: userAgent, ip_address: '127.0.0.1', email, mobile_number, created: at };
}

/** `currency` is a code in the answer to a create and an object in lists (generated types). */
export function refundJson(invoice: Invoice, refund: Refund, currency: unknown): Record<string, unknown> {
  return {
    identifier: refund.identifier,
    amount: refund.order.amount,
    currency,
    status: refund.status,
    type: 'native',
    transaction_collection: refund.identifier,
    request: invoice.id,
    reason: refund.order.reason,
    created: refund.createdAt,
    updated: refund.updatedAt,
  };
}

/** "Sent each time the Invoice has a Status change", with the secret unhashed. */
export function statusWebhook(
  secret: string,
  invoice: Invoice,
  status: Status,
  origin: string,
): OutgoingWebhook {
  return {
    paymentId: invoice.id,
    event: status,
    body: JSON.stringify({ data: invoiceJson(invoice, status, origin) }),
    proof: (_target, forged) => ({
      authorization: `Secret ${forged ? randomBytes(16).toString('hex') : secret}`,
    }),
  };
}
