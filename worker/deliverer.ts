/**
 * The part of the worker that sends webhooks to merchants' endpoints: a task queue, connections to the database and HTTP clients of its own,
 * so that endpoints that hang take nothing from payments.
 */
import { Worker, type NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createDeliveryActivities } from '../activities/deliver.ts';
import { createEndpointLanes } from '../activities/endpoint-lanes.ts';
import { createWebhookRenderer } from '../api/present-event.ts';
import type { ServiceConfig } from '../config/index.ts';
import { createPool } from '../db/pool.ts';
import type { Sealer } from '../db/sealed.ts';
import { createProviderHttp } from '../providers/http.ts';
import type { DeliveryGateway } from '../temporal/deliveries.ts';
import { payloadOptions } from '../temporal/payload-codec.ts';
import { deliveryTaskQueue } from '../workflows/contract.ts';
import { activityLog } from './log.ts';

/** Webhooks under way at once; most of them wait for slow endpoints. */
const MAX_DELIVERIES = 400;
const DATABASE_CONNECTIONS = 4;

export interface Deliverer {
  readonly worker: Worker;
  /** Closes what it was given connections for. Never rejects. */
  close(): Promise<void>;
}

/** Connects; the caller runs the worker. */
export async function createDeliverer(
  { config, connection, logger }: { config: ServiceConfig; connection: NativeConnection; logger: Logger },
  { sealer, deliveries }: { sealer: Sealer; deliveries: DeliveryGateway },
): Promise<Deliverer> {
  const pool = createPool({
    url: config.database.url,
    size: DATABASE_CONNECTIONS,
    name: 'sarraf-worker-deliveries',
    onError: (err) => logger.warn({ err }, 'a database connection broke'),
  });
  const http = {
    live: createProviderHttp({ reach: 'public' }),
    sandbox: createProviderHttp({ reach: config.providers.addresses }),
  };
  const worker = await Worker.create({
    connection,
    namespace: config.temporal.namespace,
    taskQueue: deliveryTaskQueue(config.temporal.taskQueue),
    ...payloadOptions(config.temporal),
    activities: createDeliveryActivities({
      pool,
      sealer,
      http,
      lanes: createEndpointLanes(),
      deliveries,
      render: createWebhookRenderer(
        pool,
        { publicUrl: config.api.publicUrl, apiKeyPepper: config.secrets.apiKeyPepper },
        Date.now,
      ),
      logger,
      now: Date.now,
      random: Math.random,
    }),
    interceptors: { activity: [activityLog(logger)] },
    maxConcurrentActivityTaskExecutions: MAX_DELIVERIES,
    shutdownGraceTime: '20s',
    shutdownForceTime: '30s',
  });
  return {
    worker,
    async close() {
      await Promise.allSettled([pool.end(), http.live.close(), http.sandbox.close()]);
    },
  };
}
