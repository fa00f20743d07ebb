/**
 * Simulator of Tamara's API: checkout, orders, captures, refunds and webhooks as docs.tamara.co and the official
 * `tamara-solution/php-sdk` show them. It shares no code with the connector.
 *
 * Not documented, so chosen here: a lookup by reference finds the newest order; `merchant_refund_id` is kept and makes
 * nothing safe to repeat; a URL that is registered already is 400 and names its webhook; a cancellation after a part was captured leaves the order `updated`; webhooks that are not
 * acknowledged are tried again after 1, 5 and 15 minutes. With `auto_capture` an order is captured as it is authorised.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { sameText } from '../../sandbox/same-text.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { tamaraControl } from './sandbox-control.ts';
import { orderJson, reply } from './sandbox-json.ts';
import { json } from './sandbox-money.ts';
import { paymentOptions, paymentTypes } from './sandbox-offers.ts';
import { OrderBook } from './sandbox-orders.ts';
import type { Order } from './sandbox-orders.ts';
import { checkoutUrl, tamaraPages } from './sandbox-pages.ts';
import { refundOfCaptures, simplifiedRefund } from './sandbox-refunds.ts';
import {
  amountIn,
  amountOf,
  asBody,
  missing,
  parseBody,
  parseOrder,
  Refused,
  text,
} from './sandbox-requests.ts';
import { WebhookRegistry, webhooksFor } from './sandbox-webhooks.ts';

type Credentials = {
  readonly api_token: string;
  readonly notification_token: string;
  readonly address_line: string;
  readonly city: string;
};
type Core = SimulatorCore<Credentials>;

export const tamaraSimulator = defineSimulator<Credentials>({
  name: 'tamara',
  basePath: '',
  bodyLimitBytes: 256 * 1024,
  credentials: (random) => ({
    api_token: random.hex(64),
    notification_token: random.uuid(),
    address_line: 'King Fahd Rd 1',
    city: 'Riyadh',
  }),
  webhooks: {
    timeoutMs: 10_000,
    acknowledged: (status) => status >= 200 && status < 300,
    retryDelaysS: [60, 300, 900],
    retried: (outcome) => outcome !== 'acknowledged' && outcome !== 'no_url',
  },
  settings: { auto_capture: false },
  build: (core) => {
    const registry = new WebhookRegistry();
    const book = new OrderBook(core.clock, core.ledger, (order, event, data) => {
      for (const webhook of webhooksFor(core, registry, order, event, data)) core.webhooks.send(webhook);
    });
    return {
      routes: [...orderRoutes(core, book), ...webhookRoutes(core, registry), ...tamaraPages(book)],
      errorReply: (status, message) => refusalReply(status, 'error', message),
      payments: tamaraControl(core, book, (order, event, forged) => {
        for (const webhook of webhooksFor(core, registry, order, event, []))
          core.webhooks.sendNow(webhook, forged);
      }),
      reset: () => {
        book.reset();
        registry.reset();
      },
    };
  },
});

type Handle = (request: SimulatorRequest) => Reply;

/** A route of the API: the token is checked, refusals become answers. */
function apiRoute(core: Core, method: string, path: string, names: readonly string[], handle: Handle): Route {
  return {
    method,
    path,
    operations: names,
    handle: (request) => {
      const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '';
      if (!sameText(given, core.credentials.api_token))
        return refusalReply(401, 'unauthorized', 'Authentication failed');
      try {
        return handle(request);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return refusalReply(error.status, error.code, error.message, error.data);
      }
    },
  };
}

