/** Every component once, for whoever builds a page or changes the look. Served in the sandbox only. */
import { document, type Page } from './document.ts';
import { html } from './html.ts';
import {
  amount,
  badge,
  button,
  buttonLink,
  card,
  copyables,
  emptyState,
  facts,
  field,
  notice,
  rule,
  select,
  table,
  type Tone,
} from './look/components.ts';
import { ICONS, SIGNS } from './look/icons.ts';
import { LOOK_SCRIPT } from './look/script.ts';
import { LIGHT } from './look/tokens.ts';

const TONES: readonly Tone[] = ['good', 'bad', 'busy', 'info'];
const SWATCHES = `
.swatches { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .75rem; margin: 0; padding: 0; list-style: none; }
.swatches span { display: block; height: 2.5rem; border: 1px solid var(--edge); border-radius: .5rem; }
${Object.keys(LIGHT)
  .map((name) => `.is-${name} { background: var(--${name}); }`)
  .join('\n')}
.wide section { margin-bottom: 1.5rem; }
`;

export function stylePage(): Page {
  const frame = { lang: 'en', dir: 'ltr', title: 'The look', layout: 'wide', hasForms: true } as const;
  return document(
    { ...frame, styles: [SWATCHES], script: LOOK_SCRIPT },
    html`<main>
      <h1>The look</h1>
      ${card(
        html`<h2>Colours</h2>
          <ul class="swatches">
            ${Object.keys(LIGHT).map((name) => html`<li><span class="${`is-${name}`}"></span>${name}</li>`)}
          </ul>`,
      )}
      ${card(
        html`<h2>Words</h2>
          <h1>Heading one</h1>
          <h2>Heading two</h2>
          <h3>Heading three</h3>
          <p>A paragraph with <a href="/style">a link</a> and <code>some code</code>.</p>
          <p class="soft small">Soft and small.</p>
          ${rule('or')}${amount('IQD 25,000', 'large')}
          <p>${amount('KWD 12.500')} in a sentence.</p>`,
      )}
      ${card(
        html`<h2>Buttons</h2>
          ${button('main', 'Main')}${button('plain', 'Plain')}${button('danger', 'Danger')}
          ${buttonLink('plain', 'A link', '/style')}
          <p>${button('inline', 'Inline')}</p>`,
      )}
      ${card(
        html`<h2>Forms</h2>
          <form method="post" action="/style">
            ${field({ name: 'phone', label: 'Phone number', type: 'tel', hint: '9 digits, such as 6 70 00 00 00' })}
            ${field({ name: 'email', label: 'Email', type: 'email', value: 'nobody', error: 'This is not an email address.' })}
            ${field({ name: 'services', label: 'Services, one on each line', type: 'text', value: 'finan.bank_transfer', lines: 3, hint: 'As many as there are' })}
            ${field({ name: 'order', label: 'Order', type: 'text', value: '', choices: [{ value: '', label: 'As listed' }], error: 'This has to be chosen.' })}
            ${select(
              'mode',
              'Mode',
              [
                { value: 'live', label: 'Live' },
                { value: 'sandbox', label: 'Sandbox' },
              ],
              'sandbox',
            )}
          </form>`,
      )}
      ${card(
        html`<h2>Signs</h2>
          <p>${badge('open')} ${TONES.map((tone) => html`${badge(tone, tone)} `)}</p>
          ${TONES.map((tone) => notice(tone, { title: 'A notice', text: 'What happened, and what to do now.' }))}
          <p>${Object.values(ICONS)}</p>
          ${Object.values(SIGNS)}`,
      )}
      ${card(
        html`<h2>Facts and values</h2>
          ${facts([
            { term: 'Reference', text: 'order-1001' },
            { term: 'Total', text: 'IQD 25,000', total: true },
          ])}
          ${copyables([{ term: 'Account', shown: '1234 5678', value: '12345678' }], { copy: 'Copy', copied: 'Copied' })}`,
      )}
      ${card(
        table(
          'Payments',
          [{ title: 'Service' }, { title: 'Status' }, { title: 'Amount', isNumber: true }],
          [
            ['fib.qr_code', badge('paid', 'good'), 'IQD 25,000'],
            ['finan.card', badge('failed', 'bad'), 'VND 6,000,000'],
          ],
        ),
      )}
      ${card(emptyState('No payments yet', 'They appear here as soon as there are any.', buttonLink('inline', 'Make one', '/style')))}
    </main>`,
  );
}
