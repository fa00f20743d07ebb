/** A list of moments, each with what kind of thing it was, in words and not by its colour alone. */
import { html, type Html } from '../html.ts';
import { badge, emptyState, type Tone } from '../look/components.ts';
import { moment } from './frame.ts';

export interface Moment {
  /** RFC 3339 UTC. */
  readonly at: string;
  readonly kind: keyof typeof KINDS;
  readonly title: string;
  readonly text: string;
  readonly tone: Tone | null;
}

const KINDS = {
  api: 'API call',
  event: 'Event',
  provider: 'Provider call',
  webhook: 'Webhook',
  delivery: 'Delivery',
  ledger: 'Ledger',
  timer: 'Timer',
  workflow: 'Workflow',
  person: 'Person',
} as const;

export function timelineList(moments: readonly Moment[]): Html {
  if (moments.length === 0)
    return emptyState('Nothing has happened yet', 'What happens appears here by itself.');
  return html`<ol class="timeline">
    ${moments.map(
      ({ at, kind, title, text, tone }) =>
        html`<li class="${tone ?? ''}">
          ${moment(at)}
          <div>
            <span class="kind">${badge(KINDS[kind], tone ?? undefined)}</span> <strong>${title}</strong>
            ${text === '' ? null : html`<p class="soft small">${text}</p>`}
          </div>
        </li>`,
    )}
  </ol>`;
}
