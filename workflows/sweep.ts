/** One sweep over what was left behind. Its result, in the Temporal UI, says what it found. */
import { proxyActivities } from '@temporalio/workflow';
import type { Activities, SweepReport } from '../activities/index.ts';

const activities = proxyActivities<Pick<Activities, 'sweep'>>({
  startToCloseTimeout: '5 minutes',
  // The next sweep comes soon anyway.
  retry: { maximumAttempts: 2 },
});

export async function sweep(): Promise<SweepReport> {
  return activities.sweep();
}
