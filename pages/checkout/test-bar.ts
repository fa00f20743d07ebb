/** The bar above pages of the sandbox. It speaks English only: it is for developers, and customers never see it. */
import { html, type Html } from '../html.ts';
import { button } from '../look/components.ts';
import { address } from './parts.ts';
import type { CheckoutView, SandboxView } from './view.ts';

const HOUR_S = 3600;
const JUMPS = [
  ['30 minutes', HOUR_S / 2],
  ['1 day', 24 * HOUR_S],
  ['8 days', 8 * 24 * HOUR_S],
] as const;

export function testBar(view: CheckoutView, { canAct, canMoveClock, said }: SandboxView): Html {
  const action = address(view, { sandbox: '1' });
  return html`<aside class="test-bar no-print" lang="en" dir="ltr" aria-label="Test mode">
    <p><strong>Test mode.</strong> No real money moves.</p>
    ${said === null ? null : html`<p role="alert">${said}</p>`}
    ${
      canAct || canMoveClock
        ? html`<details>
            <summary>Play the customer, move the clock</summary>
            ${
              canAct
                ? html`<form method="post" action="${action}">
                    ${button('inline', 'Pay', { name: 'act', value: 'pay' })}
                    ${button('inline', 'Decline', { name: 'act', value: 'fail' })}
                    ${button('inline', 'Let it run out', { name: 'act', value: 'expire' })}
                    <a class="button inline" href="${address(view, { simulator: '1' })}"
                      >Open the customer’s side</a
                    >
                  </form>`
                : null
            }
            ${
              canMoveClock
                ? html`<form method="post" action="${action}">
                    ${JUMPS.map(([label, seconds]) => button('inline', `+ ${label}`, { name: 'advance_s', value: String(seconds) }))}
                  </form>`
                : null
            }
          </details>`
        : null
    }
  </aside>`;
}
