/**
 * The health check of a worker's container: exit code 0 when the worker of this machine has asked the task queue
 * for work lately. A process that lives and does not poll is not healthy.
 */
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';
import { loadSetupConfig, temporalConnectionOptions } from '../config/index.ts';
import { messageOf } from '../config/system-error.ts';

/** A poll ends after a minute without work, and then the next one is counted. */
const POLLED_WITHIN_MS = 90_000;
/** `TASK_QUEUE_TYPE_WORKFLOW` of Temporal's API. */
const WORKFLOW_TASKS = 1;

async function main(): Promise<void> {
  const { temporal } = loadSetupConfig();
  const connection = await Connection.connect({
    ...(await temporalConnectionOptions(temporal)),
    connectTimeout: '5s',
  });
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace: temporal.namespace,
    taskQueue: { name: temporal.taskQueue },
    taskQueueType: WORKFLOW_TASKS,
  });
  await connection.close();
  const since = (Date.now() - POLLED_WITHIN_MS) / 1000;
  // The SDK's default identity is `pid@hostname`.
  const polling = pollers?.some(({ identity, lastAccessTime }) => {
    return identity?.endsWith(`@${hostname()}`) && Number(lastAccessTime?.seconds ?? 0) > since;
  });
  if (!polling) throw new Error(`no worker of ${hostname()} polls ${temporal.taskQueue}`);
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exitCode = 1;
});
