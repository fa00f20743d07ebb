/** The operations pages in a real browser, on the real stack: signing in, finding an invoice, giving money back, by keyboard too. */
import type { BrowserContextOptions } from 'playwright-core';
import { accessibilityProblems } from './accessibility.ts';
import { snap, startBrowser, type TestBrowser } from '../setup/browser.ts';
import { settledViolations } from '../setup/invariants.ts';
import { shop, type Shop } from '../setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from '../setup/stack.ts';
import {
  DESK,
  operatorDesk,
  overflow,
  PASSWORD,
  SMALL,
  tabTo,
  untilFocused,
  type OperatorDesk,
} from './operator-desk.ts';

jest.setTimeout(90_000);

let stack: TestStack;
let browser: TestBrowser;
let store: Shop;
let desk: OperatorDesk;

beforeAll(async () => {
  process.env['OPERATIONS_ACCESS'] = 'sign_in';
  [stack, browser] = await Promise.all([startTestStack(), startBrowser()]);
  store = shop(stack);
  desk = operatorDesk(stack.apiUrl, stack.pool, browser);
  for (const role of ['viewer', 'operator'] as const) await desk.hire(role);
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await stack?.stop();
}, STACK_TIMEOUT_MS);

/** An invoice that was paid at ZainCash. */
async function paid(reference: string): Promise<string> {
  const { invoice, id } = await store.payable('zaincash', { reference });
  await stack.control.pay('zaincash', id);
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  return invoice.id;
}

it('signs in, finds an invoice by the provider’s id, and gives the money back, all by keyboard', async () => {
  const { invoice, id } = await store.payable('zaincash', { reference: 'order-refund' });
  await stack.control.pay('zaincash', id);
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  const page = await browser.open(DESK);
  await page.goto(`${stack.apiUrl}/ops/invoices?mode=sandbox`);
  await snap(page, 'ops-sign-in');
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.keyboard.type('sara.operator');
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Invoices' }).waitFor();
  await tabTo(page, 'Search');
  await page.keyboard.type(id);
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=/);
  await tabTo(page, 'order-refund');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'order-refund' }).waitFor();
  await tabTo(page, 'Refund');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Refund order-refund?' }).waitFor();
  await snap(page, 'ops-refund');
  expect(await accessibilityProblems(page)).toEqual([]);
  await tabTo(page, 'Amount in IQD');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('99999999');
  await tabTo(page, 'Reason');
  await page.keyboard.type('The shop had no more of it');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await snap(page, 'ops-refund-refused');
  // What has to be put right has the focus.
  await untilFocused(page, 'Amount in IQD');
  expect(await page.getByLabel('Reason').inputValue()).toBe('The shop had no more of it');
  await page.keyboard.press('Control+A');
  await page.keyboard.type('25,000');
  await page.keyboard.press('Enter');
  await page.getByText(/The refund is (?:done|under way)/).waitFor();
  const after = await stack.merchantApi.until(invoice.id, 'refunded', ({ status }) => status === 'refunded');
  expect(after.status).toBe('refunded');
  expect(await store.booked('zaincash', id, 'money_refunded')).toEqual([25_000_000]);
  const { rows } = await stack.pool.query<{ by: string; reason: string }>(
    `select e.data->>'by' as by, o.reason from invoice_events e join payment_operations o on o.id = e.data->>'operation_id'
     where e.invoice_id = $1 and e.type = 'operation.requested'`,
    [invoice.id],
  );
  expect(rows).toEqual([{ by: 'sara.operator', reason: 'The shop had no more of it' }]);
  await page.getByText('refunded', { exact: true }).first().waitFor();
  await snap(page, 'ops-invoice');
  const trail = await stack.call('GET', `/v1/audit_entries?actor=sara.operator`);
  expect(trail.body['data']).toMatchObject([
    { actor: { type: 'person', id: 'sara.operator' }, action: 'operation.requested' },
  ]);
  await page.context().close();
});

