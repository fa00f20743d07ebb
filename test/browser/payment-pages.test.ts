/**
 * Every payment page in a real browser, on the real stack: the customer pays, is refused, cancels, or waits too long, and
 * comes to the merchant's page for that.
 */
import type { Page } from 'playwright-core';
import type { Payment } from '../../cli/journey/clients.ts';
import { paymentServices } from '../../api/payment-service.ts';
import { connectors } from '../../providers/index.ts';
import { startBrowser, snap, type TestBrowser } from '../setup/browser.ts';
import { settledViolations } from '../setup/invariants.ts';
import { startShopFront, type ShopFront } from '../setup/shop-front.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from '../setup/stack.ts';
import { directPayment } from './direct-payment.ts';
import { STORIES, stepsOn, type Deed, type Story } from './stories.ts';

jest.setTimeout(60_000);

let stack: TestStack;
let browser: TestBrowser;
let shop: ShopFront;
/** What the API offers, all of which the demo merchant has linked; the rest is tried at its simulator. */
const offered = paymentServices(connectors);

beforeAll(async () => {
  [stack, browser, shop] = await Promise.all([startTestStack(), startBrowser(), startShopFront()]);
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await shop?.stop();
  await stack?.stop();
}, STACK_TIMEOUT_MS);

/** A payment that waits for its customer. */
interface Opened {
  readonly page_url: string;
  readonly provider_payment_id: string;
  /** As the API has it, or the provider where the API does not offer the service yet. */
  status(): Promise<string>;
  /** What the merchant's address has in its query. */
  readonly hints: Readonly<Record<string, string>>;
}

const customer = { name: 'Sara Ali', email: 'otp.success@tabby.ai', phone: '+971500000001' };

async function overTheApi({ service, currency, amount }: Story): Promise<Opened> {
  const { merchantApi } = stack;
  const { return_urls } = shop;
  const invoice = await merchantApi.createInvoice({
    amount,
    currency,
    customer,
    return_urls,
    reference: 'order-1001',
    description: 'Order 1001',
  });
  const payment = await merchantApi.requestPayment(invoice.id, service);
  const read = async () => (await merchantApi.invoice(invoice.id)).payments[0]?.status ?? 'none';
  return {
    page_url: pageOf(payment),
    provider_payment_id: payment.provider_payment_id ?? '',
    status: read,
    hints: { invoice_id: invoice.id, payment_id: payment.id },
  };
}

/** The link, or the first of the apps that a code can be opened with. */
function pageOf({ next_action }: Payment): string {
  const [app] = (next_action as { deep_links?: readonly { url: string }[] } | null)?.deep_links ?? [];
  const url = next_action?.redirect_url ?? app?.url;
  if (url === undefined) throw new Error(`there is no page in ${JSON.stringify(next_action)}`);
  return url;
}

async function open(story: Story): Promise<Opened> {
  return offered.has(story.service) ? overTheApi(story) : directPayment(stack, story, customer, shop);
}

/** Plays `deed` on the payment's page, and says where the customer has come to. */
async function play(story: Story, kind: string, { act, lands }: Deed, opened: Opened): Promise<Page> {
  const name = `${story.service}-${kind}`;
  const page = await browser.open();
  await page.goto(opened.page_url);
  await act(page, stepsOn(page, name));
  if (lands !== 'stays') await page.waitForURL((url) => url.href.startsWith(shop.url));
  else await page.waitForLoadState();
  await snap(page, `${name}-end`);
  return page;
}

const endings = STORIES.flatMap((story) =>
  (['approve', 'decline', 'cancel', 'lapse'] as const).map((kind): [string, string, Story, Deed] => [
    story.service,
    kind,
    story,
    story[kind],
  ]),
);

