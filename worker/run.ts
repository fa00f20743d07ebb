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
import { takeTurn } from '../db/provider-turns.ts';
import { createSealer } from '../db/sealed.ts';
import { createProviderHttp } from '../providers/http.ts';
import { connectorFor } from '../providers/index.ts';
import { clientOn } from '../temporal/connect.ts';
import { createInvoiceGateway } from '../temporal/invoices.ts';
import { payloadOptions } from '../temporal/payload-codec.ts';
import { ensurePacing } from '../temporal/pacing.ts';
import { ensureSweepSchedule } from '../temporal/schedules.ts';
import { pacedTaskQueue } from '../workflows/contract.ts';
import { workflowBundle } from './bundle.ts';
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

export interface RunningWorker {
  /** Resolves when the worker has stopped; rejects when it had to. */
  readonly stopped: Promise<void>;
  /** Stops polling, finishes what is under way, closes connections. */
  stop(): Promise<void>;
}

/** Connects and starts polling. `failPoint` is called at named moments of the activities. */
export async function startWorker(
  config: ServiceConfig,
  logger: Logger,
  failPoint: (name: FailPoint) => void = () => undefined,
): Promise<RunningWorker> {
  Runtime.install({ logger: temporalLogger(logger, 'WARN'), shutdownSignals: [] });
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
  const exchanges = createExchangeRecorder({ pool: recordPool, logger });
  const health = createHealthReporter({ pool: recordPool, logger, workerId: newId('wrk') });
  const http = createProviderHttp({
    reach: config.providers.addresses,
    onExchange: (exchange) => logger.info(exchange, 'provider call'),
  });
  const connection = await NativeConnection.connect(await temporalConnectionOptions(config.temporal));
  const { namespace, taskQueue } = config.temporal;
  const client = clientOn(connection, config.temporal);
  const activities = createActivities({
    pool,
    sealer: createSealer(config.secrets.credentialsKeys),
    connectorFor,
    http,
    exchanges,
    exchangesKept_days: config.exchangesKept_days,
    auditKey: sealKey(config.secrets.apiKeyPepper),
    lanes: createLanes(LANES),
    breakers: createBreakers(Date.now, health.changed),
    paces: createPaces({ takeTurn: (...turn) => takeTurn(pool, ...turn), logger, now: Date.now }),
    invoices: createInvoiceGateway(client, { taskQueue, deadline_ms: SWEEP_DEADLINE_MS }),
    logger,
    webhookUrl: (provider, account) => `${config.api.publicUrl}/webhooks/${provider}/${account}`,
    now: Date.now,
    failPoint,
  });
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

  try {
    await client.withDeadline(Date.now() + SCHEDULE_DEADLINE_MS, () =>
      ensureSweepSchedule(client, taskQueue),
    );
  } catch (err) {
    // Invoices go on without it; what is left behind waits until some worker starts with more luck.
    logger.error({ err }, 'the schedule of the sweeper could not be made');
  }
  try {
    await client.withDeadline(Date.now() + SCHEDULE_DEADLINE_MS, () => ensurePacing(client, taskQueue));
  } catch (err) {
    // No call goes out before its turn all the same; but more of them wait for it in the workers than would have to.
    logger.error({ err }, 'the rate of the queue for paced calls could not be set');
  }
  const workers = [worker, pacedWorker];
  const shutdown = (): void => {
    for (const each of workers) if (each.getState() === 'RUNNING') each.shutdown();
  };
  // One that had to stop takes the other along: half a worker would look like a whole one.
  const runs = workers.map((each) => each.run().finally(shutdown));
  const close = async (): Promise<void> => {
    await Promise.all([exchanges.close(), health.close()]);
    await Promise.allSettled([connection.close(), pool.end(), recordPool.end(), http.close()]);
  };
  const stopped = Promise.allSettled(runs)
    .then(() => Promise.all(runs))
    .then(() => undefined)
    .finally(close);
  return {
    stopped,
    async stop() {
      shutdown();
      await stopped;
    },
  };
}