it('shows new invoices and what becomes of them without a reload, and keeps the focus', async () => {
  const { page, complaints } = await desk.at('viewer', '/ops/invoices?mode=sandbox');
  await page.locator('#live-state[data-state="on"]').waitFor();
  const { invoice, id } = await store.payable('zaincash', { reference: 'order-live' });
  const row = page.getByRole('row').filter({ hasText: 'order-live' });
  await row.waitFor();
  await row.getByRole('link').focus();
  await stack.control.pay('zaincash', id);
  await row.getByText('paid', { exact: true }).waitFor();
  expect(await page.evaluate('document.activeElement.textContent')).toContain('order-live');
  await row.getByRole('link').click();
  await page.getByText('money: received').waitFor();
  expect(page.url()).toContain(invoice.id);
  expect(await page.getByRole('link', { name: /Refund/ }).count()).toBe(0);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('lets viewers look and not touch, whatever address they try', async () => {
  const id = await paid('order-viewed');
  const { rows } = await stack.pool.query<{ id: string }>('select id from payments where invoice_id = $1', [
    id,
  ]);
  const { page } = await desk.at('viewer', `/ops/invoices/${id}/payments/${rows[0]?.id}/refund?mode=sandbox`);
  expect(await page.getByText('This takes the role operator; yours is viewer').isVisible()).toBe(true);
  await snap(page, 'ops-role-missing');
  await page.context().close();
});

it('cancels an open invoice with a reason, and asks the provider first', async () => {
  const { invoice } = await store.payable('zaincash', { reference: 'order-cancel' });
  const { page } = await desk.at('operator', `/ops/invoices/${invoice.id}?mode=sandbox`);
  await page.getByRole('button', { name: 'Check with provider' }).click();
  await page.getByText('The provider says what is on record: nothing has changed.').waitFor();
  await page.getByRole('link', { name: 'Cancel the invoice' }).click();
  await page.getByLabel('Reason').fill('Made twice');
  await page.getByRole('button', { name: 'Cancel the invoice' }).click();
  await page.getByText('The invoice is canceled.').waitFor();
  await page.getByText(/“Made twice” · by sara.operator/).waitFor();
  expect((await stack.merchantApi.invoice(invoice.id)).status).toBe('canceled');
  await page.context().close();
});

const SIZES: readonly (readonly [string, BrowserContextOptions])[] = [
  ['320', SMALL],
  ['desk', DESK],
  ['dark', { ...DESK, colorScheme: 'dark' }],
  ['4k', { viewport: { width: 3840, height: 2160 }, deviceScaleFactor: 1 }],
];

/** One invoice for all who look. */
let seen: Promise<string> | null = null;

it.concurrent.each(SIZES)('fits and can be used by everybody: %s', async (name, options) => {
  seen ??= paid('order-seen');
  const id = await seen;
  const { page, complaints } = await desk.at('operator', '/ops?mode=sandbox', options);
  for (const [part, path] of [
    ['overview', '/ops?mode=sandbox'],
    ['invoices', '/ops/invoices?mode=sandbox'],
    ['none', '/ops/invoices?mode=sandbox&q=nothing-like-it'],
    ['wrong', '/ops/invoices?mode=sandbox&from=2026-02-30'],
    ['invoice', `/ops/invoices/${id}?mode=sandbox`],
    ['missing', '/ops/nowhere'],
  ] as const) {
    await page.goto(stack.apiUrl + path);
    if (part !== 'missing' && part !== 'wrong') await page.locator('#live-state[data-state="on"]').waitFor();
    await snap(page, `ops-${part}-${name}`);
    expect({ part, problems: await accessibilityProblems(page), overflow: await overflow(page) }).toEqual({
      part,
      problems: [],
      overflow: 0,
    });
  }
  expect(complaints.filter((text) => !/404|422/.test(text))).toEqual([]);
  await page.context().close();
});

it('leaves a record in which everything adds up', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
