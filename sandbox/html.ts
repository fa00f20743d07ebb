/** What the simulators' payment pages share: small server-rendered HTML that works without JavaScript. */
import type { Reply } from './http-server.ts';

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const STYLE = `
  :root { color-scheme: light dark; --page: #eef1f4; --card: #fff; --text: #1c2733; --soft: #5b6875; --line: #d5dce3;
    --main: #0b6b4f; --on-main: #fff; --note: #fff5d6; --error: #fde4e1; }
  @media (prefers-color-scheme: dark) { :root { --page: #11161b; --card: #1a2128; --text: #e8edf2; --soft: #9fabb7;
    --line: #323d48; --main: #4cc38f; --on-main: #08150f; --note: #3a3214; --error: #4a211d; } }
  * { box-sizing: border-box; }
  body { font: 16px/1.5 system-ui, sans-serif; background: var(--page); color: var(--text); margin: 0; padding: 1rem; }
  main { max-width: 26rem; margin: 1.5rem auto; background: var(--card); border-radius: 14px; overflow: hidden; }
  .inner { padding: .5rem 1.5rem 1.5rem; overflow-wrap: anywhere; }
  .sandbox { margin: 0; padding: .5rem 1.5rem; background: var(--note); font-size: .8125rem; }
  h1 { font-size: 1.375rem; margin: 1rem 0 .25rem; }
  p { margin: .5rem 0; }
  .soft { color: var(--soft); font-size: .875rem; }
  .note { background: var(--note); border-radius: 8px; padding: .5rem .75rem; font-size: .875rem; }
  .error { background: var(--error); border-radius: 8px; padding: .5rem .75rem; }
  .amount { font-size: 2rem; font-weight: 650; line-height: 1.2; margin: .5rem 0; font-variant-numeric: tabular-nums; }
  label { display: block; margin: .75rem 0 .25rem; font-size: .875rem; color: var(--soft); }
  input, select { width: 100%; font: inherit; color: inherit; background: var(--card); padding: .65rem .75rem;
    border: 1px solid var(--line); border-radius: 8px; }
  button, .back { display: block; width: 100%; margin-top: .625rem; padding: .75rem 1rem; font: inherit; font-weight: 600;
    text-align: center; text-decoration: none; color: inherit; background: none; border: 1px solid var(--line);
    border-radius: 10px; cursor: pointer; }
  button.primary { background: var(--main); border-color: var(--main); color: var(--on-main); }
  button:focus-visible, a:focus-visible, input:focus-visible { outline: 3px solid #e0a100; outline-offset: 2px; }
`;

/** A whole page. `body` is HTML: escape what comes from outside. */
export function htmlPage(title: string, body: string, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body:
      `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
      `<meta name="viewport" content="width=device-width, initial-scale=1">` +
      `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>` +
      `<p class="sandbox">Sandbox: no real money moves here.</p><div class="inner">${body}</div></main></body></html>`,
  };
}

/** What a person can choose; the first choice is the usual one. `post`: the form's address, if not the page's own. */
export function choices(
  field: string,
  options: readonly (readonly [value: string, label: string])[],
  post?: string,
): string {
  const buttons = options.map(
    ([value, label], index) =>
      `<button${index === 0 ? ' class="primary"' : ''} name="${field}" value="${value}">${escapeHtml(label)}</button>`,
  );
  const action = post === undefined ? '' : ` action="${escapeHtml(post)}"`;
  return `<form method="post"${action}>${buttons.join('')}</form>`;
}

/** The link back to the merchant; nothing when it has named no address. */
export function backToShop(url: string | null): string {
  return url === null ? '' : `<a class="back" href="${escapeHtml(url)}">Back to the shop</a>`;
}

/** Sends the browser elsewhere after a form, so that reloading does not submit again. */
export function seeOther(location: string): Reply {
  return { status: 303, headers: { location }, body: '' };
}

/** A form field by name, trimmed; empty when it is missing. */
export function formField(rawBody: Buffer, name: string): string {
  return new URLSearchParams(rawBody.toString('utf8')).get(name)?.trim() ?? '';
}

/** The URL if it is an absolute http or https one, else null. */
export function webUrl(text: string | null | undefined): URL | null {
  if (text === null || text === undefined || text === '' || !URL.canParse(text)) return null;
  const url = new URL(text);
  return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
}
