/** What tests and people can do to the Tabby simulator's payments through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type { PaymentControl, PaymentView } from '../../sandbox/payment-control.ts';
import { pageUrl } from './sandbox-json.ts';
import { decimal, STATUSES, total } from './sandbox-payments.ts';
import type { Payment, PaymentBook, Status } from './sandbox-payments.ts';

/** `sendNow` sends one webhook that says `status`, whatever the payment's own status. */
export function tabbyControl(
  core: { origin(): string },
  book: PaymentBook,
  sendNow: (payment: Payment, status: Status, forged: boolean) => void,
): PaymentControl {
  const find = (id: string): Payment => {
    const payment = book.find(id);
    if (payment === null) throw new ControlError(404, `tabby has no payment ${id}`);
    return payment;
  };
  const view = (payment: Payment): PaymentView => paymentView(payment, core.origin());
  const orNotNow = (payment: Payment, done: boolean): void => {
    if (!done) throw new ControlError(409, `the payment is ${payment.status}, or its page has closed`);
  };
  return {
    list: (reference) =>
      book
        .list()
        .filter((payment) => reference === null || payment.reference === reference)
        .map(view),
    find: (id) => {
      const payment = book.find(id);
      return payment === null ? null : view(payment);
    },
    pay: (id, input) => {
      const payment = find(id);
      const whole = decimal(payment.order.amount, payment.order.currency);
      if (input.amount !== undefined && Number(input.amount) !== Number(whole)) {
        throw new ControlError(400, `Tabby authorizes the whole amount: ${whole}`);
      }
      orNotNow(payment, book.authorize(payment));
    },
    fail: (id) => {
      const payment = find(id);
      orNotNow(payment, book.reject(payment));
    },
    expire: (id) => {
      const payment = find(id);
      orNotNow(payment, book.expire(payment));
    },
    sendWebhook: (id, input) => {
      const payment = find(id);
      const said = (input.status ?? payment.status).toUpperCase();
      const status = STATUSES.find((known) => known === said);
      if (status === undefined) throw new ControlError(400, `unknown status ${input.status}`, STATUSES);
      sendNow(payment, status, input.forge === true);
    },
  };
}

/** `paid_amount` is what was captured: an authorization is a promise. */
function paymentView(payment: Payment, origin: string): PaymentView {
  const { amount, currency } = payment.order;
  return {
    id: payment.id,
    reference: payment.reference,
    amount: decimal(amount, currency),
    currency,
    status: payment.status,
    paid_amount: decimal(total(payment.captures), currency),
    created_at: new Date(payment.createdAt).toISOString(),
    expires_at: new Date(payment.createdAt + 30 * 60 * 1000).toISOString(),
    page_url: pageUrl(payment, origin),
    transfers: payment.captures.map((capture) => ({
      id: capture.id,
      amount: decimal(capture.amount, currency),
      at: new Date(capture.at).toISOString(),
      medium: 'capture',
    })),
  };
}
