/** Our own drawings, 24 by 24, in the colour of the text around them. They say nothing to a screen reader: words stand beside them. */
import { html, type Html } from '../html.ts';

const icon = (body: Html): Html =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">${body}</svg>`;
const large = (tone: string, body: Html): Html =>
  html`<svg class="${`icon large ${tone}`}" viewBox="0 0 24 24" aria-hidden="true">${body}</svg>`;

const RING = html`<circle cx="12" cy="12" r="10" />`;
const TICK = html`<path d="m7.5 12.5 3 3 6-7" />`;
const CROSS = html`<path d="m8.5 8.5 7 7m0-7-7 7" />`;
const BANG = html`<path d="M12 7v6m0 3.5v.1" />`;
const HANDS = html`<path d="M12 6.5V12l3.5 2.5" />`;
const TURNING = html`<circle cx="12" cy="12" r="10" opacity=".2" /><path
    class="turning"
    d="M12 2a10 10 0 0 1 10 10"
  />`;

export const ICONS = {
  good: icon(html`${RING}${TICK}`),
  bad: icon(html`${RING}${CROSS}`),
  busy: icon(html`${RING}${HANDS}`),
  info: icon(html`${RING}<path d="M12 11v6m0-9.5v.1" />`),
  lock: icon(html`<rect x="5" y="11" width="14" height="9" rx="2" /><path d="M8 11V8a4 4 0 0 1 8 0v3" />`),
  copy: icon(html`<rect x="9" y="9" width="11" height="11" rx="2" /><path d="M5 15V6a2 2 0 0 1 2-2h8" />`),
  print: icon(
    html`<path
        d="M7 9V4h10v5M7 17H5a2 2 0 0 1-2-2v-4a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v4a2 2 0 0 1-2 2h-2"
      /><path d="M7 14h10v6H7z" />`,
  ),
  phone: icon(html`<rect x="7" y="2.5" width="10" height="19" rx="2.5" /><path d="M11 18.5h2" />`),
  /** Towards where reading goes. */
  onward: html`<svg class="icon turns" viewBox="0 0 24 24" aria-hidden="true">
    <path d="m9 5 7 7-7 7" />
  </svg>`,
} as const;

/** The same signs as the head of a page that says one thing. */
export const SIGNS = {
  good: large('good', html`${RING}${TICK}`),
  bad: large('bad', html`${RING}${CROSS}`),
  warning: large('busy', html`${RING}${BANG}`),
  clock: large('busy', html`${RING}${HANDS}`),
  turning: large('busy', TURNING),
  phone: large('info', html`<rect x="7" y="2.5" width="10" height="19" rx="2.5" /><path d="M11 18.5h2" />`),
} as const;
