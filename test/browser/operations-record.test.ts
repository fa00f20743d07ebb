/** The operations pages about webhooks, providers and everything else but invoices, in a real browser: what they look like and how they are used. */
import type { BrowserContextOptions } from 'playwright-core';
import { startTestApi, WEBHOOK_SECRET, type TestApi } from '../../api/testing/api.ts';
import { accessibilityProblems } from './accessibility.ts';
import { snap, startBrowser, type TestBrowser } from '../setup/browser.ts';
import { ENGINES_TIMEOUT_MS } from '../setup/engines.ts';
import { DESK, operatorDesk, overflow, SMALL, type OperatorDesk } from './operator-desk.ts';

jest.setTimeout(90_000);

let api: TestApi;
let browser: TestBrowser;
let desk: OperatorDesk;

beforeAll(async () => {
  [api, browser] = await Promise.all([startTestApi(), startBrowser()]);
  desk = operatorDesk(api.url, api.pool, browser);
  await desk.hire('admin');
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await api?.stop();
}, ENGINES_TIMEOUT_MS);

const signedIn = (path: string, options: BrowserContextOptions = DESK) => desk.at('admin', path, options);

const address = () => `/webhooks/bazaar/${api.merchant.account}`;
async function webhook(body: object, secret = `${WEBHOOK_SECRET}${address()}`): Promise<void> {
  await api.call('POST', address(), { key: null, body, headers: { 'x-secret': secret } });
  await api.background.settled();
}
const idOf = async (table: string): Promise<string> =>
  (await api.pool.query<{ id: string }>(`select id from ${table} order by id desc limit 1`)).rows[0]?.id ??
  '';

const PAYLOAD = {
  event: 'order.paid',
  payment: null,
  ours: null,
  order: { id: 'A-17', buyer: { city: 'Hanoi', tags: ['new', 'loyal'] } },
  lines: [
    { sku: 'tea-green', quantity: 2, price: 300_000 },
    { sku: 'cup', quantity: 1, price: 95_000, note: 'blue, please' },
  ],
};

it('reads a payload as a grid: searches it, copies a path, and sees it as it came', async () => {
  await webhook(PAYLOAD);
  const id = await idOf('webhook_events');
  const { page, complaints } = await signedIn(`/ops/webhooks/${id}?mode=sandbox`);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: 'Copy the path $.lines[1]', exact: true }).click();
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('$.lines[1]');
  await page.getByRole('searchbox', { name: 'Search' }).fill('hanoi');
  await page.getByText('1 row', { exact: true }).waitFor();
  expect(await page.getByText('Hanoi', { exact: true }).isVisible()).toBe(true);
  expect(await page.getByText('tea-green', { exact: true }).isVisible()).toBe(false);
  await page.getByRole('searchbox', { name: 'Search' }).fill('');
  expect(await page.getByText('tea-green', { exact: true }).isVisible()).toBe(true);
  await page.getByText('As it came').click();
  expect(await page.locator('pre.raw').textContent()).toBe(JSON.stringify(PAYLOAD));
  await snap(page, 'ops-webhook');
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('shows a webhook that comes in without being asked', async () => {
  const { page, complaints } = await signedIn('/ops/webhooks?mode=sandbox');
  await page.locator('#live-state[data-state="on"]').waitFor();
  await webhook({ event: 'while.looking', payment: null, ours: null });
  await page.getByText('while.looking').waitFor();
  expect(complaints).toEqual([]);
  await page.context().close();
});

