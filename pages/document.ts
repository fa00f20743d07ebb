/** A whole page with the headers that go with it. They let the browser run and fetch what we wrote, and nothing else. */
import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';
import { LOOK } from './look/style.ts';

export interface Page {
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PageFrame {
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  readonly title: string;
  /** `narrow`: one card in the middle. `wide`: lists and tables. Else a class of the page's own sheet. */
  readonly layout: string;
  /** More style sheets, laid over the one that all pages have. */
  readonly styles?: readonly string[];
  /** Runs when the page is there, as a module. It may talk to our own server only. */
  readonly script?: string;
  /** Pictures that come inside the page: logos and QR codes. */
  readonly hasPictures?: boolean;
  /** Forms of this page are sent to our own server. Without it they are sent nowhere. */
  readonly hasForms?: boolean;
  /** Load `url` after so many seconds; works without script. */
  readonly refresh?: { readonly after_s: number; readonly url: string };
  /** The same for browsers without script only. */
  readonly refreshWithoutScript?: { readonly after_s: number; readonly url: string };
}

/** The policy allows exactly these bytes, so nothing may stand around them. */
const LOOK_ELEMENT = style(LOOK);
const LOOK_SOURCE = source(LOOK);

/** A page around `body`, which brings its own `main`. */
export function document(frame: PageFrame, body: Html): Page {
  const { lang, dir, title, layout, styles = [], script } = frame;
  const text = html`<!doctype html>
    <html lang="${lang}" dir="${dir}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex, nofollow" />
        <meta name="format-detection" content="telephone=no" />
        ${frame.refresh ? refreshing(frame.refresh) : null}
        ${
          frame.refreshWithoutScript
            ? html`<noscript>${refreshing(frame.refreshWithoutScript)}</noscript>`
            : null
        }
        <title>${title}</title>
        ${frame.hasPictures === true ? html`<link rel="icon" href="data:," />` : null}
        ${LOOK_ELEMENT}${styles.map(style)}
      </head>
      <body class="${layout}">
        ${withoutIndents(body)}${script === undefined ? null : new Html(`<script type="module">${script}</script>`)}
      </body>
    </html> `.text;
  return { text, headers: headersOf(frame) };
}

/** The indents of our templates are a fifth of a page. Style sheets and scripts keep every byte: the policy knows them by it. */
function withoutIndents({ text }: Html): Html {
  return new Html(text.replace(/\n\s+/g, '\n'));
}

function refreshing({ after_s, url }: { after_s: number; url: string }): Html {
  return html`<meta http-equiv="refresh" content="${`${after_s};url=${url}`}" />`;
}

function style(sheet: string): Html {
  return new Html(`<style>${sheet}</style>`);
}

function source(bytes: string): string {
  return `'sha256-${createHash('sha256').update(bytes).digest('base64')}'`;
}

/** Nothing from elsewhere, never stored, found by no search engine, and the address is told to nobody. */
function headersOf({ styles = [], script, hasForms, hasPictures }: PageFrame): Record<string, string> {
  const policy = [
    `default-src 'none'`,
    `style-src ${[LOOK_SOURCE, ...styles.map(source)].join(' ')}`,
    ...(hasPictures === true ? ['img-src data:'] : []),
    ...(script === undefined ? [] : [`script-src ${source(script)}`, `connect-src 'self'`]),
    `base-uri 'none'`,
    `form-action ${hasForms === true ? `'self'` : `'none'`}`,
    `frame-ancestors 'none'`,
  ];
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Robots-Tag': 'noindex, nofollow',
  };
}
