/** The end of invoices by time or by wish, money that comes after it, and what an operator sees in the workflow engine. */
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { fastForward } from '../temporal/test-clock.ts';
import { invoiceWorkflowId } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
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

/** A due time so soon that the test clock meets few polls on its way there: one, both at Finan and at Fapshi. */
const dueSoon = () => ({ due_at: new Date(Date.now() + 104_000).toISOString() });
const POLLS = 1;
const PAST_DUE_S = 150;

const cancel = (id: string, body: unknown = {}) => stack.call('POST', `/v1/invoices/${id}/cancel`, body);
const isExpired = ({ status }: { status: string }): boolean => status === 'expired';
const handleOf = (id: string) => temporal.workflow.getHandle(invoiceWorkflowId(id));

async function expectRefused(id: string, status: string): Promise<void> {
  expect(await at.ask('finan', id)).toMatchObject({
    status: 409,
    body: { code: 'invoice_not_payable', detail: expect.stringContaining(status) },
  });
}

describe('an invoice that is due', () => {
  it('expires when nobody ever asked for a payment, and takes none any more', async () => {
    const { id } = await at.invoice('finan', dueSoon());
    await stack.merchantApi.advanceClock(id, PAST_DUE_S);
    const { payments } = await stack.merchantApi.until(id, 'expired', isExpired);
    expect(payments).toEqual([]);
    await expectRefused(id, 'expired');
    expect(await cancel(id)).toMatchObject({ status: 409, body: { code: 'invoice_not_cancelable' } });
  });

  it.each(['finan', 'fapshi'] as const)(
    'expires with its live payment at %s, which is asked once more first',
    async (provider) => {
      const { invoice, id } = await at.payable(provider, dueSoon());
      await stack.merchantApi.advanceClock(invoice.id, PAST_DUE_S);
      const { payments } = await stack.merchantApi.until(invoice.id, 'expired', isExpired);
      expect(payments).toMatchObject([{ status: 'expired' }]);
      const { status, calls } = await stack.control.payment(provider, id);
      expect(calls.filter(({ operation }) => operation === 'get').length).toBeGreaterThan(POLLS);
      expect(calls.some(({ operation }) => operation === 'expire')).toBe(provider === 'fapshi');
      if (provider === 'fapshi') expect(status).toBe('EXPIRED');
      await handleOf(invoice.id).result();
    },
    60_000,
  );

  it('is paid, not expired, when that last question finds money whose webhook was lost', async () => {
    const { invoice, id } = await at.payable('fapshi', dueSoon());
    await stack.control.fault('fapshi', { kind: 'status', status: 500, operation: 'get', times: POLLS });
    await stack.control.armWebhook('fapshi', { do: 'drop' });
    await stack.control.pay('fapshi', id);
    await stack.merchantApi.advanceClock(invoice.id, PAST_DUE_S);
    const { payments } = await stack.merchantApi.until(
      invoice.id,
      'paid',
      ({ status }) => status === 'paid',
      60_000,
    );
    expect(payments).toMatchObject([{ status: 'paid', received: { amount: 5000 } }]);
  }, 90_000);

  it('stays open while its provider cannot be asked, and expires when it can', async () => {
    const { invoice } = await at.payable('fapshi', dueSoon());
    await stack.control.fault('fapshi', { kind: 'status', status: 503, operation: 'get', times: POLLS + 2 });
    await stack.merchantApi.advanceClock(invoice.id, PAST_DUE_S);
    await stack.merchantApi.until(invoice.id, 'expired', isExpired, 60_000);
    const { rows } = await stack.pool.query<{ late: boolean }>(
      `select max(at) > $2::timestamptz + interval '4 seconds' as late from invoice_events
       where invoice_id = $1 and type = 'invoice.expired'`,
      [invoice.id, (await stack.call('GET', `/v1/invoices/${invoice.id}`)).body['due_at']],
    );
    expect(rows).toEqual([{ late: true }]);
  }, 90_000);
});

it('sends the test clock as much further when it is still on its way', async () => {
  const { invoice } = await at.payable('fapshi', dueSoon());
  const jump = (seconds: number, wait_ms: number) =>
    fastForward(temporal, invoiceWorkflowId(invoice.id), seconds * 1000, wait_ms);
  expect(await jump(100, 1)).toBe('under_way');
  expect(await jump(10, 20_000)).toBe('settled');
  await stack.merchantApi.until(invoice.id, 'expired', isExpired);
}, 60_000);

