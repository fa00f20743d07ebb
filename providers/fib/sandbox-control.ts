/** What tests and people can do to the FIB simulator's payments through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type { PayInput, PaymentControl, PaymentView } from '../../sandbox/payment-control.ts';
import { STATUSES } from './sandbox-payments.ts';
import type { Payment, PaymentBook, Status } from './sandbox-payments.ts';

/** `sendNow` sends one webhook that says `status`, whatever the payment's own status. */
export function fibControl(
  core: { origin(): string },
  book: PaymentBook,
  sendNow: (payment: Payment, status: Status, forged: boolean) => void,
): PaymentControl {
  const find = (id: string): Payment => {
    const payment = book.find(id) ?? book.findByCode(id);
    if (payment === null) throw new ControlError(404, `fib has no payment ${id}`);
    return payment;
  };
  const view = (payment: Payment): PaymentView => paymentView(payment, core.origin());
  return {
    list: (reference) => book.list(reference).map(view),
    find: (id) => {
      const payment = book.find(id) ?? book.findByCode(id);
      return payment === null ? null : view(payment);
    },
    pay: (id, input) => pay(book, find(id), input),
    fail: (id, reason) => {
      const payment = find(id);
      if (reason !== null && reason !== 'SERVER_FAILURE' && reason !== 'PAYMENT_CANCELLATION') {
        throw new ControlError(400, `FIB has no declining reason ${reason}`, [
          'SERVER_FAILURE',
          'PAYMENT_CANCELLATION',
        ]);
      }
      if (book.decline(payment, reason ?? 'SERVER_FAILURE') === 'blocked')
        throw notNow(payment, 'cannot fail');
    },
    expire: (id) => {
      const payment = find(id);
      if (book.decline(payment, 'PAYMENT_EXPIRATION') === 'blocked') throw notNow(payment, 'cannot expire');
    },
    sendWebhook: (id, { status, forge }) => {
      const payment = find(id);
      sendNow(payment, statusFrom(status, payment), forge === true);
    },
  };
}

function pay(book: PaymentBook, payment: Payment, input: PayInput): void {
  const { dinars } = payment.order;
  if (input.amount !== undefined && Number(input.amount) !== dinars) {
    throw new ControlError(400, `the FIB app pays the whole amount: ${dinars} IQD`);
  }
  if (input.after_expiry === true) {
    throw new ControlError(409, 'the FIB app takes no payment after its end');
  }
  if (book.pay(payment, input.name ?? null) === 'blocked') throw notNow(payment, 'cannot be paid');
}

function statusFrom(asked: string | undefined, payment: Payment): Status {
  if (asked === undefined) return payment.status;
  const status = STATUSES.find((known) => known === asked);
  if (status === undefined) throw new ControlError(400, `unknown status ${asked}`, STATUSES);
  return status;
}

function notNow(payment: Payment, what: string): ControlError {
  return new ControlError(409, `a payment that is ${payment.status} ${what}`);
}

function paymentView(payment: Payment, origin: string): PaymentView {
  const { dinars, description } = payment.order;
  const paid = payment.status === 'PAID' || payment.status === 'REFUND_REQUESTED';
  const transfer =
    payment.paidAt === null
      ? []
      : [
          {
            id: payment.paymentId,
            amount: dinars,
            at: new Date(payment.paidAt).toISOString(),
            medium: 'fib app',
          },
        ];
  return {
    id: payment.paymentId,
    reference: description,
    amount: dinars,
    currency: 'IQD',
    status: payment.status,
    paid_amount: paid ? dinars : 0,
    created_at: new Date(payment.createdAt).toISOString(),
    expires_at: new Date(payment.validUntil).toISOString(),
    page_url: `${origin}/app/personal/${payment.readableCode}`,
    transfers: transfer,
  };
}
