/** How the invoice workflow calls its activities: in the workflow task where that is quick, through the server where it is not. */
import { proxyActivities, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, Elsewhere, Paced } from '../activities/index.ts';
import { pacedTaskQueue } from './contract.ts';

/** Nothing here ever gives up: what stands in the way (the database, a restart) passes, and the money is in flight. */
const retry = { initialInterval: '200 ms', backoffCoefficient: 2, maximumInterval: '30 s' } as const;

const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '60 s',
  localRetryThreshold: '5 s',
  retry,
});
const remote = proxyActivities<Activities>({ startToCloseTimeout: '60 s', retry });

/** Activities that only touch our own database: always inside the workflow task. */
export const { loadInvoice, endInvoice, openCase, warnOfExpiry } = local;

/** Rare, and they may call several providers: through the server, where each attempt is seen. */
export const { applyPolicies, resolveCase } = remote;

type ProviderCall =
  | 'requestPayment'
  | 'lookUpPayment'
  | 'checkPayment'
  | 'moveMoney'
  | 'endAuthorization'
  | 'applyWebhook';
type Argument<Name extends ProviderCall> = Parameters<Activities[Name]>[0];
type Answer<Name extends ProviderCall> = Exclude<Awaited<ReturnType<Activities[Name]>>, Elsewhere>;

/** Who goes first among calls that await their turn: customers before webhooks, webhooks before polls. */
const PRIORITY: Readonly<Record<ProviderCall, number>> = {
  requestPayment: 2,
  moveMoney: 2,
  endAuthorization: 2,
  applyWebhook: 3,
  lookUpPayment: 4,
  checkPayment: 4,
};

/**
 * Calls a provider inside the workflow task; as an ordinary activity when that account's fast lane is full; and through the
 * queue of those who await their turn when the account may make only so many calls a second.
 */
export async function callProvider<Name extends ProviderCall>(
  name: Name,
  input: Argument<Name>,
): Promise<Answer<Name>> {
  const inTask = local[name] as (input: Argument<Name>) => Promise<Answer<Name> | Elsewhere>;
  const answer = await inTask(input);
  if (typeof answer === 'object' && !('paced' in answer)) return answer;
  const elsewhere = answer === 'lane_full' ? remote : inTurn(name, answer.paced);
  const throughServer = elsewhere[name] as (input: Argument<Name>) => Promise<Answer<Name>>;
  return throughServer(input);
}

function inTurn(name: ProviderCall, { account_id, per_second }: Paced['paced']): typeof remote {
  return proxyActivities<Activities>({
    taskQueue: pacedTaskQueue(workflowInfo().taskQueue),
    startToCloseTimeout: '60 s',
    retry,
    priority: { priorityKey: PRIORITY[name], fairnessKey: account_id, fairnessWeight: per_second },
  });
}
