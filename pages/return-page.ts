/** The pages for a customer who comes back from a provider: how the payment stands, in a few words. */
import { document, type Page } from './document.ts';
import { html, type Html } from './html.ts';
import { amount as amountOf, buttonLink, facts as factsOf } from './look/components.ts';
import { SIGNS } from './look/icons.ts';
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

/** `again`: where this page looks again and after how many seconds; null: only when the customer asks it to. */
export function checkingPage(
  language: Language,
  payment: ShownPayment | null,
  links: Links & { readonly again: string },
  after_s: number | null,
): Page {
  const texts = textsIn(language);
  const { title, text, part, stopped } = texts.checking;
  const received = payment?.received ?? null;
  const words = after_s === null ? stopped : received === null ? text : part(isolated(received));
  return page(
    language,
    title,
    html`${after_s === null ? SIGNS.clock : SIGNS.turning}
      <div role="status">
        <h1>${title}</h1>
        <p>${words}</p>
      </div>
      ${payment && facts(texts, payment)} ${buttonLink('main', texts.check_again, links.again)}
      ${buttons(texts, links, 'plain')}`,
    after_s === null ? undefined : { after_s, url: links.again },
  );
}

export function unknownLinkPage(language: Language): Page {
  const { title, text } = textsIn(language).unknown_link;
  return page(
    language,
    title,
    html`${SIGNS.bad}
      <h1>${title}</h1>
      <p>${text}</p>`,
  );
}

function page(
  lang: Language,
  title: string,
  body: Html,
  refresh?: { readonly after_s: number; readonly url: string },
): Page {
  const { dir } = textsIn(lang);
  const frame = { lang, dir, title, layout: 'narrow', ...(refresh ? { refresh } : {}) };
  return document(frame, html`<main class="card">${body}</main>`);
}

/** Keeps a number with its currency together in a sentence that runs from right to left. */
const isolated = (text: string): string => `\u2068${text}\u2069`;

function facts(texts: Texts, { amount, shop, reference }: ShownPayment): Html {
  const lines = [
    { term: texts.shop, text: shop },
    { term: texts.reference, text: reference },
  ];
  return html`${amountOf(amount, 'large')}${factsOf(lines)}`;
}

/** `look`: of the way back to paying, which stands out only where the customer has nothing to wait for. */
function buttons(texts: Texts, { pay, shop }: Links, look: 'plain' | 'main'): Html {
  return html`${pay && buttonLink(look, texts.pay_now, pay)}
  ${shop && buttonLink('plain', texts.back_to_shop, shop)}`;
}
