import { target } from './guides.ts';
import { renderMarkdown, slug } from './markdown.ts';

const render = (markdown: string) => renderMarkdown(markdown, (href) => (href === 'gone.md' ? null : href));

describe('our Markdown as HTML', () => {
  it('escapes what stands in text, code and tables, and leaves HTML out', () => {
    const { body } = render('a <b> & "c" `<i>`\n\n<script>x</script>\n\n| a |\n| - |\n| <u> |\n');
    expect(body.text).not.toMatch(/<(?:script|i|b|u)>/);
    expect(body.text).toContain('<code>&lt;i&gt;</code>');
  });

  it('gives headings anchors like GitHub, each its own', () => {
    const { body, sections } = render('# The `code` & more\n\n## Same\n\nwords\n\n## Same\n');
    expect(sections.map(({ id }) => id)).toEqual(['the-code--more', 'same', 'same-1']);
    expect(sections[1]).toMatchObject({ title: 'Same', text: 'words' });
    for (const { id } of sections) expect(body.text).toContain(`id="${id}"`);
    expect(slug('invalid_json')).toBe('invalid_json');
  });

  it('keeps code as it is, also for copying', () => {
    const { body } = render('```sh\na "b" \\\n  <c>\n```\n');
    expect(body.text).toContain('a &quot;b&quot; \\&#10;  &lt;c&gt;</code>');
    expect(body.text).toContain('data-copy="a &quot;b&quot; \\&#10;  &lt;c&gt;"');
  });

  it('keeps the words of a link to a file that is no page', () => {
    expect(render('[here](gone.md) [there](other.md)').body.text).toContain(
      'here <a href="other.md">there</a>',
    );
  });
});

it('leads links between files to pages', () => {
  const slugs = new Set(['lists', 'providers/fib']);
  expect(target('lists.md#events', slugs)).toBe('/docs/lists#events');
  expect(target('../../docs/lists.md', slugs)).toBe('/docs/lists');
  expect(target('../providers/fib/README.md', slugs)).toBe('/docs/providers/fib');
  expect(target('architecture.md', slugs)).toBeNull();
  expect(target('https://example.com/a.md', slugs)).toBe('https://example.com/a.md');
  expect(target('#codes', slugs)).toBe('#codes');
});
