/** The checkout page in a real browser, on the real stack: a payment of each kind, impatience, and everything that goes wrong. */
import type { Page } from 'playwright-core';
import { startBrowser, snap, type TestBrowser } from '../setup/browser.ts';
import { settledViolations } from '../setup/invariants.ts';
import { startShopFront, type ShopFront } from '../setup/shop-front.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from '../setup/stack.ts';
import { checkoutDesk, reaches, type Checkout, type CheckoutDesk } from './checkout-desk.ts';

jest.setTimeout(60_000);

let stack: TestStack;
let browser: TestBrowser;
let shop: ShopFront;
let desk: CheckoutDesk;

beforeAll(async () => {
  [stack, browser, shop] = await Promise.all([startTestStack(), startBrowser(), startShopFront()]);
  desk = checkoutDesk(stack, browser);
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await shop?.stop();
  await stack?.stop();
}, STACK_TIMEOUT_MS);

const checkout: CheckoutDesk['make'] = (currency, more) => desk.make(currency, more);
const visit: CheckoutDesk['visit'] = (url, options) => desk.visit(url, options);
const look: CheckoutDesk['look'] = (page, name) => desk.look(page, name);

afterEach(() => desk.endStory());

const screen = (page: Page) => page.locator('main').getAttribute('data-screen');
const pick = (page: Page, name: string) => page.locator('.service', { hasText: name }).first().click();
const play = async (page: Page, button: string): Promise<void> => {
  const summary = page.getByText('Play the customer, move the clock');
  if (!(await page.getByRole('button', { name: '+ 30 minutes' }).isVisible())) await summary.click();
  await page.getByRole('button', { name: button, exact: true }).click();
};
const payments = async ({ id }: Checkout) => (await stack.merchantApi.invoice(id)).payments;
const provider = async (where: Checkout) => {
  const found = await payments(where);
  return found.at(-1)?.provider_payment_id ?? '';
};
describe('a payment', () => {
  it('by bank transfer: scanned, paid in two parts, live, to the receipt', async () => {
    const order = await checkout('VND', {
      return_urls: shop.return_urls,
      items: [{ name: 'Green tea', quantity: 2, unit_amount: 300_000 }],
    });
    const page = await visit(order.url);
    await look(page, 'choose');
    await pick(page, 'VietQR');
    await reaches(page, 'instructions');
    await look(page, 'transfer');
    expect(await page.locator('.qr svg').count()).toBe(1);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy: Amount' }).click();
    expect(await page.evaluate<string>('navigator.clipboard.readText()')).toBe('600000');
    await page.getByText('Copied').first().waitFor();
    await stack.control.pay('finan', await provider(order), { amount: 200_000 });
    await page.getByText('₫400,000').first().waitFor();
    expect(await page.locator('.qr').count()).toBe(0);
    await look(page, 'transfer-in-part');
    await stack.control.pay('finan', await provider(order), { amount: 400_000 });
    await reaches(page, 'paid');
    expect(await page.locator('#live').textContent()).toBe('Payment received');
    await look(page, 'paid');
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Print the receipt' }).isVisible()).toBe(false);
    await snap(page, 'checkout-receipt-printed');
    await page.emulateMedia({ media: 'screen' });
    await page.getByRole('link', { name: 'Back to the shop' }).click();
    expect(page.url()).toContain(`${shop.return_urls.success}?invoice_id=${order.id}`);
    await page.context().close();
  });

  it('on the provider’s page: there and back, paid', async () => {
    const order = await checkout('IQD');
    const page = await visit(order.url);
    await page.locator('button[value="zaincash.wallet"]').click();
    await page.getByLabel('Wallet number').waitFor();
    expect(new URL(page.url()).origin).not.toBe(stack.apiUrl);
    // The referrer would have told the provider the address of the page.
    expect(await page.evaluate<string>('document.referrer')).toBe('');
    await stack.control.pay('zaincash', await provider(order));
    await page.goto(order.url);
    await reaches(page, 'paid');
    await page.context().close();
  });

  it('with a code or an app', async () => {
    const order = await checkout('IQD');
    const page = await visit(order.url);
    await page.locator('button[value="fib.qr_code"]').click();
    await reaches(page, 'instructions');
    await page.getByRole('link', { name: 'Open the app (personal)' }).waitFor();
    await look(page, 'code');
    await play(page, 'Pay');
    expect(await reaches(page, 'paid')).toBe('Payment received');
    await page.context().close();
  });

  it('on the phone: a number is asked for, checked, and can be corrected', async () => {
    const order = await checkout('XAF');
    const page = await visit(order.url);
    await pick(page, 'MTN MoMo / Orange Money');
    await reaches(page, 'details');
    await page.getByLabel('Phone number').fill('12345678');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('This is not a mobile number').waitFor();
    expect(await page.getByLabel('Phone number').inputValue()).toBe('12345678');
    desk.forgive('422');
    await look(page, 'details-wrong');
    await page.getByLabel('Phone number').fill('6 70 00 00 09');
    await page.getByRole('button', { name: 'Continue' }).click();
    await reaches(page, 'phone');
    await look(page, 'phone');
    expect(await page.content()).not.toContain('670000009');
    await play(page, 'Pay');
    expect(await reaches(page, 'paid')).toBe('Payment received');
    await page.context().close();
  });

  it('by keyboard alone', async () => {
    const order = await checkout('VND');
    const page = await visit(order.url);
    const focus = async (wanted: string): Promise<void> => {
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press('Tab');
        const text = await page.evaluate<string>('document.activeElement?.innerText ?? ""');
        if (!text.includes(wanted)) continue;
        expect(await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle')).toBe(
          'solid',
        );
        return;
      }
      throw new Error(`${wanted} is not reached by Tab`);
    };
    await focus('VietQR');
    await snap(page, 'checkout-keyboard');
    await page.keyboard.press('Enter');
    await reaches(page, 'instructions');
    await focus('Play the customer');
    await page.keyboard.press('Enter');
    await focus('Pay');
    await page.keyboard.press('Enter');
    await reaches(page, 'paid');
    await page.context().close();
  });

  it('without script', async () => {
    const order = await checkout('VND');
    const page = await visit(order.url, { javaScriptEnabled: false });
    await pick(page, 'VietQR');
    expect(await screen(page)).toBe('instructions');
    await snap(page, 'checkout-without-script');
    await stack.control.pay('finan', await provider(order));
    await stack.merchantApi.until(order.id, 'paid', ({ status }) => status === 'paid');
    await page.getByRole('link', { name: 'Check again' }).click();
    expect(await screen(page)).toBe('paid');
    await page.context().close();
  });
});