function orderRoutes(core: Core, book: OrderBook): Route[] {
  const route = (method: string, path: string, names: readonly string[], handle: Handle): Route =>
    apiRoute(core, method, path, names, handle);
  const found = (request: SimulatorRequest, order: Order | null | undefined): Order => {
    if (!order) throw new Refused(404, 'order_not_found', 'Order not found');
    request.about(order.id);
    return order;
  };
  const named = (request: SimulatorRequest): Order => found(request, book.find(request.param('order')));
  return [
    route('GET', '/checkout/payment-types', ['payment_types'], ({ query }) => paymentTypes(query)),
    route('POST', '/checkout/credit-pre-check', ['payment_types'], ({ rawBody }) => {
      const body = parseBody(rawBody);
      const { currency } = amountOf(body, 'total_amount');
      return paymentTypes(new URLSearchParams({ country: text(body, 'country_code', 2), currency }));
    }),
    route('POST', '/checkout/payment-options-pre-check', ['payment_options'], ({ rawBody }) =>
      paymentOptions(parseBody(rawBody)),
    ),
    route('POST', '/checkout', ['create', 'create_checkout'], (request) => {
      const order = book.create(parseOrder(parseBody(request.rawBody)));
      request.about(order.id);
      return reply(200, {
        order_id: order.id,
        checkout_id: order.checkoutId,
        checkout_url: checkoutUrl(order, core.origin()),
        status: order.status,
      });
    }),
    // The guides and the PHP SDK read an order below `/merchants`, the reference without.
    ...['', '/merchants'].map((base) =>
      route('GET', `${base}/orders/:order`, ['get', 'read_order'], (request) =>
        reply(200, orderJson(named(request))),
      ),
    ),
    route('GET', '/merchants/orders/reference-id/:reference', ['list', 'find_order'], (request) =>
      reply(200, orderJson(found(request, book.list(request.param('reference'))[0]))),
    ),
    route('PUT', '/orders/:order/reference-id', ['update_reference'], (request) => {
      const order = named(request);
      order.created.reference = text(parseBody(request.rawBody), 'order_reference_id', 255);
      return reply(200, { message: 'Order reference id was updated successfully' });
    }),
    // Sent without a body, and by some clients with the content type of a form.
    route('POST', '/orders/:order/authorise', ['authorise'], (request) => {
      const order = named(request);
      book.authorise(order, core.settings['auto_capture'] === true);
      return reply(200, authorisedJson(order));
    }),
    route('POST', '/orders/:order/cancel', ['cancel', 'void'], (request) => {
      const order = named(request);
      const { id, minor } = book.cancel(
        order,
        amountIn(order.created.total.currency, parseBody(request.rawBody)),
      );
      const canceled_amount = json(minor, order.created.total.currency);
      return reply(200, { cancel_id: id, order_id: order.id, status: order.status, canceled_amount });
    }),
    route('POST', '/payments/capture', ['capture'], (request) => {
      const body = parseBody(request.rawBody);
      const order = found(request, book.find(text(body, 'order_id', 64)));
      const shipping = asBody(body['shipping_info']);
      if (Number.isNaN(Date.parse(text(shipping, 'shipped_at', 64)))) throw missing('shipped_at');
      text(shipping, 'shipping_company', 255);
      const { id, minor } = book.capture(order, amountIn(order.created.total.currency, body), body);
      const captured_amount = json(minor, order.created.total.currency);
      return reply(200, { capture_id: id, order_id: order.id, status: order.status, captured_amount });
    }),
    route('POST', '/payments/simplified-refund/:order', ['refund'], (request) =>
      simplifiedRefund(book, named(request), parseBody(request.rawBody)),
    ),
    // The two older forms: the same by another path, and one that names the captures.
    route('POST', '/merchants/orders/:order/refund', ['refund'], (request) =>
      simplifiedRefund(book, named(request), parseBody(request.rawBody)),
    ),
    route('POST', '/payments/refund', ['refund'], (request) => {
      const body = parseBody(request.rawBody);
      return refundOfCaptures(book, found(request, book.find(text(body, 'order_id', 64))), body);
    }),
  ];
}

function authorisedJson(order: Order): unknown {
  const { total, paymentType } = order.created;
  const [capture] = order.captures;
  return {
    order_id: order.id,
    status: order.status,
    order_expiry_time: new Date(order.createdAt + 90 * 24 * 3600 * 1000).toISOString(),
    payment_type: paymentType,
    auto_captured: capture !== undefined,
    authorized_amount: json(total.minor, total.currency),
    capture_id: capture?.id ?? null,
  };
}

function webhookRoutes(core: Core, registry: WebhookRegistry): Route[] {
  const one = (request: SimulatorRequest): string => {
    const id = request.param('webhook');
    if (registry.find(id) === null) throw new Refused(404, 'webhook_not_found', 'Webhook not found');
    return id;
  };
  return [
    apiRoute(core, 'POST', '/webhooks', ['register_webhook'], ({ rawBody }) =>
      reply(200, registry.add(parseBody(rawBody))),
    ),
    apiRoute(core, 'GET', '/webhooks/list', ['list_webhooks'], () => reply(200, registry.list())),
    apiRoute(core, 'GET', '/webhooks/:webhook', ['read_webhook'], (request) =>
      reply(200, registry.find(one(request))),
    ),
    apiRoute(core, 'PUT', '/webhooks/:webhook', ['update_webhook'], (request) =>
      reply(200, registry.add(parseBody(request.rawBody), one(request))),
    ),
    apiRoute(core, 'DELETE', '/webhooks/:webhook', ['remove_webhook'], (request) => {
      registry.remove(one(request));
      return reply(200, {});
    }),
  ];
}

function refusalReply(
  status: number,
  error_code: string,
  message: string,
  data?: Readonly<Record<string, unknown>>,
): Reply {
  return reply(status, {
    message,
    errors: [{ error_code, description: message, ...(data ? { data } : {}) }],
  });
}
