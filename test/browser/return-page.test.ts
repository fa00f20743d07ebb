/** The page for the customer who comes back, in a real browser: looks, languages, and going on by itself. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { createInvoiceGateway, type InvoiceFacts } from '../../temporal/invoices.ts';
import { startBrowser, snap, type TestBrowser } from '../setup/browser.ts';
import { settledViolations } from '../setup/invariants.ts';
import { startShopFront, type ShopFront } from '../setup/shop-front.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from '../setup/stack.ts';
import { temporalClient } from '../setup/temporal-client.ts';

jest.setTimeout(60_000);

let stack: TestStack;
let browser: TestBrowser;
let shop: ShopFront;

beforeAll(async () => {
  [stack, browser, shop] = await Promise.all([startTestStack(), startBrowser(), startShopFront()]);
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await shop?.stop();
  await stack?.stop();
}, STACK_TIMEOUT_MS);

interface Waiting {
  readonly id: string;
  readonly invoice_id: string;
  readonly provider_payment_id: string;
  readonly return_url: string;
}

/** A payment at ZainCash, which the customer has not made yet. */
async function waiting(return_urls: Readonly<Record<string, string>> = shop.return_urls): Promise<Waiting> {
  const invoice = await stack.merchantApi.createInvoice({
    amount: 25_000_000,
    currency: 'IQD',
    reference: 'order-1001',
    return_urls,
  });
  const payment = await stack.merchantApi.requestPayment(invoice.id, 'zaincash.wallet');
  const { rows } = await stack.pool.query<{ return_url: string }>(
    `select request->>'return_url' as return_url from payments where id = $1`,
    [payment.id],
  );
  return {
    id: payment.id,
    invoice_id: invoice.id,
    provider_payment_id: payment.provider_payment_id ?? '',
    return_url: rows[0]?.return_url ?? '',
  };
}

const pay = ({ provider_payment_id }: Waiting) => stack.control.pay('zaincash', provider_payment_id);
const readsOf = async ({ provider_payment_id }: Waiting): Promise<number> => {
  const { calls } = await stack.control.payment('zaincash', provider_payment_id);
  return calls.filter(({ operation }) => operation === 'get').length;
};

/** How often the provider is asked while `act` runs, and how often it may be: once for each two seconds. */
async function readsDuring(
  payment: Waiting,
  act: () => Promise<unknown>,
): Promise<{ reads: number; allowed: number }> {
  const before = await readsOf(payment);
  const started = performance.now();
  await act();
  const allowed = 1 + Math.floor((performance.now() - started) / 2_000);
  return { reads: (await readsOf(payment)) - before, allowed };
}

