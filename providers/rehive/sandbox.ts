/**
 * Simulator of Rehive's business invoices: paths, headers, objects and webhooks as docs.rehive.com ("Merchants") and the
 * generated types of `rehive/rehive-javascript` show them. It shares no code with the connector. One business in US
 * dollars; amounts are cents, times milliseconds, and every path ends in a slash.
 *
 * Not documented, so chosen here: lists can be filtered by `request_reference`; webhooks are sent once and never again;
 * none for refunds, which change no status; only what is unpaid can be cancelled; a refund takes
 * `refund_delay_ms` and fails while `refunds_fail` is on.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { sameText } from '../../sandbox/same-text.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { rehiveControl } from './sandbox-control.ts';
import { IdempotencyBook } from './sandbox-idempotency.ts';
import { CURRENCY, InvoiceBook, paidAmount, refundedAmount } from './sandbox-invoices.ts';
import type { Invoice, Status } from './sandbox-invoices.ts';
import {
  businessJson,
  invoiceJson,
  logJson,
  refundJson,
  statusWebhook,
  transactionJson,
} from './sandbox-json.ts';
import { rehivePages } from './sandbox-pages.ts';
import { InvalidField, parseBody, parseChanges, parseInvoice, parseRefund } from './sandbox-requests.ts';
import type { Body } from './sandbox-requests.ts';

type Credentials = {
  readonly token: string;
  readonly business_id: string;
  readonly webhook_secret: string;
};
type Core = SimulatorCore<Credentials>;

export const rehiveSimulator = defineSimulator<Credentials>({
  name: 'rehive',
  basePath: '/api',
  bodyLimitBytes: 100 * 1024,
  credentials: (random) => ({
    token: random.hex(64),
    business_id: random.uuid(),
    webhook_secret: random.hex(32),
  }),
  webhooks: {
    timeoutMs: 10_000,
    acknowledged: (status) => status >= 200 && status < 300,
    retryDelaysS: [],
    retried: () => false,
  },
  settings: {
    /** Off: answers as the documentation shows them; on: wrapped as the SDK's types say. */
    envelope: true,
    refund_delay_ms: 1_000,
    refunds_fail: false,
  },
  build: (core) => {
    const webhook = (invoice: Invoice, status: Status) =>
      statusWebhook(core.credentials.webhook_secret, invoice, status, core.origin());
    const book = new InvoiceBook(core.clock, core.ledger, (invoice) => {
      core.webhooks.send(webhook(invoice, invoice.status));
    });
    const keys = new IdempotencyBook(() => core.clock.now());
    return {
      routes: [...apiRoutes(core, book, keys), ...rehivePages(book).map((page) => logged(page, book))],
      errorReply,
      payments: rehiveControl(core, book, (invoice, status, forged) => {
        core.webhooks.sendNow(webhook(invoice, status), forged);
      }),
      reset: () => {
        book.reset();
        keys.reset();
      },
    };
  },
});

function apiRoutes(core: Core, book: InvoiceBook, keys: IdempotencyBook): Route[] {
  const route = (
    method: string,
    path: string,
    operations: readonly string[],
    handle: (request: SimulatorRequest, key: string | null) => Reply,
  ): Route => ({
    method,
    path: `/api/manager/businesses/:business${path}`,
    operations,
    handle: (request) =>
      refuse(core.credentials, request) ??
      keys.once(request, (key) => withFieldErrors(() => handle(request, key))) ??
      errorReply(400, 'The idempotency key is too long.'),
  });
  const success = (status: number, data: unknown): Reply =>
    reply(status, core.settings['envelope'] === true ? { status: 'success', data } : data);
  const json = (invoice: Invoice): unknown => invoiceJson(invoice, invoice.status, core.origin());
  const one = (request: SimulatorRequest, handle: (invoice: Invoice) => Reply): Reply => {
    const invoice = book.find(request.param('invoice'));
    if (invoice === null) return errorReply(404, 'Not found.');
    request.about(invoice.id);
    return handle(invoice);
  };
  const list = (request: SimulatorRequest, rows: readonly unknown[]): Reply =>
    success(200, paginated(request, core.origin(), rows));
  return [
    route('GET', '', ['business'], () => success(200, businessJson(core.credentials.business_id))),
    route('POST', '/invoices', ['create', 'create_invoice'], (request, key) => {
      const invoice = book.create(parseInvoice(parseBody(request.rawBody)), key);
      request.about(invoice.id);
      return success(201, json(invoice));
    }),
    route('GET', '/invoices', ['list', 'list_invoices'], (request) =>
      list(request, book.list(request.query.get('request_reference')).map(json)),
    ),
    route('GET', '/invoices/:invoice', ['get', 'read_invoice'], (request) =>
      one(request, (invoice) => success(200, json(invoice))),
    ),
    ...(['PATCH', 'PUT'] as const).map((method) =>
      route(method, '/invoices/:invoice', ['expire', 'update_invoice'], (request) =>
        one(request, (invoice) => {
          changeInvoice(book, invoice, parseBody(request.rawBody), method === 'PUT');
          return success(200, json(invoice));
        }),
      ),
    ),
    route('GET', '/invoices/:invoice/logs', ['logs'], (request) =>
      one(request, (invoice) =>
        list(
          request,
          invoice.visits.map((visit) => logJson(invoice, visit)),
        ),
      ),
    ),
    route('GET', '/invoices/:invoice/transactions', ['transactions'], (request) =>
      one(request, (invoice) => list(request, invoice.transfers.map(transactionJson))),
    ),
    route('GET', '/invoices/:invoice/refunds', ['refunds'], (request) =>
      one(request, (invoice) =>
        list(
          request,
          invoice.refunds.map((refund) => refundJson(invoice, refund, CURRENCY)),
        ),
      ),
    ),
    route('POST', '/invoices/:invoice/refunds', ['refund'], (request, key) =>
      one(request, (invoice) => success(201, createRefund(core, book, invoice, { request, key }))),
    ),
  ];
}

