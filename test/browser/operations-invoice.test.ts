/** What people do with an invoice on its page, in a real browser, on the real stack: each with a question, a reason and a trace. */
import type { Page } from 'playwright-core';
import { startBrowser, type TestBrowser } from '../setup/browser.ts';
import { settledViolations } from '../setup/invariants.ts';
import { shop, type Shop } from '../setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from '../setup/stack.ts';
import { startWebhookReceiver, type WebhookReceiver } from '../setup/webhook-receiver.ts';
import { faults, operatorDesk, tabTo, untilFocused, type OperatorDesk } from './operator-desk.ts';

jest.setTimeout(90_000);

let stack: TestStack;
let browser: TestBrowser;
let store: Shop;
let desk: OperatorDesk;
let receiver: WebhookReceiver;

beforeAll(async () => {
  process.env['OPERATIONS_ACCESS'] = 'sign_in';
  [stack, browser, receiver] = await Promise.all([startTestStack(), startBrowser(), startWebhookReceiver()]);
  store = shop(stack);
  desk = operatorDesk(stack.apiUrl, stack.pool, browser);
  await desk.hire('operator');
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await receiver?.stop();
  await stack?.stop();
}, STACK_TIMEOUT_MS);

const pageOf = (id: string): string => `/ops/invoices/${id}?mode=sandbox`;
const answer = async (page: Page, reason: string, button: string): Promise<void> => {
  await page.getByLabel('Reason').fill(reason);
  await page.getByRole('button', { name: button, exact: true }).click();
};
const cell = (page: Page, row: string, column: 1 | 2 | 3) =>
  page
    .getByRole('region', { name: 'State compared' })
    .getByRole('row')
    .filter({ hasText: row })
    .locator('td')
    .nth(column - 1);
const reasons = async (action: string): Promise<string[]> =>
  (
    await stack.pool.query<{ reason: string }>(
      `select details->>'reason' as reason from audit_entries where action = $1 and actor_id = 'sara.operator' order by id`,
      [action],
    )
  ).rows.map(({ reason }) => reason);

it('captures a part and gives up the rest, by keyboard alone: what was wrong has the focus', async () => {
  const { invoice, id } = await store.payable('tabby', { capture_method: 'manual', reference: 'order-held' });
  await stack.control.pay('tabby', id);
  await stack.merchantApi.until(invoice.id, 'authorized', ({ status }) => status === 'authorized');
  const { page, complaints } = await desk.at('operator', pageOf(invoice.id));
  await tabTo(page, 'Capture');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Capture order-held?' }).waitFor();
  expect(await faults(page, 'ops-capture')).toEqual([]);
  await tabTo(page, 'Reason');
  await page.keyboard.type('Half of it was sent');
  await page.keyboard.press('Shift+Tab');
  await untilFocused(page, 'Amount in AED');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('4000');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await untilFocused(page, 'Amount in AED');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('150.50');
  await page.keyboard.press('Enter');
  await page.getByText(/The capture is (?:done|under way)/).waitFor();
  await stack.merchantApi.until(
    invoice.id,
    'captured in part',
    ({ amounts }) => amounts.received.amount === 15_050,
  );
  await tabTo(page, 'Void');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Void order-held?' }).waitFor();
  await tabTo(page, 'Reason');
  await page.keyboard.type('The rest is sold out');
  await page.keyboard.press('Enter');
  await page.getByText(/The void is (?:done|under way)/).waitFor();
  await stack.merchantApi.until(
    invoice.id,
    'given up',
    ({ payments }) => payments[0]?.status === 'partially_paid',
  );
  expect(await store.booked('tabby', id, 'money_received')).toEqual([15_050]);
  const { rows } = await stack.pool.query<{ kind: string; reason: string; requested_by: string }>(
    'select kind, reason, requested_by from payment_operations where invoice_id = $1 order by id',
    [invoice.id],
  );
  expect(rows.map(({ kind, reason, requested_by }) => `${kind} ${requested_by}: ${reason}`)).toEqual([
    'capture sara.operator: Half of it was sent',
    'void sara.operator: The rest is sold out',
  ]);
  expect(complaints.filter((text) => !text.includes('422'))).toEqual([]);
  await page.context().close();
});

