/** Where stories about the operations pages begin: somebody who has signed in, keys that are really pressed, and what the browser says. */
import type { BrowserContextOptions, Page } from 'playwright-core';
import type pg from 'pg';
import { createOperator, type Role } from '../../db/operators.ts';
import { snap, type TestBrowser } from '../setup/browser.ts';
import { eventually } from '../setup/eventually.ts';
import { accessibilityProblems } from './accessibility.ts';

export const PASSWORD = 'correct horse battery';
export const DESK: BrowserContextOptions = { viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1 };
export const SMALL: BrowserContextOptions = { viewport: { width: 320, height: 640 }, deviceScaleFactor: 1 };
const COOKIE = 'sarraf_ops';

export interface OperatorDesk {
  /** Makes `sara.<role>`; once for each role. */
  hire(role: Role): Promise<void>;
  /** A page of theirs; everything that the browser complains about is in `complaints`. */
  at(
    role: Role,
    path: string,
    options?: BrowserContextOptions,
  ): Promise<{ page: Page; complaints: string[] }>;
}

/** `url`: where the API is. Nobody types a password here but where that is the story. */
export function operatorDesk(url: string, pool: pg.Pool, browser: TestBrowser): OperatorDesk {
  const sessions = new Map<Role, Promise<string>>();
  const signIn = async (role: Role): Promise<string> => {
    const response = await fetch(`${url}/ops/sign-in`, {
      method: 'POST',
      headers: { origin: url },
      body: new URLSearchParams({ name: `sara.${role}`, password: PASSWORD }),
      redirect: 'manual',
    });
    const value = /sarraf_ops=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1];
    if (value === undefined) throw new Error(`sara.${role} was not let in: ${response.status}`);
    return value;
  };
  return {
    async hire(role) {
      await createOperator(pool, { name: `sara.${role}`, role, merchant_id: null, password: PASSWORD });
    },
    async at(role, path, options = DESK) {
      // One session for all pages of a role, also of those that are opened at the same time.
      const session = sessions.get(role) ?? signIn(role);
      sessions.set(role, session);
      const page = await browser.open(options);
      await page.context().addCookies([{ name: COOKIE, value: await session, url }]);
      const complaints: string[] = [];
      page.on('console', (message) => void complaints.push(message.text()));
      page.on('pageerror', (error) => void complaints.push(error.message));
      await page.goto(url + path);
      await page.getByRole('navigation', { name: 'Operations' }).waitFor();
      return { page, complaints };
    },
  };
}

/** How many pixels the page can be scrolled sideways. */
export const overflow = (page: Page): Promise<number> =>
  page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');

/** Takes a picture; the answer is what is wrong with the page, a line for each. */
export async function faults(page: Page, name: string): Promise<string[]> {
  await snap(page, name);
  const problems = await accessibilityProblems(page);
  return [
    ...((await overflow(page)) > 0 ? [`${name}: it scrolls sideways`] : []),
    ...problems.map((problem) => `${name}: ${problem}`),
  ];
}

/** What has the focus, by its label or its text. */
const focused = (page: Page): Promise<string> =>
  page.evaluate(
    `(() => { const one = document.activeElement; return ((one?.labels?.[0] ?? one)?.textContent ?? '').trim(); })()`,
  );

/** Waits until the element with this name has the focus: a page that has just come gives it after it has been drawn. */
export const untilFocused = (page: Page, name: string): Promise<string> =>
  eventually(
    `the focus on ${name}`,
    () => focused(page),
    (text) => text === name,
  );

/** Presses Tab until the element with this name has the focus, as somebody without a mouse does, and sees that it has. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    await page.keyboard.press('Tab');
    if (!(await focused(page)).startsWith(name)) continue;
    const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
    if (outline !== 'solid') throw new Error(`nobody sees that ${name} has the focus`);
    return;
  }
  throw new Error(`nothing called ${name} can be reached with the keyboard`);
}
