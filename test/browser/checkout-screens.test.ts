/** Every screen of the checkout page, and of the page for those who come back, drawn without a server: on phones and on walls, light and dark, in both directions. */
import type { BrowserContextOptions } from 'playwright-core';
import { checkoutNotice, checkoutPage } from '../../pages/checkout/page.ts';
import { localeOf, writeAmount } from '../../pages/locale.ts';
import { checkingPage, unknownLinkPage } from '../../pages/return-page.ts';
import { LANGUAGES } from '../../pages/texts.ts';
import { snap, startBrowser, type TestBrowser } from '../setup/browser.ts';
import { accessibilityProblems } from './accessibility.ts';
import { everyScreen, viewOf } from './checkout-screens.ts';
import { overflow } from './operator-desk.ts';

jest.setTimeout(120_000);

/** With everything in it, the page is one answer. */
const BYTES_MAX = 60 * 1024;

let browser: TestBrowser;
beforeAll(async () => {
  browser = await startBrowser();
}, 60_000);
afterAll(() => browser?.stop());

/** The pages of a language by name: each screen, and those that are about no invoice. */
function pagesIn(language: string): (readonly [string, string])[] {
  const locale = localeOf(language, []);
  const links = {
    pay: 'https://pay.example/1',
    shop: 'https://shop.example/cart',
    again: '/return/token?looks=2',
  };
  const amount = writeAmount(locale, '25000.000', 'IQD');
  const part = {
    amount,
    received: writeAmount(locale, '5000.000', 'IQD'),
    shop: 'Dar Al-Shai',
    reference: 'order-1001',
  };
  return [
    ...Object.entries(everyScreen(locale)).map(
      ([name, screen]) => [name, checkoutPage(viewOf(locale, name, screen)).text] as const,
    ),
    ['return', checkingPage(locale.language, part, links, 2).text],
    ['return-tired', checkingPage(locale.language, null, links, null).text],
    ['return-unknown', unknownLinkPage(locale.language).text],
    ...(['not_found', 'too_many', 'broken'] as const).map(
      (what) =>
        [what, checkoutNotice(locale, what, what === 'not_found' ? null : '/pay/token').text] as const,
    ),
  ];
}

/** Without what would take the reader elsewhere by itself. */
const still = (text: string): string => text.replace(/<meta http-equiv="refresh"[^>]*>/g, '');

const SIZES: readonly (readonly [string, string, BrowserContextOptions])[] = [
  ['en', 'small-light', { viewport: { width: 320, height: 640 }, colorScheme: 'light' }],
  ['ar', 'phone-dark', { viewport: { width: 390, height: 780 }, colorScheme: 'dark' }],
  // The rest has the same words in the same colours: what is new is how much room there is.
  ['ar', 'desk-light', { viewport: { width: 1440, height: 900 }, colorScheme: 'light' }],
  ['en', 'wall-dark', { viewport: { width: 3840, height: 2160 }, colorScheme: 'dark' }],
];

const isWide = (size: string): boolean => /desk|wall/.test(size);
/** Pictures of this size take their time. */
const ON_THE_WALL = new Set(['choose', 'transfer', 'paid', 'not_found']);

it.each(SIZES)(
  '%s, %s: every screen can be read by everybody, and none scrolls sideways',
  async (language, size, options) => {
    const page = await browser.open({ ...options, deviceScaleFactor: 1, javaScriptEnabled: true });
    const wrong: string[] = [];
    for (const [name, text] of pagesIn(language)) {
      await page.setContent(still(text), { waitUntil: 'domcontentloaded' });
      if ((await overflow(page)) > 0) wrong.push(`${name}: it scrolls sideways`);
      if (!isWide(size))
        wrong.push(...(await accessibilityProblems(page)).map((problem) => `${name}: ${problem}`));
      if (size !== 'wall-dark' || ON_THE_WALL.has(name)) await snap(page, `screen-${size}-${name}`);
    }
    expect(wrong).toEqual([]);
    await page.context().close();
  },
);

it('fits on the smallest phone in every language', async () => {
  const page = await browser.open({ viewport: { width: 320, height: 640 }, deviceScaleFactor: 1 });
  const wrong: string[] = [];
  for (const language of LANGUAGES)
    for (const [name, text] of pagesIn(language)) {
      await page.setContent(still(text), { waitUntil: 'domcontentloaded' });
      if ((await overflow(page)) > 0) wrong.push(`${language}, ${name}`);
    }
  expect(wrong).toEqual([]);
  await page.context().close();
});

it.each(LANGUAGES)('weighs no more than 60 KB in any state: %s', (language) => {
  const heavy = pagesIn(language).filter(([, text]) => Buffer.byteLength(text) > BYTES_MAX);
  expect(heavy.map(([name]) => name)).toEqual([]);
});