it('ends one payment that nobody has paid, and leaves the invoice open', async () => {
  const { invoice, payment, id } = await store.payable('fib', { reference: 'order-unpaid' });
  const { page, complaints } = await desk.at('operator', pageOf(invoice.id));
  await page.getByRole('link', { name: `Cancel ${payment.id}` }).click();
  await page.getByRole('heading', { name: `Cancel ${payment.id}?` }).waitFor();
  expect(await faults(page, 'ops-cancel-payment')).toEqual([]);
  await answer(page, 'Pays in the shop', 'Cancel the payment');
  await page.getByText('The payment is canceled.').waitFor();
  expect(await store.booked('fib', id, 'payment_canceled')).toHaveLength(1);
  expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({ status: 'open' });
  const trail = await stack.call('GET', `/v1/audit_entries?object=${payment.id}`);
  expect(trail.body['data']).toContainEqual(
    expect.objectContaining({
      action: 'payment.canceled',
      actor: { type: 'person', id: 'sara.operator' },
      details: expect.objectContaining({ reason: 'Pays in the shop' }) as unknown,
    }),
  );
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('decides what becomes of money that came twice', async () => {
  const { id: invoice } = await store.invoice('finan', { excess_money: 'hold', reference: 'order-twice' });
  for (const { body } of [await store.ask('finan', invoice), await store.ask('finan', invoice)])
    await stack.control.pay('finan', String(body['provider_payment_id']));
  const { page, complaints } = await desk.at('operator', pageOf(invoice));
  await page.getByText('A person has to decide: excess money').waitFor();
  expect(await faults(page, 'ops-invoice-case')).toEqual([]);
  await page.getByRole('link', { name: 'accept', exact: true }).click();
  await page.getByRole('heading', { name: 'Decide: accept?' }).waitFor();
  await answer(page, 'They wanted two', 'Decide: accept');
  await page.getByText('It is decided: accept.').waitFor();
  await page.getByText(/“They wanted two”/).waitFor();
  const { rows } = await stack.pool.query('select decision, resolved_by from cases where invoice_id = $1', [
    invoice,
  ]);
  expect(rows).toEqual([{ decision: 'accept', resolved_by: 'sara.operator' }]);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('sends the merchant once more what they were told, with the same id', async () => {
  const made = await stack.call('POST', '/v1/webhook_endpoints', {
    url: receiver.url('/shop'),
    event_types: ['invoice.paid'],
  });
  expect(made.status).toBe(201);
  const { invoice, id } = await store.payable('zaincash', { reference: 'order-told' });
  await stack.control.pay('zaincash', id);
  const [first] = await receiver.until('/shop', 1);
  const { page } = await desk.at('operator', pageOf(invoice.id));
  await page.getByRole('link', { name: /^Send again/ }).click();
  await page.getByRole('heading', { name: 'Send invoice.paid again?' }).waitFor();
  await answer(page, 'Their server was down', 'Send it again');
  await page.getByText('It is on its way again.').waitFor();
  const [, second] = await receiver.until('/shop', 2);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(await reasons('delivery.resent')).toEqual(['Their server was down']);
  await page.context().close();
});

it('compares the record with the workflow and the provider, without script, and says calmly when it cannot', async () => {
  const { invoice, id } = await store.payable('fapshi', { reference: 'order-lost' });
  const { page } = await desk.at('operator', pageOf(invoice.id), { javaScriptEnabled: false });
  const service = 'fapshi.payment_link';
  await page.getByText('not asked yet').waitFor();
  await expect(cell(page, service, 1).textContent()).resolves.toContain('pending');
  await expect(cell(page, service, 2).textContent()).resolves.toContain('pending');
  await stack.control.fault('fapshi', { kind: 'reset', operation: 'get', times: -1 });
  await page.getByRole('button', { name: 'Check with provider' }).click();
  await page.getByText('A payment could not be read at the provider. What is on record stands').waitFor();
  await expect(cell(page, service, 3).textContent()).resolves.toMatch(/could not be reached|no answer/);
  await store.control('DELETE', '/fapshi/faults');
  await stack.control.armWebhook('fapshi', { do: 'drop' });
  await stack.control.pay('fapshi', id);
  await page.getByRole('button', { name: 'Check with provider' }).click();
  await page.getByText('The provider knew more: the invoice was open and is paid.').waitFor();
  await expect(cell(page, service, 3).textContent()).resolves.toMatch(/paid[^]*5,000/);
  await expect(cell(page, 'The invoice', 1).textContent()).resolves.toContain('paid');
  await page.getByText('Nothing that was said differs.').waitFor();
  await page.getByText('invoice: checked with provider').first().waitFor();
  await page.context().close();
});

it('marks in words what the workflow says otherwise than the record', async () => {
  const { invoice } = await store.payable('fapshi', { reference: 'order-tampered' });
  // Somebody has changed a row behind our back.
  const change = (status: string, amount: number) =>
    stack.pool.query('update payments set amount_refunded = $2, status = $3 where invoice_id = $1', [
      invoice.id,
      amount,
      status,
    ]);
  await change('refunded', 700);
  const { page } = await desk.at('operator', pageOf(invoice.id));
  await cell(page, 'fapshi.payment_link', 2).getByText('differs').first().waitFor();
  await page.getByText('What differs from our record is marked.').waitFor();
  expect(await faults(page, 'ops-compared')).toEqual([]);
  await change('pending', 0);
  await page.context().close();
});

it('leaves a record in which everything adds up', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
