/** FIB's three apps as a page each: what opens behind the links and the QR code of a payment. */
import { escapeHtml, formField, htmlPage, seeOther } from '../../sandbox/html.ts';
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
      const back = decision === 'pay' ? returnUrl(payment) : null;
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
      `<p>${escapeHtml(description ?? '')}</p><p>Code ${payment.readableCode}</p>` +
      (payment.status === 'UNPAID'
        ? '<form method="post"><button class="primary" name="decision" value="pay">Pay</button>' +
          '<button name="decision" value="later">Not now</button></form>'
        : `<p class="error">${closedBecause(payment)}</p>`) +
      (back === null ? '' : `<p><a href="${escapeHtml(back)}">Back to the shop</a></p>`),
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
