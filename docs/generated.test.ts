import { readFile } from 'node:fs/promises';
import { generatedParts, withPart } from './generated.ts';

const pageAt = (page: string) => readFile(new URL(page, import.meta.url), 'utf8');

describe('the generated parts of the documentation', () => {
  it.each(generatedParts.map((part) => [part.page, part.name, part] as const))(
    '%s has %s as the code says (npm run docs writes them)',
    async (page, _name, part) => {
      const text = await pageAt(page);
      expect(withPart(text, part)).toBe(text);
    },
  );

  it('cannot be written into a page that has no place for them', () => {
    const [part] = generatedParts;
    expect(() => part && withPart('# Nothing', part)).toThrow('no marks');
  });
});
