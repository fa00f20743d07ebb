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
  body { font: 16px/1.5 system-ui, sans-serif; background: #eef1f4; color: #1c2733; margin: 0; }
  main { max-width: 26rem; margin: 3rem auto; padding: 1.5rem 2rem; background: #fff; border-radius: 12px; }
  .note { background: #fff5d6; border-radius: 8px; padding: .5rem .75rem; font-size: .875rem; }
  .error { background: #fde4e1; border-radius: 8px; padding: .5rem .75rem; }
  .amount { font-size: 1.75rem; font-weight: 600; margin: .5rem 0; }
  label { display: block; margin: .75rem 0 .25rem; }
  input, select { width: 100%; box-sizing: border-box; font: inherit; padding: .5rem; }
  button { font: inherit; margin: .75rem .5rem 0 0; padding: .5rem 1rem; border: 0; border-radius: 8px; cursor: pointer; }
  button.primary { background: #0b6b4f; color: #fff; }
`;

/** A whole page. `body` is HTML: escape what comes from outside. */
export function htmlPage(title: string, body: string, status = 200): Reply {
  return {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' },
    body:
      `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
      `<title>${escapeHtml(title)}</title><style>${STYLE}</style></head><body><main>` +
      `<p class="note">Sandbox: no real money moves here.</p>${body}</main></body></html>`,
  };
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
