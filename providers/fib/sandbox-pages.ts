/** FIB's three apps as a page each: what opens behind the links and the QR code of a payment. */
import { backToShop, choices, escapeHtml, formField, htmlPage, seeOther } from '../../sandbox/html.ts';
import type { Reply, Route } from '../../sandbox/http-server.ts';
import type { Payment, PaymentBook } from './sandbox-payments.ts';

export const APPS = ['personal', 'business', 'corporate'] as const;

export function fibPages(book: PaymentBook): Route[] {
  const page = (method: string, show: (payment: Payment, app: string, decision: string) => Reply): Route => ({
    method,
    path: '/app/:app/:code',
    operations: [],
    handle: (request) => {
      const app = APPS.find((known) => known === request.param('app'));
      const payment = book.findByCode(request.param('code'));
      if (app === undefined || payment === null) {
        return htmlPage('Not found', '<h1>This code is not valid</h1>', 404);
      }
      return show(payment, app, formField(request.rawBody, 'decision'));
    },
  });
  return [
    page('GET', (payment, app) => appPage(payment, app)),
    page('POST', (payment, app, decision) => {
      // Turning the payment down in the app leaves it open: the customer may scan again until it runs out.
      if (decision === 'pay') book.pay(payment, null);
      else if (decision === 'fail') book.decline(payment, 'SERVER_FAILURE');
      else if (decision === 'lapse') book.decline(payment, 'PAYMENT_EXPIRATION');
      const back = decision === 'pay' || decision === 'fail' ? returnUrl(payment) : null;
      return seeOther(back ?? `/app/${app}/${payment.readableCode}`);
    }),
  ];
}

function returnUrl({ order }: Payment): string | null {
  const url = order.redirectUri;
  return url !== null && /^https?:$/.test(url.protocol) ? url.href : null;
}

function appPage(payment: Payment, app: string): Reply {
  const { dinars, description } = payment.order;
  const back = returnUrl(payment);
  return htmlPage(
    'FIB',
    `<h1>FIB ${app}</h1><p class="amount">${dinars.toLocaleString('en-US')} IQD</p>` +
      `<p>${escapeHtml(description ?? '')}</p><p class="soft">Code ${payment.readableCode}</p>` +
      (payment.status === 'UNPAID'
        ? choices('decision', [
            ['pay', 'Pay'],
            ['later', 'Not now'],
            ['fail', 'Let the payment fail'],
            ['lapse', 'Let the time run out'],
          ])
        : `<p class="error">${closedBecause(payment)}</p>`) +
      backToShop(back),
  );
}

function closedBecause({ status, decliningReason }: Payment): string {
  switch (status) {
    case 'UNPAID':
      return '';
    case 'PAID':
      return 'This payment is paid.';
    case 'DECLINED':
      return `This payment is over (${decliningReason ?? 'no reason'}).`;
    case 'REFUND_REQUESTED':
    case 'REFUNDED':
      return 'This payment is given back.';
  }
}