describe('impatience', () => {
  it('makes one payment: two clicks, the back button, a reload', async () => {
    const order = await checkout('VND');
    const page = await visit(order.url);
    await page.locator('button[value="finan.bank_transfer"]').dblclick();
    await reaches(page, 'instructions');
    await page.reload();
    await page.goBack();
    await page.goto(`${order.url}?choose=1`);
    await pick(page, 'VietQR');
    await reaches(page, 'instructions');
    expect(await payments(order)).toHaveLength(1);
    await page.context().close();
  });

  it('in two tabs: both show the same payment, and both learn of the end', async () => {
    const order = await checkout('VND');
    const [one, other] = await Promise.all([visit(order.url), visit(order.url)]);
    await Promise.all([pick(one, 'VietQR'), pick(other, 'VietQR')]);
    await stack.merchantApi.until(order.id, 'asked for', ({ payments: all }) => all[0]?.status === 'pending');
    await Promise.all([reaches(one, 'instructions'), reaches(other, 'instructions')]);
    expect(await payments(order)).toHaveLength(1);
    await stack.control.pay('finan', await provider(order));
    await Promise.all([reaches(one, 'paid'), reaches(other, 'paid')]);
    await Promise.all([one.context().close(), other.context().close()]);
  });

  it('is answered also when no stream gets through', async () => {
    const order = await checkout('VND');
    const page = await browser.open();
    await page.route('**/events?**', (route) => route.fulfill({ status: 503 }));
    await page.goto(order.url);
    await pick(page, 'VietQR');
    await reaches(page, 'instructions');
    await stack.control.pay('finan', await provider(order));
    expect(await reaches(page, 'paid')).toBe('Payment received');
    await page.context().close();
  });
});

