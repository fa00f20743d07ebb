/**
 * Where a person plays the customer of the Finan simulator: the hosted page for card and MoMo (`payment_url`), and the
 * customer's own bank for transfers (which Finan of course does not host).
 */
import {
  backToShop,
  choices,
  escapeHtml,
  formField,
  htmlPage,
  seeOther,
  webUrl,
} from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { paidAmount, statusOf } from './sandbox-payments.ts';
import type { PaymentBook, PaymentRequest } from './sandbox-payments.ts';

export function finanPages(book: PaymentBook): Route[] {
  const route = (
    method: string,
    path: string,
    handle: (payment: PaymentRequest, request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path,
    operations: [],
    handle: (request) => {
      const payment = book.findByCode(request.param('code'));
      return payment === null
        ? htmlPage('Not found', '<h1>No such payment</h1>', 404)
        : handle(payment, request);
    },
  });
  return [
    route('GET', '/pay/:code', (payment) => payPage(book, payment)),
    route('POST', '/pay/:code', (payment, request) =>
      decide(book, payment, formField(request.rawBody, 'decision')),
    ),
    route('GET', '/bank/:code', (payment) => bankPage(payment, null)),
    route('POST', '/bank/:code', (payment, request) =>
      transfer(book, payment, formField(request.rawBody, 'amount')),
    ),
  ];
}

/** Where a person goes to pay this request. */
export function pagePath(payment: PaymentRequest): string {
  return payment.bankTransfer === null ? `/pay/${payment.code}` : `/bank/${payment.code}`;
}

function payPage(book: PaymentBook, payment: PaymentRequest): Reply {
  if (payment.bankTransfer !== null) return seeOther(`/bank/${payment.code}`);
  if (payment.transfers.length > 0) return donePage(payment, 'Paid');
  if (book.isExpired(payment)) {
    return donePage(payment, 'This payment link has expired', payment.body.failure_redirect_url);
  }
  const title = payment.body.payment_method === 'card' ? 'Pay by card' : 'Pay with MoMo';
  return htmlPage(
    title,
    `<h1>${title}</h1>${summary(payment)}` +
      choices('decision', [
        ['pay', 'Pay'],
        ['decline', 'Be declined'],
        ['leave', 'Go back to the shop'],
        ['lapse', 'Let the time run out'],
      ]),
  );
}

function decide(book: PaymentBook, payment: PaymentRequest, decision: string): Reply {
  const { success_redirect_url: success, failure_redirect_url: failure } = payment.body;
  if (payment.bankTransfer !== null) return seeOther(`/bank/${payment.code}`);
  if (payment.transfers.length > 0) return back(success, () => donePage(payment, 'Already paid'));
  if (book.isExpired(payment)) return donePage(payment, 'This payment link has expired');
  switch (decision) {
    case 'pay':
      book.receive(payment, payment.body.amount);
      return back(success, () => donePage(payment, 'Paid'));
    case 'decline':
      book.decline(payment);
      return back(failure, () => donePage(payment, 'Declined'));
    case 'leave':
      return back(failure, () => donePage(payment, 'Not paid'));
    case 'lapse':
      book.expire(payment);
      return payPage(book, payment);
    default:
      return payPage(book, payment);
  }
}

function bankPage(payment: PaymentRequest, error: string | null): Reply {
  const detail = payment.bankTransfer;
  if (detail === null) return seeOther(`/pay/${payment.code}`);
  const due = Math.max(0, payment.body.amount - paidAmount(payment));
  return htmlPage(
    'Bank transfer',
    `<h1>Your bank</h1>${error === null ? '' : `<p class="error">${escapeHtml(error)}</p>`}` +
      `<p>To ${escapeHtml(detail.account_name)}, ${escapeHtml(detail.bank_name)} ${escapeHtml(detail.account_number)}<br>` +
      `Remark ${escapeHtml(detail.remark)}</p>${summary(payment)}` +
      `<p>Status: ${statusOf(payment)}, received ${dong(paidAmount(payment))}</p>` +
      `<form method="post"><label for="amount">Amount in VND</label>` +
      `<input id="amount" name="amount" inputmode="numeric" value="${due || payment.body.amount}">` +
      `<button class="primary">Transfer</button></form>`,
  );
}

function transfer(book: PaymentBook, payment: PaymentRequest, amount: string): Reply {
  if (payment.bankTransfer === null) return seeOther(`/pay/${payment.code}`);
  if (!/^[1-9]\d{0,11}$/.test(amount)) return bankPage(payment, 'The amount must be whole dong.');
  book.receive(payment, Number(amount));
  return seeOther(`/bank/${payment.code}`);
}

function donePage(payment: PaymentRequest, message: string, shop?: string): Reply {
  const link = backToShop(webUrl(shop)?.href ?? null);
  return htmlPage(message, `<h1>${escapeHtml(message)}</h1>${summary(payment)}${link}`);
}

function back(url: string | undefined, otherwise: () => Reply): Reply {
  const target = webUrl(url);
  return target === null ? otherwise() : seeOther(target.href);
}

function summary(payment: PaymentRequest): string {
  const { merchant, description, amount } = payment.body;
  return (
    `<p>${escapeHtml(merchant?.name ?? 'Merchant')}</p><p class="amount">${dong(amount)}</p>` +
    `<p>${escapeHtml(description ?? '')}</p>`
  );
}

function dong(amount: number): string {
  return `${amount.toLocaleString('en-US')} VND`;
}
