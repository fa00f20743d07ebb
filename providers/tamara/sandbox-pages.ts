/** The checkout page of the Tamara simulator, where a person plays the customer. */
import { backToShop, choices, escapeHtml, formField, htmlPage, seeOther } from '../../sandbox/html.ts';
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { decimal } from './sandbox-money.ts';
import type { Order, OrderBook } from './sandbox-orders.ts';

export function checkoutUrl(order: Order, origin: string): string {
  return `${origin}/checkout/${order.checkoutId}?orderId=${order.id}`;
}

export function tamaraPages(book: OrderBook): Route[] {
  const route = (method: string, handle: (order: Order, request: SimulatorRequest) => Reply): Route => ({
    method,
    path: '/checkout/:checkout',
    operations: [],
    handle: (request) => {
      const order = book.find(request.query.get('orderId') ?? '');
      if (order === null || order.checkoutId !== request.param('checkout'))
        return htmlPage('Not found', '<h1>No such order</h1>', 404);
      return handle(order, request);
    },
  });
  return [
    route('GET', (order) => page(order)),
    route('POST', (order, { rawBody }) => {
      if (order.status !== 'new') return page(order);
      const { urls } = order.created;
      switch (formField(rawBody, 'do')) {
        case 'approve':
          book.approve(order);
          return back(urls.success, 'approved', order);
        case 'decline':
          book.decline(order, 'declined on the page');
          return back(urls.failure, 'declined', order);
        case 'cancel':
          book.abandon(order);
          return back(urls.cancel, 'canceled', order);
        case 'lapse':
          book.expire(order);
          return page(order);
        default:
          return page(order);
      }
    }),
  ];
}

function back(target: string, paymentStatus: string, { id }: Order): Reply {
  const url = new URL(target);
  url.searchParams.set('paymentStatus', paymentStatus);
  url.searchParams.set('orderId', id);
  return seeOther(url.href);
}

function page({ created, status }: Order): Reply {
  const { total } = created;
  const form =
    status === 'new'
      ? choices('do', [
          ['approve', 'Pay'],
          ['decline', 'Be declined'],
          ['cancel', 'Cancel'],
          ['lapse', 'Let the time run out'],
        ])
      : backToShop(status === 'expired' ? created.urls.failure : null);
  return htmlPage(
    'Tamara checkout',
    `<h1>Tamara</h1>` +
      `<p class="amount">${decimal(total.minor, total.currency)} ${total.currency}</p>` +
      `<p>${escapeHtml(created.description)}</p>` +
      `<p class="soft">Order ${escapeHtml(created.number)}, status: ${status}</p>${form}`,
  );
}
