/** The Temporal Schedules of Sarraf: visible in the Temporal UI, where they can be paused and triggered. */
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client';
import { SWEEP_WORKFLOW } from '../workflows/contract.ts';

const EVERY = '30 seconds';

/** The schedule's id: one for each task queue, so that several installations can share a namespace. */
export function sweepScheduleId(taskQueue: string): string {
  return `sarraf-sweep:${taskQueue}`;
}

/**
 * Makes sure of the schedule that starts a sweep every 30 seconds. One that exists is brought up to date; whether it is
 * paused, and the note beside that, stay as a person left them.
 */
export async function ensureSweepSchedule(client: Client, taskQueue: string): Promise<void> {
  const scheduleId = sweepScheduleId(taskQueue);
  const definition: Omit<
    ScheduleOptions<ScheduleOptionsStartWorkflowAction<() => Promise<unknown>>>,
    'scheduleId' | 'state' | 'memo'
  > = {
    spec: { intervals: [{ every: EVERY }] },
    policies: {
      overlap: ScheduleOverlapPolicy.SKIP,
      // After an outage one sweep finds everything.
      catchupWindow: '1 minute',
    },
    action: {
      type: 'startWorkflow',
      workflowType: SWEEP_WORKFLOW,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      // One that cannot end, while no worker runs, makes room for the next. It holds nothing.
      workflowExecutionTimeout: '10 minutes',
      staticSummary: 'drives what was left behind',
    },
  };
  try {
    await client.schedule.create({ scheduleId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...definition, state }));
  }
}
