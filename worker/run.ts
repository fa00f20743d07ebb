/** The worker: polls Temporal for invoices to carry on with. Keeps no state; run as many as you like. */
import { NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createBreakers } from '../activities/breakers.ts';
import { createActivities } from '../activities/index.ts';
import type { FailPoint } from '../activities/dependencies.ts';
import { createLanes } from '../activities/lanes.ts';
import { createPaces } from '../activities/paces.ts';
import { temporalConnectionOptions, type ServiceConfig } from '../config/index.ts';
import { sealKey } from '../db/audit-chain.ts';
import { newId } from '../db/ids.ts';
import { createPool } from '../db/pool.ts';
import { restAccount } from '../db/provider-rests.ts';
import { takeTurn } from '../db/provider-turns.ts';
import { createSealer } from '../db/sealed.ts';
import { createProviderHttp } from '../providers/http.ts';
import { connectorFor } from '../providers/index.ts';
import { createRegistry } from '../metrics/registry.ts';
import { serveMetrics } from '../metrics/server.ts';
import { createWorkerMetrics, showWorkerStatus } from '../metrics/worker-metrics.ts';
import { clientOn } from '../temporal/connect.ts';
import { createDeliveryGateway } from '../temporal/deliveries.ts';
import { createInvoiceGateway } from '../temporal/invoices.ts';
import { payloadOptions } from '../temporal/payload-codec.ts';
import { ensurePacing } from '../temporal/pacing.ts';
import { createReconciliationGateway } from '../temporal/reconciliations.ts';
import { ensureReconciliationSchedule, ensureSweepSchedule } from '../temporal/schedules.ts';
import { pacedTaskQueue } from '../workflows/contract.ts';
import { workflowBundle } from './bundle.ts';
import { countedCalls, countedChanges, countedSweeps } from './counted.ts';
import { createDeliverer } from './deliverer.ts';
import { createExchangeRecorder } from './exchange-recorder.ts';
import { createHealthReporter } from './health-reporter.ts';
import { activityLog, temporalLogger } from './log.ts';

/**
 * Calls that may be under way inside workflow tasks at once, of an account and of all accounts at one provider; more go as ordinary
 * activities. And calls of one account in all: a fraction of the slots, so that a provider that hangs leaves the others theirs.
 */
const LANES = { account: 16, provider: 32, calls: 100 } as const;
const ACTIVITY_SLOTS = 400;
/** How long the sweeper waits for one update: it has many to do, and comes again. */
const SWEEP_DEADLINE_MS = 10_000;
const SCHEDULE_DEADLINE_MS = 5_000;

/** Invoices whose workflows stay in memory while they wait: a bound on the worker's memory. */
const MAX_CACHED_INVOICES = 1000;

/** How long the start of a delivery may take; what is given up is found by the sweeper. */
const WAKE_DEADLINE_MS = 10_000;

export interface RunningWorker {
  /** Resolves when the worker has stopped; rejects when it had to. */
  readonly stopped: Promise<void>;
  /** Null: its metrics are not served. */
  readonly metricsUrl: string | null;
  /** Stops polling, finishes what is under way, closes connections. */
  stop(): Promise<void>;
}

