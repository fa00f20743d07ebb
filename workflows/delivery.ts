/**
 * Sends what waits for one endpoint about one subject (an invoice), in order: a later event waits until the earlier one was taken or
 * given up. The record says what is to be sent and when; the workflow asks for it to be done, and waits. It closes when nothing waits.
 */
import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { DeliveryActivities } from '../activities/deliver.ts';
import { createAlarm } from './alarm.ts';
import { deliveryTaskQueue, MESSAGES, type DeliveryInput, type WakeReason } from './contract.ts';

const wake = defineSignal<[WakeReason]>(MESSAGES.wake);

export async function delivery(queue: DeliveryInput): Promise<void> {
  /** Something has come since the record was last read, and whether it is not to wait for the next attempt. */
  let news = false;
  let hurry = false;
  setHandler(wake, (reason) => {
    news = true;
    hurry ||= reason === 'resend';
  });
  const { deliver } = proxyActivities<DeliveryActivities>({
    // Workers do these apart from everything else, so that slow endpoints take nothing from payments.
    taskQueue: deliveryTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '60 s',
    // A worker that died is noticed before the whole time is up.
    heartbeatTimeout: '10 s',
    retry: { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '30 s' },
  });
  const alarm = createAlarm();
  for (;;) {
    news = false;
    hurry = false;
    const { next_at } = await deliver({ ...queue, now: Date.now() });
    if (next_at === null && !news) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof delivery>(queue);
    if (next_at === null) continue;
    alarm.set(next_at, 'the next attempt');
    await condition(() => alarm.rings || hurry);
  }
}
