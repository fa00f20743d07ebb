/** Pages whose forms our own server has to recognise as ours. */
import type { Page } from '../document.ts';

/** The page, told to say where its forms come from, to our own site only: without that browsers call their origin `null`. */
export function withinOwnSite({ text, headers }: Page): Page {
  return { text, headers: { ...headers, 'Referrer-Policy': 'same-origin' } };
}