/** Connects and starts polling. `failPoint` is called at named moments of the activities. */
export async function startWorker(
  config: ServiceConfig,
  logger: Logger,
  failPoint: (name: FailPoint) => void = () => undefined,
): Promise<RunningWorker> {
  const { host: metricsHost, workerPort: metricsPort, temporalPort } = config.metrics;
  Runtime.install({
    logger: temporalLogger(logger, 'WARN'),
    shutdownSignals: [],
    ...(temporalPort === null
      ? {}
      : { telemetryOptions: { metrics: { prometheus: { bindAddress: `${metricsHost}:${temporalPort}` } } } }),
  });
  const pool = createPool({
    url: config.database.url,
    size: config.database.poolSize,
    name: 'sarraf-worker',
    onError: (err) => logger.warn({ err }, 'a database connection broke'),
  });
  // A connection of its own: keeping what was said and how providers are never waits for a payment, nor a payment for it.
  const recordPool = createPool({
    url: config.database.url,
    size: 1,
    name: 'sarraf-worker-exchanges',
    durable: false,
    onError: (err) => logger.warn({ err }, 'a database connection broke'),
  });
  const registry = createRegistry({ main: pool, record: recordPool });
  const metrics = createWorkerMetrics(registry);
  const exchanges = createExchangeRecorder({ pool: recordPool, logger });
  const health = createHealthReporter({ pool: recordPool, logger, workerId: newId('wrk') });
  const http = createProviderHttp({
    reach: config.providers.addresses,
    onExchange: (exchange) => logger.info(exchange, 'provider call'),
  });
  const connection = await NativeConnection.connect(await temporalConnectionOptions(config.temporal));
  const { namespace, taskQueue } = config.temporal;
  const client = clientOn(connection, config.temporal);
  const sealer = createSealer(config.secrets.credentialsKeys);
  const deliveries = createDeliveryGateway(client, { taskQueue, deadline_ms: WAKE_DEADLINE_MS });
  const activities = countedSweeps(
    createActivities({
      pool,
      sealer,
      connectorFor,
      http,
      exchanges: countedCalls(exchanges, metrics),
      exchangesKept_days: config.exchangesKept_days,
      auditKey: sealKey(config.secrets.apiKeyPepper),
      lanes: createLanes(LANES),
      breakers: createBreakers(Date.now, countedChanges(health, metrics)),
      paces: createPaces({
        takeTurn: (...turn) => takeTurn(pool, ...turn),
        rest: (...rest) => restAccount(pool, ...rest),
        logger,
        now: Date.now,
      }),
      deliveries,
      reconciliations: createReconciliationGateway(client, { taskQueue, deadline_ms: SWEEP_DEADLINE_MS }),
      invoices: createInvoiceGateway(client, { taskQueue, deadline_ms: SWEEP_DEADLINE_MS }),
      logger,
      committed: metrics.committed,
      webhookUrl: (provider, account) => `${config.api.publicUrl}/webhooks/${provider}/${account}`,
      now: Date.now,
      failPoint,
    }),
    metrics,
  );
  const common = {
    connection,
    namespace,
    ...payloadOptions(config.temporal),
    activities,
    maxConcurrentActivityTaskExecutions: ACTIVITY_SLOTS,
    shutdownGraceTime: '20s' as const,
    // An activity that never returns must not keep the process alive.
    shutdownForceTime: '30s' as const,
    interceptors: { activity: [activityLog(logger)] },
  } satisfies Partial<WorkerOptions>;
  const worker = await Worker.create({
    ...common,
    ...versioning(config),
    taskQueue,
    workflowBundle: await workflowBundle({ encodedFailures: config.temporal.payloads !== null }),
    // After a worker crash its cached workflows are offered to the others this soon.
    stickyQueueScheduleToStartTimeout: '1s',
    // A cached invoice takes about 250 kB; one that is not is replayed from its short history when something arrives.
    maxCachedWorkflows: MAX_CACHED_INVOICES,
    maxConcurrentWorkflowTaskExecutions: 100,
    maxConcurrentLocalActivityExecutions: 200,
  });
  // Calls with accounts that may make only so many a second await their turn in a queue of their own.
  const pacedWorker = await Worker.create({ ...common, taskQueue: pacedTaskQueue(taskQueue) });
  const deliverer = await createDeliverer({ config, connection, logger }, { sealer, deliveries });

  try {
    await client.withDeadline(Date.now() + SCHEDULE_DEADLINE_MS, async () => {
      await ensureSweepSchedule(client, taskQueue);
      await ensureReconciliationSchedule(client, taskQueue);
    });
  } catch (err) {
    // Invoices go on without it; what is left behind waits until some worker starts with more luck.
    logger.error({ err }, 'the schedules of the sweeper and of reconciliation could not be made');
  }
  try {
    await client.withDeadline(Date.now() + SCHEDULE_DEADLINE_MS, () => ensurePacing(client, taskQueue));
  } catch (err) {
    // No call goes out before its turn all the same; but more of them wait for it in the workers than would have to.
    logger.error({ err }, 'the rate of the queue for paced calls could not be set');
  }
  showWorkerStatus(registry, () => worker.getStatus());
  const served = await serveMetrics(registry, { host: metricsHost, port: metricsPort }, logger);
  const workers = [worker, pacedWorker, deliverer.worker];
  const shutdown = (): void => {
    for (const one of workers) if (one.getState() === 'RUNNING') one.shutdown();
  };
  // One that had to stop takes the other along: the process is started again as a whole.
  const running = Promise.allSettled(workers.map((one) => one.run().finally(shutdown)));
  const close = async (): Promise<void> => {
    await Promise.all([exchanges.close(), health.close()]);
    await Promise.allSettled([
      connection.close(),
      pool.end(),
      recordPool.end(),
      http.close(),
      served.close(),
      deliverer.close(),
    ]);
  };
  const stopped = running
    .then((ends) => {
      for (const end of ends) if (end.status === 'rejected') throw end.reason;
    })
    .finally(close);
  return {
    stopped,
    metricsUrl: served.url,
    async stop() {
      shutdown();
      await stopped;
    },
  };
}

/**
 * A worker that names its version runs workflows only when that is the current one (or one that is tried out with a share of them). Runs
 * go over to a new version with their next task: its code has to replay their histories (`test/replay.test.ts`), so none has to be kept
 * for as long as the longest invoice. Queues that carry activities alone need no versions.
 */
function versioning({ temporal: { taskQueue, buildId } }: ServiceConfig): Partial<WorkerOptions> {
  if (buildId === null) return {};
  return {
    workerDeploymentOptions: {
      useWorkerVersioning: true,
      version: { deploymentName: taskQueue, buildId },
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}