describe('an invoice that is canceled', () => {
  it('without any payment, at once; a second time makes no difference', async () => {
    const { id } = await at.invoice('finan');
    expect(await cancel(id, { reason: 'out of stock' })).toMatchObject({
      status: 200,
      body: { status: 'canceled' },
    });
    expect(await cancel(id)).toMatchObject({ status: 200, body: { status: 'canceled' } });
    await handleOf(id).result();
    await expectRefused(id, 'canceled');
  });

  it('takes its live payments with it: told at the provider where that is possible', async () => {
    const fapshi = await at.payable('fapshi');
    expect(await cancel(fapshi.invoice.id)).toMatchObject({
      status: 200,
      body: { status: 'canceled', payments: [{ status: 'canceled' }] },
    });
    expect((await stack.control.payment('fapshi', fapshi.id)).status).toBe('EXPIRED');
    const finan = await at.payable('finan');
    expect(await cancel(finan.invoice.id)).toMatchObject({ body: { payments: [{ status: 'canceled' }] } });
  });

  it('not when part of the money has come, nor when all of it has and we learn that only now', async () => {
    const part = await at.payable('finan');
    await stack.control.pay('finan', part.id, { amount: 1_000 });
    await stack.merchantApi.until(
      part.invoice.id,
      'partially paid',
      (now) => now.status === 'partially_paid',
    );
    expect(await cancel(part.invoice.id)).toMatchObject({
      status: 409,
      body: { code: 'invoice_not_cancelable' },
    });

    const whole = await at.payable('finan');
    await stack.control.armWebhook('finan', { do: 'drop' });
    await stack.control.pay('finan', whole.id);
    expect(await cancel(whole.invoice.id)).toMatchObject({ status: 409 });
    expect(await stack.merchantApi.invoice(whole.invoice.id)).toMatchObject({ status: 'paid' });
    await expectRefused(whole.invoice.id, 'paid');
  });

  it('not while a provider cannot say whether money has come', async () => {
    const { invoice } = await at.payable('finan');
    await stack.control.fault('finan', { kind: 'status', status: 500, operation: 'get' });
    const refused = await cancel(invoice.id);
    expect(refused).toMatchObject({ status: 503, body: { code: 'provider_unconfirmed' } });
    expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({
      status: 'open',
      payments: [{ status: 'pending' }],
    });
    expect(await cancel(invoice.id)).toMatchObject({ status: 200, body: { status: 'canceled' } });
  });

  it('and paid all the same: the money is late, and in the books', async () => {
    const { invoice, id } = await at.payable('finan');
    await cancel(invoice.id);
    await stack.control.pay('finan', id, { amount: 150_000 });
    const after = await stack.merchantApi.until(
      invoice.id,
      'one with late money',
      ({ amounts }) => amounts.late.amount === 150_000,
    );
    expect(after).toMatchObject({ status: 'canceled', amounts: { received: { amount: 150_000 } } });
  });
});

describe('what an operator sees in the workflow engine', () => {
  const CANARIES = ['Canary Nguyen', 'canary@example.com', '+84900000007', 'Order of the canary'];

  it('a long life makes a short history, without a word about the customer', async () => {
    const [name, email, phone, description] = CANARIES;
    const { invoice } = await at.payable('finan', { description, customer: { name, email, phone } });
    for (const expired of [1, 2]) {
      await stack.merchantApi.advanceClock(invoice.id, 31 * 60);
      await stack.merchantApi.until(
        invoice.id,
        'one whose payment has expired',
        ({ payments }) => payments.filter(({ status }) => status === 'expired').length === expired,
        60_000,
      );
      expect(await at.ask('finan', invoice.id)).toMatchObject({ status: 201 });
    }
    const history = await handleOf(invoice.id).fetchHistory();
    expect(history.events?.length).toBeLessThan(200);
    // Payloads are base64 inside the JSON: read them too.
    const text = historyToJSON(history);
    const payloads = [...text.matchAll(/"data": ?"([A-Za-z0-9+/=]+)"/g)].map(([, data]) =>
      Buffer.from(data ?? '', 'base64').toString(),
    );
    expect(payloads.some((payload) => payload.includes(invoice.id))).toBe(true);
    for (const canary of CANARIES) expect([text, ...payloads].join('\n')).not.toContain(canary);
  }, 120_000);

  it('the attributes it can be found by, and in plain words how it stands and what comes next', async () => {
    const { invoice } = await at.payable('finan', { reference: 'seen-1' });
    // The provider is shown once a customer has not paid at once: until then it is not worth an event.
    await stack.merchantApi.advanceClock(invoice.id, 90);
    const { searchAttributes, typedSearchAttributes } = await handleOf(invoice.id).describe();
    expect(Object.keys(searchAttributes).length).toBeGreaterThan(0);
    const attributes = Object.fromEntries(
      typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]),
    );
    expect(attributes).toMatchObject({
      SarrafMerchant: stack.merchant.merchant_id,
      SarrafReference: 'seen-1',
      SarrafStatus: 'open',
      SarrafProvider: 'finan',
      SarrafCurrency: 'VND',
      SarrafAmount: 200_000,
    });
    const metadata = await handleOf(invoice.id).query<{ currentDetails?: string }>(
      '__temporal_workflow_metadata',
    );
    expect(metadata.currentDetails).toMatch(
      /\*\*open\*\*.*finan\.bank_transfer.*next: ask the provider about/s,
    );
  });

  it('by its status and merchant, soon after the status has changed', async () => {
    const { invoice, id } = await at.payable('finan');
    await stack.control.pay('finan', id);
    await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    const query = `SarrafStatus = 'paid' and SarrafMerchant = '${stack.merchant.merchant_id}'`;
    const expected = invoiceWorkflowId(invoice.id);
    const paid = await eventually(
      `${invoice.id} is found by ${query}`,
      async () => {
        const found: string[] = [];
        for await (const { workflowId } of temporal.workflow.list({ query })) found.push(workflowId);
        return found;
      },
      (found) => found.includes(expected),
    );
    expect(paid).toContain(expected);
  });
});

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
