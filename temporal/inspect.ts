/** What the workflow engine knows of an invoice's workflow right now: for people who look at one invoice. */
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { decodeOptionalSinglePayload } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { InvoiceStanding } from '../domain/standing.ts';
import { invoiceWorkflowId, MESSAGES } from '../workflows/contract.ts';

/** Something that the workflow did or was told. */
export interface WorkflowStep {
  /** RFC 3339 UTC, by the engine's clock. */
  readonly at: string;
  readonly kind: 'started' | 'timer_set' | 'timer_fired' | 'message' | 'ended';
  readonly text: string;
}

export interface WorkflowFacts {
  readonly workflow_id: string;
  readonly run_id: string;
  /** As the engine calls it: `RUNNING`, `COMPLETED`, `FAILED`. */
  readonly status: string;
  /** In its own words: how the invoice stands and what comes next. Null: it did not answer. */
  readonly says: string | null;
  /** The same in figures. Null: it did not answer, or has not read the record yet. */
  readonly standing: InvoiceStanding | null;
  /** Activities that are under way, with what went wrong last. */
  readonly activities: readonly {
    readonly name: string;
    readonly attempt: number;
    readonly failure: string | null;
  }[];
  readonly steps: readonly WorkflowStep[];
}

/** Both for reading the history and for the workflow's own words; whoever looks at a page waits for it. */
const LIMIT_MS = 2_500;

/** The latest run of the invoice's workflow; null when there is none (any more). Throws when the engine does not answer. */
export async function inspectInvoice(client: Client, invoiceId: string): Promise<WorkflowFacts | null> {
  const workflow_id = invoiceWorkflowId(invoiceId);
  const handle = client.workflow.getHandle(workflow_id);
  const within = <T>(work: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + LIMIT_MS, work);
  try {
    const [about, history, says, standing] = await Promise.all([
      within(() => handle.describe()),
      within(() => handle.fetchHistory()),
      within(() => handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata')).then(
        ({ currentDetails }) => currentDetails ?? null,
        () => null,
      ),
      within(() => handle.query<InvoiceStanding | null>(MESSAGES.standing)).catch(() => null),
    ]);
    const steps: WorkflowStep[] = [];
    const summaries = new Map<string, string>();
    for (const event of history.events ?? []) {
      const at = timeOf(event.eventTime);
      const add = (kind: WorkflowStep['kind'], text: string): void => void steps.push({ at, kind, text });
      if (event.workflowExecutionStartedEventAttributes) add('started', 'The workflow began');
      if (event.timerStartedEventAttributes) {
        const { timerId, startToFireTimeout } = event.timerStartedEventAttributes;
        const summary = await summaryOf(client, event.userMetadata?.summary);
        summaries.set(timerId ?? '', summary);
        add('timer_set', `${summary}, in ${Number(startToFireTimeout?.seconds ?? 0)} s`);
      }
      if (event.timerFiredEventAttributes)
        add('timer_fired', summaries.get(event.timerFiredEventAttributes.timerId ?? '') ?? 'a timer');
      const signal = event.workflowExecutionSignaledEventAttributes?.signalName;
      if (signal) add('message', `Signal ${signal}`);
      const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name;
      if (update) add('message', `Update ${update}`);
      if (event.workflowExecutionCompletedEventAttributes)
        add('ended', 'The workflow had nothing left to do');
      if (event.workflowExecutionFailedEventAttributes) add('ended', 'The workflow failed');
      if (event.workflowExecutionTerminatedEventAttributes) add('ended', 'The workflow was terminated');
      if (event.workflowExecutionContinuedAsNewEventAttributes)
        add('ended', 'The workflow went on in a new run');
    }
    return {
      workflow_id,
      run_id: about.runId,
      status: about.status.name,
      says,
      standing,
      activities: (about.raw.pendingActivities ?? []).map(({ activityType, attempt, lastFailure }) => ({
        name: activityType?.name ?? 'activity',
        attempt: attempt ?? 1,
        failure: lastFailure?.message ?? null,
      })),
      steps,
    };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

type Time = { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined;

function timeOf(time: Time): string {
  return new Date(Number(time?.seconds ?? 0) * 1000 + Math.floor((time?.nanos ?? 0) / 1e6)).toISOString();
}

/** What a timer is for, if it can be read. */
async function summaryOf(
  client: Client,
  payload: Parameters<typeof decodeOptionalSinglePayload>[1],
): Promise<string> {
  try {
    const text = await decodeOptionalSinglePayload<string>(client.options.loadedDataConverter, payload);
    return typeof text === 'string' ? text : 'something';
  } catch {
    return 'something that is encrypted';
  }
}
