/** The screens of the checkout page: each says one thing and what to do next. */
import { html, type Html } from '../html.ts';
import {
  button,
  copyables,
  facts,
  field,
  notice,
  rule,
  type Copyable,
  type Fact,
} from '../look/components.ts';
import { ICONS, SIGNS } from '../look/icons.ts';
import { isolated } from '../locale.ts';
import { serviceMark } from './marks.ts';
import {
  address,
  againButton,
  head,
  moment,
  otherWays,
  payForm,
  qrCode,
  serviceRow,
  shopLink,
  timeLeft,
  waiting,
  type Scene,
} from './parts.ts';
import type { DetailName, DetailView, Receipt, Screen, Setback } from './view.ts';

type Of<Type extends Screen['type']> = Extract<Screen, { type: Type }>;

export function screenHtml(scene: Scene): Html {
  const { view, texts } = scene;
  const { screen } = view;
  switch (screen.type) {
    case 'choose':
      return choose(scene, screen);
    case 'details':
      return details(scene, screen);
    case 'forward':
      return html`${head(texts.forward.title(screen.service.title), texts.forward.text, SIGNS.turning)}
        <a class="button main" href="${screen.url}">${texts.forward.link}</a>`;
    case 'redirect':
      return redirect(scene, screen);
    case 'instructions':
      return screen.show.transfer === null ? code(scene, screen) : transfer(scene, screen);
    case 'phone':
      return phone(scene, screen);
    case 'processing':
      return html`${head(texts.processing.title, texts.processing.text, SIGNS.turning)}${waiting(scene)}${otherWays(scene)}`;
    case 'authorized':
      return html`${head(texts.authorized.title, texts.authorized.text, SIGNS.good)}${shopLink(scene, 'main')}`;
    case 'paid':
      return html`${head(texts.paid.title, texts.paid.text, SIGNS.good)}${receipt(scene, screen.receipt)}`;
    case 'overpaid':
      return html`${head(texts.overpaid.title, texts.overpaid.text(isolated(screen.excess)), SIGNS.good)}
      ${receipt(scene, screen.receipt)}`;
    case 'refunded':
      return html`${head(texts.refunded.title, texts.refunded.text(isolated(screen.refunded)), SIGNS.good)}
      ${shopLink(scene, 'plain')}`;
    case 'expired':
      return html`${head(texts.expired.title, texts.expired.text, SIGNS.clock)}${shopLink(scene, 'main')}`;
    case 'canceled':
      return html`${head(texts.canceled.title, texts.canceled.text, SIGNS.bad)}${shopLink(scene, 'main')}`;
  }
}

const SETBACK_SIGNS: Readonly<Record<Setback, Html>> = {
  declined: SIGNS.bad,
  lapsed: SIGNS.clock,
  unavailable: SIGNS.warning,
  refused: SIGNS.bad,
  left: SIGNS.warning,
};

function choose(scene: Scene, { setback, last, services, hasLive }: Of<'choose'>): Html {
  const { view, texts } = scene;
  const { received, left } = view.order;
  const words = setback === null ? null : texts.setback[setback];
  // Refused services are not offered again first: the same would happen.
  const again = setback === null || setback === 'refused' ? null : last;
  const others = again === null ? services : services.filter(({ id }) => id !== again.id);
  const retry = again && againButton(scene, again);
  if (services.length === 0)
    return html`${head(texts.none.title, texts.none.text, SIGNS.warning)}${shopLink(scene, 'plain')}`;
  return html`${
    words === null || setback === null ? null : html`${head(words.title, words.text, SETBACK_SIGNS[setback])}`
  }
  ${
    received !== null && left !== null
      ? notice('info', { text: texts.partial(isolated(received), isolated(left)) })
      : null
  }
  ${words === null ? html`<h1 id="title">${texts.choose}</h1>` : null}
  ${hasLive ? html`<p class="lead">${texts.pay_once}</p>` : null}
  ${retry && html`${retry}${others.length > 0 ? rule(texts.or_another) : null}`}
  ${payForm(
    scene,
    html`<ul class="services">
      ${others.map((service) => html`<li>${serviceRow(scene, service)}</li>`)}
    </ul>`,
  )}
  ${hasLive ? html`<a class="button" href="${address(view)}">${texts.back}</a>` : shopLink(scene, 'plain')}`;
}

const AUTOCOMPLETE = { name: 'name', phone: 'tel', email: 'email' } as const;
const INPUT = { name: 'text', phone: 'tel', email: 'email' } as const;

