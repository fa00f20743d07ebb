import type { Client } from '@temporalio/client';
import { ENGINES_TIMEOUT_MS, freshTaskQueue } from '../test/setup/engines.ts';
import { temporalClient } from '../test/setup/temporal-client.ts';
import { ensureSweepSchedule, sweepScheduleId } from './schedules.ts';

let client: Client;
const taskQueue = freshTaskQueue();
const schedule = () => client.schedule.getHandle(sweepScheduleId(taskQueue));

beforeAll(async () => {
  client = await temporalClient();
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await schedule().delete();
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