// Customers do not wait for each other, and the tests of them need not.
it.concurrent.each(endings)('%s: %s', async (service, kind, story, deed) => {
  const opened = await open(story);
  const page = await play(story, kind, deed, opened);
  const address = new URL(page.url());
  if (deed.lands === 'stays') expect(address.href.split('?')[0]).toBe(opened.page_url.split('?')[0]);
  else expect(address.origin + address.pathname).toBe(shop.return_urls[deed.lands]);
  const held = kind === 'approve' && story.authorizes === true;
  const wanted = held ? ['authorized', 'paid'] : [deed.status];
  if (offered.has(service)) {
    if (deed.lands === 'stays') {
      const found = await stack.merchantApi.until(
        opened.hints['invoice_id'] ?? '',
        deed.status,
        ({ payments }) => wanted.includes(payments[0]?.status ?? ''),
      );
      expect(found.status).toBe(deed.status === 'paid' ? 'paid' : 'open');
    } else {
      expect(wanted).toContain(await opened.status());
      // What was authorized a moment ago may be captured by now.
      const { status, ...hints } = Object.fromEntries(address.searchParams);
      expect(hints).toEqual(opened.hints);
      expect(wanted).toContain(status);
    }
  } else {
    expect(await opened.status()).toBe(held ? 'authorized' : deed.status);
  }
  await page.context().close();
});

it('has a story for every service whose customer is shown a page', async () => {
  const { body } = await stack.call('GET', '/v1/payment_services');
  const services = body['data'] as { id: string; flow: string }[];
  const pages = services.filter(({ flow }) => flow === 'redirect' || flow === 'qr_code').map(({ id }) => id);
  const told = new Set(STORIES.map(({ service }) => service));
  expect(new Set(services.map(({ id }) => id))).toEqual(new Set(offered.keys()));
  expect(pages.length).toBeGreaterThan(8);
  expect(pages.filter((id) => !told.has(id))).toEqual([]);
});

/** What the providers themselves add to the address after a payment that went well. */
const SUCCESS_SIGNS: Readonly<Record<string, (id: string) => Record<string, string>>> = {
  fapshi: (id) => ({ transId: id, status: 'SUCCESSFUL' }),
  fib: (id) => ({ paymentId: id, status: 'PAID' }),
  finan: (id) => ({ payment_request_id: id, status: 'paid', code: '0' }),
  myfatoorah: (id) => ({ paymentId: `07076${id}00000000`, Id: `07076${id}00000000` }),
  rehive: (id) => ({ request: id, status: 'complete' }),
  zaincash: (id) => ({ token: jwt({ status: 'SUCCESS', transactionId: id }) }),
  zaincash_v1: (id) => ({ token: jwt({ status: 'success', id }) }),
};

function jwt(claims: Readonly<Record<string, string>>): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}.${'A'.repeat(43)}`;
}

const returning = STORIES.filter(({ service, approve }) => offered.has(service) && approve.lands !== 'stays');

it.concurrent.each(returning.map((story): [string, Story] => [story.service, story]))(
  '%s: a forged return never shows success',
  async (service, story) => {
    const opened = await open(story);
    const { rows } = await stack.pool.query<{ url: string }>(
      `select request->>'return_url' as url from payments where id = $1`,
      [opened.hints['payment_id']],
    );
    const signs = SUCCESS_SIGNS[service.split('.')[0] ?? '']?.(opened.provider_payment_id) ?? {};
    const forged = new URLSearchParams({
      status: 'success',
      success: 'true',
      paymentStatus: 'approved',
      ...signs,
    });
    const page = await browser.open();
    await page.goto(`${rows[0]?.url}?${forged.toString()}`);
    await page.getByRole('heading', { name: 'We are checking your payment' }).waitFor();
    await snap(page, `${service}-forged`);
    await page.getByRole('link', { name: 'Check again' }).click();
    expect(await page.getByRole('heading').textContent()).toBe('We are checking your payment');
    for (const door of ['failure', 'cancel']) {
      await page.goto(`${rows[0]?.url}/${door}?${forged.toString()}`);
      expect(new URL(page.url()).pathname).toBe(`/${door}`);
    }
    expect(await opened.status()).toBe('pending');
    await page.context().close();
  },
);

it('leaves a record in which everything adds up', async () => {
  // Webhooks about payments that only the provider knows.
  await stack.pool.query('delete from webhook_events where invoice_id is null');
  expect(await settledViolations(stack)).toEqual([]);
});
