/** The checkout page as a whole: whose it is, what is owed, and the screen for how it stands. */
import { document, type Page } from '../document.ts';
import { html, type Html } from '../html.ts';
import { brandStyle } from '../look/brand.ts';
import { amount, facts, type Fact } from '../look/components.ts';
import { SIGNS } from '../look/icons.ts';
import { clientScript, LOOK_SCRIPT } from '../look/script.ts';
import { isolated, type Locale } from '../locale.ts';
import { LANGUAGES, textsIn } from '../texts.ts';
import { address, head, moment, type Scene } from './parts.ts';
import { screenHtml } from './screens.ts';
import { CHECKOUT_STYLE } from './style.ts';
import { checkoutTexts, LANGUAGE_NAMES } from './texts/index.ts';
import { testBar } from './test-bar.ts';
import type { CheckoutView, Screen } from './view.ts';

const SCRIPT = LOOK_SCRIPT + clientScript('checkout/live.client.js');
/** Seconds after which a browser without script looks again while it waits. */
const LOOK_AGAIN_S = 15;
/** Time to read where one is being taken. */
const FORWARD_S = 1;

/** Screens that wait for something, so that the page listens; and where nothing is typed meanwhile. */
const WAITS: ReadonlySet<Screen['type']> = new Set([
  'redirect',
  'instructions',
  'phone',
  'processing',
  'authorized',
]);

export function checkoutPage(view: CheckoutView): Page {
  const { locale, brand, screen } = view;
  const texts = checkoutTexts(locale.language);
  const scene = { view, texts };
  const colour = brand.color === null ? null : brandStyle(brand.color);
  const isOver = screen.type === 'refunded' || screen.type === 'canceled' || screen.type === 'expired';
  return document(
    {
      lang: locale.language,
      dir: locale.dir,
      title: texts.pay_to(brand.name),
      layout: 'pay',
      styles: [CHECKOUT_STYLE, ...(colour === null ? [] : [colour])],
      script: SCRIPT,
      hasForms: true,
      hasPictures: true,
      ...(screen.type === 'forward' ? { refresh: { after_s: FORWARD_S, url: screen.url } } : {}),
      ...(WAITS.has(screen.type)
        ? { refreshWithoutScript: { after_s: LOOK_AGAIN_S, url: address(view) } }
        : {}),
    },
    html`${view.sandbox === null ? null : testBar(view, view.sandbox)}
      <main
        class="card"
        data-screen="${nameOf(screen)}"
        data-version="${String(view.version)}"
        data-path="${view.path}"
        data-live="${isOver || screen.type === 'forward' ? '' : 'yes'}"
      >
        <section class="order" aria-label="${texts.order.details}">${order(scene)}</section>
        <section class="doing" aria-labelledby="title">${screenHtml(scene)}</section>
      </main>
      <p id="live" class="hidden" role="status"></p>
      ${footer(scene)}`,
  );
}

/** What tests and the script call a screen. */
function nameOf(screen: Screen): string {
  return screen.type === 'choose' ? (screen.setback ?? 'choose') : screen.type;
}

function order({ view, texts }: Scene): Html {
  const { brand, order: owed, locale } = view;
  const words = texts.order;
  const logo =
    brand.logo === null
      ? html`<span class="initial" aria-hidden="true">${[...brand.name][0] ?? ''}</span>`
      : html`<img src="${brand.logo}" alt="" />`;
  const due = owed.due_at;
  const payBy = due === null ? null : moment(locale, due);
  const fact = (term: string, text: string | Html | null, total = false): Fact[] =>
    text === null ? [] : [{ term, text, total }];
  const lines = [
    ...owed.items.map((item) => ({ term: `${item.quantity} × ${isolated(item.name)}`, text: item.amount })),
    ...(owed.received === null ? [] : fact(words.total, owed.total)),
    ...fact(words.received, owed.received),
    ...fact(words.left, owed.left, true),
    ...fact(words.reference, owed.reference),
    ...fact(words.pay_by, payBy),
  ];
  return html`<div class="merchant">${logo}<bdi>${brand.name}</bdi></div>
    <p class="label">${owed.left !== null ? words.left : owed.due_at === null ? words.total : words.due}</p>
    ${amount(owed.left ?? owed.total, 'large')}
    ${owed.description === null ? null : html`<p class="soft small" dir="auto">${owed.description}</p>`}
    ${lines.length === 0 ? null : facts(lines)}`;
}

function footer({ view, texts }: Scene): Html {
  const { support_url, support_email } = view.brand;
  const help = support_url ?? (support_email === null ? null : `mailto:${support_email}`);
  return html`<footer class="no-print">
    ${help === null ? null : html`<a href="${help}">${texts.help}</a>`}
    <nav aria-label="${texts.language}">
      <ul class="languages">
        ${LANGUAGES.map(
          (language) =>
            html`<li>
              <a
                href="${`${view.path}?lang=${language}`}"
                hreflang="${language}"
                lang="${language}"
                dir="${textsIn(language).dir}"
                ${language === view.locale.language ? html`aria-current="true"` : null}
                >${LANGUAGE_NAMES[language]}</a
              >
            </li>`,
        )}
      </ul>
    </nav>
  </footer>`;
}

/** Pages that are about no invoice: a link that leads nowhere, too many requests, trouble of ours. */
export function checkoutNotice(
  { language, dir }: Locale,
  what: 'not_found' | 'too_many' | 'broken',
  again: string | null,
): Page {
  const texts = checkoutTexts(language);
  const { title, text } = texts[what];
  const sign = what === 'not_found' ? SIGNS.bad : what === 'too_many' ? SIGNS.clock : SIGNS.warning;
  return document(
    { lang: language, dir, title, layout: 'narrow' },
    html`<main class="card">
      ${head(title, text, sign)}
      ${again === null ? null : html`<a class="button main" href="${again}">${texts.check}</a>`}
    </main>`,
  );
}
