/** The documentation as a site: guides and reference under `/docs`, the guides' own text beside them, and `/llms.txt`. */
import type { Page } from '../document.ts';
import { html, type Html } from '../html.ts';
import { errorSections, type ShownError } from './errors.ts';
import { docsPage, type MenuChapter } from './frame.ts';
import { readGuides, type Guide } from './guides.ts';
import { referenceChapters, type Chapter, type Description } from './reference.ts';

export interface DocsSite {
  /** The page at `/docs/{path}`; an empty path is the start. Null: there is none. */
  page(path: string): Page | null;
  /** For an address that leads nowhere. */
  missing(): Page;
  /** The Markdown of a guide; null: there is none. */
  source(slug: string): string | null;
  /** What the search in the browser looks through, as JSON. */
  readonly search: string;
  /** https://llmstxt.org */
  readonly llms: string;
}

interface SiteParts {
  readonly description: Description;
  readonly errors: readonly ShownError[];
  readonly publicUrl: string;
}

/** Where the list of codes begins in `docs/errors.md`; the page has more to say of each. */
const CODES = /<h2 id="codes">[\s\S]*$/;

export function docsSite({ description, errors, publicUrl }: SiteParts): DocsSite {
  const guides = readGuides();
  const chapters = referenceChapters(description);
  const menu = menuOf(guides, chapters);
  const pages = new Map<string, Page>();

  const bodyOf = (path: string): { title: string; body: Html } | null => {
    if (path === '') return { title: 'Documentation', body: startPage(menu) };
    const guide = guides.find(({ slug }) => slug === path);
    if (guide) return { title: guide.title, body: guideBody(guide) };
    const chapter = chapters.find(({ slug }) => slug === path);
    return chapter ? { title: chapter.title, body: chapter.body } : null;
  };

  const guideBody = ({ slug, rendered: { body } }: Guide): Html => {
    const source = html`<p class="soft small"><a href="${`/docs/${slug}.md`}">This page as Markdown</a></p>`;
    if (slug !== 'errors') return html`${body}${source}`;
    const [before = body.text] = body.text.split(CODES);
    const kept = Object.assign(html``, { text: before });
    return html`${kept}
      <h2 id="codes">Codes</h2>
      ${errorSections(errors, description, publicUrl)}${source}`;
  };

  return {
    page(path) {
      const known = pages.get(path);
      if (known) return known;
      const found = bodyOf(path);
      if (!found) return null;
      const page = docsPage(found.title, path === '' ? '/docs' : `/docs/${path}`, menu, found.body);
      pages.set(path, page);
      return page;
    },
    missing: () =>
      docsPage(
        'No such page',
        '',
        menu,
        html`<h1>There is no such page</h1>
          <p>Look for it in the contents, or <a href="/docs">begin at the start</a>.</p>`,
      ),
    source: (slug) => guides.find((guide) => guide.slug === slug)?.markdown ?? null,
    search: JSON.stringify(searchIndex(guides, chapters)),
    llms: llmsText(guides, publicUrl),
  };
}

function menuOf(guides: readonly Guide[], chapters: readonly Chapter[]): MenuChapter[] {
  const names = [...new Set(guides.map(({ chapter }) => chapter))];
  const ofGuides = names.map((title) => ({
    title,
    links: guides
      .filter(({ chapter }) => chapter === title)
      .map((guide) => ({ title: guide.title, href: `/docs/${guide.slug}` })),
  }));
  const reference = {
    title: 'Reference',
    links: [
      ...chapters.map(({ title, slug }) => ({ title, href: `/docs/${slug}` })),
      { title: 'OpenAPI 3.1', href: '/openapi.json' },
    ],
  };
  const [start, payments, integration, ...rest] = ofGuides;
  return [start, payments, integration, reference, ...rest].filter((chapter) => chapter !== undefined);
}

function startPage(menu: readonly MenuChapter[]): Html {
  return html`<h1>Documentation</h1>
    <p>
      One API over the regional payment rails: make an invoice, let the customer pay with any service, and be
      told by one signed webhook.
    </p>
    ${menu.map(
      ({ title, links }) =>
        html`<h2>${title}</h2>
          <ul class="tiles">
            ${links.map(({ title: words, href }) => html`<li><a href="${href}">${words}</a></li>`)}
          </ul>`,
    )}`;
}

const TEXT_MAX = 400;

function searchIndex(guides: readonly Guide[], chapters: readonly Chapter[]) {
  return [
    ...guides.flatMap(({ slug, title, rendered: { sections } }) =>
      sections.map((section) => ({
        title: section.title,
        page: title,
        href: `/docs/${slug}${section.depth === 1 ? '' : `#${section.id}`}`,
        text: section.text.slice(0, TEXT_MAX),
      })),
    ),
    ...chapters.flatMap(({ slug, title, sections }) =>
      sections.map((section) => ({
        title: section.title,
        page: `Reference: ${title}`,
        href: `/docs/${slug}#${section.id}`,
        text: section.text.slice(0, TEXT_MAX),
      })),
    ),
  ];
}

function llmsText(guides: readonly Guide[], publicUrl: string): string {
  const chapters = [...new Set(guides.map(({ chapter }) => chapter))];
  const line = ({ title, slug, rendered: { sections } }: Guide): string => {
    const [about = ''] = (sections[0]?.text ?? '').split(/(?<=[.:]) /);
    return `- [${title}](${publicUrl}/docs/${slug}.md)${about === '' ? '' : `: ${about}`}`;
  };
  return [
    '# Sarraf',
    '> One API over the regional payment rails: invoices, payments with any linked service, and one signed webhook. Amounts are integers in minor units; any POST that makes something takes an `Idempotency-Key`; errors are `application/problem+json` with a stable `code`.',
    '## API',
    `- [OpenAPI 3.1](${publicUrl}/openapi.json): every operation, object, error and webhook`,
    ...chapters.flatMap((chapter) => [
      `## ${chapter === 'Operation' ? 'Optional' : chapter}`,
      guides
        .filter((guide) => guide.chapter === chapter)
        .map(line)
        .join('\n'),
    ]),
    '',
  ].join('\n\n');
}
