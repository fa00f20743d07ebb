/** The parts that pages are put together from. Each takes what it says and gives HTML; how it looks is in `style.ts`. */
import { html, type Html } from '../html.ts';
import { ICONS } from './icons.ts';

export type Tone = 'good' | 'bad' | 'busy' | 'info';
export type ButtonKind = 'main' | 'plain' | 'danger' | 'inline';

const buttonClass = (kind: ButtonKind): string => (kind === 'plain' ? 'button' : `button ${kind}`);

/** A button that sends its form, with a value of its own where the form has several. */
export function button(
  kind: ButtonKind,
  label: string | Html,
  value?: { readonly name: string; readonly value: string },
): Html {
  return value
    ? html`<button class="${buttonClass(kind)}" name="${value.name}" value="${value.value}">${label}</button>`
    : html`<button class="${buttonClass(kind)}">${label}</button>`;
}

/** A link that looks like a button. */
export function buttonLink(kind: ButtonKind, label: string | Html, href: string): Html {
  return html`<a class="${buttonClass(kind)}" href="${href}">${label}</a>`;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'email' | 'tel' | 'number' | 'search' | 'date' | 'password' | 'file';
  readonly value?: string;
  readonly hint?: string;
  /** What is wrong with it; read out together with the field. */
  readonly error?: string;
  readonly autocomplete?: string;
  readonly maxlength?: number;
  readonly required?: boolean;
  /** True: whoever comes to the page begins here. One of a page at most. */
  readonly hasFocus?: boolean;
  /** One of these, in place of what is typed. */
  readonly choices?: readonly Choice[];
  /** How many lines there is room for; more than one can be typed. */
  readonly lines?: number;
}

/** An input with its label, what it wants and what is wrong with it. */
export function field(one: Field): Html {
  const { name, label, hint, error } = one;
  const id = `field-${name}`;
  return html`<div class="field">
    <label for="${id}">${label}</label>
    ${control(one, id)} ${hint === undefined ? null : html`<p class="hint" id="${`${id}-hint`}">${hint}</p>`}
    ${error === undefined ? null : html`<p class="error" id="${`${id}-error`}">${error}</p>`}
  </div>`;
}

/** What is filled in: a line, several lines, or a list to choose from. */
function control({ name, type, value = '', hint, error, choices, lines, ...more }: Field, id: string): Html {
  const described = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`];
  const about = html`id="${id}" name="${name}" aria-describedby="${described.join(' ').trim()}"
  aria-invalid="${error === undefined ? 'false' : 'true'}" ${more.required === true ? html`required` : null}
  ${more.hasFocus === true ? html`autofocus` : null}`;
  if (choices !== undefined)
    return html`<select ${about}>
      ${choices.map((choice) => html`<option value="${choice.value}" ${choice.value === value ? html`selected` : null}>${choice.label}</option>`)}
    </select>`;
  const limit = String(more.maxlength ?? 255);
  if (lines !== undefined)
    // The first line break of a text area is taken for one of the page.
    return html`<textarea ${about} rows="${String(lines)}" maxlength="${limit}" spellcheck="false">
${value}</textarea>`;
  // Numbers of all kinds are written from left to right, in every language.
  const direction = type === 'text' || type === 'search' ? 'auto' : 'ltr';
  return html`<input
    ${about}
    type="${type}"
    value="${value}"
    dir="${direction}"
    maxlength="${limit}"
    autocomplete="${more.autocomplete ?? 'off'}"
  />`;
}

/** A list to choose one from. */
export function select(name: string, label: string, choices: readonly Choice[], chosen?: string): Html {
  const id = `field-${name}`;
  return html`<div class="field">
    <label for="${id}">${label}</label>
    <select id="${id}" name="${name}">
      ${choices.map(
        ({ value, label: text }) =>
          html`<option value="${value}" ${value === chosen ? html`selected` : null}>${text}</option>`,
      )}
    </select>
  </div>`;
}

/** A few words on a ground of their own. `title` may be left out. */
export function notice(tone: Tone, { title, text }: { title?: string; text: string | Html }): Html {
  return html`<div class="${`notice ${tone}`}">
    ${ICONS[tone]}
    <div class="words">
      ${title === undefined ? null : html`<strong>${title}</strong>`}
      <p>${text}</p>
    </div>
  </div>`;
}

/** A status in a word. Without a tone: nothing to notice. */
export function badge(label: string, tone?: Tone): Html {
  return html`<span class="${tone === undefined ? 'badge' : `badge ${tone}`}">${label}</span>`;
}

export function card(body: Html): Html {
  return html`<section class="card">${body}</section>`;
}

/** An amount as it is written already; it keeps its direction inside text that runs the other way. */
export function amount(text: string, size: 'large' | 'inline' = 'inline'): Html {
  return size === 'large'
    ? html`<p class="amount large"><bdi>${text}</bdi></p>`
    : html`<bdi class="amount">${text}</bdi>`;
}

export interface Fact {
  readonly term: string;
  readonly text: string | Html;
  readonly total?: boolean;
}

/** What is known, line by line. */
export function facts(lines: readonly Fact[]): Html {
  return html`<dl class="facts">
    ${lines.map(
      ({ term, text, total }) =>
        html`<div class="${total === true ? 'total' : ''}">
          <dt>${term}</dt>
          <dd><bdi>${text}</bdi></dd>
        </div>`,
    )}
  </dl>`;
}

export interface Copyable {
  readonly term: string;
  readonly shown: string;
  /** What is copied: without the blanks and signs that are there for reading. */
  readonly value: string;
}

/** Values to be typed elsewhere, each with a button that copies it. The button is for browsers with script only. */
export function copyables(lines: readonly Copyable[], words: { copy: string; copied: string }): Html {
  return html`<dl class="copyables">
    ${lines.map(
      ({ term, shown, value }) =>
        html`<div>
          <dt>${term}</dt>
          <dd><bdi>${shown}</bdi></dd>
          <dd class="no-print">
            <button
              type="button"
              class="button inline"
              data-copy="${value}"
              data-copied="${words.copied}"
              aria-label="${`${words.copy}: ${term}`}"
              hidden
            >
              ${ICONS.copy}<span>${words.copy}</span>
            </button>
          </dd>
        </div>`,
    )}
  </dl>`;
}

export interface Column {
  readonly title: string;
  /** Numbers stand at the end of their column. */
  readonly isNumber?: boolean;
}

/** Rows of the same kind. A wide table scrolls by itself, also by keyboard. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (string | Html)[])[],
): Html {
  const cell = (isNumber: boolean | undefined): string => (isNumber === true ? 'number' : '');
  return html`<div class="table" role="region" aria-label="${caption}" tabindex="0">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(({ title, isNumber }) => html`<th scope="col" class="${cell(isNumber)}">${title}</th>`)}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map((text, index) => html`<td class="${cell(columns[index]?.isNumber)}">${text}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

/** Where there is nothing to show, and what to do about it. */
export function emptyState(title: string, text: string, action: Html | null = null): Html {
  return html`<div class="empty">
    <h2>${title}</h2>
    <p>${text}</p>
    ${action}
  </div>`;
}

/** A line with a word in it. */
export function rule(word: string): Html {
  return html`<div class="rule"><span>${word}</span></div>`;
}