/** Opening the page shows in the invoice's log. */
function logged(page: Route, book: InvoiceBook): Route {
  if (page.method !== 'GET') return page;
  return {
    ...page,
    handle: (request) => {
      const invoice = book.find(request.query.get('request') ?? '');
      if (invoice !== null) book.visited(invoice, request.headers['user-agent'] ?? '');
      return page.handle(request);
    },
  };
}

function createRefund(
  core: Core,
  book: InvoiceBook,
  invoice: Invoice,
  { request, key }: { readonly request: SimulatorRequest; readonly key: string | null },
): unknown {
  const order = parseRefund(parseBody(request.rawBody));
  if (order.currency !== CURRENCY.code) throw new InvalidField('currency', 'Invalid currency.');
  if (order.amount > paidAmount(invoice) - refundedAmount(invoice)) {
    throw new InvalidField('amount', 'The amount exceeds what can be refunded.');
  }
  const refund = book.refund(invoice, order, key);
  core.clock.schedule(Number(core.settings['refund_delay_ms'] ?? 0), () => {
    book.settle(invoice, refund, core.settings['refunds_fail'] === true ? 'failed' : 'complete');
  });
  return refundJson(invoice, refund, CURRENCY.code);
}

/** Managers can finish a draft, cancel what is unpaid, and change an invoice until the first money comes. */
function changeInvoice(book: InvoiceBook, invoice: Invoice, body: Body, whole: boolean): void {
  if (!book.change(invoice, parseChanges(body, whole))) {
    throw new InvalidField('non_field_errors', `Cannot change an invoice that is ${invoice.status}.`);
  }
  const { status } = body;
  if (status === undefined || status === invoice.status) return;
  const done =
    (status === 'initiated' && book.initiate(invoice)) ||
    (status === 'cancelled' && paidAmount(invoice) === 0 && book.end(invoice, 'cancelled'));
  if (!done) throw new InvalidField('status', `Cannot change the status from ${invoice.status}.`);
}

/** Pages of 15 unless asked for more, 250 at most. */
function paginated(request: SimulatorRequest, origin: string, rows: readonly unknown[]): unknown {
  const asked = (name: string, otherwise: number): number => {
    const value = request.query.get(name) ?? '';
    return /^[1-9]\d{0,5}$/.test(value) ? Number(value) : otherwise;
  };
  const size = Math.min(asked('page_size', 15), 250);
  const page = asked('page', 1);
  const link = (to: number): string => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(to));
    return `${origin}${request.path}?${query.toString()}`;
  };
  return {
    count: rows.length,
    next: page * size < rows.length ? link(page + 1) : null,
    previous: page > 1 ? link(page - 1) : null,
    results: rows.slice((page - 1) * size, page * size),
  };
}

function refuse(credentials: Credentials, request: SimulatorRequest): Reply | null {
  const given = request.headers.authorization;
  if (given === undefined) return errorReply(401, 'Authentication credentials were not provided.');
  if (!sameText(given, `Token ${credentials.token}`)) return errorReply(401, 'Invalid token.');
  if (!request.path.endsWith('/')) return errorReply(404, 'Not found.');
  return request.param('business') === credentials.business_id ? null : errorReply(404, 'Not found.');
}

function withFieldErrors(handle: () => Reply): Reply {
  try {
    return handle();
  } catch (error) {
    if (!(error instanceof InvalidField)) throw error;
    return errorReply(400, error.message, { [error.field]: [error.message] });
  }
}

function errorReply(status: number, message: string, data?: unknown): Reply {
  return reply(status, { status: 'error', message, ...(data === undefined ? {} : { data }) });
}

function reply(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}
