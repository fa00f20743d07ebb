/** A list as people see it: its filters, its rows, and what is said where there are none. */
import { html, type Html } from '../html.ts';
import { button, buttonLink, emptyState, field, select, table, type Column } from '../look/components.ts';

export interface ShownFilter {
  readonly name: string;
  readonly label: string;
  readonly type: 'search' | 'text' | 'date' | 'select';
  readonly choices?: readonly { readonly value: string; readonly label: string }[];
  readonly hint?: string;
  readonly value: string;
  readonly error?: string;
}

interface Head {
  readonly caption: string;
  readonly path: string;
  readonly filters: readonly ShownFilter[];
  /** What has to stay in the address. */
  readonly hidden: Readonly<Record<string, string | null>>;
  /** The list without filters; null where there are none. */
  readonly clear: string | null;
  readonly csv: string;
}

/** The filters, with the link to the file. Works without script: it is a form that is sent with GET. */
export function listBody({ caption, path, filters, hidden, clear, csv }: Head): Html {
  const kept = Object.entries(hidden).flatMap(([name, value]) =>
    value === null || value === '' ? [] : [{ name, value }],
  );
  return html`<form
    class="filters"
    method="get"
    action="${path}"
    role="search"
    aria-label="${`Filters of ${caption}`}"
  >
    ${kept.map(({ name, value }) => html`<input type="hidden" name="${name}" value="${value}" />`)}
    ${filters.map(filterField)}
    <div class="buttons">
      ${button('main', 'Search')} ${clear === null ? null : buttonLink('plain', 'Clear', clear)}
      <a class="button" href="${csv}" download>CSV</a>
    </div>
  </form>`;
}

function filterField({ name, label, type, choices = [], value, hint, error }: ShownFilter): Html {
  if (type === 'select') return select(name, label, [{ value: '', label: 'Any' }, ...choices], value);
  return field({
    name,
    label,
    type,
    // Browsers take nothing but dates into a field for dates.
    value: type === 'date' && error !== undefined ? '' : value,
    ...(hint === undefined ? {} : { hint }),
    ...(error === undefined ? {} : { error }),
  });
}

interface Rows {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | Html)[])[];
  readonly newest: string | null;
  readonly newer: string | null;
  readonly older: string | null;
  readonly empty: { readonly title: string; readonly text: string };
}

/** The rows with the ways to those before and after them. */
export function rowsBody(caption: string, { columns, rows, newest, newer, older, empty }: Rows): Html {
  const pager = html`<nav class="pager" aria-label="Pages">
    <div class="buttons">
      ${newest && buttonLink('plain', 'Newest', newest)}${newer && buttonLink('plain', 'Newer', newer)}
    </div>
    <span class="soft small">${rows.length === 1 ? '1 row' : `${rows.length} rows`} · times are UTC</span>
    <div class="buttons">${older && buttonLink('plain', 'Older', older)}</div>
  </nav>`;
  if (rows.length === 0)
    return html`<section class="card">
      ${emptyState(empty.title, empty.text, newest === null ? null : buttonLink('inline', 'Newest', newest))}
    </section>`;
  return html`<section class="card">${table(caption, columns, rows)}${pager}</section>`;
}
