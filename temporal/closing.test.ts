/**
 * What meets a workflow that is about to close. The worker is played by hand, so that it can die in the very moment: it answers a
 * workflow task with "I am done", is told that something has arrived meanwhile, takes the next task and is never heard of again.
 */
import type { Client } from '@temporalio/client';
import { loadConfig } from '../config/index.ts';
import { newId } from '../db/ids.ts';
import {
  ENGINES_TIMEOUT_MS,
  freshTaskQueue,
  temporalAddress,
  temporalNamespace,
} from '../test/setup/engines.ts';
import { INVOICE_WORKFLOW, MESSAGES, invoiceWorkflowId } from '../workflows/contract.ts';
import { clientOn, lazyConnection } from './connect.ts';
import { createInvoiceGateway, type InvoiceFacts, type InvoiceGateway } from './invoices.ts';

/** The server gives up on the dead worker's task after this long; usually ten seconds. */
const TASK_TIMEOUT = '3s';
const POLL_MS = 20_000;
/** COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION */
const COMPLETE = 4;

let client: Client;

beforeAll(async () => {
  const { temporal } = loadConfig({ TEMPORAL_NAMESPACE: await temporalNamespace() });
  client = clientOn(await lazyConnection({ ...temporal, address: await temporalAddress() }), temporal);
}, ENGINES_TIMEOUT_MS);
afterAll(() => client.connection.close());

const facts = (): InvoiceFacts => ({
  id: newId('inv'),
  merchant_id: newId('mer'),
  reference: null,
  currency: 'VND',
  amount: 1_000,
  display: 'VND 1,000',
});

/** Takes the next workflow task of this queue, as a worker does. */
async function nextTask(taskQueue: string): Promise<Uint8Array> {
  const { namespace } = client.options;
  const request = { namespace, taskQueue: { name: taskQueue }, identity: 'by hand' };
  const { taskToken } = await client.withDeadline(Date.now() + POLL_MS, () =>
    client.workflowService.pollWorkflowTaskQueue(request),
  );
  return taskToken;
}

/** Answers a task with "the workflow is done". */
async function finish(taskToken: Uint8Array): Promise<void> {
  await client.workflowService.respondWorkflowTaskCompleted({
    namespace: client.options.namespace,
    taskToken,
    commands: [{ commandType: COMPLETE, completeWorkflowExecutionCommandAttributes: {} }],
  });
}

/** An invoice whose workflow tried to close, could not because of a webhook, and has the task to try again. */
async function closing(): Promise<{
  readonly invoice: InvoiceFacts;
  readonly invoices: InvoiceGateway;
  readonly task: Uint8Array;
}> {
  const invoice = facts();
  const taskQueue = freshTaskQueue();
  const invoices = createInvoiceGateway(client, { taskQueue, deadline_ms: 10_000 });
  await client.workflow.start(INVOICE_WORKFLOW, {
    taskQueue,
    workflowId: invoiceWorkflowId(invoice.id),
    workflowTaskTimeout: TASK_TIMEOUT,
  });
  const first = await nextTask(taskQueue);
  await invoices.webhookArrived(invoice, 'whk_first');
  await expect(finish(first)).rejects.toThrow('UnhandledCommand');
  return { invoice, invoices, task: await nextTask(taskQueue) };
}

/** The webhooks that the latest run of the invoice's workflow was told of. */
async function told({ id }: InvoiceFacts): Promise<string[]> {
  const handle = client.workflow.getHandle(invoiceWorkflowId(id));
  const { events } = await handle.fetchHistory();
  const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === MESSAGES.webhook ? [signal.input?.payloads?.[0]?.data] : [],
  );
  return signals.map((data) => JSON.parse(Buffer.from(data ?? []).toString()) as string);
}

describe('a webhook for a workflow that closes', () => {
  it('reaches it after all when its worker dies over that', async () => {
    const { invoice, invoices } = await closing();
    await invoices.webhookArrived(invoice, 'whk_second');
    expect(await told(invoice)).toEqual(['whk_first', 'whk_second']);
  });

  it('starts a new run when it has closed', async () => {
    const { invoice, invoices, task } = await closing();
    const arrives = invoices.webhookArrived(invoice, 'whk_second');
    await finish(task);
    await arrives;
    expect(await told(invoice)).toEqual(['whk_second']);
  });
});
