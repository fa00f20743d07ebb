/** The API: which address is answered by what. Everything it needs is handed in, so a test runs the real thing. */
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import { createGuard, type Access } from './access.ts';
import { createKeyCache, type KeyCache } from './auth.ts';
import { readBytes } from './body.ts';
import { contextOf } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { nearest } from './did-you-mean.ts';
import { answerErrors } from './error-handler.ts';
import { logRequests } from './log.ts';
import { Problem } from './problem.ts';
import { opsRoutes } from './ops/index.ts';
import { refuseQuery } from './query.ts';
import { createAccountFinder } from './provider-accounts.ts';
import { createRepeatable } from './repeatable.ts';
import { accountBreakerRoutes } from './routes/account-breaker.ts';
import { accountRotationRoutes } from './routes/account-rotation.ts';
import { accountTestRoutes } from './routes/account-test.ts';
import { accountWebhookRoutes } from './routes/account-webhooks.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { auditEntryRoutes } from './routes/audit-entries.ts';
import { balanceRoutes } from './routes/balances.ts';
import { checkoutRoutes } from './routes/checkout.ts';
import { caseRoutes } from './routes/cases.ts';
import { deliveryRoutes } from './routes/deliveries.ts';
import { docsRoutes } from './routes/docs.ts';
import { erasureRoutes } from './routes/erasures.ts';
import { eventRoutes } from './routes/events.ts';
import { exchangeRoutes } from './routes/exchanges.ts';
import { healthRoutes } from './routes/health.ts';
import { incidentRoutes } from './routes/incidents.ts';
import { invoiceListRoute } from './routes/invoice-list.ts';
import { invoiceRoutes } from './routes/invoices.ts';
import { merchantRoutes } from './routes/merchant.ts';
import { descriptionRoute } from './routes/openapi.ts';
import { operatorRoutes } from './routes/operator.ts';
import { operationRoutes } from './routes/operations.ts';
import { paymentCancelRoutes } from './routes/payment-cancel.ts';
import { paymentListRoute } from './routes/payment-list.ts';
import { paymentServiceRoutes } from './routes/payment-services.ts';
import { paymentRoutes } from './routes/payments.ts';
import { providerAccountRoutes } from './routes/provider-accounts.ts';
import { qrRoutes } from './routes/qr.ts';
import { quoteRoutes } from './routes/quotes.ts';
import { reconciliationRoutes } from './routes/reconciliation-runs.ts';
import { refundListRoute } from './routes/refund-list.ts';
import { returnRoutes } from './routes/returns.ts';
import { routingRoutes } from './routes/routing.ts';
import { settlementRoutes } from './routes/settlements.ts';
import { styleRoutes } from './routes/style.ts';
import { testClockRoutes } from './routes/test-clock.ts';
import { webhookEndpointActions } from './routes/webhook-endpoint-actions.ts';
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { readWebhookBytes, webhookRoutes } from './routes/webhooks.ts';
import { negotiateVersion } from './versions.ts';

interface Route {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  readonly path: string;
  readonly access: Access;
  readonly handlers: readonly RequestHandler[];
}

/** The whole API as an Express app that listens nowhere yet. */
export function createApp(dependencies: ApiDependencies): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', 'simple');
  // Never all of them: whoever sends a header would choose the address that is counted.
  if (dependencies.trustedProxies.length > 0) app.set('trust proxy', dependencies.trustedProxies);
  app.use(logRequests(dependencies.logger, dependencies.metrics));
  app.use(helmet());
  app.use('/v1', negotiateVersion());

  const keys = createKeyCache(dependencies.now);
  const guard = createGuard(dependencies, keys);
  const table = routeTable(dependencies, keys);
  for (const { method, path, access, handlers } of table)
    app[method](path, noteRoute(path), ...guard(access, handlers));
  for (const path of new Set(table.map((route) => route.path))) app.all(path, refuseMethod(table, path));
  app.use(refusePath(table));
  app.use(answerErrors(dependencies.logger, dependencies.publicUrl));
  return app;
}

