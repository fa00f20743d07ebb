/** What a reconciliation run has otherwise than an earlier one of the same day. */
import type { ChangedRow, ReconciledRow } from '../../db/reconciliation-rows.ts';
import type { RunRow } from '../../db/reconciliation-runs.ts';
import { html, type Html } from '../html.ts';
import {
  amount,
  badge,
  button,
  buttonLink,
  card,
  emptyState,
  field,
  notice,
  table,
  type Choice,
} from '../look/components.ts';
import { moment } from './frame.ts';
import { words } from './statuses.ts';

type Change = ChangedRow['change'];

interface Links {
  readonly path: string;
  /** What has to stay in the address. */
  readonly hidden: Readonly<Record<string, string | null>>;
  readonly others: readonly Choice[];
  /** The address names a run that this one cannot be compared with. */
  readonly isUnknown: boolean;
  readonly run: (id: string) => string;
  /** The rows of one kind; null: all. */
  readonly change: (one: Change | null) => string;
  readonly chosen: Change | null;
  readonly first: string | null;
  readonly more: string | null;
  readonly invoice: (id: string) => string;
  readonly show: (minor: number, currency: string) => string;
}

const CHANGES: Readonly<Record<Change, string>> = { new: 'New', gone: 'Gone', changed: 'Changed' };

/** `earlier` null: there is none to compare it with. */
export function changesBody(
  run: RunRow,
  earlier: RunRow | null,
  rows: readonly ChangedRow[],
  links: Links,
): Html {
  return html`<p class="soft">
      <a href="${links.run(run.id)}">The run</a> · <span class="mono">${run.id}</span>
    </p>
    ${
      links.isUnknown
        ? notice('bad', { text: 'Only finished runs of the same account and day can be compared.' })
        : null
    }
    <div class="stack">
      ${card(chooser(run, earlier, links))} ${earlier === null ? null : card(changesPart(rows, links))}
    </div>`;
}

function chooser(run: RunRow, earlier: RunRow | null, { path, hidden, others, run: to }: Links): Html {
  if (others.length === 0)
    return emptyState(
      'Nothing to compare with',
      'This is the only finished run of this account and day. Start another one, or send a file.',
      buttonLink('inline', 'Back to the run', to(run.id)),
    );
  const kept = Object.entries(hidden).filter(([, value]) => value !== null && value !== '');
  return html`<form class="filters" method="get" action="${path}" aria-label="What it is compared with">
      ${kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      ${field({ name: 'against', label: 'Compared with', type: 'text', value: earlier?.id ?? '', choices: others })}
      <div class="buttons">${button('main', 'Compare')}</div>
    </form>
    ${
      earlier === null
        ? html`<p class="soft">No run was finished before this one: choose another.</p>`
        : html`<p class="soft">
            Before: <a class="mono" href="${to(earlier.id)}">${earlier.id}</a>, asked for
            ${moment(earlier.created_at)}. After: this one, asked for ${moment(run.created_at)}.
          </p>`
    }`;
}

function changesPart(rows: readonly ChangedRow[], links: Links): Html {
  const kinds = [null, 'new', 'gone', 'changed'] as const;
  const choices = html`<p class="buttons">
    ${kinds.map(
      (one) =>
        html`<a
          class="button inline"
          href="${links.change(one)}"
          ${one === links.chosen ? html`aria-current="true"` : null}
          >${one === null ? 'All' : CHANGES[one]}</a
        >`,
    )}
  </p>`;
  if (rows.length === 0)
    return html`<h2>What is different</h2>
      ${choices}${emptyState('Nothing', links.chosen === null ? 'Both runs say the same, row by row.' : 'No row has changed in this way.')}`;
  return html`<h2>What is different</h2>
    ${choices}
    ${table(
      'Rows that differ',
      [
        { title: 'Change' },
        { title: 'Provider’s id' },
        { title: 'Outcome' },
        { title: 'There' },
        { title: 'Received there', isNumber: true },
        { title: 'Received here', isNumber: true },
        { title: 'Fee there', isNumber: true },
        { title: 'Invoice' },
      ],
      rows.map((row) => changedRow(row, links)),
    )}
    <nav class="pager" aria-label="Pages">
      <div class="buttons">${links.first && buttonLink('plain', 'First', links.first)}</div>
      <div class="buttons">${links.more && buttonLink('plain', 'More', links.more)}</div>
    </nav>`;
}

function changedRow({ change, before, after }: ChangedRow, { show, invoice }: Links): (string | Html)[] {
  const either = after ?? before;
  const money = (pick: (row: ReconciledRow) => number | null) =>
    beforeAndAfter(before, after, (row) => {
      const minor = pick(row);
      if (minor === null) return '–';
      return row.currency === null ? String(minor) : show(minor, row.currency);
    });
  return [
    badge(CHANGES[change], change === 'changed' ? 'busy' : change === 'gone' ? 'bad' : 'info'),
    html`<span class="mono">${either?.provider_payment_id ?? either?.reference ?? '–'}</span>`,
    beforeAndAfter(before, after, ({ outcome }) => words(outcome)),
    beforeAndAfter(before, after, ({ status, provider_status }) => words(status ?? provider_status ?? '–')),
    money(({ received }) => received),
    money(({ our_received }) => our_received),
    money(({ fee }) => fee),
    either === null || either.invoice_id === null
      ? '–'
      : html`<a class="mono" href="${invoice(either.invoice_id)}">${either.invoice_id.slice(0, 14)}…</a>`,
  ];
}

/** "was paid, is matched" in as few words as it takes. */
function beforeAndAfter(
  before: ReconciledRow | null,
  after: ReconciledRow | null,
  say: (row: ReconciledRow) => string,
): Html {
  const [was, is] = [before && say(before), after && say(after)];
  if (was === null || is === null || was === is) return amount(is ?? was ?? '–');
  return html`<span class="soft"><span class="hidden">was </span><s>${amount(was)}</s></span>
    <span class="hidden">is </span>${amount(is)}`;
}
