/** The documentation in a real browser, in light and dark surroundings. */
import { startTestApi, type TestApi } from '../../api/testing/api.ts';
import { snap, startBrowser, type TestBrowser } from '../setup/browser.ts';
import { ENGINES_TIMEOUT_MS } from '../setup/engines.ts';
import { accessibilityProblems } from './accessibility.ts';

jest.setTimeout(60_000);

let api: TestApi;
let browser: TestBrowser;
beforeAll(async () => {
  [api, browser] = await Promise.all([startTestApi(), startBrowser()]);
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await api?.stop();
});

const DESK = { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1 };

describe.each(['light', 'dark'] as const)('in %s surroundings', (colorScheme) => {
  it.each([
    ['start', '/docs'],
    ['guide', '/docs/webhooks'],
    ['reference', '/docs/reference/invoices'],
    ['objects', '/docs/reference/objects'],
    ['errors', '/docs/errors'],
  ])('the %s can be read by everybody, in light on a phone, too', async (name, path) => {
    const devices = { desk: DESK, ...(colorScheme === 'light' ? { phone: {} } : {}) };
    for (const [device, options] of Object.entries(devices)) {
      const page = await browser.open({ colorScheme, ...options });
      const complaints: string[] = [];
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(api.url + path);
      await page.waitForFunction(
        'document.querySelector("[data-copy]") === null || document.querySelector("[data-copy]:not([hidden])") !== null',
      );
      expect(await accessibilityProblems(page)).toEqual([]);
      // Wide tables and code scroll by themselves, never the page.
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      await snap(page, `docs-${name}-${device}-${colorScheme}`);
      expect(complaints).toEqual([]);
      await page.context().close();
    }
  });
});

it('is searched without a server, and what is found leads to its place', async () => {
  const page = await browser.open(DESK);
  await page.goto(`${api.url}/docs`);
  await page.getByRole('searchbox').fill('request a payment');
  await page
    .getByRole('link', { name: /^Request a payment/ })
    .first()
    .click();
  await page.waitForURL(`${api.url}/docs/reference/payments#createPayment`);
  expect(await page.locator('#createPayment').textContent()).toContain('Request a payment');
  await snap(page, 'docs-found');
});

it('has a menu that says where one is, and opens on a phone', async () => {
  const page = await browser.open();
  await page.goto(`${api.url}/docs/webhooks`);
  await page.getByText('Contents').click();
  expect(await page.locator('nav [aria-current="page"]').textContent()).toBe('Webhooks');
  await page.getByRole('link', { name: 'Errors', exact: true }).first().click();
  await page.waitForURL(`${api.url}/docs/errors`);
});

it('copies code as it stands', async () => {
  const page = await browser.open({ ...DESK, permissions: ['clipboard-read', 'clipboard-write'] });
  await page.goto(`${api.url}/docs/quick-start`);
  await page.locator('[data-copy]').nth(2).click();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(copied).toMatch(/^curl -s \$API\/v1\/invoices .* \\\n {2}-H 'Idempotency-Key/);
});
