/** A new version of the workflow code comes while invoices are under way, and goes again when it is no good. */
import type { Client } from '@temporalio/client';
import { temporal as api } from '@temporalio/proto';
import { invoiceWorkflowId, MESSAGES, type RefreshInput } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { temporalClient } from './setup/temporal-client.ts';

type Payable = Awaited<ReturnType<Shop['payable']>>;

let stack: TestStack;
let at: Shop;
let temporal: Client;

beforeAll(async () => {
  stack = await startTestStack({ workers: [{ WORKER_BUILD_ID: 'v1' }, { WORKER_BUILD_ID: 'v2' }] });
  at = shop(stack);
  temporal = await temporalClient();
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await temporal.connection.close();
  await stack.stop();
}, STACK_TIMEOUT_MS);

const { TASK_QUEUE_TYPE_WORKFLOW: WORKFLOWS, TASK_QUEUE_TYPE_ACTIVITY: ACTIVITIES } =
  api.api.enums.v1.TaskQueueType;

/** The version that a queue's tasks go to, by the queue itself. */
const versionAt = async (
  taskQueueType: typeof WORKFLOWS | typeof ACTIVITIES,
): Promise<string | null | undefined> => {
  const { versioningInfo } = await temporal.workflowService.describeTaskQueue({
    namespace: temporal.options.namespace,
    taskQueue: { name: stack.taskQueue },
    taskQueueType,
  });
  return versioningInfo?.currentDeploymentVersion?.buildId;
};
/**
 * What an operator does with `temporal worker deployment set-current-version`; resolves when the queues have heard. A
 * worker's own sticky queue hears of it a little later, so what comes next may still go to the old version. The
 * deployment's own `routing_config_update_state` is not asked: on a busy server it can stay "in progress" for ever
 * though every queue goes by the new version (temporalio/temporal#11842).
 */
const makeCurrent = async (buildId: string): Promise<void> => {
  await eventually(
    `${buildId} is known and current`,
    () =>
      temporal.workflowService
        .setWorkerDeploymentCurrentVersion({
          namespace: temporal.options.namespace,
          deploymentName: stack.taskQueue,
          buildId,
          identity: 'an operator',
        })
        .then(
          () => null,
          (error: unknown) => String(error),
        ),
    (refusal) => refusal === null,
  );
  await eventually(
    `the queues go by ${buildId}`,
    () => Promise.all([versionAt(WORKFLOWS), versionAt(ACTIVITIES)]),
    (versions) => versions.every((version) => version === buildId),
  );
};
/** The versions that have run an invoice's workflow tasks, in order, each once. */
const versionsOf = async (invoiceId: string): Promise<string[]> => {
  const { events } = await temporal.workflow.getHandle(invoiceWorkflowId(invoiceId)).fetchHistory();
  const completed = api.api.enums.v1.EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED;
  const all = (events ?? [])
    .filter(({ eventType }) => eventType === completed)
    .map((event) => event.workflowTaskCompletedEventAttributes?.deploymentVersion?.buildId ?? 'none');
  return all.filter((version, index) => version !== all[index - 1]);
};
const refresh = (invoice: string, payment: string): Promise<unknown> =>
  temporal.workflow
    .getHandle(invoiceWorkflowId(invoice))
    .executeUpdate(MESSAGES.refresh, { args: [{ payment_id: payment } satisfies RefreshInput] });
/** Gives an invoice's workflow something to do that changes nothing, until its tasks go to this version. */
const goesOnWith = (buildId: string, { invoice, id }: Payable): Promise<unknown> =>
  eventually(
    `an invoice goes on with ${buildId}`,
    async () => {
      await refresh(invoice.id, id);
      return (await versionsOf(invoice.id)).at(-1);
    },
    (version) => version === buildId,
  );
/** A new invoice that only this version has worked on; makes as many as it takes. */
const begunWith = (buildId: string): Promise<Payable> =>
  eventually(
    `a new invoice begins with ${buildId}`,
    async () => {
      const begun = await at.payable('finan');
      return { ...begun, versions: await versionsOf(begun.invoice.id) };
    },
    ({ versions }) => versions.join() === buildId,
  );
const paid = async (invoice: string, payment: string): Promise<void> => {
  await stack.control.pay('finan', payment);
  await stack.merchantApi.until(invoice, 'paid', ({ status }) => status === 'paid');
};

it('invoices go on with the version that is current, and back again', async () => {
  await makeCurrent('v1');
  const [before, during] = [await at.payable('finan'), await at.payable('finan')];
  await paid(before.invoice.id, before.id);
  expect(await versionsOf(before.invoice.id)).toEqual(['v1']);

  await makeCurrent('v2');
  await goesOnWith('v2', during);
  await paid(during.invoice.id, during.id);
  expect(await versionsOf(during.invoice.id)).toEqual(['v1', 'v2']);
  const after = await begunWith('v2');

  await makeCurrent('v1');
  await goesOnWith('v1', after);
  await paid(after.invoice.id, after.id);
  expect(await versionsOf(after.invoice.id)).toEqual(['v2', 'v1']);
});

it('the API knows that somebody polls, whatever the version', async () => {
  const response = await fetch(`${stack.apiUrl}/readyz`);
  expect(response.status).toBe(200);
});

it('breaks no rule of the record', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
