/**
 * The test clock: moves one workflow's own time forward on the real server (Temporal 1.32 and newer, with
 * `frontend.WorkflowTimeSkippingEnabled`). Timers fire as if the time had passed; no other workflow notices.
 */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

/** Moves the workflow's clock `by_ms` milliseconds ahead. Throws the server's error when it does not allow it. */
export async function fastForward(client: Client, workflowId: string, by_ms: number): Promise<void> {
  await client.workflowService.updateWorkflowExecutionOptions({
    namespace: client.options.namespace,
    workflowExecution: { workflowId },
    workflowExecutionOptions: {
      timeSkippingConfig: { enabled: true, fastForwardConfig: { id: randomUUID(), duration: msToTs(by_ms) } },
    },
    updateMask: { paths: ['time_skipping_config'] },
  });
}