it('keeps a breaker open by keyboard alone', async () => {
  const { page } = await signedIn(`/ops/providers/${api.merchant.account}?mode=sandbox`);
  await page.getByRole('link', { name: 'Keep the breaker open' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Keep the breaker open?' }).waitFor();
  await snap(page, 'ops-breaker');
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByLabel('Reason').focus();
  await page.keyboard.type('their status page says so');
  await page.keyboard.press('Enter');
  await page.getByText('The breaker is kept open.').waitFor();
  expect(await page.getByText('sara.admin: their status page says so').isVisible()).toBe(true);
  await page.context().close();
});

it('has pages that are easy to use on every screen, in both colours', async () => {
  await webhook({ event: 'forged' }, 'somebody else');
  await api.call('POST', '/v1/webhook_endpoints', {
    body: { url: 'https://shop.example/hooks', event_types: ['*'] },
  });
  await api.call('POST', `/v1/webhook_endpoints/${await idOf('webhook_endpoints')}/test`, { body: {} });
  await api.pool.query(
    `insert into reconciliation_runs (id, merchant_id, mode, account_id, day, source, is_complete, requested_by, status)
     values ('rec_01jd0000000000000000000000', $1, 'sandbox', $2, '2026-02-01', 'list', true, 'key_x', 'running')`,
    [api.merchant.id, api.merchant.account],
  );
  await api.pool.query(
    `insert into incidents (id, account_id, merchant_id, mode, opened_at, failures)
     values ('inc_01jd0000000000000000000000', $2, $1, 'sandbox', now(), 12)`,
    [api.merchant.id, api.merchant.account],
  );
  await api.pool.query(`insert into routings (merchant_id, mode, rules) values ($1, 'sandbox', $2)`, [
    api.merchant.id,
    JSON.stringify([
      {
        name: 'Tea',
        currency: 'VND',
        amount_gte: 10_000,
        amount_lte: null,
        countries: ['VN'],
        strategy: 'weighted',
        fallback: true,
        services: [{ payment_service: 'bazaar.qr', provider_account: null, weight: 3 }],
      },
    ]),
  ]);
  const paths = {
    webhooks: '/ops/webhooks',
    refused: '/ops/webhooks/refused',
    'refused-one': `/ops/webhooks/${await idOf('refused_webhooks')}`,
    webhook: `/ops/webhooks/${await idOf('webhook_events')}`,
    deliveries: '/ops/deliveries',
    delivery: `/ops/deliveries/${await idOf('deliveries')}`,
    cases: '/ops/cases',
    providers: '/ops/providers',
    provider: `/ops/providers/${api.merchant.account}`,
    rotate: `/ops/providers/${api.merchant.account}/rotate`,
    file: `/ops/providers/${api.merchant.account}/settlement-file`,
    routing: '/ops/routing',
    incidents: '/ops/incidents',
    incident: '/ops/incidents/inc_01jd0000000000000000000000',
    reconciliation: '/ops/reconciliation',
    run: '/ops/reconciliation/rec_01jd0000000000000000000000',
    audit: `/ops/audit?merchant=${api.merchant.id}`,
    people: '/ops/people',
    'routing-of': `/ops/routing/${api.merchant.id}?amount=25,000&currency=VND&country=VN`,
    'routing-edit': `/ops/routing/${api.merchant.id}/edit?rule=0`,
    'run-changes': '/ops/reconciliation/rec_01jd0000000000000000000000/changes',
    merchants: '/ops/merchants',
    merchant: `/ops/merchants/${api.merchant.id}`,
  };
  const problems: string[] = [];
  const tour = async (size: string, options: BrowserContextOptions): Promise<void> => {
    const { page, complaints } = await signedIn('/ops/cases?mode=sandbox', options);
    for (const [name, path] of Object.entries(paths)) {
      await page.goto(`${api.url}${path}${path.includes('?') ? '&' : '?'}mode=sandbox`);
      const about = `${name}, ${size}`;
      if ((await overflow(page)) > 0) problems.push(`${about}: it scrolls sideways`);
      // The colours of the wall are those of the small one.
      if (size !== 'wall')
        problems.push(...(await accessibilityProblems(page)).map((problem) => `${about}: ${problem}`));
      await snap(page, `ops-${name}-${size}`);
    }
    problems.push(...complaints.map((text) => `${size}: ${text}`));
    await page.context().close();
  };
  const wall = { viewport: { width: 3840, height: 2160 }, deviceScaleFactor: 1 };
  await Promise.all([
    tour('desk', DESK),
    tour('small', { ...SMALL, colorScheme: 'dark' }),
    tour('wall', { ...wall, colorScheme: 'dark' }),
  ]);
  expect(problems).toEqual([]);
});
