/**
 * The test clock: moves one workflow's own time forward on the real server (Temporal 1.32 and newer, with
 * `frontend.WorkflowTimeSkippingEnabled`). Timers fire as if the time had passed; no other workflow notices.
 */
import { randomUUID } from 'node:crypto';
import { ServiceError, WorkflowNotFoundError, isGrpcServiceError, type Client } from '@temporalio/client';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';

/** `settled`: everything due on the way has been done. `under_way`: it goes on after `wait_ms`. */
export type JumpResult = 'settled' | 'under_way';

/** A jump that is not there yet. */
interface Jump {
  readonly id: string;
  /** Where it goes, on the workflow's clock. */
  readonly target_ms: number;
}

/** gRPC status codes and a poll result as plain numbers: the SDK exports their enums under no public name. */
const GRPC_DEADLINE: ReadonlySet<number> = new Set([4]);
const GRPC_NOT_FOUND: ReadonlySet<number> = new Set([5]);
const RUNNING: ReadonlySet<unknown> = new Set([1]);

/**
 * Moves the workflow's clock `by_ms` milliseconds ahead and waits up to `wait_ms` until it is there: the server stops
 * at every timer on the way and lets the workflow do what is due. A jump that is still under way is not cut short: this one goes
 * as much further. A workflow that ends on the way has settled.
 * Throws `WorkflowNotFoundError` when none is running, and the server's error when it does not allow it.
 */
export async function fastForward(
  client: Client,
  workflowId: string,
  by_ms: number,
  wait_ms: number,
): Promise<JumpResult> {
  const deadline = Date.now() + wait_ms;
  try {
    await begin(client, workflowId, by_ms);
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    if (GRPC_NOT_FOUND.has(error.code)) throw new WorkflowNotFoundError(error.details, workflowId, undefined);
    throw new ServiceError(`the clock of ${workflowId} could not be moved: ${error.details}`, {
      cause: error,
    });
  }
  return client.withDeadline(deadline, () => untilThere(client, workflowId));
}

/** The server knows one jump per workflow, and a new one takes the place of the old. */
async function begin(client: Client, workflowId: string, by_ms: number): Promise<void> {
  const { now_ms, jump } = await readClock(client, workflowId);
  const target_ms = Math.max(now_ms, jump?.target_ms ?? 0) + by_ms;
  const fastForwardConfig = { id: idOf(target_ms), duration: msToTs(target_ms - now_ms) };
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    workflowExecutionOptions: { timeSkippingConfig: { enabled: true, fastForwardConfig } },
    updateMask: { paths: ['time_skipping_config'] },
  });
}

/** The server tells no more of a jump than what it was sent, so its name says where it goes. */
const idOf = (target_ms: number): string => `${new Date(target_ms).toISOString()} ${randomUUID()}`;
const targetOf = (id: string): number => Date.parse(id.slice(0, id.indexOf(' '))) || 0;

/** `now_ms`: what time it is for the workflow. No jump also when it has ended. */
async function readClock(
  client: Client,
  workflowId: string,
): Promise<{ readonly now_ms: number; readonly jump: Jump | null }> {
  const { workflowExecutionInfo, workflowExtendedInfo } =
    await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId },
    });
  const { currentTime, effectiveConfig } = workflowExtendedInfo?.timeSkippingInfo ?? {};
  const id = effectiveConfig?.fastForwardConfig?.id ?? '';
  const isUnderWay = RUNNING.has(workflowExecutionInfo?.status) && effectiveConfig?.enabled === true;
  return {
    now_ms: currentTime ? tsToMs(currentTime) : Date.now(),
    jump: isUnderWay ? { id, target_ms: targetOf(id) } : null,
  };
}

/** Another call may send the clock further meanwhile: then this one waits for that as well. */
async function untilThere(client: Client, workflowId: string): Promise<JumpResult> {
  const { namespace } = client.options;
  const workflowExecution = { workflowId };
  try {
    for (;;) {
      const { jump } = await readClock(client, workflowId);
      if (!jump) return 'settled';
      await client.workflowService.pollWorkflowExecutionTimeSkipping({
        namespace,
        workflowExecution,
        fastForwardId: jump.id,
      });
    }
  } catch (error) {
    if (!isGrpcServiceError(error)) throw error;
    if (GRPC_DEADLINE.has(error.code)) return 'under_way';
    if (GRPC_NOT_FOUND.has(error.code)) return 'settled';
    throw error;
  }
}
