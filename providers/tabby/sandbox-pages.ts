/** The checkout page of the Tabby simulator, where a person plays the customer. */
import { toString } from 'qrcode';
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
import { pageUrl } from './sandbox-json.ts';
import { decimal } from './sandbox-payments.ts';
import type { Payment, PaymentBook } from './sandbox-payments.ts';

/** Who pays with this address of Tabby's testing guide is refused after the one-time password. */
const REJECTED_BUYER = 'otp.rejected@tabby.ai';

export function tabbyPages(book: PaymentBook): Route[] {
  const route = (method: string, handle: (payment: Payment, request: SimulatorRequest) => Reply): Route => ({
    method,
    path: '/checkout',
    operations: [],
    handle: (request) => {
      const payment = book.findSession(request.query.get('sessionId') ?? '');
      if (payment === null) return htmlPage('Not found', '<h1>No such session</h1>', 404);
      return handle(payment, request);
    },
  });
  return [
    {
      method: 'GET',
      path: '/api/v2/checkout/:id/hpp_link_qr',
      operations: [],
      handle: async (request) => {
        const payment = book.findSession(request.param('id'));
        if (payment === null) return htmlPage('Not found', '<h1>No such session</h1>', 404);
        const link = pageUrl(payment, `http://${request.headers.host}`);
        const headers = { 'content-type': 'image/svg+xml' };
        return { status: 200, headers, body: await toString(link, { type: 'svg' }) };
      },
    },
    route('GET', (payment) => page(payment, book.isOpen(payment))),
    route('POST', (payment, request) => {
      if (!book.isOpen(payment)) return page(payment, false);
      const urls = payment.order.urls;
      const done = formField(request.rawBody, 'do');
      if (done === 'cancel' || done === 'lapse') {
        book.expire(payment);
        return done === 'cancel' ? back(urls.cancel, payment, request) : page(payment, false);
      }
      if (done === 'decline' || payment.order.buyer.email === REJECTED_BUYER) {
        book.reject(payment);
        return back(urls.failure, payment, request);
      }
      book.authorize(payment);
      return back(urls.success, payment, request);
    }),
  ];
}

/** To the merchant, with the payment's id in the query. */
function back(address: string, { id }: Payment, request: SimulatorRequest): Reply {
  const url = webUrl(address);
  url?.searchParams.set('payment_id', id);
  return seeOther(url?.href ?? request.target);
}

function page({ order, status }: Payment, open: boolean): Reply {
  const form = open
    ? choices('do', [
        ['pay', 'Pay in 4'],
        ['decline', 'Be declined'],
        ['cancel', 'Cancel'],
        ['lapse', 'Let the time run out'],
      ])
    : backToShop(webUrl(order.urls.failure)?.href ?? null);
  return htmlPage(
    'Tabby checkout',
    `<h1>Tabby: split in 4</h1><p class="amount">${decimal(order.amount, order.currency)} ${order.currency}</p>` +
      `<p>${escapeHtml(order.description ?? '')}</p><p class="soft">Status: ${status}</p>${form}`,
  );
}
