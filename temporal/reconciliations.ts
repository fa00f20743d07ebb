/** The door to the reconciliation workflows. */
import { WorkflowExecutionAlreadyStartedError, type Client } from '@temporalio/client';
import { RECONCILIATION_WORKFLOW, reconciliationWorkflowId } from '../workflows/contract.ts';

export interface ReconciliationGateway {
  /** Starts the workflow of a stored run. Repeating is harmless. */
  start(run_id: string): Promise<void>;
}

/** `deadline_ms`: how long a start may take before it is given up; the sweeper starts it later. */
export function createReconciliationGateway(
  client: Client,
  { taskQueue, deadline_ms }: { readonly taskQueue: string; readonly deadline_ms: number },
): ReconciliationGateway {
  return {
    async start(run_id) {
      try {
        await client.withDeadline(Date.now() + deadline_ms, () =>
          client.workflow.start(RECONCILIATION_WORKFLOW, {
            taskQueue,
            workflowId: reconciliationWorkflowId(run_id),
            args: [{ run_id }],
            workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
    },
  };
}
