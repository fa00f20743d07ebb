import { errorCodes } from '../error-catalogue.ts';
import { apiOperations } from '../openapi/document.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const read = async (path: string) => api.call('GET', path, { key: null });
const hrefs = (text: string): string[] => [...text.matchAll(/ href="([^"]*)"/g)].map(([, href = '']) => href);
const ids = (text: string): string[] => [...text.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);

/** Every page that can be reached from the start, by its address. */
async function everyPage(): Promise<Map<string, string>> {
  const pages = new Map<string, string>();
  const waiting = ['/docs'];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (pages.has(path)) continue;
    const { status, text } = await read(path);
    expect([path, status]).toEqual([path, 200]);
    pages.set(path, text);
    const next = hrefs(text).filter((href) => /^\/docs(?:[/#]|$)/.test(href) && !href.endsWith('.md'));
    waiting.push(...next.map((href) => href.replace(/#.*$/, '')));
  }
  return pages;
}

describe('the documentation', () => {
  it('has no link inside that leads nowhere, and no anchor twice', async () => {
    const pages = await everyPage();
    expect(pages.size).toBeGreaterThan(35);
    const broken: string[] = [];
    for (const [path, text] of pages) {
      const own = ids(text);
      expect([path, own.filter((id, index) => own.indexOf(id) !== index)]).toEqual([path, []]);
      for (const href of hrefs(text)) {
        if (/^(?:https?:|mailto:|data:)/.test(href) || href === '/openapi.json') continue;
        const [page = '', fragment] = href.split('#');
        if (page.endsWith('.md')) {
          if ((await read(page)).status !== 200) broken.push(`${path} -> ${href}`);
          continue;
        }
        const target = page === '' ? text : pages.get(page);
        if (
          target === undefined ||
          (fragment !== undefined && !ids(target).includes(decodeURIComponent(fragment)))
        )
          broken.push(`${path} -> ${href}`);
      }
    }
    expect(broken).toEqual([]);
  }, 60_000);

  it('explains every error where the type of its problem leads', async () => {
    const { json } = await api.call('POST', '/v1/invoices', { body: {} });
    const [page, anchor] = String(json['type']).replace(api.url, '').split('#');
    const { text } = await read(page ?? '');
    expect(ids(text)).toEqual(expect.arrayContaining([anchor ?? '', ...errorCodes]));
  });

  it('has every operation of the API in the reference', async () => {
    const pages = [...(await everyPage())].filter(([path]) => path.startsWith('/docs/reference/'));
    const all = pages.flatMap(([, text]) => ids(text));
    expect(all).toEqual(expect.arrayContaining(apiOperations(api.dependencies).map(({ id }) => id)));
  });

  it('keeps the lines and indents of code', async () => {
    const { text } = await read('/docs/accept-a-payment');
    expect(text).toContain('&#10;{&quot;amount&quot;: 25000000');
  });

  it('gives each guide as Markdown, and says where in llms.txt', async () => {
    const { text, headers } = await read('/llms.txt');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(text).toMatch(/^# Sarraf\n\n> /);
    const links = [...text.matchAll(/\]\(([^)]+\.md)\)/g)].map(([, link = '']) => link.replace(api.url, ''));
    expect(links.length).toBeGreaterThan(15);
    const answers = await Promise.all(links.map(read));
    expect(answers.map(({ status }) => status)).toEqual(links.map(() => 200));
    expect(answers[0]?.headers.get('content-type')).toContain('text/markdown');
    expect(answers[0]?.text).toMatch(/^# /);
  });

  it('answers an address that is no page with a page', async () => {
    const { status, text } = await read('/docs/nothing%3Cscript%3E');
    expect(status).toBe(404);
    expect(text).toContain('There is no such page');
    expect(text).not.toContain('<script>nothing');
  });

  it('lets the browser run nothing but its own script', async () => {
    const { headers } = await read('/docs/webhooks');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'/);
    expect(policy).toMatch(/script-src 'sha256-[^']+';/);
    expect(policy).not.toContain('unsafe');
  });

  it('serves the description with its own address', async () => {
    const { json, headers } = await read('/openapi.json');
    expect(json['servers']).toEqual([{ url: api.url }]);
    expect(headers.get('access-control-allow-origin')).toBe('*');
  });
});
