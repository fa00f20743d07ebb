/** The API: which address is answered by what. Everything it needs is handed in, so a test runs the real thing. */
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { requireKey } from './auth.ts';
import { readBytes } from './body.ts';
import { contextOf } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { nearest } from './did-you-mean.ts';
import { answerErrors } from './error-handler.ts';
import { logRequests } from './log.ts';
import { Problem } from './problem.ts';
import { createAccountFinder } from './provider-accounts.ts';
import { accountBreakerRoutes } from './routes/account-breaker.ts';
import { accountRotationRoutes } from './routes/account-rotation.ts';
import { accountWebhookRoutes } from './routes/account-webhooks.ts';
import { auditEntryRoutes } from './routes/audit-entries.ts';
import { balanceRoutes } from './routes/balances.ts';
import { checkoutRoutes } from './routes/checkout.ts';
import { caseRoutes } from './routes/cases.ts';
import { showErrorDocs } from './routes/error-docs.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { eventRoutes } from './routes/events.ts';
import { exchangeRoutes } from './routes/exchanges.ts';
import { healthRoutes } from './routes/health.ts';
import { invoiceListRoute } from './routes/invoice-list.ts';
import { invoiceRoutes } from './routes/invoices.ts';
import { merchantRoutes } from './routes/merchant.ts';
import { operationRoutes } from './routes/operations.ts';
import { paymentListRoute } from './routes/payment-list.ts';
import { paymentServiceRoutes } from './routes/payment-services.ts';
import { paymentRoutes } from './routes/payments.ts';
import { providerAccountRoutes } from './routes/provider-accounts.ts';
import { qrRoutes } from './routes/qr.ts';
import { refundListRoute } from './routes/refund-list.ts';
import { returnRoutes } from './routes/returns.ts';
import { styleRoutes } from './routes/style.ts';
import { testClockRoutes } from './routes/test-clock.ts';
import { readWebhookBytes, webhookRoutes } from './routes/webhooks.ts';

interface Route {
  readonly method: 'get' | 'post' | 'patch';
  readonly path: string;
  readonly handlers: readonly RequestHandler[];
}

/** The whole API as an Express app that listens nowhere yet. */
export function createApp(dependencies: ApiDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  app.use(logRequests(dependencies.logger));
  app.use(helmet());

  const table = routes(dependencies);
  for (const { method, path, handlers } of table) app[method](path, noteRoute(path), ...handlers);
  for (const path of new Set(table.map((route) => route.path))) app.all(path, refuseMethod(table, path));
  app.use(refusePath(table));
  app.use(answerErrors(dependencies.logger, dependencies.publicUrl));
  return app;
}

