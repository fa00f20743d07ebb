/** Where stories about the checkout page begin: invoices, visits, pictures, and what the browser has against any of it. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import { snap, type TestBrowser } from '../setup/browser.ts';
import type { TestStack } from '../setup/stack.ts';
import { accessibilityProblems } from './accessibility.ts';

export interface Checkout {
  readonly id: string;
  readonly url: string;
}

/** Ordinary amounts, minor units. */
const ORDER = { IQD: 25_000_000, VND: 600_000, XAF: 5_000, KWD: 12_500 } as const;

export interface CheckoutDesk {
  make(currency: keyof typeof ORDER, more?: Readonly<Record<string, unknown>>): Promise<Checkout>;
  visit(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** Takes a picture; throws what the accessibility checker has against the page. */
  look(page: Page, name: string): Promise<void>;
  /** An answer with this status was meant to come, and the browser grumbles about it. */
  forgive(status: string): void;
  /** Throws when the browser has complained, or has asked anybody but us for anything. */
  endStory(): void;
}

export function checkoutDesk(stack: TestStack, browser: TestBrowser): CheckoutDesk {
  let complaints: string[] = [];
  return {
    async make(currency, more = {}) {
      const order = { amount: ORDER[currency], currency, reference: 'order-1001', ...more };
      const { body } = await stack.call('POST', '/v1/invoices', order);
      return { id: String(body['id']), url: String(body['checkout_url']) };
    },
    async visit(url, options) {
      const page = await browser.open(options);
      page.on('console', (message) => void complaints.push(message.text()));
      page.on('pageerror', (error) => void complaints.push(error.message));
      page.on('request', (request) => {
        const isOurs = request.frame().url().startsWith(stack.apiUrl);
        if (!isOurs || request.isNavigationRequest()) return;
        if (!request.url().startsWith(stack.apiUrl) && !request.url().startsWith('data:'))
          complaints.push(`asks ${request.url()}`);
      });
      await page.goto(url);
      return page;
    },
    async look(page, name) {
      await snap(page, `checkout-${name}`);
      const problems = await accessibilityProblems(page);
      if (problems.length > 0) throw new Error(`${name}:\n${problems.join('\n')}`);
    },
    forgive(status) {
      complaints = complaints.filter((text) => !text.includes(status));
    },
    endStory() {
      const found = complaints;
      complaints = [];
      if (found.length > 0) throw new Error(found.join('\n'));
    },
  };
}

/** Waits for a screen, and says what its heading is. */
export async function reaches(page: Page, screen: string): Promise<string | null> {
  const main = page.locator(`main[data-screen="${screen}"]`);
  await main.waitFor();
  return main.locator('h1').textContent();
}
