/** What every page of the documentation stands in: the head with the search, the menu, and the page itself. */
import { document, type Page } from '../document.ts';
import { html, type Html } from '../html.ts';
import { clientScript, LOOK_SCRIPT } from '../look/script.ts';
import { DOCS_STYLE } from './style.ts';

export interface MenuChapter {
  readonly title: string;
  readonly links: readonly { readonly title: string; readonly href: string }[];
}

const SCRIPT = `${LOOK_SCRIPT}\n${clientScript('docs/search.client.js')}`;

/** `href`: the page's own address. */
export function docsPage(title: string, href: string, menu: readonly MenuChapter[], body: Html): Page {
  const frame = { lang: 'en', dir: 'ltr', title: `${title} · Sarraf`, layout: 'docs' } as const;
  return document(
    { ...frame, styles: [DOCS_STYLE], script: SCRIPT },
    html`<a class="skip" href="#content">To the text</a>
      <header class="top">
        <a href="/docs">Sarraf</a>
        <div class="search" role="search">
          <label class="hidden" for="search">Search the documentation</label>
          <input id="search" type="search" placeholder="Search" autocomplete="off" />
          <ul id="found" hidden></ul>
          <p class="hidden" id="search-said" role="status"></p>
        </div>
      </header>
      <div class="columns">
        <nav aria-label="Documentation">
          <details class="menu">
            <summary>Contents</summary>
            ${menu.map((chapter) => chapterOf(chapter, href))}
          </details>
        </nav>
        <main id="content">${body}</main>
      </div>
      <p class="hidden" id="live" role="status"></p>`,
  );
}

function chapterOf({ title, links }: MenuChapter, here: string): Html {
  return html`<h2>${title}</h2>
    <ul>
      ${links.map(
        ({ title: words, href }) =>
          html`<li><a href="${href}" ${href === here ? html`aria-current="page"` : null}>${words}</a></li>`,
      )}
    </ul>`;
}