/** Every route there is, each with who may call it. */
export function routeTable(dependencies: ApiDependencies, keys: KeyCache): Route[] {
  const invoices = invoiceRoutes(dependencies);
  const payments = paymentRoutes(dependencies);
  const paymentCancel = paymentCancelRoutes(dependencies);
  const operations = operationRoutes(dependencies);
  const events = eventRoutes(dependencies);
  const cases = caseRoutes(dependencies);
  const incidents = incidentRoutes(dependencies);
  const trail = auditEntryRoutes(dependencies);
  const balances = balanceRoutes(dependencies);
  const reconciliation = reconciliationRoutes(dependencies);
  const settlements = settlementRoutes(dependencies);
  const merchant = merchantRoutes(dependencies);
  const apiKeys = apiKeyRoutes(dependencies, keys);
  const operator = operatorRoutes(dependencies);
  const services = paymentServiceRoutes(dependencies);
  const routing = routingRoutes(dependencies);
  const clock = testClockRoutes(dependencies);
  const finder = createAccountFinder(dependencies);
  const accounts = providerAccountRoutes(dependencies, finder);
  const { rotate } = accountRotationRoutes(dependencies, finder);
  const { force } = accountBreakerRoutes(dependencies, finder);
  const accountTest = accountTestRoutes(dependencies);
  const accountWebhooks = accountWebhookRoutes(dependencies);
  const webhooks = webhookRoutes(dependencies, finder);
  const exchanges = exchangeRoutes(dependencies, finder);
  const erasures = erasureRoutes(dependencies);
  const endpoints = webhookEndpointRoutes(dependencies);
  const endpointActions = webhookEndpointActions(dependencies);
  const deliveries = deliveryRoutes(dependencies);
  const returns = returnRoutes(dependencies);
  const checkout = checkoutRoutes(dependencies, payments);
  const docs = docsRoutes(dependencies);
  const { health, ready } = healthRoutes(dependencies);
  const repeatable = createRepeatable(dependencies);
  const route =
    (method: Route['method']) =>
    (path: string, access: Access, ...handlers: RequestHandler[]): Route => ({
      method,
      path,
      access,
      handlers,
    });
  const [get, post, put] = [route('get'), route('post'), route('put')];
  const [patch, remove] = [route('patch'), route('delete')];

  return [
    post('/v1/invoices', 'create', readBytes, invoices.create),
    get('/v1/invoices', 'read', invoiceListRoute(dependencies)),
    get('/v1/invoices/:id', 'read', invoices.read),
    post('/v1/invoices/:id/cancel', 'create', readBytes, repeatable(invoices.cancel)),
    post('/v1/invoices/:id/payments', 'create', readBytes, payments.create),
    post('/v1/invoices/:id/test_clock', 'create', readBytes, repeatable(clock.advance)),
    get('/v1/invoices/:id/quotes', 'read', quoteRoutes(dependencies).list),
    get('/v1/invoices/:id/exchanges', 'read', exchanges.list),
    get('/v1/exchanges/:id', 'read', refuseQuery, exchanges.read),
    post('/v1/invoices/:id/erase', 'admin', readBytes, repeatable(erasures.eraseOne)),
    post('/v1/erasures', 'admin', readBytes, repeatable(erasures.erasePerson)),
    get('/v1/payments', 'read', paymentListRoute(dependencies)),
    get('/v1/payments/:id', 'read', payments.read),
    post('/v1/payments/:id/cancel', 'create', readBytes, repeatable(paymentCancel.cancel)),
    post('/v1/payments/:id/capture', 'capture', readBytes, operations.capture),
    post('/v1/payments/:id/void', 'capture', readBytes, operations.release),
    post('/v1/refunds', 'refund', readBytes, operations.refund),
    get('/v1/refunds', 'read', refundListRoute(dependencies)),
    get('/v1/captures/:id', 'read', operations.read('cap')),
    get('/v1/voids/:id', 'read', operations.read('void')),
    get('/v1/refunds/:id', 'read', operations.read('rfd')),
    get('/v1/events', 'read', events.list),
    get('/v1/events/:id', 'read', refuseQuery, events.read),
    get('/v1/cases', 'read', cases.list),
    get('/v1/cases/:id', 'read', refuseQuery, cases.read),
    post('/v1/cases/:id/resolve', 'admin', readBytes, repeatable(cases.resolve)),
    get('/v1/incidents', 'read', incidents.list),
    get('/v1/incidents/:id', 'read', refuseQuery, incidents.read),
    get('/v1/balances', 'read', balances.read),
    post('/v1/reconciliation_runs', 'admin', reconciliation.create),
    get('/v1/reconciliation_runs', 'read', reconciliation.list),
    get('/v1/reconciliation_runs/:id', 'read', refuseQuery, reconciliation.read),
    get('/v1/reconciliation_runs/:id/rows', 'read', reconciliation.rows),
    get('/v1/reconciliation_runs/:id/changes', 'read', reconciliation.changes),
    get('/v1/settlements', 'read', settlements.list),
    get('/v1/settlements/overdue', 'read', settlements.overdue),
    get('/v1/audit_entries', 'read', trail.list),
    get('/v1/audit_entries/:id', 'read', refuseQuery, trail.read),
    get('/v1/audit_chain', 'read', trail.head),
    post('/v1/api_keys', 'admin', readBytes, apiKeys.create),
    get('/v1/api_keys', 'admin', apiKeys.list),
    get('/v1/api_keys/:id', 'admin', refuseQuery, apiKeys.read),
    patch('/v1/api_keys/:id', 'admin', readBytes, apiKeys.change),
    post('/v1/api_keys/:id/revoke', 'admin', readBytes, repeatable(apiKeys.revoke)),
    post('/v1/api_keys/:id/rotate', 'admin', readBytes, apiKeys.rotate),
    post('/v1/merchants', 'operator', readBytes, operator.create),
    get('/v1/merchants', 'operator', operator.list),
    get('/v1/merchants/:id', 'operator', refuseQuery, operator.read),
    post('/v1/merchants/:id/api_keys', 'operator', readBytes, operator.createKey),
    get('/v1/merchant', 'read', refuseQuery, merchant.read),
    patch('/v1/merchant', 'admin', readBytes, merchant.change),
    get('/v1/payment_services', 'read', services.list),
    get('/v1/routing', 'read', refuseQuery, routing.read),
    put('/v1/routing', 'admin', readBytes, routing.replace),
    post('/v1/routing/preview', 'read', readBytes, repeatable(routing.preview)),
    post('/v1/provider_accounts', 'admin', readBytes, accounts.create),
    get('/v1/provider_accounts', 'read', accounts.list),
    get('/v1/provider_accounts/:id', 'read', refuseQuery, accounts.read),
    patch('/v1/provider_accounts/:id', 'admin', readBytes, accounts.change),
    post('/v1/provider_accounts/:id/rotate', 'admin', readBytes, rotate),
    post('/v1/provider_accounts/:id/breaker', 'admin', readBytes, repeatable(force)),
    post('/v1/provider_accounts/:id/test', 'admin', readBytes, repeatable(accountTest.test)),
    get('/v1/provider_accounts/:id/webhooks', 'read', refuseQuery, accountWebhooks.show),
    post(
      '/v1/provider_accounts/:id/webhooks/register',
      'admin',
      readBytes,
      repeatable(accountWebhooks.register),
    ),
    post('/v1/webhook_endpoints', 'admin', readBytes, endpoints.create),
    get('/v1/webhook_endpoints', 'read', endpoints.list),
    get('/v1/webhook_endpoints/:id', 'read', refuseQuery, endpoints.read),
    patch('/v1/webhook_endpoints/:id', 'admin', readBytes, endpoints.change),
    remove('/v1/webhook_endpoints/:id', 'admin', endpoints.remove),
    post('/v1/webhook_endpoints/:id/rotate_secret', 'admin', readBytes, endpointActions.rotate),
    post(
      '/v1/webhook_endpoints/:id/test',
      'create',
      readBytes,
      repeatable(endpointActions.test, (id) => `/v1/deliveries/${id}`),
    ),
    post('/v1/webhook_endpoints/:id/resend', 'create', readBytes, repeatable(endpointActions.resend)),
    get('/v1/deliveries', 'read', deliveries.list),
    get('/v1/deliveries/:id', 'read', refuseQuery, deliveries.read),
    post('/v1/deliveries/:id/resend', 'create', readBytes, repeatable(deliveries.resend)),
    // What follows the account is the connector's: an unguessable part where a provider signs nothing.
    post('/webhooks/:provider/:account{/*rest}', 'public', readWebhookBytes, webhooks.receive),
    // Most providers send the browser with GET, some with the POST of a form.
    get('/return/:token{/:door}', 'public', returns.arrive),
    post('/return/:token{/:door}', 'public', returns.arrive),
    get('/qr/:file', 'public', qrRoutes(dependencies).draw),
    get('/openapi.json', 'public', descriptionRoute(dependencies)),
    get('/docs{/*page}', 'public', docs.show),
    get('/llms.txt', 'public', docs.llms),
    get('/pay/:token', 'public', checkout.show),
    post('/pay/:token', 'public', readBytes, checkout.act),
    get('/pay/:token/events', 'public', checkout.events),
    get('/pay/:token/version', 'public', checkout.version),
    ...styleRoutes(dependencies).map(({ path, show }) => get(path, 'public', show)),
    ...opsRoutes({ ...dependencies, finder, keys }).map(({ method, path, handlers }) =>
      route(method)(path, 'public', ...handlers),
    ),
    get('/healthz', 'public', health),
    get('/readyz', 'public', ready),
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