function details(scene: Scene, { service, details: wanted }: Of<'details'>): Html {
  const { view, texts } = scene;
  const firstWrong = wanted.find(({ isWrong }) => isWrong)?.name;
  const input = ({ name, value, isWrong, example }: DetailView): Html =>
    field({
      name,
      label: texts.details[name],
      type: INPUT[name satisfies DetailName],
      value,
      autocomplete: AUTOCOMPLETE[name],
      required: true,
      ...(example === null ? {} : { hint: texts.details.phone_hint(isolated(example)) }),
      hasFocus: name === firstWrong,
      ...(isWrong ? { error: texts.details.wrong[name] } : {}),
    });
  return html`${head(texts.details.title(service.title), null, serviceMark(service.id, service.title))}
    ${payForm(scene, html`${wanted.map(input)}${button('main', texts.details.submit, { name: 'service', value: service.id })}`)}
    <a class="button" href="${address(view, { choose: '1' })}">${texts.back}</a>`;
}

function redirect(scene: Scene, { service, url, until, cameBack }: Of<'redirect'>): Html {
  const { redirect: words } = scene.texts;
  return html`${head(words.title(service.title), cameBack ? null : words.text, serviceMark(service.id, service.title))}
    ${cameBack ? notice('busy', { text: words.came_back }) : null}
    <a class="button main" href="${url}">${words.button(service.title)}</a>
    ${timeLeft(scene, until)}${waiting(scene)}${otherWays(scene)}`;
}

function transfer(scene: Scene, { show, until }: Of<'instructions'>): Html {
  const { transfer: words, copy, copied, qr_alt } = scene.texts;
  const { transfer: account, qr } = show;
  if (account === null) return html``;
  const { received, left } = scene.view.order;
  const part =
    received !== null && left !== null ? scene.texts.partial(isolated(received), isolated(left)) : null;
  const line = (term: string, shown: string, value = shown): Copyable => ({ term, shown, value });
  return html`${head(words.title, qr === null ? part : words.text)} ${qr && qrCode(qr, qr_alt)}
    ${qr && html`<h2>${words.by_hand}</h2>`}
    ${facts([
      { term: words.bank, text: account.bank_name },
      { term: words.account_name, text: account.account_name },
    ])}
    ${copyables(
      [
        line(words.account_number, account.account_number),
        line(words.amount, account.amount, account.amount_plain),
        line(words.remark, account.remark),
      ],
      { copy, copied },
    )}
    <p class="small soft">${words.remark_hint}</p>
    ${timeLeft(scene, until)}${waiting(scene)}${otherWays(scene)}`;
}

const APPS = ['Personal', 'Business', 'Corporate'] as const;
/** Connectors name an app by its kind, some with the bank's name in front. */
const appOf = (label: string) => APPS.find((app) => label.endsWith(app));

function openWords({ texts: { code: words } }: Scene, label: string): string {
  const app = appOf(label);
  return words.open(app === undefined ? label : words.apps[app]);
}

function code(scene: Scene, { service, show, until }: Of<'instructions'>): Html {
  const { code: words, copy, copied, qr_alt } = scene.texts;
  const { qr, readable_code, links } = show;
  return html`${head(words.title(service.title), words.text, serviceMark(service.id, service.title))}
  ${links.map(
    ({ label, url }, index) =>
      html`<a class="${index === 0 ? 'button main' : 'button'}" href="${url}"
        >${ICONS.phone}${openWords(scene, label)}</a
      >`,
  )}
  ${qr && qrCode(qr, qr_alt)}
  ${
    readable_code === null
      ? null
      : copyables([{ term: words.code, shown: readable_code, value: readable_code }], { copy, copied })
  }
  ${timeLeft(scene, until)}${waiting(scene)}${otherWays(scene)}`;
}

function phone(scene: Scene, { hint, until }: Of<'phone'>): Html {
  const { phone: words } = scene.texts;
  return html`${head(words.title, words.text(hint === null ? null : isolated(hint)), SIGNS.phone)}
    ${timeLeft(scene, until)}${waiting(scene)}
    <p class="small center soft">${words.slow}</p>
    ${otherWays(scene)}`;
}

function receipt(scene: Scene, { service, paid_at, transaction }: Receipt): Html {
  const { view, texts } = scene;
  const { receipt: words, order } = texts;
  const fact = (term: string, text: string | Html | null): Fact[] => (text === null ? [] : [{ term, text }]);
  return html`${facts([
      ...fact(words.merchant, view.brand.name),
      ...fact(order.reference, view.order.reference),
      ...fact(words.service, service),
      ...fact(words.date, paid_at === null ? null : moment(view.locale, paid_at)),
      ...fact(words.transaction, transaction),
      { term: words.amount, text: view.order.total, total: true },
    ])}
    ${shopLink(scene, 'main')}
    <button type="button" class="button no-print" data-print hidden>${ICONS.print}${words.print}</button>`;
}
