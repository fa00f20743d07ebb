/** A real Chromium for tests: the one of this machine, or the one that comes as an npm package (Linux on x64). */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { arch, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { cacheDirectory } from '../../engines/temporal-cli.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCREENSHOTS = join(ROOT, '.data', 'screenshots');
/** A usual phone; the pages are made for these first. */
const PHONE = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2 };
const NAMES = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

export interface TestBrowser {
  /** A new page with a memory of its own, on a phone unless `options` say otherwise. */
  open(options?: BrowserContextOptions): Promise<Page>;
  stop(): Promise<void>;
}

/** Starts the browser; the first time on a machine it may have to be unpacked, which takes seconds. */
export async function startBrowser(): Promise<TestBrowser> {
  const executablePath = installed() ?? (await packaged());
  const fonts = join(executablePath, '..', 'fonts');
  const needsFonts = !existsSync('/etc/fonts/fonts.conf') && existsSync(fonts);
  const browser: Browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu'],
    env: { ...process.env, ...(needsFonts ? { FONTCONFIG_PATH: fonts } : {}) },
  });
  return {
    async open(options = {}) {
      // Nothing moves: a spinner that nobody looks at keeps a processor busy.
      const context = await browser.newContext({
        ...PHONE,
        locale: 'en-GB',
        reducedMotion: 'reduce',
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      return page;
    },
    stop: () => browser.close(),
  };
}

/** With `SARRAF_SCREENSHOTS=1`, keeps a picture of the page under `.data/screenshots/`, for people to look at: a third of the work. */
export async function snap(page: Page, name: string): Promise<void> {
  if (process.env['SARRAF_SCREENSHOTS'] !== '1') return;
  // One dot for each pixel of the page: a phone's finer picture takes three times as long and shows nothing more.
  await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true, scale: 'css' });
}

function installed(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return [...candidates, MAC].find((path) => existsSync(path)) ?? null;
}

/** Unpacked beside its place and moved there whole, so that several can do it at once. */
async function packaged(): Promise<string> {
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new Error(
      'the browser tests need Chrome or Chromium on this machine: install one, or put it on the PATH',
    );
  }
  const manifest = await readFile(join(ROOT, 'node_modules/@sparticuz/chromium/package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const home = join(cacheDirectory(), `chromium-${version}`);
  const program = join(home, 'chromium');
  if (existsSync(program)) return program;
  await mkdir(cacheDirectory(), { recursive: true });
  const draft = await mkdtemp(`${home}.`);
  await promisify(execFile)(process.execPath, [join(ROOT, 'test/setup/unpack-chromium.mjs')], {
    env: { ...process.env, TMPDIR: draft },
  });
  // Whoever comes second finds it there.
  await rename(draft, home).catch(() => rm(draft, { recursive: true, force: true }));
  await access(program);
  return program;
}
