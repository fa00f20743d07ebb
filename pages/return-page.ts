/** The pages for a customer who comes back from a provider: how the payment stands, in a few words. */
import { document, html, type Html } from './html.ts';
import { textsIn, type Language, type Texts } from './texts.ts';

/** What a customer may see of a payment. Amounts as people write them. */
export interface ShownPayment {
  readonly amount: string;
  /** Null unless a part has come. */
  readonly received: string | null;
  readonly shop: string;
  readonly reference: string;
}

interface Links {
  /** The provider's page, while it can still be paid there. */
  readonly pay: string | null;
  readonly shop: string | null;
}

export type ResultOutcome = 'paid' | 'failed' | 'canceled';

/** The end of the way, for merchants who have named no page of their own for this outcome. */
export function resultPage(
  language: Language,
  outcome: ResultOutcome,
  payment: ShownPayment,
  links: Links,
): string {
  const texts = textsIn(language);
  const { title, text } = texts[outcome];
  return page(
    language,
    title,
    html`${outcome === 'paid' ? TICK : CROSS}
      <h1>${title}</h1>
      <p>${text}</p>
      ${facts(texts, payment)}${buttons(texts, links, 'button main')}`,
  );
}

/** `again`: where this page looks again and after how many seconds; null: only when the customer asks it to. */
export function checkingPage(
  language: Language,
  payment: ShownPayment | null,
  links: Links & { readonly again: string },
  after_s: number | null,
): string {
  const texts = textsIn(language);
  const { title, text, part, stopped } = texts.checking;
  const received = payment?.received ?? null;
  const words = after_s === null ? stopped : received === null ? text : part(isolated(received));
  return page(
    language,
    title,
    html`${after_s === null ? CLOCK : RING}
      <div role="status">
        <h1>${title}</h1>
        <p>${words}</p>
      </div>
      ${payment && facts(texts, payment)}
      <a class="button main" href="${links.again}">${texts.check_again}</a>
      ${buttons(texts, links, 'button')}`,
    after_s === null ? undefined : { after_s, url: links.again },
  );
}

export function unknownLinkPage(language: Language): string {
  const { title, text } = textsIn(language).unknown_link;
  return page(
    language,
    title,
    html`${CROSS}
      <h1>${title}</h1>
      <p>${text}</p>`,
  );
}

function page(
  lang: Language,
  title: string,
  body: Html,
  refresh?: { readonly after_s: number; readonly url: string },
): string {
  const { dir } = textsIn(lang);
  return document({ lang, dir, title, ...(refresh ? { refresh } : {}) }, body);
}

/** Keeps a number with its currency together in a sentence that runs from right to left. */
const isolated = (text: string): string => `\u2068${text}\u2069`;

function facts(texts: Texts, { amount, shop, reference }: ShownPayment): Html {
  return html`<p class="amount"><bdi>${amount}</bdi></p>
    <dl>
      <div>
        <dt>${texts.shop}</dt>
        <dd><bdi>${shop}</bdi></dd>
      </div>
      <div>
        <dt>${texts.reference}</dt>
        <dd><bdi>${reference}</bdi></dd>
      </div>
    </dl>`;
}

/** `look`: of the way back to paying, which stands out only where the customer has nothing to wait for. */
function buttons(texts: Texts, { pay, shop }: Links, look: 'button' | 'button main'): Html {
  return html`${pay && html`<a class="${look}" href="${pay}">${texts.pay_now}</a>`}
  ${shop && html`<a class="button" href="${shop}">${texts.back_to_shop}</a>`}`;
}

const TICK = html`<svg class="icon good" viewBox="0 0 48 48" aria-hidden="true">
  <circle cx="24" cy="24" r="21" />
  <path d="m14 25 7 7 13-15" />
</svg>`;
const CROSS = html`<svg class="icon bad" viewBox="0 0 48 48" aria-hidden="true">
  <circle cx="24" cy="24" r="21" />
  <path d="m17 17 14 14m0-14-14 14" />
</svg>`;
const CLOCK = html`<svg class="icon busy" viewBox="0 0 48 48" aria-hidden="true">
  <circle cx="24" cy="24" r="21" />
  <path d="M24 12v13l8 5" />
</svg>`;
const RING = html`<svg class="icon busy" viewBox="0 0 48 48" aria-hidden="true">
  <circle cx="24" cy="24" r="21" opacity=".25" />
  <path class="turning" d="M24 3a21 21 0 0 1 21 21" />
</svg>`;
