/** How the checkout page looks: five languages in both directions, light and dark, on a small phone and on a desk. */
import { startBrowser, type TestBrowser } from '../setup/browser.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from '../setup/stack.ts';
import { checkoutDesk, reaches, type CheckoutDesk } from './checkout-desk.ts';

jest.setTimeout(90_000);

let stack: TestStack;
let browser: TestBrowser;
let desk: CheckoutDesk;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startTestStack(), startBrowser()]);
  desk = checkoutDesk(stack, browser);
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await browser?.stop();
  await stack?.stop();
}, STACK_TIMEOUT_MS);
afterEach(() => desk.endStory());

const SMALL = { width: 320, height: 640 };
const DESK = { width: 1280, height: 800 };
const TITLES = {
  'en-GB': 'Pay by bank transfer',
  'ar-IQ': 'الدفع بتحويل مصرفي',
  'ckb-IQ': 'پارەدان بە گواستنەوەی بانکی',
  'fr-CM': 'Payer par virement',
  'vi-VN': 'Thanh toán bằng chuyển khoản',
} as const;
const BRAND = { display_name: 'Dar Al-Shai', color: '#ffe04d', support_email: 'help@tea.example' };

const surroundings = Object.entries(TITLES).flatMap(([locale, title]) => [
  [locale, 'light', 'small', title, SMALL] as const,
  [locale, 'dark', 'desktop', title, DESK] as const,
  ...(locale === 'en-GB' || locale === 'ar-IQ'
    ? ([
        [locale, 'dark', 'small', title, SMALL],
        [locale, 'light', 'desktop', title, DESK],
      ] as const)
    : []),
]);

it.each(surroundings)(
  '%s, %s, %s: can be read, and nothing scrolls sideways',
  async (locale, colorScheme, size, title, viewport) => {
    const branding = locale === 'ar-IQ' ? BRAND : {};
    await stack.pool.query('update merchants set branding = $2 where id = $1', [
      stack.merchant.merchant_id,
      branding,
    ]);
    const items = [{ name: 'Green tea', quantity: 2, unit_amount: 300_000 }];
    const order = await desk.make('VND', { description: 'Tea for two', items });
    const page = await desk.visit(order.url, { locale, colorScheme, viewport, deviceScaleFactor: 1 });
    const direction = await page.evaluate<string>('getComputedStyle(document.body).direction');
    expect(direction).toBe(/^(ar|ckb)/.test(locale) ? 'rtl' : 'ltr');
    await desk.look(page, `${locale}-${size}-${colorScheme}`);
    await page.locator('button[value="finan.bank_transfer"]').click();
    expect(await reaches(page, 'instructions')).toBe(title);
    await desk.look(page, `${locale}-${size}-${colorScheme}-transfer`);
    const overhang = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
    expect(overhang).toBeLessThanOrEqual(0);
    await page.context().close();
  },
);

it('can be switched to another language', async () => {
  const page = await desk.visit((await desk.make('KWD')).url);
  await page.getByRole('link', { name: 'العربية' }).click();
  await page.waitForURL(/lang=ar$/);
  expect(await reaches(page, 'choose')).toBe('اختر طريقة الدفع');
  await page.context().close();
});

it.each(['light', 'dark'] as const)('every component is on the page of the look: %s', async (colorScheme) => {
  const page = await desk.visit(`${stack.apiUrl}/style`, { colorScheme });
  expect(await page.getByRole('heading', { level: 2 }).count()).toBeGreaterThan(6);
  await desk.look(page, `style-${colorScheme}`);
  await page.context().close();
});
