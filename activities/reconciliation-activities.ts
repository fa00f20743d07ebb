/** The activities of reconciliation, as the engine runs them: with heartbeats, and with failures that say whether to try again. */
import { ApplicationFailure, activityInfo, cancellationSignal, heartbeat } from '@temporalio/activity';
import type { RunReport } from '../db/reconciliation-runs.ts';
import { ProviderError, type ProviderErrorKind } from '../domain/provider-error.ts';
import type { AccountOpener } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import {
  compareRun,
  failRun,
  finishRun,
  planRuns,
  readRun,
  settleRun,
  type RunContext,
} from './reconciliation.ts';
import type { RunFailure } from '../db/reconciliation-runs.ts';

export interface ReconciliationActivities {
  readRun(runId: string): Promise<void>;
  compareRun(runId: string): Promise<void>;
  settleRun(runId: string): Promise<void>;
  finishRun(runId: string): Promise<RunReport>;
  failRun(runId: string, failure: RunFailure): Promise<void>;
  planRuns(planId: string): Promise<string[]>;
}

const HEARTBEAT_MS = 2_000;

/** Final until a person changes something. */
const FINAL: ReadonlySet<ProviderErrorKind> = new Set(['bad_credentials', 'invalid_request', 'declined']);

export function createReconciliationActivities(
  dependencies: ActivityDependencies,
  open: AccountOpener,
): ReconciliationActivities {
  /** A page may take its time, so heartbeats go by the clock. A cancelled activity ends at its next call. */
  const beating = async <T>(work: (context: RunContext) => Promise<T>): Promise<T> => {
    const beat = setInterval(() => heartbeat(), HEARTBEAT_MS);
    const signal = cancellationSignal();
    const check = (): void => signal.throwIfAborted();
    try {
      return await work({ open, signal, heartbeat: check });
    } catch (error) {
      throw asFailure(error);
    } finally {
      clearInterval(beat);
    }
  };
  return {
    readRun: (runId) => beating((context) => readRun(dependencies, context, runId)),
    compareRun: (runId) => beating((context) => compareRun(dependencies, context, runId)),
    settleRun: (runId) => beating((context) => settleRun(dependencies, context, runId)),
    finishRun: (runId) => finishRun(dependencies, runId),
    failRun: (runId, failure) => failRun(dependencies, runId, failure),
    planRuns: (planId) =>
      planRuns(dependencies, `${planId}/${activityInfo().workflowExecution?.runId ?? ''}`),
  };
}

/** A provider's failure with its kind as the type, so that the workflow can say why the run has failed. */
function asFailure(error: unknown): unknown {
  if (!(error instanceof ProviderError)) return error;
  const { kind, code, message, retry_after_ms } = error.failure;
  return ApplicationFailure.create({
    type: kind,
    message,
    details: [{ kind, code, message }],
    nonRetryable: FINAL.has(kind),
    ...(retry_after_ms === undefined ? {} : { nextRetryDelay: retry_after_ms }),
  });
}
