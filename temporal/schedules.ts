/** The Temporal Schedules of Sarraf: visible in the Temporal UI, where they can be paused and triggered. */
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
  type ScheduleOptionsStartWorkflowAction,
} from '@temporalio/client';
import { RECONCILE_DAY_WORKFLOW, SWEEP_WORKFLOW } from '../workflows/contract.ts';

const EVERY = '30 seconds';

/** The schedule's id: one for each task queue, so that several installations can share a namespace. */
export function sweepScheduleId(taskQueue: string): string {
  return `sarraf-sweep:${taskQueue}`;
}

/** The id of the schedule that reconciles the day before. */
export function reconciliationScheduleId(taskQueue: string): string {
  return `sarraf-reconciliation:${taskQueue}`;
}

/** Takes the schedules away. On a server that stays, those of a run that does not come again would go on for ever. */
export async function forgetSchedules(client: Client, taskQueue: string): Promise<void> {
  for (const id of [sweepScheduleId(taskQueue), reconciliationScheduleId(taskQueue)]) {
    await client.schedule.getHandle(id).delete();
  }
}

type Definition = Omit<
  ScheduleOptions<ScheduleOptionsStartWorkflowAction<() => Promise<unknown>>>,
  'scheduleId' | 'state' | 'memo'
>;

/** Makes sure of the schedule that starts a sweep every 30 seconds. */
export function ensureSweepSchedule(client: Client, taskQueue: string): Promise<void> {
  const scheduleId = sweepScheduleId(taskQueue);
  return ensure(client, scheduleId, {
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
  });
}

/** Makes sure of the schedule that reconciles the day before, at 03:00 UTC: what is paid just before midnight has been told by then. */
export function ensureReconciliationSchedule(client: Client, taskQueue: string): Promise<void> {
  const scheduleId = reconciliationScheduleId(taskQueue);
  return ensure(client, scheduleId, {
    spec: { calendars: [{ hour: 3, minute: 0 }], timezone: 'UTC' },
    policies: {
      overlap: ScheduleOverlapPolicy.BUFFER_ONE,
      // A day that was missed for longer than this is reconciled by hand.
      catchupWindow: '20 hours',
    },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILE_DAY_WORKFLOW,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      staticSummary: 'reconciles the day before with every provider account',
    },
  });
}

/** One that exists is brought up to date; whether it is paused, and the note beside that, stay as a person left them. */
async function ensure(client: Client, scheduleId: string, definition: Definition): Promise<void> {
  try {
    await client.schedule.create({ scheduleId, ...definition });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await client.schedule.getHandle(scheduleId).update(({ state }) => ({ ...definition, state }));
  }
}
