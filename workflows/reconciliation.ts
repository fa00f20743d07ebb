/** One reconciliation run, and the daily plan that starts one for each account. What was found is in the run's rows. */
import {
  ApplicationFailure,
  ParentClosePolicy,
  executeChild,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { ReconciliationActivities } from '../activities/reconciliation-activities.ts';
import { RECONCILIATION_WORKFLOW, reconciliationWorkflowId, type ReconciliationInput } from './contract.ts';

/** A worker that died is noticed by its silence; a provider that is down may be down for a while. */
const { readRun, compareRun, settleRun } = proxyActivities<ReconciliationActivities>({
  startToCloseTimeout: '2 hours',
  heartbeatTimeout: '10 s',
  scheduleToCloseTimeout: '12 hours',
  retry: { initialInterval: '5 s', backoffCoefficient: 2, maximumInterval: '10 minutes' },
});
const { finishRun, failRun, planRuns } = proxyActivities<ReconciliationActivities>({
  startToCloseTimeout: '60 s',
  retry: { initialInterval: '1 s', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** Accounts that are reconciled at once by the daily plan. */
const RUNS_AT_ONCE = 2;

/** Reads, compares, settles, ends. A run that fails says why in its row, and ends as failed here, too. */
export async function reconciliation({ run_id }: ReconciliationInput): Promise<unknown> {
  try {
    await readRun(run_id);
    await compareRun(run_id);
    await settleRun(run_id);
    return await finishRun(run_id);
  } catch (error) {
    await failRun(run_id, failureOf(error));
    throw error;
  }
}

/** Reconciles the day before at every account, a few at a time; one that fails does not stop the others. How many succeeded. */
export async function reconcileDay(): Promise<{ readonly runs: number; readonly failed: number }> {
  const ids = await planRuns(workflowInfo().workflowId);
  let failed = 0;
  for (let at = 0; at < ids.length; at += RUNS_AT_ONCE) {
    const part = ids.slice(at, at + RUNS_AT_ONCE).map((run_id) =>
      executeChild<(input: ReconciliationInput) => Promise<unknown>>(RECONCILIATION_WORKFLOW, {
        workflowId: reconciliationWorkflowId(run_id),
        args: [{ run_id }],
        parentClosePolicy: ParentClosePolicy.ABANDON,
      }).catch(() => {
        failed += 1;
      }),
    );
    await Promise.all(part);
  }
  return { runs: ids.length, failed };
}

/** What the activity said, at the bottom of what the engine has wrapped around it. */
function failureOf(error: unknown): Parameters<typeof failRun>[1] {
  let cause: unknown = error;
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause;
  const [details] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  if (typeof details === 'object' && details !== null && 'kind' in details) {
    return details as Parameters<typeof failRun>[1];
  }
  return {
    kind: 'internal',
    code: 'internal',
    message: 'the run was given up; the log of the worker says why',
  };
}