function routes(dependencies: ApiDependencies): Route[] {
  const key = requireKey(dependencies);
  const invoices = invoiceRoutes(dependencies);
  const payments = paymentRoutes(dependencies);
  const operations = operationRoutes(dependencies);
  const events = eventRoutes(dependencies);
  const cases = caseRoutes(dependencies);
  const trail = auditEntryRoutes(dependencies);
  const balances = balanceRoutes(dependencies);
  const merchant = merchantRoutes(dependencies);
  const services = paymentServiceRoutes(dependencies);
  const clock = testClockRoutes(dependencies);
  const finder = createAccountFinder(dependencies);
  const accounts = providerAccountRoutes(dependencies, finder);
  const { rotate } = accountRotationRoutes(dependencies, finder);
  const { force } = accountBreakerRoutes(dependencies, finder);
  const accountWebhooks = accountWebhookRoutes(dependencies);
  const webhooks = webhookRoutes(dependencies, finder);
  const exchanges = exchangeRoutes(dependencies, finder);
  const erasures = erasureRoutes(dependencies);
  const returns = returnRoutes(dependencies);
  const checkout = checkoutRoutes(dependencies, payments);
  const { health, ready } = healthRoutes(dependencies);
  const get = (path: string, ...handlers: RequestHandler[]): Route => ({ method: 'get', path, handlers });
  const post = (path: string, ...handlers: RequestHandler[]): Route => ({ method: 'post', path, handlers });
  const patch = (path: string, ...handlers: RequestHandler[]): Route => ({ method: 'patch', path, handlers });

  return [
    post('/v1/invoices', key, readBytes, invoices.create),
    get('/v1/invoices', key, invoiceListRoute(dependencies)),
    get('/v1/invoices/:id', key, invoices.read),
    post('/v1/invoices/:id/cancel', key, readBytes, invoices.cancel),
    post('/v1/invoices/:id/payments', key, readBytes, payments.create),
    post('/v1/invoices/:id/test_clock', key, readBytes, clock.advance),
    get('/v1/invoices/:id/exchanges', key, exchanges.list),
    get('/v1/exchanges/:id', key, exchanges.read),
    post('/v1/invoices/:id/erase', key, readBytes, erasures.eraseOne),
    post('/v1/erasures', key, readBytes, erasures.erasePerson),
    get('/v1/payments', key, paymentListRoute(dependencies)),
    get('/v1/payments/:id', key, payments.read),
    post('/v1/payments/:id/capture', key, readBytes, operations.capture),
    post('/v1/payments/:id/void', key, readBytes, operations.release),
    post('/v1/refunds', key, readBytes, operations.refund),
    get('/v1/refunds', key, refundListRoute(dependencies)),
    get('/v1/captures/:id', key, operations.read('cap')),
    get('/v1/voids/:id', key, operations.read('void')),
    get('/v1/refunds/:id', key, operations.read('rfd')),
    get('/v1/events', key, events.list),
    get('/v1/events/:id', key, events.read),
    get('/v1/cases', key, cases.list),
    get('/v1/cases/:id', key, cases.read),
    post('/v1/cases/:id/resolve', key, readBytes, cases.resolve),
    get('/v1/balances', key, balances.read),
    get('/v1/audit_entries', key, trail.list),
    get('/v1/audit_entries/:id', key, trail.read),
    get('/v1/audit_chain', key, trail.head),
    get('/v1/merchant', key, merchant.read),
    patch('/v1/merchant', key, readBytes, merchant.change),
    get('/v1/payment_services', key, services.list),
    post('/v1/provider_accounts', key, readBytes, accounts.create),
    get('/v1/provider_accounts', key, accounts.list),
    get('/v1/provider_accounts/:id', key, accounts.read),
    patch('/v1/provider_accounts/:id', key, readBytes, accounts.change),
    post('/v1/provider_accounts/:id/rotate', key, readBytes, rotate),
    post('/v1/provider_accounts/:id/breaker', key, readBytes, force),
    get('/v1/provider_accounts/:id/webhooks', key, accountWebhooks.show),
    post('/v1/provider_accounts/:id/webhooks/register', key, readBytes, accountWebhooks.register),
    // What follows the account is the connector's: an unguessable part where a provider signs nothing.
    post('/webhooks/:provider/:account{/*rest}', readWebhookBytes, webhooks.receive),
    // Most providers send the browser with GET, some with the POST of a form.
    get('/return/:token{/:door}', returns.arrive),
    post('/return/:token{/:door}', returns.arrive),
    get('/pay/:token', checkout.show),
    post('/pay/:token', readBytes, checkout.act),
    get('/pay/:token/events', checkout.events),
    get('/pay/:token/version', checkout.version),
    get('/qr/:file', qrRoutes(dependencies).draw),
    get('/docs/errors', showErrorDocs),
    ...styleRoutes(dependencies).map(({ path, show }) => get(path, show)),
    get('/healthz', health),
    get('/readyz', ready),
  ];
}

/** The pattern, not the path, goes into the log. */
function noteRoute(path: string): RequestHandler {
  return (_request, response, next) => {
    contextOf(response).route = path;
    next();
  };
}

function refuseMethod(table: readonly Route[], path: string): RequestHandler {
  const methods = table.filter((route) => route.path === path).map(({ method }) => method.toUpperCase());
  const allowed = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  return (request) => {
    throw new Problem('method_not_allowed', `${request.method} is not allowed here; allowed: ${allowed}`, {
      headers: { Allow: allowed },
    });
  };
}

function refusePath(table: readonly Route[]): RequestHandler {
  const paths = [...new Set(table.map(({ path }) => path))];
  return (request) => {
    const meant = nearest(request.path.slice(0, 100), paths);
    const hint = meant === null ? '' : `; did you mean ${meant}?`;
    throw new Problem('unknown_route', `there is no such address${hint}`);
  };
}
