/** How much of what is due is there, as one bar. The list below it says the same in words. */
import { html, type Html } from '../html.ts';
import { amount } from '../look/components.ts';

export interface Amounts {
  readonly due: number;
  readonly received: number;
  readonly refunded: number;
  readonly authorized: number;
}

const WIDTH = 1000;

/** `show`: minor units as people read them. */
export function amountBar(
  { due, received, refunded, authorized }: Amounts,
  show: (minor: number) => string,
): Html {
  const kept = received - refunded;
  const parts = [
    { name: 'Captured and kept', of: 'kept', value: Math.max(0, Math.min(kept, due)) },
    { name: 'Beyond what was due', of: 'excess', value: Math.max(0, kept - due) },
    { name: 'Refunded', of: 'refunded', value: refunded },
    { name: 'Authorized', of: 'authorized', value: authorized },
  ];
  const total = Math.max(due, received + authorized, 1);
  const scale = (value: number): number => Math.round((value / total) * WIDTH);
  const placed = parts.map((part, index) => ({
    ...part,
    x: scale(parts.slice(0, index).reduce((sum, { value }) => sum + value, 0)),
    width: scale(part.value),
  }));
  const told = [{ name: 'Due', of: 'due', value: due }, ...parts.filter(({ value }) => value > 0)];
  return html`<svg class="bar" viewBox="${`0 0 ${WIDTH} 24`}" preserveAspectRatio="none" aria-hidden="true">
      <rect class="due" width="${String(WIDTH)}" height="24" />
      ${placed.map(({ of, x, width }) =>
        width === 0
          ? html``
          : html`<rect class="${of}" x="${String(x)}" width="${String(width)}" height="24" />`,
      )}
      <line x1="${String(scale(due))}" x2="${String(scale(due))}" y1="0" y2="24" />
    </svg>
    <dl class="legend">
      ${told.map(
        ({ name, of, value }) =>
          html`<div>
            <dt><span class="${`dot ${of}`}"></span>${name}</dt>
            <dd>${amount(show(value))}</dd>
          </div>`,
      )}
    </dl>`;
}
