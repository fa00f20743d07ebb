import type { Client } from '@temporalio/client';
import { ENGINES_TIMEOUT_MS, freshTaskQueue } from '../test/setup/engines.ts';
import { temporalClient } from '../test/setup/temporal-client.ts';
import {
  ensureReconciliationSchedule,
  ensureSweepSchedule,
  reconciliationScheduleId,
  sweepScheduleId,
} from './schedules.ts';

let client: Client;
const taskQueue = freshTaskQueue();
const daily = () => client.schedule.getHandle(reconciliationScheduleId(taskQueue));
const schedule = () => client.schedule.getHandle(sweepScheduleId(taskQueue));

beforeAll(async () => {
  client = await temporalClient();
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await schedule().delete();
  await daily().delete();
  await client.connection.close();
});

describe("the sweeper's schedule", () => {
  it('starts a sweep every 30 seconds on this task queue, and none while one runs', async () => {
    await ensureSweepSchedule(client, taskQueue);
    const { spec, policies, action, state } = await schedule().describe();
    expect(spec.intervals).toMatchObject([{ every: 30_000 }]);
    expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
    expect(action).toMatchObject({ workflowType: 'sweep', taskQueue });
    expect(state.paused).toBe(false);
  });

  it('stays paused, with its note, when another worker starts', async () => {
    await schedule().pause('looking into something');
    await Promise.all([ensureSweepSchedule(client, taskQueue), ensureSweepSchedule(client, taskQueue)]);
    const { state, spec } = await schedule().describe();
    expect(state).toMatchObject({ paused: true, note: 'looking into something' });
    expect(spec.intervals).toMatchObject([{ every: 30_000 }]);
  });
});

describe('the schedule of reconciliation', () => {
  it('reconciles the day before at 03:00 UTC, and stays paused when a worker starts', async () => {
    await ensureReconciliationSchedule(client, taskQueue);
    const { spec, policies, action } = await daily().describe();
    expect(spec.calendars).toMatchObject([{ hour: [{ start: 3 }], minute: [{ start: 0 }] }]);
    expect(policies.overlap).toBe('BUFFER_ONE');
    expect(action).toMatchObject({ workflowType: 'reconcileDay', taskQueue });
    await daily().pause('the provider is moving');
    await ensureReconciliationSchedule(client, taskQueue);
    expect((await daily().describe()).state).toMatchObject({ paused: true, note: 'the provider is moving' });
  });
});
