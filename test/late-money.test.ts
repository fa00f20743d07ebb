/** Money that comes when all is over, and whose only webhook is lost: it is found by asking, and takes the way of a late webhook. */
import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { sweepScheduleId } from '../temporal/schedules.ts';
import { SWEEP_WORKFLOW, invoiceWorkflowId } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Provider, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { temporalClient } from './setup/temporal-client.ts';

let stack: TestStack;
let at: Shop;
let temporal: Client;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
  temporal = await temporalClient();
  // Sweeps are made here when it is time.
  await temporal.schedule.getHandle(sweepScheduleId(stack.taskQueue)).pause();
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await temporal.connection.close();
  await stack.stop();
}, STACK_TIMEOUT_MS);

const isExpired = ({ status }: { status: string }): boolean => status === 'expired';

/**
 * Nothing that the provider tells from now on arrives: not the end, nor the payment, nor the refund. From before the end on, because
 * a webhook that is still on its way when the customer pays has the payment read, and the money is found by that.
 */
const isDeafTo = (provider: Provider): Promise<unknown> =>
  stack.control.armWebhook(provider, { do: 'drop', count: 10 });

/** An invoice that has expired with its payment, and whose workflow has ended. */
async function expired(provider: Provider, policy: string): Promise<{ invoice: string; id: string }> {
  await isDeafTo(provider);
  const due_at = new Date(Date.now() + 104_000).toISOString();
  const { invoice, id } = await at.payable(provider, { due_at, late_money: policy });
  await stack.merchantApi.advanceClock(invoice.id, 150);
  await stack.merchantApi.until(invoice.id, 'expired', isExpired);
  await temporal.workflow.getHandle(invoiceWorkflowId(invoice.id)).result();
  return { invoice: invoice.id, id };
}

/** One that the merchant has canceled with its payment. */
async function canceled(provider: Provider, policy: string): Promise<{ invoice: string; id: string }> {
  await isDeafTo(provider);
  const { invoice, id } = await at.payable(provider, { late_money: policy });
  expect(await stack.call('POST', `/v1/invoices/${invoice.id}/cancel`, {})).toMatchObject({ status: 200 });
  return { invoice: invoice.id, id };
}

const paysUnheard = (provider: Provider, id: string): Promise<unknown> =>
  stack.control.pay(provider, id, { after_expiry: true });

/** Ten minutes pass at the sweeper's clock, and it sweeps. */
async function tenMinutesLater(): Promise<void> {
  await stack.pool.query(`update payments set late_read_at = late_read_at - interval '10 minutes'`);
  await temporal.workflow.execute(SWEEP_WORKFLOW, {
    taskQueue: stack.taskQueue,
    workflowId: `sweep/${randomUUID()}`,
  });
}

/** How often the invoice's payment was read since its end, and in how many minutes it is read again. */
async function standing(invoice: string): Promise<{ reads: number; in_min: number | null } | undefined> {
  const { rows } = await stack.pool.query<{ reads: number; in_min: number | null }>(
    `select late_reads as reads, round(extract(epoch from late_read_at - now()) / 60)::int as in_min
     from payments where invoice_id = $1`,
    [invoice],
  );
  return rows[0];
}

it('is the merchant’s where late money is accepted', async () => {
  const { invoice, id } = await expired('fapshi', 'accept');
  await paysUnheard('fapshi', id);
  expect(await stack.merchantApi.invoice(invoice)).toMatchObject({ status: 'expired' });
  await tenMinutesLater();
  const amount = at.amount('fapshi');
  const after = await stack.merchantApi.until(invoice, 'paid', ({ status }) => status === 'paid');
  expect(after.amounts).toMatchObject({ received: { amount }, late: { amount } });
  const { rows } = await stack.pool.query<{ source: string }>(
    `select data->>'source' as source from invoice_events where invoice_id = $1 and type = 'money.received'`,
    [invoice],
  );
  expect(rows).toEqual([{ source: 'poll' }]);
});

it('becomes a case where it is held', async () => {
  const { invoice, id } = await canceled('finan', 'hold');
  await paysUnheard('finan', id);
  await tenMinutesLater();
  const cases = await eventually(
    'there is a case',
    async () =>
      (await stack.call('GET', `/v1/cases?invoice=${invoice}`)).body['data'] as readonly { id: string }[],
    (all) => all.length === 1,
  );
  expect(cases).toMatchObject([{ kind: 'late_money', amount: at.amount('finan'), status: 'open' }]);
});

it('goes back where it is refunded', async () => {
  const { invoice, id } = await canceled('rehive', 'refund');
  await paysUnheard('rehive', id);
  await tenMinutesLater();
  const amount = at.amount('rehive');
  await eventually(
    'the provider has taken the refund',
    () => at.booked('rehive', id, 'money_refunded'),
    (amounts) => amounts.length === 1,
  );
  // It says so when it is asked how the refund goes.
  await stack.merchantApi.advanceClock(invoice, 60);
  const after = await stack.merchantApi.until(
    invoice,
    'refunded',
    ({ amounts }) => amounts.refunded.amount === amount,
  );
  expect(after.amounts).toMatchObject({ received: { amount }, late: { amount } });
});

it('is found by the test clock, too, which brings the readings nearer', async () => {
  const { invoice, id } = await canceled('fapshi', 'accept');
  await paysUnheard('fapshi', id);
  const advance = async (advance_s: number) =>
    stack.call('POST', `/v1/invoices/${invoice}/test_clock`, { advance_s });
  expect(await advance(300)).toMatchObject({
    body: { settled: true, in_flight: false, invoice: { status: 'canceled' } },
  });
  expect(await standing(invoice)).toEqual({ reads: 0, in_min: 5 });
  expect(await advance(300)).toMatchObject({ body: { settled: true, invoice: { status: 'paid' } } });
  expect(await advance(300)).toMatchObject({ status: 409, body: { code: 'invoice_not_in_flight' } });
});

it('is asked for again later when it has not come, and when the provider could not be asked', async () => {
  const { invoice, id } = await canceled('fapshi', 'accept');
  await tenMinutesLater();
  expect(await standing(invoice)).toEqual({ reads: 1, in_min: 50 });

  for (let time = 0; time < 4; time += 1) await tenMinutesLater();
  expect(await standing(invoice)).toEqual({ reads: 1, in_min: 10 });
  await stack.control.fault('fapshi', { kind: 'status', status: 503, operation: 'get', times: 1 });
  await tenMinutesLater();
  expect(await standing(invoice)).toEqual({ reads: 1, in_min: 60 });

  await paysUnheard('fapshi', id);
  for (let time = 0; time < 6; time += 1) await tenMinutesLater();
  await stack.merchantApi.until(invoice, 'paid', ({ status }) => status === 'paid');
  expect(await standing(invoice)).toEqual({ reads: 2, in_min: null });
});

it('is counted by the sweeper', async () => {
  const url = String(stack.worker.ready['metrics_url']);
  const text = await (await fetch(url)).text();
  expect(text).toMatch(/sarraf_sweeper_repairs_total\{cause="late_money_found"\} 4/);
  expect(text).toMatch(/sarraf_sweeper_repairs_total\{cause="late_payments_read"\} 5/);
});

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
