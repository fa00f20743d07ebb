/**
 * The API process. Says `{"ready":true,"url":…}` on standard output when it listens; logs go to standard error.
 * On SIGTERM and SIGINT it stops accepting, finishes what is under way within ten seconds, and closes its connections.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Express } from 'express';
import { loadServiceConfig } from '../config/index.ts';
import { API_ROLE } from '../db/api-role.ts';
import { createScopedPool } from '../db/scoped-pool.ts';
import { createSealer } from '../db/sealed.ts';
import { createProviderHttp } from '../providers/http.ts';
import { connectors } from '../providers/index.ts';
import { createApiMetrics, watchTurns } from '../metrics/api-metrics.ts';
import { createRegistry } from '../metrics/registry.ts';
import { serveMetrics } from '../metrics/server.ts';
import { clientOn, lazyConnection } from '../temporal/connect.ts';
import { createDeliveryGateway } from '../temporal/deliveries.ts';
import { inspectInvoice } from '../temporal/inspect.ts';
import { createInvoiceGateway } from '../temporal/invoices.ts';
import { withTimeLimit } from '../temporal/time-limit.ts';
import { createTurns } from '../temporal/turns.ts';
import { createReconciliationGateway } from '../temporal/reconciliations.ts';
import { fastForward } from '../temporal/test-clock.ts';
import { createApp } from './app.ts';
import { createBackground } from './background.ts';
import { createApiLogger } from './log.ts';
import { createKeyUses } from './key-uses.ts';
import { createProbes } from './probes.ts';
import { createRefusalCounts } from './refusal-counts.ts';
import { currentRequestId } from './request-id.ts';
import { answerUnreadable } from './unreadable.ts';

/** How long a payment request waits for the provider before it is answered with 202. */
const UPDATE_DEADLINE_MS = 25_000;
/** What takes the engine longer than this waits for a provider. */
const TURN_MS = 1_000;
/** How long a move of the test clock waits for what it sets off. */
const CLOCK_WAIT_MS = 45_000;
const SIGNAL_DEADLINE_MS = 10_000;
/** How long the start of a reconciliation run is waited for; the sweeper makes up for it. */
const START_DEADLINE_MS = 5_000;
const SHUTDOWN_MS = 10_000;
const SIGNALS_MS = 2_000;
const SWEEP_MS = 50;

const config = loadServiceConfig();
const logger = createApiLogger(config.log.level);
let isProtected = true;
const pool = createScopedPool({
  url: config.database.url,
  size: config.database.poolSize,
  name: 'sarraf-api',
  onError: (err) => logger.warn({ err }, 'a database connection broke'),
  onUnprotected: () => {
    if (isProtected) logger.warn(`the database user may not become ${API_ROLE}: row-level security is off`);
    isProtected = false;
  },
});
const registry = createRegistry({ main: pool });
const { host: metricsHost, apiPort: metricsPort } = config.metrics;
const metrics = await serveMetrics(registry, { host: metricsHost, port: metricsPort }, logger);
const keyUses = createKeyUses(pool, logger, Date.now);
const { taskQueue } = config.temporal;
const connection = await lazyConnection(config.temporal);
const client = clientOn(connection, config.temporal);
const turns = createTurns({ places: config.api.engineCallsAtOnce, hold_ms: TURN_MS });
watchTurns(registry, turns);
const background = createBackground();
const { addresses: reach, sandboxControlUrl } = config.providers;
const providerHttp = createProviderHttp({
  reach,
  onExchange: (exchange) => logger.info(exchange, 'provider call'),
});

// The public URL holds the port, which is known only when a free one was taken: so the app comes after listening.
// Connections wait meanwhile; no request is read before the app is there.
const server = createServer({
  maxHeaderSize: 16_384,
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 65_000,
});
server.listen(config.api.port, config.api.host);
await once(server, 'listening');
const { port } = server.address() as AddressInfo;
const publicUrl =
  config.api.port === 0 ? config.api.publicUrl.replace(/:0$/, `:${port}`) : config.api.publicUrl;
const closing = new AbortController();
const app: Express = createApp({
  pool,
  sealer: createSealer(config.secrets.credentialsKeys),
  apiKeyPepper: config.secrets.apiKeyPepper,
  operatorKeys: config.api.operatorKeys,
  limits: config.api.limits,
  trustedProxies: config.api.trustedProxies,
  keyUses,
  connectors,
  providerHttp,
  reach,
  invoices: createInvoiceGateway(client, {
    taskQueue,
    deadline_ms: UPDATE_DEADLINE_MS,
    turns,
    requestId: currentRequestId,
  }),
  deliveries: createDeliveryGateway(client, { taskQueue, deadline_ms: SIGNAL_DEADLINE_MS }),
  reconciliations: createReconciliationGateway(client, { taskQueue, deadline_ms: START_DEADLINE_MS }),
  fastForward: (workflowId, by_ms) => fastForward(client, workflowId, by_ms, CLOCK_WAIT_MS),
  sandboxControlUrl,
  probes: createProbes(pool, client, taskQueue),
  publicUrl,
  logger,
  now: Date.now,
  closing: closing.signal,
  background,
  refusals: createRefusalCounts(),
  metrics: createApiMetrics(registry),
  operations: {
    access: config.api.operationsAccess,
    temporalUiUrl: config.temporal.uiUrl,
    temporalNamespace: config.temporal.namespace,
    inspect: (invoiceId) => inspectInvoice(client, invoiceId),
  },
});
server.on('request', app);
answerUnreadable(server, publicUrl);
let stopping = false;
async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  logger.info({ signal }, 'api is stopping');
  const force = setTimeout(() => {
    logger.warn('requests were still under way and are given up');
    server.closeAllConnections();
  }, SHUTDOWN_MS);
  closing.abort();
  const closed = once(server, 'close');
  server.close();
  // Connections kept alive become idle when their last answer is out; nothing more is to be read from them.
  const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
  await closed;
  clearInterval(sweep);
  clearTimeout(force);
  // What is given up here is a signal about a stored webhook: it is swept up later.
  await withTimeLimit(SIGNALS_MS, background.settled()).catch(() => undefined);
  await withTimeLimit(SIGNALS_MS, keyUses.stop()).catch(() => undefined);
  await Promise.allSettled([pool.end(), connection.close(), providerHttp.close(), metrics.close()]);
  logger.info('api has stopped');
  // Calls that were given up may still be waiting to be retried, and a retry on a closed connection would crash.
  process.exit(0);
}
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal));

// Last: whoever reads this may send a signal at once.
const { url: metrics_url } = metrics;
process.stdout.write(
  `${JSON.stringify({ ready: true, url: publicUrl, port, metrics_url, pid: process.pid })}\n`,
);
logger.info({ url: publicUrl }, 'api is listening');
