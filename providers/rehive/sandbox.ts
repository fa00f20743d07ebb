/**
 * Simulator of Rehive's business invoices and of users' payment requests: paths, headers, objects and webhooks as
 * docs.rehive.com ("Merchants") and the generated types of `rehive/rehive-javascript` show them. It shares no code with
 * the connector. One business and one user in US dollars; amounts are cents, times milliseconds, and every path ends in a
 * slash. Both extensions of Rehive, which have hosts of their own, are one address here.
 *
 * Not documented, so chosen here: lists can be filtered by `request_reference`; webhooks are sent once and never again;
 * none for refunds, which change no status; an invoice can be changed until money comes and cancelled while nothing is
 * paid; a user's payment request without a status is initiated; a refund takes `refund_delay_ms` and fails while
 * `refunds_fail` is on.
 */
import type { Route } from '../../sandbox/http-server.ts';
import { defineSimulator } from '../../sandbox/simulator.ts';
import { apiRoutes } from './sandbox-api.ts';
import type { Credentials } from './sandbox-api.ts';
import { rehiveControl } from './sandbox-control.ts';
import { HookBook } from './sandbox-hooks.ts';
import { IdempotencyBook } from './sandbox-idempotency.ts';
import { InvoiceBook } from './sandbox-invoices.ts';
import type { Invoice, Status } from './sandbox-invoices.ts';
import { invoiceJson, statusWebhook } from './sandbox-json.ts';
import { rehivePages } from './sandbox-pages.ts';
import { errorReply } from './sandbox-replies.ts';

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
    const hooks = new HookBook();
    const book = new InvoiceBook(core.clock, core.ledger, (invoice, created) => {
      const event = `service_payment_requests.request.${created ? 'create' : 'update'}` as const;
      const data = invoiceJson(invoice, invoice.status, core.origin());
      for (const registered of hooks.webhooks(event, invoice.id, data)) core.webhooks.send(registered);
      if (!created) core.webhooks.send(webhook(invoice, invoice.status));
    });
    const keys = new IdempotencyBook(() => core.clock.now());
    return {
      routes: [
        ...apiRoutes(core, { invoices: book, hooks, keys }),
        ...rehivePages(book).map((page) => logged(page, book)),
      ],
      errorReply,
      payments: rehiveControl(core, book, (invoice, status, forged) => {
        core.webhooks.sendNow(webhook(invoice, status), forged);
      }),
      reset: () => {
        book.reset();
        hooks.reset();
        keys.reset();
      },
    };
  },
});

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
