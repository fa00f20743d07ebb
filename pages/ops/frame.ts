/** What stands around every operations page: who is there, whose objects are shown, where else one can go. */
import { document, type Page } from '../document.ts';
import { html, type Html } from '../html.ts';
import { notice } from '../look/components.ts';
import { clientScript, LOOK_SCRIPT } from '../look/script.ts';
import { OPS_LOOK, STORY_LOOK } from './look.ts';
import { withinOwnSite } from './own-site.ts';
import { RECORD_LOOK } from './record-look.ts';

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface Frame {
  readonly title: string;
  readonly nav: readonly { readonly label: string; readonly href: string; readonly isHere: boolean }[];
  readonly home: string;
  readonly operator: { readonly name: string; readonly role: string; readonly canLeave: boolean };
  /** Null where there is nothing to choose. */
  readonly merchants: { readonly choices: readonly Choice[]; readonly chosen: string } | null;
  readonly modes: { readonly choices: readonly Choice[]; readonly chosen: string };
  /** Where the choice of merchant and mode leads. */
  readonly path: string;
  readonly form_token: string;
  readonly said: { readonly tone: 'good' | 'busy'; readonly text: string } | null;
  /** What has to change for this page to be read again; empty: it stays as it is. */
  readonly topics: readonly string[];
  /** As of when it shows things, milliseconds: what has changed since is told as soon as somebody listens. */
  readonly asOf_ms: number;
}

const SCRIPT =
  LOOK_SCRIPT +
  clientScript('ops/live.client.js') +
  clientScript('ops/json.client.js') +
  clientScript('ops/upload.client.js');

/** A whole page; `body` stands below its title. */
export function opsPage(frame: Frame, body: Html): Page {
  const { title, nav, operator, said, topics, asOf_ms } = frame;
  return withinOwnSite(
    document(
      {
        lang: 'en',
        dir: 'ltr',
        title: `${title} · Sarraf`,
        layout: 'ops',
        styles: [OPS_LOOK, STORY_LOOK, RECORD_LOOK],
        script: SCRIPT,
        hasForms: true,
      },
      html`<header class="ops-head">
          <a class="skip" href="#main">Skip to the page</a>
          <a class="brand" href="${frame.home}">Sarraf operations</a>
          ${scopeForm(frame)}
          <span class="spring"></span>
          <span class="who">${operator.name} (${operator.role})</span>
          ${operator.canLeave ? signOut(frame.form_token) : null}
        </header>
        <nav class="ops-nav" aria-label="Operations">
          ${nav.map(({ label, href, isHere }) => html`<a href="${href}" ${isHere ? html`aria-current="page"` : null}>${label}</a>`)}
        </nav>
        <main id="main" tabindex="-1" data-topics="${topics.join(' ')}" data-as-of="${String(asOf_ms)}">
          <div class="title">
            <h1>${title}</h1>
            ${topics.length === 0 ? null : html`<p class="live" id="live-state" role="status" data-state="wait">Not live</p>`}
          </div>
          ${said && html`<div role="status">${notice(said.tone, { text: said.text })}</div>`} ${body}
          <div id="live" class="hidden" role="status"></div>
        </main>`,
    ),
  );
}

function scopeForm({ merchants, modes, path }: Frame): Html {
  const choose = (name: string, label: string, { choices, chosen }: typeof modes): Html =>
    html`<select class="compact" name="${name}" aria-label="${label}">
      ${choices.map(({ value, label: words }) => html`<option value="${value}" ${value === chosen ? html`selected` : null}>${words}</option>`)}
    </select>`;
  return html`<form method="get" action="${path}" role="search" aria-label="What is shown" data-scope>
    ${merchants && choose('merchant', 'Merchant', merchants)} ${choose('mode', 'Mode', modes)}
    <button class="compact">Show</button>
  </form>`;
}

function signOut(token: string): Html {
  return html`<form method="post" action="/ops/sign-out">
    <input type="hidden" name="form_token" value="${token}" />
    <button class="compact">Sign out</button>
  </form>`;
}

/** A part of a page that is replaced when something it shows has changed. Give each its own `id`. */
export function live(id: string, body: Html): Html {
  return html`<div id="${id}" data-live>${body}</div>`;
}

/** A moment as people read it, with the exact one for machines and for those who point at it. */
export function moment(iso: string | null): Html {
  if (iso === null) return html`<span class="soft">–</span>`;
  const text = `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
  return html`<time datetime="${iso}" title="${iso}">${text}</time>`;
}
