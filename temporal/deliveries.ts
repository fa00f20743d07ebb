/** The door to the delivery workflows: who has something to be sent knocks here. Nothing is said but where to look. */
import type { Client } from '@temporalio/client';
import {
  DELIVERY_WORKFLOW,
  deliveryWorkflowId,
  MESSAGES,
  type DeliveryInput,
  type WakeReason,
} from '../workflows/contract.ts';

export interface DeliveryGateway {
  /**
   * Has the workflow of this queue look for what is to be sent; starts it when it does not run. Repeating is harmless. `resend`: at
   * once, although it may be waiting for its next attempt.
   */
  wake(queue: DeliveryInput, reason: WakeReason): Promise<void>;
}

export function createDeliveryGateway(
  client: Client,
  { taskQueue, deadline_ms }: { taskQueue: string; deadline_ms: number },
): DeliveryGateway {
  return {
    async wake({ endpoint_id, subject }, reason) {
      await client.withDeadline(Date.now() + deadline_ms, () =>
        // A signal and not a mere start: one that is about to end notices it, and looks again.
        client.workflow.signalWithStart(DELIVERY_WORKFLOW, {
          taskQueue,
          workflowId: deliveryWorkflowId({ endpoint_id, subject }),
          args: [{ endpoint_id, subject }],
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'USE_EXISTING',
          // A flood to one endpoint takes turns with other endpoints and with invoices; what it asks to be done inherits this.
          priority: { fairnessKey: endpoint_id },
          signal: MESSAGES.wake,
          signalArgs: [reason],
          staticSummary: `webhooks about ${subject} to ${endpoint_id}`,
        }),
      );
    },
  };
}
