/** Sentences of the description, in which code stands between backticks. */
import { html, type Html } from '../html.ts';

export function inline(words: string): Html[] {
  return words
    .split('`')
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
