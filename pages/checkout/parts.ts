/** Parts that several screens of the checkout page have. */
import { html, Html } from '../html.ts';
import { buttonLink } from '../look/components.ts';
import { ICONS } from '../look/icons.ts';
import { momentStyle, writeMoment, type Locale } from '../locale.ts';
import { serviceMark } from './marks.ts';
import type { CheckoutTexts } from './texts/index.ts';
import type { CheckoutView, ServiceView } from './view.ts';

export interface Scene {
  readonly view: CheckoutView;
  readonly texts: CheckoutTexts;
}

/** An address of this page with `query`, in the language that the customer has chosen. */
export function address(
  { path, isLanguageChosen, locale }: CheckoutView,
  query: Readonly<Record<string, string>> = {},
): string {
  const all = new URLSearchParams({
    ...query,
    ...(isLanguageChosen ? { lang: locale.language } : {}),
  }).toString();
  return all === '' ? path : `${path}?${all}`;
}

/** The head of a screen. `sign`: a picture above it. */
export function head(title: string, text: string | Html | null, sign: Html | null = null): Html {
  return html`${sign}
    <h1 id="title">${title}</h1>
    ${text === null ? null : html`<p class="lead">${text}</p>`}`;
}

/** A moment, which script writes again in the zone of the customer. */
export function moment(locale: Locale, rfc3339: string): Html {
  const { tag, dateStyle } = momentStyle(locale);
  return html`<time datetime="${rfc3339}" data-local="${tag}" data-style="${dateStyle}"
    >${writeMoment(locale, rfc3339)}</time
  >`;
}

/** A service that can be chosen: a button that asks for a payment, or a link to where it asks for what it needs. */
export function serviceRow({ view, texts }: Scene, service: ServiceView): Html {
  const words = html`${serviceMark(service.id, service.title)}
    <span class="words"
      ><strong><bdi>${service.title}</bdi></strong
      ><span>${service.isReady ? texts.flow[service.flow] : texts.busy}</span></span
    >`;
  if (!service.isReady) return html`<div class="service off">${words}</div>`;
  const inner = html`${words}${ICONS.onward}`;
  return service.needsDetails
    ? html`<a class="service" href="${address(view, { service: service.id })}">${inner}</a>`
    : html`<button class="service" name="service" value="${service.id}">${inner}</button>`;
}

/** A form that asks for a payment. It works without script; with it, a second press is ignored. */
export function payForm({ view, texts }: Scene, body: Html): Html {
  return html`<form method="post" action="${address(view)}" data-once="${texts.sending}">${body}</form>`;
}

/** One click for the same service again. */
export function againButton({ view, texts }: Scene, service: ServiceView): Html | null {
  if (!service.isReady) return null;
  const label = texts.again(service.title);
  return service.needsDetails
    ? buttonLink('main', label, address(view, { service: service.id }))
    : payForm(
        { view, texts },
        html`<button class="button main" name="service" value="${service.id}">${label}</button>`,
      );
}

/** How long it can still be paid: counted down by script, otherwise a moment. */
export function timeLeft({ view, texts }: Scene, until: string | null): Html | null {
  if (until === null) return null;
  return html`<p class="until">
    ${texts.time_left}:
    <time datetime="${until}" data-until><bdi>${writeMoment(view.locale, until)}</bdi></time>
  </p>`;
}

/** Says that the page waits, and has a link for browsers without script. */
export function waiting({ view, texts }: Scene): Html {
  return html`<p class="waits"><span class="turning-dot"></span><span>${texts.waiting}</span></p>
    <p class="small center soft">${texts.pay_once}</p>
    <noscript>${buttonLink('plain', texts.check, address(view))}</noscript>`;
}

/** The way to the other services while a payment is under way. */
export function otherWays({ view, texts }: Scene): Html {
  return buttonLink('plain', texts.change, address(view, { choose: '1' }));
}

export function shopLink({ view, texts }: Scene, kind: 'main' | 'plain'): Html | null {
  return view.shop_url === null
    ? null
    : html`<div class="no-print">${buttonLink(kind, texts.back_to_shop, view.shop_url)}</div>`;
}

/** A QR code of ours is text of the page, so that it is sharp at any size; one of the provider's is a picture. */
export function qrCode(qr: { readonly svg: string } | { readonly picture: string }, label: string): Html {
  return 'svg' in qr
    ? html`<div class="qr" role="img" aria-label="${label}">${new Html(qr.svg)}</div>`
    : html`<div class="qr"><img src="${qr.picture}" alt="${label}" /></div>`;
}
