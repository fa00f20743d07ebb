/**
 * The task queue of calls that have to await their turn. Each provider account with a limit per second is a fairness key
 * there, with its limit as weight; the queue lets one task per second and unit of weight through, whichever worker asks. So
 * calls wait in the server and hold no slot of a worker.
 */
import type { Client } from '@temporalio/client';
import { pacedTaskQueue } from '../workflows/contract.ts';

/** As a plain number: the SDK exports the enum under no public name. */
const ACTIVITY_TASK_QUEUE = 2;

/** Sets the rate of the queue; that of each account follows from its weight. Safe to repeat. */
export async function ensurePacing(client: Client, taskQueue: string): Promise<void> {
  await client.workflowService.updateTaskQueueConfig({
    namespace: client.options.namespace,
    identity: client.options.identity,
    taskQueue: pacedTaskQueue(taskQueue),
    taskQueueType: ACTIVITY_TASK_QUEUE,
    updateFairnessKeyRateLimitDefault: {
      rateLimit: { requestsPerSecond: 1 },
      reason: 'the limit of a provider account is the weight of its key',
    },
  });
}
