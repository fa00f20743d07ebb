/**
 * Simulator of FuratPay (Iraq): paths, headers, fields and webhooks as FuratPay's two plugins (`AramRafeq/woo-furatpay`,
 * `AramRafeq/furatpay-woocommerce`) and its page "Payment flow" show them. It shares no code with the connector.
 *
 * Not documented, so chosen here: the shape of errors but for `message`; that an invoice repeats what was sent; that the
 * same order number makes a second invoice; 24 hours for every service; webhooks are sent once and never again; none
 * for the creation; times of webhooks in seconds.
 */
import type { Reply, Route, SimulatorRequest } from '../../sandbox/http-server.ts';
import { qrDataUrl } from '../../sandbox/qr-png.ts';
import { UPPER_ALPHANUMERIC, randomText, randomUUID } from '../../sandbox/random.ts';
import { sameText } from '../../sandbox/same-text.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import type { SimulatorCore } from '../../sandbox/simulator.ts';
import { furatPayControl } from './sandbox-control.ts';
import { currencyOf, InvoiceBook, invoiceJson, SERVICES } from './sandbox-invoices.ts';
import type { Invoice, Service } from './sandbox-invoices.ts';
import { furatPayPages } from './sandbox-pages.ts';
import { InvalidRequest, parseBody, parseInvoice, parsePayment } from './sandbox-requests.ts';
import { invoiceWebhook } from './sandbox-webhook.ts';

type Credentials = {
  readonly api_key: string;
  readonly customer_id: string;
  readonly webhook_secret: string;
};

export const furatPaySimulator = defineSimulator<Credentials>({
  name: 'furatpay',
  basePath: '/v1',
  bodyLimitBytes: 100 * 1024,
  credentials: (random) => ({
    api_key: random.hex(40),
    customer_id: random.uuid(),
    webhook_secret: random.hex(32),
  }),
  webhooks: {
    timeoutMs: 10_000,
    acknowledged: (status) => status >= 200 && status < 300,
    retryDelaysS: [],
    retried: () => false,
  },
  settings: {},
  build: (core) => {
    const webhook = (invoice: Invoice, status = invoice.status) =>
      invoiceWebhook(core.credentials.webhook_secret, invoice, status);
    const book = new InvoiceBook(core.clock, core.ledger, (invoice) => core.webhooks.send(webhook(invoice)));
    return {
      routes: [...apiRoutes(core, book), ...furatPayPages(book)],
      errorReply,
      payments: furatPayControl(core, book, (invoice, status, forged) => {
        core.webhooks.sendNow(webhook(invoice, status), forged);
      }),
      reset: () => book.reset(),
    };
  },
});

function apiRoutes(core: SimulatorCore<Credentials>, book: InvoiceBook): Route[] {
  const route = (
    method: string,
    path: string,
    operations: readonly string[],
    handle: (request: SimulatorRequest) => Reply,
  ): Route => ({
    method,
    path: `/v1${path}`,
    operations,
    handle: (request) => {
      const key = request.headers['x-api-key'];
      if (typeof key !== 'string' || !sameText(key, core.credentials.api_key)) {
        return errorReply(401, 'Unauthorized');
      }
      try {
        return handle(request);
      } catch (error) {
        if (error instanceof InvalidRequest) return errorReply(400, error.message);
        throw error;
      }
    },
  });
  return [
    route('GET', '/payment_service/linked/list', ['services'], (request) => listServices(request.query)),
    route('POST', '/invoice', ['create', 'create_invoice'], (request) => {
      const order = parseInvoice(parseBody(request.rawBody));
      const known = order.customerId === core.credentials.customer_id || book.knowsCustomer(order.customerId);
      if (!known && !order.bringsCustomer) return errorReply(404, 'Customer not found');
      const invoice = book.create(order);
      request.about(invoice.id);
      return reply(201, invoiceJson(invoice, invoice.status));
    }),
    route('POST', '/public/invoice/pay', ['pay'], (request) => {
      const { serviceId, invoiceId } = parsePayment(parseBody(request.rawBody));
      const invoice = book.find(invoiceId);
      if (invoice === null) return errorReply(404, 'Invoice not found');
      request.about(invoice.id);
      const service = SERVICES.find(({ id }) => id === serviceId);
      if (service === undefined) return errorReply(404, 'Payment service not found');
      if (invoice.status !== 'pending') return errorReply(400, `Invoice is ${invoice.status}`);
      return requestPayment(core.origin(), invoice, service, book.request(invoice, service));
    }),
    route('GET', '/invoice/:id', ['get', 'read_invoice'], (request) => {
      const invoice = book.find(request.param('id'));
      if (invoice === null) return errorReply(404, 'Invoice not found');
      request.about(invoice.id);
      return reply(200, invoiceJson(invoice, invoice.status));
    }),
  ];
}

function listServices(query: URLSearchParams): Reply {
  const whole = (name: string, otherwise: number): number => {
    const value = query.get(name) ?? '';
    return /^\d{1,6}$/.test(value) ? Number(value) : otherwise;
  };
  const offset = whole('offset', 0);
  const asked = query.get('status')?.split(',') ?? ['production', 'testing'];
  const linked = SERVICES.map((service) => ({ ...service, status: 'testing', logo: null }));
  const data = linked.filter(({ status }) => asked.includes(status));
  return reply(200, { data: data.slice(offset, offset + whole('limit', 10)), count: data.length });
}

/** Each service answers in its own shape, which FuratPay passes on. */
function requestPayment(origin: string, invoice: Invoice, service: Service, expiresAt: number): Reply {
  const page = `${origin}/pay/${invoice.pageCode}`;
  switch (service.name) {
    case 'First Iraqi Bank (FIB)':
      return reply(200, {
        paymentId: randomUUID(),
        readableCode: [4, 4, 4].map((length) => randomText(UPPER_ALPHANUMERIC, length)).join('-'),
        qrCode: qrDataUrl(page),
        validUntil: new Date(expiresAt).toISOString(),
        personalAppLink: `${page}?app=personal`,
        businessAppLink: `${page}?app=business`,
        corporateAppLink: `${page}?app=corporate`,
      });
    case 'PayTabs':
      return reply(200, {
        tran_ref: `TST${randomText(UPPER_ALPHANUMERIC, 13)}`,
        cart_id: invoice.id,
        cart_amount: invoice.order.total.toFixed(2),
        cart_currency: currencyOf(invoice),
        redirect_url: page,
      });
    case 'FastPay':
      return reply(200, {
        code: 200,
        messages: [],
        data: { redirect_uri: page, qrUrl: qrDataUrl(page), qrText: page },
      });
    case 'QiCard':
      return reply(200, {
        requestId: invoice.id,
        paymentId: randomUUID(),
        status: 'CREATED',
        canceled: false,
        amount: invoice.order.total,
        currency: currencyOf(invoice),
        formUrl: page,
        // For the older plugin, which does not know QiCard and looks for this one everywhere.
        url: page,
      });
    default:
      return reply(200, { url: page });
  }
}

function errorReply(status: number, message: string): Reply {
  return reply(status, { message });
}

function reply(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}
