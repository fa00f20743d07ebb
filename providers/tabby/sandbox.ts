/**
 * Simulator of Tabby: paths, objects, errors and webhooks as docs.tabby.ai and its OpenAPI document show them. It shares no
 * code with the connector. One store for all three currencies (a real merchant code has one).
 *
 * A session may be made with the public key, too, as older integrations do: that of the simulator is its secret key with `pk` in
 * front. Pre-scoring refuses the phones of Tabby's testing guide that end in 500000002 and 90000002, with HTTP 200; the page
 * refuses otp.rejected@tabby.ai. The list has authorized and closed payments, others only by `status`.
 *
 * Not documented, so chosen here: a repeated `reference_id` gives the payment as it is, whatever the new amount; a wrong
 * merchant code is 403; refunds are made at once; after 21 days Tabby captures the rest, without a reference. Webhooks of expired
 * payments are off, as at Tabby, until `expire_webhooks` is set.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { sameText } from '../../sandbox/same-text.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { tabbyControl } from './sandbox-control.ts';
import { HookBook, orMissing } from './sandbox-hooks.ts';
import { paymentJson, sessionJson } from './sandbox-json.ts';
import { listPage } from './sandbox-list.ts';
import { tabbyPages } from './sandbox-pages.ts';
import { capture, refund } from './sandbox-moves.ts';
import { PaymentBook } from './sandbox-payments.ts';
import type { Payment, Status } from './sandbox-payments.ts';
import { BadData, parseBody, parseCheckout, parseReference } from './sandbox-requests.ts';

type Credentials = {
  readonly secret_key: string;
  readonly merchant_code: string;
  readonly webhook_header: string;
  readonly webhook_secret: string;
};
type Core = SimulatorCore<Credentials>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const REFUSED_PHONE = /(500000002|90000002)$/;

export const tabbySimulator = defineSimulator<Credentials>({
  name: 'tabby',
  basePath: '',
  bodyLimitBytes: 1024 * 1024,
  credentials: (random) => ({
    secret_key: `sk_test_${random.uuid()}`,
    merchant_code: 'sandbox',
    webhook_header: 'X-Tabby-Token',
    webhook_secret: random.hex(32),
  }),
  webhooks: {
    timeoutMs: 60_000,
    acknowledged: (status) => status === 200,
    retryDelaysS: [60, 120, 180, 240],
    retried: (outcome) => outcome !== 'acknowledged' && outcome !== 'no_url',
  },
  settings: { expire_webhooks: false },
  build: (core) => {
    const { webhook_header: title, webhook_secret: value } = core.credentials;
    const hooks = new HookBook();
    const webhooks = (payment: Payment, status: Status) => hooks.webhooks(payment, status, { title, value });
    const book = new PaymentBook(core.clock, core.ledger, (payment) => {
      if (payment.status === 'EXPIRED' && core.settings['expire_webhooks'] !== true) return;
      for (const webhook of webhooks(payment, payment.status)) core.webhooks.send(webhook);
    });
    return {
      routes: [
        ...checkoutRoutes(core, book),
        ...paymentRoutes(core, book),
        ...hookRoutes(core, hooks),
        ...tabbyPages(book),
      ],
      errorReply,
      payments: tabbyControl(core, book, (payment, status, forged) => {
        for (const webhook of webhooks(payment, status)) core.webhooks.sendNow(webhook, forged);
      }),
      reset: () => {
        book.reset();
        hooks.reset();
      },
    };
  },
});

type Handler = (request: SimulatorRequest) => Reply;

/** With which of the store's two keys a call may be made. */
type Keys = 'secret' | 'any';

function route(
  core: Core,
  call: string,
  operations: readonly string[],
  handle: Handler,
  keys: Keys = 'secret',
): Route {
  const [method = '', path = ''] = call.split(' ');
  return {
    method,
    path: `/api${path}`,
    operations,
    handle: (request) => refuse(core.credentials, request, keys) ?? withBadData(() => handle(request)),
  };
}

function checkoutRoutes(core: Core, book: PaymentBook): Route[] {
  const session = (request: SimulatorRequest, handle: (payment: Payment) => Reply): Reply => {
    const payment = book.findSession(request.param('id'));
    return payment === null ? errorReply(404, 'no such session') : handle(payment);
  };
  return [
    route(
      core,
      'POST /v2/checkout',
      ['create', 'create_session'],
      (request) => create(core, book, request),
      'any',
    ),
    route(core, 'GET /v2/checkout/:id', ['read_session'], (request) =>
      session(request, (payment) => reply(200, sessionJson(payment, core.origin(), null))),
    ),
    route(core, 'POST /v2/checkout/:id/cancel', ['cancel_session'], (request) =>
      session(request, (payment) =>
        book.expire(payment) ? reply(200, {}) : errorReply(400, 'could not cancel session'),
      ),
    ),
  ];
}

