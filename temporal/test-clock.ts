/**
 * The test clock: moves one workflow's own time forward on the real server (Temporal 1.32 and newer, with
 * `frontend.WorkflowTimeSkippingEnabled`). Timers fire as if the time had passed; no other workflow notices.
 */
import { randomUUID } from 'node:crypto';
import { ServiceError, WorkflowNotFoundError, isGrpcServiceError, type Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

/** `settled`: everything due on the way has been done. `under_way`: it goes on after `wait_ms`. */
export type JumpResult = 'settled' | 'under_way';

/** gRPC status codes and a poll result as plain numbers: the SDK exports their enums under no public name. */
const GRPC_DEADLINE: ReadonlySet<number> = new Set([4]);
const GRPC_NOT_FOUND: ReadonlySet<number> = new Set([5]);
const POLL_TIMED_OUT: ReadonlySet<number> = new Set([1]);

/**
 * Moves the workflow's clock `by_ms` milliseconds ahead and waits up to `wait_ms` until it is there: the server stops
 * at every timer on the way and lets the workflow do what is due. A workflow that ends on the way has settled.
 * Throws `WorkflowNotFoundError` when none is running, and the server's error when it does not allow it.
 */
export async function fastForward(
  client: Client,
  workflowId: string,
  by_ms: number,
  wait_ms: number,
): Promise<JumpResult> {
  const id = randomUUID();
  const { namespace } = client.options;
  const workflowExecution = { workflowId };
  try {
    await client.workflowService.updateWorkflowExecutionOptions({
      namespace,
      workflowExecution,
      workflowExecutionOptions: {
        timeSkippingConfig: { enabled: true, fastForwardConfig: { id, duration: msToTs(by_ms) } },
      },
      updateMask: { paths: ['time_skipping_config'] },
    });
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    if (GRPC_NOT_FOUND.has(error.code)) throw new WorkflowNotFoundError(error.details, workflowId, undefined);
    throw new ServiceError(`the clock of ${workflowId} could not be moved: ${error.details}`, {
      cause: error,
    });
  }
  return client.withDeadline(Date.now() + wait_ms, () => untilThere(client, workflowId, id));
}

async function untilThere(client: Client, workflowId: string, fastForwardId: string): Promise<JumpResult> {
  const { namespace } = client.options;
  try {
    for (;;) {
      const { fastForwardPollingResult } = await client.workflowService.pollWorkflowExecutionTimeSkipping({
        namespace,
        workflowExecution: { workflowId },
        fastForwardId,
      });
      if (!POLL_TIMED_OUT.has(fastForwardPollingResult)) return 'settled';
    }
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    if (GRPC_DEADLINE.has(error.code)) return 'under_way';
    if (GRPC_NOT_FOUND.has(error.code)) return 'settled';
    throw error;
  }
}
