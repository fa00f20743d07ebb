/** The floor: the leanest workflow for the journey. One update, one call to the provider, one signal, one write. */
import {
  allHandlersFinished,
  condition,
  defineSignal,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { FloorActivities } from './activities.ts';

const { createPayment, writePaid } = proxyLocalActivities<FloorActivities>({ startToCloseTimeout: '60 s' });

export const pay = defineUpdate<string, [number]>('pay');
export const hook = defineSignal<[number]>('hook');

export async function floor(id: string): Promise<void> {
  let receivedAt = 0;
  setHandler(pay, (amount) => createPayment(id, amount));
  setHandler(hook, (at) => {
    receivedAt = at;
  });
  await condition(() => receivedAt > 0);
  await writePaid(id, receivedAt);
  await condition(allHandlersFinished);
}
