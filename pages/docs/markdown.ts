/** Our own Markdown files as HTML for pages: anchors for headings, buttons for code, tables that scroll, links that stay inside. */
import { Marked, type Token, type Tokens } from 'marked';
import { Html, html } from '../html.ts';

export interface Section {
  readonly depth: number;
  /** Its anchor. */
  readonly id: string;
  readonly title: string;
  /** The words under it, for searching. */
  readonly text: string;
}

export interface Rendered {
  readonly body: Html;
  /** In their order; the first is the page's title. */
  readonly sections: readonly Section[];
}

/** The address that a link of a file leads to, or null where there is no such page: then only its words stay. */
export type Resolve = (href: string) => string | null;

/** HTML of `markdown`. HTML in it is left out: there is none in our files but comments and line breaks. */
export function renderMarkdown(markdown: string, resolve: Resolve): Rendered {
  const taken = new Map<string, number>();
  const marked = new Marked({
    gfm: true,
    renderer: {
      heading({ tokens, depth, text }) {
        const title = plain(text);
        const id = unique(slug(title), taken);
        const inner = this.parser.parseInline(tokens);
        // The title of the page needs no link to itself.
        const link = depth === 1 ? '' : anchor(id, title).text;
        return `<h${depth} id="${id}">${inner}${link}</h${depth}>\n`;
      },
      code: ({ text, lang }) => codeBlock(text, lang ?? '').text,
      table(token) {
        const { header, rows } = token;
        const line = (cells: Tokens.TableCell[], tag: 'th' | 'td'): string =>
          `<tr>${cells.map((cell) => `<${tag}${tag === 'th' ? ' scope="col"' : ''}>${this.parser.parseInline(cell.tokens)}</${tag}>`).join('')}</tr>`;
        return `<div class="table" role="group" aria-label="${escaped(header.map(({ text }) => plain(text)).join(', ') || 'Table')}" tabindex="0"><table><thead>${line(header, 'th')}</thead><tbody>${rows.map((row) => line(row, 'td')).join('')}</tbody></table></div>\n`;
      },
      link({ href, tokens }) {
        const target = resolve(href);
        const inner = this.parser.parseInline(tokens);
        return target === null ? inner : `<a href="${escaped(target)}">${inner}</a>`;
      },
      html: ({ text }) => (/^<br ?\/?>$/.test(text.trim()) ? '<br>' : ''),
    },
  });
  const tokens = marked.lexer(markdown);
  return { sections: sectionsOf(tokens), body: new Html(marked.parser(tokens)) };
}

function sectionsOf(tokens: readonly Token[]): Section[] {
  const taken = new Map<string, number>();
  const sections: { depth: number; id: string; title: string; text: string }[] = [];
  for (const token of tokens) {
    const last = sections.at(-1);
    if (token.type === 'heading') {
      const title = plain(String(token['text']));
      sections.push({ depth: Number(token['depth']), id: unique(slug(title), taken), title, text: '' });
    } else if (last && ['paragraph', 'table', 'list'].includes(token.type)) {
      last.text = `${last.text} ${plain(token.raw)}`.trim();
    }
  }
  return sections;
}

/** A link to a heading, beside it. */
export function anchor(id: string, title: string): Html {
  return html` <a class="anchor" href="${`#${id}`}" aria-label="${`Link to ${title}`}">#</a>`;
}

/** Code with a button that copies it. Line ends are written as references, which keeps the indents of the code. */
export function codeBlock(text: string, language: string): Html {
  const lines = new Html(escaped(text).replaceAll('\n', '&#10;'));
  return html`<div class="code-block">
    <button
      type="button"
      class="button inline"
      data-copy="${new Html(escaped(text).replaceAll('\n', '&#10;'))}"
      data-copied="Copied"
      hidden
    >
      <span>Copy</span>
    </button>
    <pre
      tabindex="0"
      role="group"
      aria-label="${language === '' ? 'Code' : `Code: ${language}`}"
    ><code>${lines}</code></pre>
  </div>`;
}

/** As GitHub makes anchors, so that the same links work there. */
export function slug(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(/\s/g, '-');
}

function unique(id: string, taken: Map<string, number>): string {
  const before = taken.get(id) ?? 0;
  taken.set(id, before + 1);
  return before === 0 ? id : `${id}-${before}`;
}

/** The words without the signs of Markdown. */
function plain(text: string): string {
  return text
    .replaceAll(/<!--.*?-->/gs, '')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*|]|-{3,}/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

const escaped = (text: string): string => html`${text}`.text;
