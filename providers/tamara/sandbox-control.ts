/** What tests and people can do to the Tamara simulator's orders through the control API. */
import { ControlError } from '../../sandbox/payment-control.ts';
import type { PaymentControl, PaymentView } from '../../sandbox/payment-control.ts';
import { decimal, sumFrom } from './sandbox-money.ts';
import { capturedOf } from './sandbox-orders.ts';
import type { Event, Order, OrderBook } from './sandbox-orders.ts';
import { checkoutUrl } from './sandbox-pages.ts';
import { Refused } from './sandbox-requests.ts';

const EVENTS: readonly Event[] = [
  'approved',
  'declined',
  'authorised',
  'canceled',
  'captured',
  'refunded',
  'expired',
];

/** `sendNow` sends one webhook that says `event`, whatever the order's own status. */
export function tamaraControl(
  core: { origin(): string },
  book: OrderBook,
  sendNow: (order: Order, event: Event, forged: boolean) => void,
): PaymentControl {
  const find = (id: string): Order => {
    const order = book.find(id);
    if (order === null) throw new ControlError(404, `tamara has no payment ${id}`);
    return order;
  };
  const act = (run: () => void): void => {
    try {
      run();
    } catch (error) {
      if (error instanceof Refused) throw new ControlError(409, error.message);
      throw error;
    }
  };
  return {
    list: (reference) => book.list(reference).map((order) => view(order, core.origin())),
    find: (id) => {
      const order = book.find(id);
      return order === null ? null : view(order, core.origin());
    },
    pay: (id, { amount }) => {
      const order = find(id);
      const { total } = order.created;
      if (amount !== undefined && sumFrom({ amount, currency: total.currency })?.minor !== total.minor)
        throw new ControlError(400, 'a customer of Tamara pays the whole order');
      act(() => book.approve(order));
    },
    fail: (id, reason) => act(() => book.decline(find(id), reason ?? 'declined')),
    expire: (id) => act(() => book.expire(find(id))),
    sendWebhook: (id, { status, forge }) => {
      const event = EVENTS.find((known) => known === (status ?? 'approved').replace(/^order_/, ''));
      if (event === undefined) throw new ControlError(400, `unknown event ${status}`, EVENTS);
      sendNow(find(id), event, forge === true);
    },
  };
}

function view(order: Order, origin: string): PaymentView {
  const { total, reference } = order.created;
  const { currency } = total;
  return {
    id: order.id,
    reference,
    amount: decimal(total.minor, currency),
    currency,
    status: order.status,
    paid_amount: decimal(capturedOf(order), currency),
    created_at: new Date(order.createdAt).toISOString(),
    expires_at: new Date(order.expiresAt).toISOString(),
    page_url: checkoutUrl(order, origin),
    transfers: order.captures.map(({ id, minor, at }) => ({
      id,
      amount: decimal(minor, currency),
      at: new Date(at).toISOString(),
      medium: null,
    })),
  };
}