/** Opens the page; everything that the browser complains about ends up in `complaints`. */
async function visit(
  url: string,
  options?: BrowserContextOptions,
): Promise<{ page: Page; complaints: string[]; requests: string[] }> {
  const page = await browser.open(options);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => void complaints.push(message.text()));
  page.on('pageerror', (error) => void complaints.push(error.message));
  page.on('request', (request) => void requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

/** In the browser's own words: its types are not among ours. The page loads itself anew every few seconds, also in the middle of this. */
async function styleOf(page: Page, selector: string, property: string): Promise<string> {
  const words = `getComputedStyle(document.querySelector('${selector}')).getPropertyValue('${property}')`;
  for (;;) {
    try {
      return await page.evaluate(words);
    } catch (error) {
      if (!String(error).includes('because of a navigation')) throw error;
      await page.waitForLoadState();
    }
  }
}

const heading = (page: Page) => page.getByRole('heading').textContent();

it('goes on to the shop by itself once the money is there, although no webhook came', async () => {
  await stack.control.armWebhook('zaincash', { do: 'drop' });
  const payment = await waiting();
  const { page } = await visit(payment.return_url);
  expect(await heading(page)).toBe('We are checking your payment');
  await snap(page, 'return-checking');
  await pay(payment);
  await page.waitForURL((url) => url.href.startsWith(shop.return_urls.success));
  expect(await heading(page)).toBe('Thank you for your order');
  expect((await stack.merchantApi.invoice(payment.invoice_id)).status).toBe('paid');
  await page.context().close();
});

it.concurrent('works without any script, and asks nobody else for anything', async () => {
  const payment = await waiting();
  const { page, complaints, requests } = await visit(payment.return_url, { javaScriptEnabled: false });
  await page.waitForURL(/looks=1$/);
  expect(requests.filter((url) => !url.startsWith(`${stack.apiUrl}/return/`))).toEqual([]);
  expect(complaints).toEqual([]);
  await page.context().close();
});

it.concurrent('offers the way back to the provider, where the payment is still open', async () => {
  const payment = await waiting();
  const { page } = await visit(payment.return_url);
  await page.getByRole('link', { name: 'Not paid yet? Pay now' }).click();
  await page.getByLabel('Wallet number').waitFor();
  expect(await heading(page)).toBe('ZainCash');
  await page.context().close();
});

it.concurrent.each([
  ['en-GB', 'light', 'ltr', 'We are checking your payment'],
  ['en-GB', 'dark', 'ltr', 'We are checking your payment'],
  ['ar-IQ', 'light', 'rtl', 'نتحقق من عملية الدفع'],
  ['ar-IQ', 'dark', 'rtl', 'نتحقق من عملية الدفع'],
  ['fr-CM', 'light', 'ltr', 'Nous vérifions votre paiement'],
  ['ckb-IQ', 'light', 'rtl', 'پارەدانەکەت دەپشکنین'],
  ['vi-VN', 'light', 'ltr', 'Chúng tôi đang kiểm tra thanh toán'],
] as const)('is dressed for %s in the %s', async (locale, colorScheme, direction, title) => {
  const payment = await waiting();
  const { page, complaints } = await visit(payment.return_url, { locale, colorScheme });
  expect(await heading(page)).toBe(title);
  expect(await styleOf(page, 'body', 'direction')).toBe(direction);
  // The style sheet is the one that the policy allows, or nothing of this would hold.
  expect(await styleOf(page, 'main', 'border-top-left-radius')).toBe('16px');
  const [red = 0] = (await styleOf(page, 'body', 'background-color')).match(/\d+/g)?.map(Number) ?? [];
  expect(red < 128).toBe(colorScheme === 'dark');
  expect(complaints).toEqual([]);
  await snap(page, `return-checking-${locale}-${colorScheme}`);
  await page.context().close();
});

it.concurrent.each([
  ['paid', 'Payment received'],
  ['failed', 'The payment was declined'],
  ['left', 'Pay with ZainCash'],
] as const)('leads to the checkout page when the merchant has no page: %s', async (how, title) => {
  const payment = await waiting({});
  if (how === 'paid') await pay(payment);
  if (how === 'failed') {
    const { base_url } = stack.sandbox.providers['zaincash'] ?? { base_url: '' };
    expect(base_url).not.toBe('');
    const failed = await fetch(
      `${stack.sandbox.controlUrl}/zaincash/payments/${payment.provider_payment_id}/fail`,
      { method: 'POST' },
    );
    expect(failed.status).toBe(200);
  }
  const { page } = await visit(payment.return_url + (how === 'left' ? '/cancel' : ''));
  expect(await heading(page)).toBe(title);
  expect(new URL(page.url()).pathname).toMatch(/^\/pay\//);
  expect(await page.getByText('IQD 25,000').first().isVisible()).toBe(true);
  expect(await page.getByText('order-1001').first().isVisible()).toBe(true);
  await snap(page, `return-result-${how}`);
  await page.context().close();
});

it.concurrent('has a friendly page for a link that leads nowhere', async () => {
  const { page } = await visit(`${stack.apiUrl}/return/nothing`);
  expect(await heading(page)).toBe('This link does not work');
  await snap(page, 'return-unknown-link');
  await page.context().close();
});

it.concurrent('fits a small phone without scrolling sideways', async () => {
  const payment = await waiting();
  const { page } = await visit(payment.return_url, { viewport: { width: 320, height: 568 } });
  expect(await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth')).toBe(0);
  await snap(page, 'return-checking-small');
  await page.context().close();
});

it('asks the provider once for fifty browsers that come at the same moment', async () => {
  const payment = await waiting();
  const { reads, allowed } = await readsDuring(payment, () =>
    Promise.all(Array.from({ length: 50 }, async () => (await fetch(payment.return_url)).text())),
  );
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThanOrEqual(allowed);
});

it('asks the provider once also for several API processes', async () => {
  const payment = await waiting();
  const temporal = await temporalClient();
  const { rows } = await stack.pool.query<InvoiceFacts>(
    `select id, merchant_id, reference, currency, amount, 'IQD 25,000' as display from invoices where id = $1`,
    [payment.invoice_id],
  );
  const { reads, allowed } = await readsDuring(payment, async () => {
    const answers = await Promise.all(
      [1, 2, 3].map(async () => {
        const gateway = createInvoiceGateway(temporal, { taskQueue: stack.taskQueue, deadline_ms: 10_000 });
        return gateway.refresh(rows[0]!, payment.id);
      }),
    );
    expect(answers).toEqual([{ unread: 0 }, { unread: 0 }, { unread: 0 }]);
  });
  expect(reads).toBeGreaterThan(0);
  expect(reads).toBeLessThanOrEqual(allowed);
  await temporal.connection.close();
});

it('wakes the workflow of an invoice that has ended, and finds the money that came late', async () => {
  await stack.control.armWebhook('zaincash', { do: 'drop' });
  const payment = await waiting();
  const canceled = await stack.call('POST', `/v1/invoices/${payment.invoice_id}/cancel`, {});
  expect(canceled.status).toBe(200);
  await pay(payment);
  const { page } = await visit(payment.return_url);
  await page.waitForURL((url) => url.href.startsWith(shop.return_urls.success));
  expect((await stack.merchantApi.invoice(payment.invoice_id)).amounts['late'].amount).toBe(25_000_000);
  await page.context().close();
});

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
