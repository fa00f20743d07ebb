/** How the invoice workflow calls its activities: in the workflow task where that is quick, through the server where it is not. */
import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { Activities, LaneFull } from '../activities/index.ts';

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
  'requestPayment' | 'lookUpPayment' | 'checkPayment' | 'moveMoney' | 'endAuthorization' | 'applyWebhook';
type Argument<Name extends ProviderCall> = Parameters<Activities[Name]>[0];
type Answer<Name extends ProviderCall> = Exclude<Awaited<ReturnType<Activities[Name]>>, LaneFull>;

/** Calls a provider inside the workflow task; as an ordinary activity when that account's fast lane is full. */
export async function callProvider<Name extends ProviderCall>(
  name: Name,
  input: Argument<Name>,
): Promise<Answer<Name>> {
  const inTask = local[name] as (input: Argument<Name>) => Promise<Answer<Name> | LaneFull>;
  const answer = await inTask(input);
  if (answer !== 'lane_full') return answer;
  const throughServer = remote[name] as (input: Argument<Name>) => Promise<Answer<Name>>;
  return throughServer(input);
}
