/** Providers, reconciliation and routing on the operations pages, in a real browser, on the real stack. */
import { startBrowser, type TestBrowser } from '../setup/browser.ts';
import { shop, type Shop } from '../setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from '../setup/stack.ts';
import type { Page } from 'playwright-core';
import { faults, operatorDesk, tabTo, untilFocused, type OperatorDesk } from './operator-desk.ts';

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
  await desk.hire('admin');
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await stack?.stop();
}, STACK_TIMEOUT_MS);

const accountOf = (provider: string): string => stack.merchant.accounts[provider] ?? '';
const accountPage = (provider: string): string => `/ops/providers/${accountOf(provider)}?mode=sandbox`;
const follow = (page: Page, link: string) => page.getByRole('link', { name: link, exact: true }).click();
const answer = async (page: Page, reason: string, button: string): Promise<void> => {
  await page.getByLabel('Reason').fill(reason);
  await page.getByRole('button', { name: button, exact: true }).click();
};

it('registers a webhook, sees that it is there, and says calmly when the provider cannot tell', async () => {
  const { page, complaints } = await desk.at('admin', accountPage('tabby'));
  await follow(page, 'Register the webhook');
  await answer(page, 'A new address', 'Register it');
  await page.getByText('The webhook is registered.').waitFor();
  await follow(page, 'See what is registered');
  await page.getByText('The provider sends webhooks to where we wait for them.').waitFor();
  await page.getByText('as it should be').waitFor();
  expect(await faults(page, 'ops-registrations')).toEqual([]);
  await stack.control.fault('tabby', { kind: 'reset', times: -1 });
  await page.reload();
  await page.getByText('The provider cannot be asked now').waitFor();
  expect(await faults(page, 'ops-registrations-unknown')).toEqual([]);
  await store.control('DELETE', '/tabby/faults');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('keeps a breaker open, which refuses payments, then closed, and leaves it to itself', async () => {
  const { page } = await desk.at('admin', accountPage('rehive'));
  const { id: invoice } = await store.invoice('rehive');
  const decide = async (link: string, button: string, said: string): Promise<void> => {
    await follow(page, link);
    await answer(page, 'They told us', button);
    await page.getByText(said).waitFor();
  };
  await decide('Keep the breaker open', 'Keep the breaker open', 'The breaker is kept open.');
  expect((await store.ask('rehive', invoice)).status).toBe(503);
  await decide('Keep it closed', 'Keep the breaker closed', 'The breaker is kept closed.');
  await decide('Leave it to itself', 'Leave the breaker to itself', 'The breaker is left to itself.');
  expect((await store.ask('rehive', invoice)).status).toBe(201);
  await page.context().close();
});

it('rotates a credential that no page repeats; a mistake has the focus', async () => {
  const { page } = await desk.at('admin', accountPage('tabby'));
  await follow(page, 'Rotate credentials');
  await page.getByLabel('webhook_secret').fill('canary-of-a-new-secret');
  await page.getByLabel('Overlap in hours').fill('9999');
  await answer(page, 'Theirs has leaked', 'Rotate them');
  await page.getByRole('alert').waitFor();
  await untilFocused(page, 'Overlap in hours');
  expect(await page.content()).not.toContain('canary-of-a-new-secret');
  await page.getByLabel('webhook_secret').fill('canary-of-a-new-secret');
  await page.getByLabel('Overlap in hours').fill('1');
  await page.getByRole('button', { name: 'Rotate them' }).click();
  await page.getByText('The credentials are rotated.').waitFor();
  expect(await page.content()).not.toContain('canary-of-a-new-secret');
  await page.context().close();
});

it('takes a settlement file, holds its run against the one from the list, and decides what differs', async () => {
  const { invoice, id } = await store.payable('finan', { reference: 'order-settled' });
  await stack.control.pay('finan', id);
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  const { page, complaints } = await desk.at('admin', accountPage('finan'));
  const today = new Date().toISOString().slice(0, 10);
  const ended = () => page.getByText('succeeded', { exact: true }).first().waitFor();
  await follow(page, 'Start a reconciliation run');
  await page.getByLabel('Day (UTC)').fill(today);
  await answer(page, 'To be sure', 'Start the run');
  await ended();
  await page.goto(stack.apiUrl + accountPage('finan'));
  await follow(page, 'Send a settlement file');
  await page.getByLabel(/^Day/).fill(today);
  await page.locator('input[type="file"]').setInputFiles({
    name: 'settlement.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`provider_payment_id,currency,amount\n${id},VND,150000\nP-unknown,VND,70000\n`),
  });
  await answer(page, 'Their file of today', 'Send it');
  await page.waitForURL(/\/ops\/reconciliation\/rec_/);
  await ended();
  await follow(page, 'Compare with an earlier run');
  await page.getByRole('heading', { name: 'What is different' }).waitFor();
  const rows = page.getByRole('region', { name: 'Rows that differ' }).getByRole('row');
  await rows
    .filter({ hasText: 'Changed' })
    .filter({ hasText: 'amount differs' })
    .filter({ hasText: '150,000' })
    .waitFor();
  await rows.filter({ hasText: 'New' }).filter({ hasText: 'P-unknown' }).waitFor();
  expect(await faults(page, 'ops-run-compared')).toEqual([]);
  await follow(page, 'Gone');
  await page.getByText('No row has changed in this way.').waitFor();
  await follow(page, 'The run');
  await page.getByRole('row').filter({ hasText: 'P-unknown' }).getByRole('link', { name: 'a case' }).click();
  await follow(page, 'Decide: not ours');
  await answer(page, 'It is the other shop’s', 'Decide: not ours');
  await page.getByText('It is decided: not ours.').waitFor();
  await page.getByText('It is the other shop’s').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('sets a routing rule by keyboard alone, tries it, and changes nothing that somebody else has changed', async () => {
  const merchant = stack.merchant.merchant_id;
  const { page, complaints } = await desk.at('admin', `/ops/routing?mode=sandbox&merchant=${merchant}`);
  await tabTo(page, 'Set and try its rules');
  await page.keyboard.press('Enter');
  await page.getByText('No rules').waitFor();
  expect(await faults(page, 'ops-routing-none')).toEqual([]);
  await tabTo(page, 'Add a rule');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Add a rule' }).waitFor();
  expect(await faults(page, 'ops-routing-add')).toEqual([]);
  await tabTo(page, 'Currency');
  // Letters go to the choice that begins with them, arrows to the next one.
  await page.keyboard.type('VND');
  await tabTo(page, 'Order of the services');
  await page.keyboard.press('ArrowDown');
  await tabTo(page, 'Services, one on each line');
  await page.keyboard.type('finan.barter');
  await tabTo(page, 'Reason');
  await page.keyboard.type('Cheaper');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await untilFocused(page, 'Services, one on each line');
  expect(await faults(page, 'ops-routing-refused')).toEqual([]);
  await page.keyboard.press('Control+A');
  await page.keyboard.type('finan.bank_transfer 3');
  await tabTo(page, 'Add it');
  await page.keyboard.press('Enter');
  await page.getByText('The rule is added.').waitFor();
  await page.getByText('finan.bank_transfer (3 parts)').waitFor();
  await tabTo(page, 'Amount');
  await page.keyboard.type('200,000');
  await tabTo(page, 'Currency');
  await page.keyboard.type('VND');
  await page.keyboard.press('Enter');
  await tabTo(page, 'Try it');
  await page.keyboard.press('Enter');
  await page.getByText('would take finan.bank_transfer').waitFor();
  expect(await faults(page, 'ops-routing')).toEqual([]);
  await follow(page, 'Edit rule 1');
  await stack.call('PUT', '/v1/routing', { rules: [] });
  await answer(page, 'Too late', 'Change it');
  await page.getByText(/there is no such rule|rules meanwhile/i).waitFor();
  expect(complaints.filter((text) => !/40[49]|422/.test(text))).toEqual([]);
  await page.context().close();
});
