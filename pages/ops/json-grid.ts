/** JSON as people read it: an object as a table of names and values, a list of objects as a table with columns, and so on inside. */
import { Html, html } from '../html.ts';

/** Beyond these a value is shown as text: a payload of a stranger must not make a page that no browser can show. */
const DEPTH = 8;
const NODES = 3_000;
const COLUMNS = 12;
const TEXT_MAX = 2_000;

interface Room {
  nodes: number;
}

/**
 * The grid with a search and, behind a toggle, the text as it came. `value` undefined: the text is no JSON and only it is shown.
 * `id` is this grid's own on the page.
 */
export function jsonGrid(id: string, caption: string, value: unknown, raw: string): Html {
  const text = html`<pre class="raw mono" tabindex="0" aria-label="${`${caption}, raw`}">
${raw === '' ? '(empty)' : asItIs(raw)}</pre>`;
  if (value === undefined) return text;
  return html`<div class="json" data-json>
    <div class="json-tools" hidden data-json-tools>
      <label for="${`${id}-search`}">Search</label>
      <input id="${`${id}-search`}" type="search" class="compact" autocomplete="off" data-json-search />
      <span class="soft small" role="status" data-json-count></span>
    </div>
    <div class="json-grid" role="region" aria-label="${caption}" tabindex="0">
      ${node(value, '$', 0, { nodes: 0 })}
    </div>
    <details id="${`${id}-raw`}">
      <summary>As it came</summary>
      ${text}
    </details>
  </div>`;
}

/** Pages lose the indents of their templates; those of this text are its own. */
function asItIs(raw: string): Html {
  return new Html(html`${raw}`.text.replace(/\n/g, '&#10;'));
}

function node(value: unknown, path: string, depth: number, room: Room): Html {
  room.nodes += 1;
  if (typeof value !== 'object' || value === null) return scalar(value);
  const isEmpty = Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
  if (isEmpty) return html`<span class="soft">${Array.isArray(value) ? 'empty list' : 'empty object'}</span>`;
  if (depth >= DEPTH || room.nodes >= NODES)
    return html`<span class="mono">${JSON.stringify(value).slice(0, TEXT_MAX)}</span>`;
  if (!Array.isArray(value)) return rows(Object.entries(value), (name) => member(path, name), depth, room);
  const columns = columnsOf(value);
  return columns === null
    ? rows(
        value.map((item: unknown, index) => [String(index), item]),
        (name) => `${path}[${name}]`,
        depth,
        room,
      )
    : records(value as Record<string, unknown>[], columns, path, depth, room);
}

function rows(
  entries: readonly (readonly [string, unknown])[],
  pathOf: (name: string) => string,
  depth: number,
  room: Room,
): Html {
  return html`<table>
    <tbody>
      ${entries.map(([name, value]) => {
        const path = pathOf(name);
        return html`<tr data-path="${path}">
          <th scope="row">${name} ${copyPath(path)}</th>
          <td>${node(value, path, depth + 1, room)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}

/** A list whose items are objects with much the same names. */
function records(
  items: readonly Record<string, unknown>[],
  columns: readonly string[],
  path: string,
  depth: number,
  room: Room,
): Html {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">#</th>
        ${columns.map((name) => html`<th scope="col">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${items.map((item, index) => {
        const at = `${path}[${index}]`;
        return html`<tr data-path="${at}">
          <th scope="row">${String(index)} ${copyPath(at)}</th>
          ${columns.map((name) =>
            Object.hasOwn(item, name)
              ? html`<td>${node(item[name], member(at, name), depth + 1, room)}</td>`
              : html`<td><span class="soft">–</span></td>`,
          )}
        </tr>`;
      })}
    </tbody>
  </table>`;
}

function columnsOf(items: readonly unknown[]): string[] | null {
  const isRecord = (item: unknown): item is object =>
    typeof item === 'object' && item !== null && !Array.isArray(item);
  if (items.length < 2 || !items.every(isRecord)) return null;
  const names = [...new Set(items.flatMap((item) => Object.keys(item)))];
  return names.length > 0 && names.length <= COLUMNS ? names : null;
}

/** As JSONPath writes it: `$.a.b[0]['c d']`. */
function member(path: string, name: string): string {
  return /^[A-Za-z_]\w*$/.test(name)
    ? `${path}.${name}`
    : `${path}['${name.replace(/\\/g, '\\\\').replace(/'/g, "\\'")}']`;
}

function scalar(value: unknown): Html {
  if (typeof value === 'string')
    return html`<bdi class="json-text">${value === '' ? '(empty text)' : value}</bdi>`;
  return html`<span class="json-value mono">${JSON.stringify(value) ?? 'undefined'}</span>`;
}

function copyPath(path: string): Html {
  return html`<button
    type="button"
    class="copy-path"
    data-copy="${path}"
    data-copied="Copied"
    aria-label="${`Copy the path ${path}`}"
    hidden
  >
    <span>path</span>
  </button>`;
}
