/** What all pages share: one document, one style sheet, and headers that let the browser fetch and run nothing. */
import { createHash } from 'node:crypto';

/** HTML that may be put into a page as it is. Only `html` makes it. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Piece = string | Html | null | readonly Html[];

/** A template whose values are escaped unless they are HTML already; `null` is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Piece[]): Html {
  return new Html(parts.map((part, index) => part + textOf(values[index] ?? null)).join(''));
}

function textOf(value: Piece): string {
  if (value === null) return '';
  if (value instanceof Html) return value.text;
  return typeof value === 'string' ? escape(value) : value.map(({ text }) => text).join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

const STYLE = `
:root { color-scheme: light dark; --page: #f3f4f2; --card: #fff; --text: #17211c; --soft: #5a6660; --line: #e2e6e3;
  --good: #0b6b4f; --bad: #a5352a; --busy: #8a5a00; --button: #0b6b4f; --on-button: #fff; }
@media (prefers-color-scheme: dark) { :root { --page: #101412; --card: #1a201d; --text: #eef2ef; --soft: #a3aea8;
  --line: #2c3531; --good: #4cc38f; --bad: #ff8d80; --busy: #f0b94b; --button: #4cc38f; --on-button: #08150f; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center; padding: 1rem;
  background: var(--page); color: var(--text); font: 1.0625rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto,
  "Noto Sans", "Noto Sans Arabic", sans-serif; }
main { width: 100%; max-width: 26rem; padding: 2rem 1.5rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 1rem; text-align: center; }
.icon { width: 3.5rem; height: 3.5rem; margin: 0 auto .75rem; display: block; fill: none; stroke: currentColor;
  stroke-width: 2.5; stroke-linecap: round; stroke-linejoin: round; }
.good { color: var(--good); } .bad { color: var(--bad); } .busy { color: var(--busy); }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.3; }
p { margin: 0 0 1rem; color: var(--soft); }
.amount { margin: 1rem 0; color: var(--text); font-size: 1.875rem; font-weight: 650; line-height: 1.2;
  font-variant-numeric: tabular-nums; }
dl { margin: 1.25rem 0; border-top: 1px solid var(--line); font-size: .9375rem; }
dl div { display: flex; justify-content: space-between; gap: 1rem; padding: .625rem 0; border-bottom: 1px solid var(--line); }
dt { color: var(--soft); } dd { margin: 0; text-align: end; overflow-wrap: anywhere; }
a { color: inherit; }
.button { display: block; margin-top: .75rem; padding: .8rem 1rem; border: 1px solid var(--line); border-radius: .75rem;
  font-weight: 600; text-decoration: none; }
.button.main { background: var(--button); border-color: var(--button); color: var(--on-button); }
a:focus-visible { outline: 3px solid var(--busy); outline-offset: 2px; }
@media (prefers-reduced-motion: no-preference) { .turning { animation: turn 1.6s linear infinite; transform-origin: 50% 50%; } }
@keyframes turn { to { transform: rotate(360deg); } }
`;

/** The policy allows exactly these bytes, so nothing may stand around them. */
const STYLE_ELEMENT = new Html(`<style>${STYLE}</style>`);
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** Headers of every page: nothing from elsewhere, no script at all, never stored, and the address is told to nobody. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Robots-Tag': 'noindex, nofollow',
};

export interface PageFrame {
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  readonly title: string;
  /** Load `url` after so many seconds: works without script. */
  readonly refresh?: { readonly after_s: number; readonly url: string };
}

/** A whole document around `body`. */
export function document({ lang, dir, title, refresh }: PageFrame, body: Html): string {
  const again = refresh
    ? html`<meta http-equiv="refresh" content="${`${refresh.after_s};url=${refresh.url}`}" />`
    : null;
  return html`<!doctype html>
    <html lang="${lang}" dir="${dir}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        ${again}
        <title>${title}</title>
        ${STYLE_ELEMENT}
      </head>
      <body>
        <main>${body}</main>
      </body>
    </html> `.text;
}
