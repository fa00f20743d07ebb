/**
 * One invoice, one writer. Webhooks, timers and calls of the API all become jobs on one desk and are done one after
 * the other; each ends in a commit, and the committed state decides what to wait for next. The workflow holds no
 * truth of its own: a new run reads the record and goes on. It closes when nothing is in flight.
 */
import {
  allHandlersFinished,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { exceedsOwed, type CaptureRule } from '../domain/own-captures.ts';
import { nextTask, type Task } from '../domain/schedule.ts';
import { standingOf, type InvoiceStanding } from '../domain/standing.ts';
import type { InvoiceState } from '../domain/state.ts';
import { isInFlight } from '../domain/status.ts';
import { createAlarm, type Alarm } from './alarm.ts';
import {
  MESSAGES,
  type CancelInput,
  type CancelPaymentInput,
  type CancelResult,
  type InvoiceInput,
  type MoveMoneyInput,
  type MoveMoneyResult,
  type RefreshInput,
  type RefreshResult,
  type ResolveCaseInput,
  type ResolveCaseResult,
  type RequestPaymentInput,
  type RequestPaymentResult,
} from './contract.ts';
import { createDesk } from './desk.ts';
import { createInsight, describeTask } from './insight.ts';
import { createInvoiceWork, type InvoiceWork } from './invoice-work.ts';
import { LET_EXCESS_GO } from './patches.ts';

const requestPayment = defineUpdate<RequestPaymentResult, [RequestPaymentInput]>(MESSAGES.requestPayment);
const moveMoney = defineUpdate<MoveMoneyResult, [MoveMoneyInput]>(MESSAGES.moveMoney);
const resolveCase = defineUpdate<ResolveCaseResult, [ResolveCaseInput]>(MESSAGES.resolveCase);
const cancel = defineUpdate<CancelResult, [CancelInput]>(MESSAGES.cancel);
const cancelPayment = defineUpdate<CancelResult, [CancelPaymentInput]>(MESSAGES.cancelPayment);
const refresh = defineUpdate<RefreshResult, [RefreshInput]>(MESSAGES.refresh);
const standing = defineQuery<InvoiceStanding | null>(MESSAGES.standing);
const webhook = defineSignal<[string]>(MESSAGES.webhook);

export async function invoice({ invoice_id, inbox = [] }: InvoiceInput): Promise<void> {
  const desk = createDesk();
  const receive = (webhookId: string): void => {
    if (work.expect(webhookId)) desk.leave(() => work.applyWebhook(webhookId));
  };
  const work = createInvoiceWork(invoice_id, receive);
  const alarm = createAlarm();
  const insight = createInsight();

  inbox.forEach(receive);
  setHandler(webhook, receive);
  setHandler(requestPayment, (input) => desk.ask(() => work.requestPayment(input)));
  setHandler(moveMoney, (input) => desk.ask(() => work.moveMoney(input)));
  setHandler(resolveCase, (input) => desk.ask(() => work.resolveCase(input)));
  setHandler(cancel, (input) => desk.ask(() => work.cancel(input)));
  setHandler(cancelPayment, (input) => desk.ask(() => work.cancelPayment(input)));
  setHandler(refresh, (input) => desk.ask(() => work.refresh(input)));
  setHandler(standing, () => work.state && standingOf(work.state));

  /** Polls up to here have been done. */
  let doneUntil = Date.now();
  /** A timer has rung: nobody was quick. */
  let timePassed = false;
  for (;;) {
    await desk.clear();
    const state = work.state ?? (await work.load());
    if (!desk.isEmpty) continue;

    const task = state && nextTask(state, doneUntil, work.patience.holds, captureRule(state));
    if (state) insight.show(state, task, timePassed);
    if (!state || (!isInFlight(state) && task === null && work.webhooks.size === 0)) {
      await condition(() => allHandlersFinished() || !desk.isEmpty);
      if (desk.isEmpty) return;
      continue;
    }
    if (workflowInfo().continueAsNewSuggested && allHandlersFinished()) {
      await continueAsNew<typeof invoice>({ invoice_id, inbox: [...work.webhooks] });
    }

    setAlarm(alarm, task, work);
    await condition(() => alarm.rings || !desk.isEmpty);
    if (!desk.isEmpty) continue;

    timePassed = true;
    doneUntil = Date.now();
    for (const id of heldWebhooks(work)) if (isDue(work, id)) desk.leave(() => work.applyWebhook(id));
    if (desk.isEmpty && task && task.at <= doneUntil) desk.leave(() => work.perform(task));
  }
}

/** Runs that began when every authorization was captured go on so. */
function captureRule(state: InvoiceState): CaptureRule {
  return exceedsOwed(state) && !patched(LET_EXCESS_GO) ? 'all' : 'owed';
}

/** Webhooks that could not be applied because their provider could not be asked. */
function heldWebhooks({ webhooks, patience }: InvoiceWork): string[] {
  return [...webhooks].filter((id) => patience.holds.has(id));
}

function isDue({ patience }: InvoiceWork, webhookId: string): boolean {
  return (patience.holds.get(webhookId) ?? Infinity) <= Date.now();
}

/** Wakes the workflow for the next task or for the next webhook to be tried again, whichever comes first. */
function setAlarm(alarm: Alarm, task: Task | null, work: InvoiceWork): void {
  const retries = heldWebhooks(work).map((id) => work.patience.holds.get(id) ?? Infinity);
  const retry = Math.min(...retries);
  if (task && task.at <= retry) alarm.set(task.at, describeTask(task));
  else alarm.set(Number.isFinite(retry) ? retry : null, 'try a webhook again');
}
