/** One reconciliation run: its totals, and row by row what was compared. */
import type { ReconciledRow } from '../../db/reconciliation-rows.ts';
import type { RunRow } from '../../db/reconciliation-runs.ts';
import { OUTCOMES, type Outcome } from '../../domain/reconciliation.ts';
import { html, type Html } from '../html.ts';
import { amount, badge, buttonLink, card, emptyState, facts, notice, table } from '../look/components.ts';
import { live, moment } from './frame.ts';
import { words } from './statuses.ts';

export function runState(status: RunRow['status']): Html {
  return badge(status, status === 'succeeded' ? 'good' : status === 'failed' ? 'bad' : 'busy');
}

interface Links {
  readonly show: (minor: number, currency: string) => string;
  readonly list: string;
  readonly account: string;
  /** This run held against an earlier one. */
  readonly changes: string;
  /** The rows of one outcome; null: all. */
  readonly outcome: (one: Outcome | null) => string;
  readonly chosen: Outcome | null;
  readonly newest: string | null;
  readonly older: string | null;
  readonly invoice: (id: string) => string;
  readonly case: (id: string) => string;
}

export function runBody(run: RunRow, rows: readonly ReconciledRow[], links: Links): Html {
  return html`<p class="soft"><a href="${links.list}">All runs</a> · <span class="mono">${run.id}</span></p>
    ${live(
      'run',
      html`${failure(run)}
        <div class="columns">${standing(run, links)}${totals(run, links)}</div>
        ${card(rowsPart(rows, links))}`,
    )}`;
}

function failure({ failure: why }: RunRow): Html | null {
  return why && notice('bad', { title: 'The run has failed', text: `${words(why.kind)}: ${why.message}` });
}

function standing(run: RunRow, { account, changes }: Links): Html {
  return card(
    html`<h2>The run</h2>
      ${facts([
        { term: 'Status', text: runState(run.status) },
        { term: 'Account', text: html`<a href="${account}">${run.provider}</a>` },
        { term: 'Day (UTC)', text: run.day },
        { term: 'Compared with', text: words(run.source) },
        { term: 'Says all of the day', text: run.is_complete ? 'yes' : 'no' },
        {
          term: 'Asked for by',
          text: run.requested_by.startsWith('sarraf-') ? 'the schedule' : run.requested_by,
        },
        { term: 'Asked for', text: moment(run.created_at) },
        { term: 'Begun', text: moment(run.started_at) },
        { term: 'Ended', text: moment(run.finished_at) },
      ])}
      ${run.status === 'succeeded' ? html`<div class="buttons">${buttonLink('plain', 'Compare with an earlier run', changes)}</div>` : null}`,
  );
}

function totals({ report }: RunRow, { show, outcome }: Links): Html {
  if (report === null)
    return card(
      html`<h2>Totals</h2>
        <p class="soft">They are known when the run has ended.</p>`,
    );
  const found = OUTCOMES.filter((one) => (report.outcomes[one] ?? 0) > 0);
  return card(
    html`<h2>Totals</h2>
      ${facts([
        { term: 'Rows', text: String(report.rows) },
        ...found.map((one) => ({
          term: words(one),
          text: html`<a href="${outcome(one)}">${String(report.outcomes[one] ?? 0)}</a>`,
        })),
        { term: 'Put right by reading again', text: String(report.put_right) },
        { term: 'Cases', text: String(report.cases) },
        ...report.settled.flatMap(({ currency, settlements, net, fee }) => [
          {
            term: `Settled, ${currency}`,
            text: html`${amount(show(net, currency))} in ${String(settlements)}`,
          },
          { term: `Fees, ${currency}`, text: amount(show(fee, currency)) },
        ]),
        { term: 'Settled by earlier files', text: String(report.settled_before) },
        { term: 'Overdue settlements', text: String(report.overdue) },
      ])}`,
  );
}

function rowsPart(rows: readonly ReconciledRow[], links: Links): Html {
  const { chosen, outcome, newest, older, show } = links;
  const money = (minor: number | null, currency: string | null): string | Html =>
    minor === null ? '–' : currency === null ? String(minor) : amount(show(minor, currency));
  const choices = html`<p class="buttons">
    ${[null, ...OUTCOMES].map(
      (one) =>
        html`<a
          class="button inline"
          href="${outcome(one)}"
          ${one === chosen ? html`aria-current="true"` : null}
          >${one === null ? 'All' : words(one)}</a
        >`,
    )}
  </p>`;
  if (rows.length === 0)
    return html`<h2>Rows</h2>
      ${choices}${emptyState('No rows', chosen === null ? 'Nothing has been compared yet.' : 'None has this outcome.')}`;
  const columns = [
    { title: 'Outcome' },
    { title: 'Provider’s id' },
    { title: 'There' },
    { title: 'Received there', isNumber: true },
    { title: 'Here' },
    { title: 'Received here', isNumber: true },
    { title: 'Fee there', isNumber: true },
    { title: 'Fee here', isNumber: true },
    { title: 'Invoice' },
    { title: 'What came of it' },
  ];
  return html`<h2>Rows</h2>
    ${choices}
    ${table(
      'Rows',
      columns,
      rows.map((row) => [
        badge(words(row.outcome), row.outcome === 'matched' ? 'good' : 'bad'),
        html`<span class="mono">${row.provider_payment_id ?? row.reference ?? '–'}</span>`,
        words(row.status ?? row.provider_status ?? '–'),
        money(row.received, row.currency),
        words(row.our_status ?? '–'),
        money(row.our_received, row.currency),
        money(row.fee, row.currency),
        money(row.our_fee, row.currency),
        row.invoice_id === null
          ? '–'
          : html`<a class="mono" href="${links.invoice(row.invoice_id)}">${row.invoice_id.slice(0, 14)}…</a>`,
        row.case_id === null
          ? words(row.resolution ?? (row.outcome === 'matched' ? 'nothing to do' : '–'))
          : html`<a href="${links.case(row.case_id)}">a case</a>`,
      ]),
    )}
    <nav class="pager" aria-label="Pages">
      <div class="buttons">${newest && buttonLink('plain', 'First', newest)}</div>
      <div class="buttons">${older && buttonLink('plain', 'More', older)}</div>
    </nav>`;
}