describe('setbacks', () => {
  it('declined: another service is one click away', async () => {
    const order = await checkout('IQD', { return_urls: {} });
    const page = await visit(order.url);
    await page.locator('button[value="furatpay.zaincash"]').click();
    await page.waitForURL((url) => !url.href.startsWith(stack.apiUrl));
    await page.goto(order.url);
    await reaches(page, 'redirect');
    await look(page, 'redirect');
    await play(page, 'Decline');
    await reaches(page, 'declined');
    await look(page, 'declined');
    await page.locator('button[value="fib.qr_code"]').click();
    await reaches(page, 'instructions');
    expect(await payments(order)).toHaveLength(2);
    await page.context().close();
  });

  it('run out: paid again in one click', async () => {
    const order = await checkout('VND');
    const page = await visit(order.url);
    await pick(page, 'VietQR');
    await reaches(page, 'instructions');
    await play(page, '+ 30 minutes');
    await play(page, '+ 30 minutes');
    await reaches(page, 'lapsed');
    await look(page, 'lapsed');
    await page.getByRole('button', { name: 'Try again with VietQR' }).click();
    await reaches(page, 'instructions');
    const left = (await page.locator('time[data-until]').textContent()) ?? '';
    expect(left).toMatch(/^(30:00|29:\d\d)$/);
    await page.context().close();
  });

  it('a provider that cannot be reached', async () => {
    const order = await checkout('XAF');
    await stack.control.fault('fapshi', { kind: 'status', status: 503, operation: 'create' });
    const page = await visit(order.url);
    await pick(page, 'Fapshi');
    expect(await reaches(page, 'unavailable')).toBe('This service cannot be reached right now');
    await look(page, 'unavailable');
    await page.getByRole('button', { name: 'Try again with Fapshi' }).click();
    await page.waitForURL((url) => !url.href.startsWith(stack.apiUrl));
    await page.context().close();
  });

  it.each([
    [
      'canceled',
      'This order was canceled',
      (order: Checkout) => stack.call('POST', `/v1/invoices/${order.id}/cancel`, {}),
    ],
    [
      'expired',
      'The time to pay is over',
      (order: Checkout) =>
        stack.call('POST', `/v1/invoices/${order.id}/test_clock`, { advance_s: 8 * 86_400 }),
    ],
  ])('the invoice is %s while the page is open: %s', async (name, title, act) => {
    const order = await checkout('VND', { return_urls: shop.return_urls });
    const page = await visit(order.url);
    await act(order);
    expect(await reaches(page, name)).toBe(title);
    await look(page, name);
    await page.context().close();
  });

  it('too much money', async () => {
    const order = await checkout('VND');
    const page = await visit(order.url);
    await pick(page, 'VietQR');
    await reaches(page, 'instructions');
    await stack.control.pay('finan', await provider(order), { amount: 650_000 });
    expect(await reaches(page, 'overpaid')).toBe('Payment received, and more than was due');
    await look(page, 'overpaid');
    await page.context().close();
  });

  it('a breaker that is open, a processing payment, a link that leads nowhere', async () => {
    const order = await checkout('XAF');
    const account = stack.merchant.accounts['fapshi'];
    const force = (state: string | null) =>
      stack.pool.query(
        `update provider_accounts set breaker_forced = $2, breaker_forced_reason = case when $2::text is not null then 'x' end,
         breaker_forced_at = case when $2::text is not null then now() end where id = $1`,
        [account, state],
      );
    await force('open');
    const page = await visit(order.url);
    await page.getByText('Not available right now').first().waitFor();
    await look(page, 'breaker-open');
    await force(null);
    await page.reload();
    await pick(page, 'Fapshi');
    await page.waitForURL((url) => !url.href.startsWith(stack.apiUrl));
    await stack.pool.query('update payments set next_action = null where invoice_id = $1', [order.id]);
    await page.goto(order.url);
    expect(await reaches(page, 'processing')).toBe('We are checking your payment');
    await look(page, 'processing');
    await page.goto(`${stack.apiUrl}/pay/nothing`);
    await page.getByRole('heading', { name: 'This link does not work' }).waitFor();
    desk.forgive('404');
    await look(page, 'not-found');
    await page.context().close();
  });
});

it('leaves a record in which everything adds up', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
