/**
 * The calls that the Rehive simulator takes: a business's invoices, and the same without a business, which Rehive calls
 * a user's payment requests.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { sameText } from '../../sandbox/same-text.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import type { HookBook } from './sandbox-hooks.ts';
import type { IdempotencyBook } from './sandbox-idempotency.ts';
import { CURRENCY, paidAmount, refundedAmount } from './sandbox-invoices.ts';
import type { Invoice, InvoiceBook, Owner } from './sandbox-invoices.ts';
import { businessJson, invoiceJson, logJson, refundJson, transactionJson } from './sandbox-json.ts';
import { errorReply, paginated, reply, withFieldErrors } from './sandbox-replies.ts';
import {
  InvalidField,
  parseBody,
  parseChanges,
  parseInvoice,
  parseRefund,
  parseRequest,
} from './sandbox-requests.ts';
import type { Body } from './sandbox-requests.ts';

export type Credentials = {
  readonly token: string;
  readonly business_id: string;
  readonly webhook_secret: string;
};
type Core = SimulatorCore<Credentials>;

export interface Books {
  readonly invoices: InvoiceBook;
  readonly hooks: HookBook;
  readonly keys: IdempotencyBook;
}

const BUSINESS = '/manager/businesses/:business';

export function apiRoutes(core: Core, { invoices: book, hooks, keys }: Books): Route[] {
  const route = (
    method: string,
    path: string,
    operations: readonly string[],
    handle: (request: SimulatorRequest, key: string | null) => Reply,
  ): Route => ({
    method,
    path: `/api${path}`,
    operations,
    handle: (request) =>
      refuse(core.credentials, request, path.startsWith(BUSINESS)) ??
      keys.once(request, (key) => withFieldErrors(() => handle(request, key))) ??
      errorReply(400, 'The idempotency key is too long.'),
  });
  const success = (status: number, data: unknown): Reply =>
    reply(status, core.settings['envelope'] === true ? { status: 'success', data } : data);
  const list = (request: SimulatorRequest, rows: readonly unknown[]): Reply =>
    success(200, paginated(request, core.origin(), rows));
  const json = (invoice: Invoice): unknown => invoiceJson(invoice, invoice.status, core.origin());
  const one = (
    request: SimulatorRequest,
    owner: Owner | null,
    handle: (invoice: Invoice) => Reply,
  ): Reply => {
    const invoice = book.find(request.param('invoice'));
    if (invoice === null || (owner !== null && invoice.owner !== owner)) return errorReply(404, 'Not found.');
    request.about(invoice.id);
    return handle(invoice);
  };
  const collection = (base: string, owner: Owner): Route[] => [
    route('POST', base, ['create', 'create_invoice'], (request, key) => {
      const body = parseBody(request.rawBody);
      const invoice = book.create(owner === 'business' ? parseInvoice(body) : parseRequest(body), owner, key);
      request.about(invoice.id);
      return success(201, json(invoice));
    }),
    route('GET', base, ['list', 'list_invoices'], (request) => {
      const found = book.list(request.query.get('request_reference'));
      return list(request, found.filter((invoice) => invoice.owner === owner).map(json));
    }),
    route('GET', `${base}/:invoice`, ['get', 'read_invoice'], (request) =>
      one(request, owner, (invoice) => success(200, json(invoice))),
    ),
    ...(['PATCH', 'PUT'] as const).map((method) =>
      route(method, `${base}/:invoice`, ['expire', 'update_invoice'], (request) =>
        one(request, owner, (invoice) => {
          changeInvoice(book, invoice, parseBody(request.rawBody), method === 'PUT');
          return success(200, json(invoice));
        }),
      ),
    ),
    route('GET', `${base}/:invoice/transactions`, ['transactions'], (request) =>
      one(request, owner, (invoice) => list(request, invoice.transfers.map(transactionJson))),
    ),
    route('GET', `${base}/:invoice/refunds`, ['refunds'], (request) =>
      one(request, owner, (invoice) =>
        list(
          request,
          invoice.refunds.map((refund) => refundJson(invoice, refund, CURRENCY)),
        ),
      ),
    ),
    route('POST', `${base}/:invoice/refunds`, ['refund'], (request, key) =>
      one(request, owner, (invoice) => success(201, createRefund(core, book, invoice, { request, key }))),
    ),
  ];
  return [
    route('GET', BUSINESS, ['business'], () => success(200, businessJson(core.credentials.business_id))),
    ...collection(`${BUSINESS}/invoices`, 'business'),
    route('GET', `${BUSINESS}/invoices/:invoice/logs`, ['logs'], (request) =>
      one(request, 'business', (invoice) =>
        list(
          request,
          invoice.visits.map((visit) => logJson(invoice, visit)),
        ),
      ),
    ),
    ...collection('/user/requests', 'user'),
    // The payer's page reads it, without a token.
    {
      method: 'GET',
      path: '/api/requests/:invoice',
      operations: ['read_request'],
      handle: (request) => one(request, null, (invoice) => success(200, json(invoice))),
    },
    ...hooks.routes(route, success, list),
  ];
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

function refuse(credentials: Credentials, request: SimulatorRequest, ofBusiness: boolean): Reply | null {
  const given = request.headers.authorization;
  if (given === undefined) return errorReply(401, 'Authentication credentials were not provided.');
  if (!sameText(given, `Token ${credentials.token}`)) return errorReply(401, 'Invalid token.');
  if (!request.path.endsWith('/')) return errorReply(404, 'Not found.');
  if (ofBusiness && request.param('business') !== credentials.business_id)
    return errorReply(404, 'Not found.');
  return null;
}