function create(core: Core, book: PaymentBook, request: SimulatorRequest): Reply {
  const order = parseCheckout(parseBody(request.rawBody));
  if (order.merchantCode !== core.credentials.merchant_code) return errorReply(403, '');
  const refused = REFUSED_PHONE.test(order.buyer.phone);
  const payment = book.create(order, refused);
  request.about(payment.id);
  return reply(200, sessionJson(payment, core.origin(), refused ? 'not_available' : null));
}

function paymentRoutes(core: Core, book: PaymentBook): Route[] {
  const one = (request: SimulatorRequest, handle: (payment: Payment) => void): Reply => {
    if (!UUID.test(request.param('id'))) return errorReply(400, 'invalid payment id');
    const payment = book.find(request.param('id'));
    if (payment === null) return errorReply(404, 'no such payment');
    request.about(payment.id);
    handle(payment);
    return reply(200, paymentJson(payment));
  };
  const routes = [
    route(core, 'GET /v2/payments', ['list'], (request) => reply(200, listPage(book.list(), request.query))),
    route(core, 'GET /v2/payments/:id', ['get'], (request) => one(request, () => undefined)),
    route(core, 'PUT /v2/payments/:id', ['update'], (request) =>
      one(request, (payment) => {
        if (payment.status !== 'AUTHORIZED' && payment.status !== 'CLOSED') throw new BadData('wrong status');
        book.rename(payment, parseReference(parseBody(request.rawBody)));
      }),
    ),
    route(core, 'POST /v2/payments/:id/captures', ['capture'], (request) =>
      one(request, (payment) => capture(book, payment, request)),
    ),
    route(core, 'POST /v2/payments/:id/refunds', ['refund'], (request) =>
      one(request, (payment) => refund(core.clock, book, payment, request)),
    ),
    route(core, 'POST /v2/payments/:id/close', ['void', 'close'], (request) =>
      one(request, (payment) => {
        if (payment.status === 'CLOSED') throw new BadData('already closed');
        if (payment.status !== 'AUTHORIZED') throw new BadData('could not close not authorized payments');
        book.close(payment);
      }),
    ),
  ];
  // Older integrations still call version 1, which is not documented any more.
  return routes.flatMap((made) => [made, { ...made, path: made.path.replace('/v2/', '/v1/') }]);
}

function hookRoutes(core: Core, hooks: HookBook): Route[] {
  const ok = (body: object): Reply => reply(200, body);
  const missing = (): Reply => errorReply(404, 'no such webhook');
  const own =
    (handle: Handler): Handler =>
    (request) =>
      request.headers['x-merchant-code'] === core.credentials.merchant_code
        ? handle(request)
        : errorReply(403, '');
  const one = (request: SimulatorRequest): Reply => orMissing(hooks.find(request.param('id')), ok, missing);
  return [
    route(
      core,
      'POST /v1/webhooks',
      ['register_webhook'],
      own((request) => ok(hooks.register(request))),
    ),
    route(
      core,
      'GET /v1/webhooks',
      ['list_webhooks'],
      own(() => ok(hooks.list())),
    ),
    route(core, 'GET /v1/webhooks/:id', ['read_webhook'], own(one)),
    route(
      core,
      'PUT /v1/webhooks/:id',
      ['update_webhook'],
      own((request) => orMissing(hooks.update(request.param('id'), request), ok, missing)),
    ),
    route(
      core,
      'DELETE /v1/webhooks/:id',
      ['delete_webhook'],
      own((request) => (hooks.remove(request.param('id')) ? ok({ status: 'ok' }) : missing())),
    ),
  ];
}

function refuse({ secret_key }: Credentials, request: SimulatorRequest, keys: Keys): Reply | null {
  const given = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given === undefined) return errorReply(401, 'missing Bearer scheme');
  const publicKey = secret_key.replace(/^sk_/, 'pk_');
  const known = sameText(given, secret_key) || (keys === 'any' && sameText(given, publicKey));
  return known ? null : errorReply(401, 'invalid secret key');
}

function withBadData(handle: () => Reply): Reply {
  try {
    return handle();
  } catch (error) {
    if (!(error instanceof BadData)) throw error;
    if (error.field === null) return errorReply(400, error.message);
    const errors = [{ field: error.field, code: 'invalid_value', message: '' }];
    return reply(400, {
      status: 'error',
      errorType: 'bad_data',
      error: `${error.field} is not valid`,
      errors,
    });
  }
}

const ERROR_TYPES: ReadonlyMap<number, string> = new Map([
  [400, 'bad_data'],
  [401, 'not_authorized'],
  [403, 'no_permission'],
  [404, 'not_found'],
  [409, 'conflict'],
]);

function errorReply(status: number, message: string): Reply {
  const errorType = ERROR_TYPES.get(status) ?? (status >= 500 ? 'internal' : 'bad_data');
  return reply(status, { status: 'error', errorType, ...(message === '' ? {} : { error: message }) });
}

function reply(status: number, body: object): Reply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
