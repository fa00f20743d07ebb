/** HTML that cannot be broken by what stands in it: values are escaped unless they were made here. */

/** HTML that may be put into a page as it is. Only `html` makes it, and what is made of our own files. */
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
