/** The guides: which files of the documentation are pages, in which order, and where their links lead. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { renderMarkdown, type Rendered } from './markdown.ts';

export interface Guide {
  /** Behind `/docs/`. */
  readonly slug: string;
  readonly title: string;
  readonly chapter: string;
  readonly markdown: string;
  readonly rendered: Rendered;
}

/** By chapter, the files beside `docs/`; what is for whoever changes Sarraf itself is not among them. */
const CHAPTERS: Readonly<Record<string, readonly string[]>> = {
  'Get started': ['quick-start', 'accept-a-payment', 'sandbox', 'going-live'],
  Payments: ['checkout-and-return', 'money-after-the-payment', 'routing', 'providers'],
  Integration: ['webhooks', 'lists', 'errors', 'keys-and-merchants', 'provider-accounts'],
  Operation: [
    'operations',
    'reconciliation',
    'provider-health',
    'provider-limits',
    'exchanges',
    'audit',
    'personal-data',
  ],
};

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Reads and renders all of them, the pages of the providers last. */
export function readGuides(): readonly Guide[] {
  const files = [
    ...Object.entries(CHAPTERS).flatMap(([chapter, names]) =>
      names.map((name) => ({ chapter, slug: name, file: join(ROOT, 'docs', `${name}.md`) })),
    ),
    ...readdirSync(join(ROOT, 'providers'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({
        chapter: 'Providers',
        slug: `providers/${name}`,
        file: join(ROOT, 'providers', name, 'README.md'),
      })),
  ];
  const slugs = new Set(files.map(({ slug }) => slug));
  return files.map(({ chapter, slug, file }) => {
    const markdown = readFileSync(file, 'utf8');
    const rendered = renderMarkdown(markdown, (href) => target(href, slugs));
    return { chapter, slug, markdown, rendered, title: rendered.sections[0]?.title ?? slug };
  });
}

/** Where a link between files leads on the site; null: to a file that is no page. */
export function target(href: string, slugs: ReadonlySet<string>): string | null {
  if (/^(?:https?:|mailto:|#|\/)/.test(href)) return href;
  const [path = '', fragment] = href.split('#', 2);
  const [, provider] = /providers\/([a-z0-9_]+)\/README\.md$/.exec(path) ?? [];
  const [, page] = /([a-z0-9-]+)\.md$/.exec(path) ?? [];
  const slug = provider === undefined ? page : `providers/${provider}`;
  if (slug === undefined || !slugs.has(slug)) return null;
  return `/docs/${slug}${fragment === undefined ? '' : `#${fragment}`}`;
}
