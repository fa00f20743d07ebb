/** What dying processes leave behind is found and driven again. */
import type { Client } from '@temporalio/client';
import { sweepScheduleId } from '../temporal/schedules.ts';
import { invoiceWorkflowId } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
import { transfer } from './setup/finan-transfer.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { temporalClient } from './setup/temporal-client.ts';

let stack: TestStack;
let at: Shop;
let temporal: Client;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
  temporal = await temporalClient();
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await temporal.connection.close();
  await stack.stop();
}, STACK_TIMEOUT_MS);

const isPaid = ({ status }: { status: string }): boolean => status === 'paid';

describe('what was left behind', () => {
  const schedule = () => temporal.schedule.getHandle(sweepScheduleId(stack.taskQueue));
  /** What the sweeps did, those under way included: waits for their ends. */
  const reports = async (): Promise<Record<string, number>[]> => {
    const { info } = await schedule().describe();
    const workflows = info.recentActions.flatMap(({ action }) =>
      action.type === 'startWorkflow' ? [action.workflow] : [],
    );
    return Promise.all(
      workflows.map(({ workflowId, firstExecutionRunId }) =>
        temporal.workflow.getHandle(workflowId, firstExecutionRunId).result(),
      ),
    );
  };
  const sweepsTaken = async (): Promise<number> => (await schedule().describe()).info.numActionsTaken;
  /** A sweep, from its beginning to its end. */
  const sweep = async (): Promise<void> => {
    const before = await sweepsTaken();
    await schedule().trigger('ALLOW_ALL');
    await eventually('the sweep has begun', sweepsTaken, (count) => count > before);
    await reports();
  };
  // None comes by itself between an invoice and what a test then does to its row: it would seal the invoice as it was.
  beforeAll(async () => {
    await schedule().pause();
    await reports();
  });
  afterAll(() => schedule().unpause());

  /** A row as the API leaves it when it dies before it has told anybody. */
  const stored = async (body: string, payment: string, invoice: string | null): Promise<string> => {
    const id = `whk_left_${payment}`;
    await stack.pool.query(
      `insert into webhook_events (id, account_id, event_key, received_at, path, headers, body, invoice_id, payment_id, state)
       values ($1, $2, $1, now() - interval '1 minute', '/', '{}', $3, $4, $5, 'received')`,
      [id, stack.merchant.accounts['finan'], Buffer.from(body), invoice, invoice === null ? null : payment],
    );
    return id;
  };
  const ended = (id: string) =>
    eventually(
      'the webhook has ended',
      async () =>
        (await stack.pool.query('select state from webhook_events where id = $1', [id])).rows[0]?.state,
      (state) => state !== 'received',
    );

  it('a webhook whose API died between the row and the signal is swept up', async () => {
    const { invoice, payment, id } = await at.payable('finan');
    const webhook = await stored(transfer(payment.id, id), payment.id, invoice.id);
    await sweep();
    expect(await ended(webhook)).toBe('processed');
    await stack.merchantApi.until(invoice.id, 'paid', isPaid);
  });

  it('a webhook that matched nothing when it came is matched later', async () => {
    const { invoice, payment, id } = await at.payable('finan');
    const webhook = await stored(transfer(payment.id, id), payment.id, null);
    await sweep();
    expect(await ended(webhook)).toBe('processed');
    await stack.merchantApi.until(invoice.id, 'paid', isPaid);
  });

  it('an invoice whose workflow was never started expires all the same', async () => {
    const { id } = await at.invoice('finan');
    await temporal.workflow.getHandle(invoiceWorkflowId(id)).terminate('lost, for a test');
    await stack.pool.query(
      `update invoices set due_at = now() - interval '5 minutes',
         state = jsonb_set(state, '{due_at}', to_jsonb(to_char(now() at time zone 'utc' - interval '5 minutes', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
       where id = $1`,
      [id],
    );
    await sweep();
    const { payments } = await stack.merchantApi.until(id, 'expired', ({ status }) => status === 'expired');
    expect(payments).toEqual([]);
  });

  it('a payment that was sent and never heard of again is looked up, not sent again', async () => {
    const { id: invoiceId } = await at.invoice('finan');
    const payment = `pay_${invoiceId.slice(4)}`;
    await stack.pool.query(
      `insert into payments (id, invoice_id, merchant_id, account_id, provider, method, currency, amount, request, created_at, sent_at, status, updated_at)
       values ($1, $2, $3, $4, 'finan', 'bank_transfer', 'VND', 200000, '{"description": null}', now() - interval '3 minutes', now() - interval '2 minutes', 'requested', now())`,
      [payment, invoiceId, stack.merchant.merchant_id, stack.merchant.accounts['finan']],
    );
    await sweep();
    await stack.merchantApi.until(invoiceId, 'settled', ({ payments }) => payments[0]?.status === 'failed');
    expect(await at.accepted('finan', invoiceId)).toEqual([]);
  });

  it('what each sweep did can be read in the workflow engine', async () => {
    const done = await reports();
    const sum = (kind: string) => done.reduce((total, report) => total + Number(report[kind]), 0);
    expect({
      told: sum('webhooks_told'),
      matched: sum('webhooks_matched'),
      opened: sum('invoices_opened'),
      requested: sum('payments_requested'),
      failed: sum('failed'),
    }).toEqual({ told: 2, matched: 1, opened: 1, requested: 1, failed: 0 });
  });

  it('a payment whose workflow was lost is found by comparing the record with the engine', async () => {
    const { invoice, id } = await at.payable('finan');
    const workflow = temporal.workflow.getHandle(invoiceWorkflowId(invoice.id));
    await workflow.terminate('lost, for a test');
    await at.control('POST', '/finan/webhooks/next', { do: 'drop' });
    await stack.control.pay('finan', id);
    await stack.pool.query(`update invoices set updated_at = now() - interval '10 minutes' where id = $1`, [
      invoice.id,
    ]);
    await eventually(
      'the index of the engine does not have it any more',
      async () => {
        const query = `WorkflowId = '${invoiceWorkflowId(invoice.id)}' AND ExecutionStatus = 'Running'`;
        return (await temporal.workflow.count(query)).count;
      },
      (count) => count === 0,
    );
    await sweep();
    await eventually(
      'the workflow runs again',
      async () => (await workflow.describe()).status.name,
      (status) => status === 'RUNNING',
    );
    // And reads the payment, whose only webhook was lost.
    await stack.call('POST', `/v1/invoices/${invoice.id}/test_clock`, { advance_s: 120 });
    const read = await stack.merchantApi.until(invoice.id, 'paid', isPaid);
    expect(read.amounts.received.amount).toBe(at.amount('finan'));
  });
});

it('leaves a record in which every invariant holds', async () => {
  // Some of its money came in webhooks that the test signed, so the simulator's books have none of it.
  expect(await settledViolations(stack, { books: false })).toEqual([]);
});
