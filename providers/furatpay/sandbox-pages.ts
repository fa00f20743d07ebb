/** Where a person plays the customer of the FuratPay simulator: the page or the app of whichever service was chosen. */
import { choices, escapeHtml, formField, htmlPage, seeOther } from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { currencyOf } from './sandbox-invoices.ts';
import type { Invoice, InvoiceBook } from './sandbox-invoices.ts';

export function furatPayPages(book: InvoiceBook): Route[] {
  const route = (method: string, handle: (invoice: Invoice, request: SimulatorRequest) => Reply): Route => ({
    method,
    path: '/pay/:pageCode',
    operations: [],
    handle: (request) => {
      const invoice = book.findByPage(request.param('pageCode'));
      if (invoice === null) return htmlPage('Not found', '<h1>No such payment</h1>', 404);
      return handle(invoice, request);
    },
  });
  return [
    route('GET', page),
    route('POST', (invoice, request) => {
      const decision = formField(request.rawBody, 'decision');
      if (decision === 'pay') book.pay(invoice);
      else if (decision === 'decline') book.end(invoice, 'failed');
      else if (decision === 'cancel') book.end(invoice, 'canceled');
      else if (decision === 'lapse') book.end(invoice, 'expired');
      return seeOther(`/pay/${invoice.pageCode}`);
    }),
  ];
}

function page(invoice: Invoice): Reply {
  const { order, service, status } = invoice;
  const name = service?.name ?? 'FuratPay';
  const buttons =
    status === 'pending' && service !== null
      ? choices('decision', [
          ['pay', 'Pay'],
          ['decline', 'Be declined'],
          ['cancel', 'Cancel'],
          ['lapse', 'Let the time run out'],
        ])
      : `<p>Status: ${status}</p>`;
  return htmlPage(
    `Pay with ${name}`,
    `<h1>${escapeHtml(name)}</h1><p class="amount">${order.total.toLocaleString('en-US')} ${currencyOf(invoice)}</p>` +
      `<p class="soft">Order ${escapeHtml(order.orderNumber)}</p>${buttons}`,
  );
}
