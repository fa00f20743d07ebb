/** One panel: what our record says, what the workflow says and what the provider says, with what differs said in words. */
import { differences, FIGURES, type Figure, type Standing } from '../../domain/standing.ts';
import { html, type Html } from '../html.ts';
import { amount, badge, button, card } from '../look/components.ts';
import { moment } from './frame.ts';
import { words } from './statuses.ts';

export interface ComparedRow {
  /** Null: the invoice itself. */
  readonly payment: { readonly id: string; readonly service: string } | null;
  readonly ours: Standing;
  /** Null: it does not say. */
  readonly workflow: Standing | null;
  readonly provider: Standing | null;
  /** The provider's own word for its status. */
  readonly provider_word: string | null;
  /** Why it could not be read. */
  readonly provider_problem: string | null;
}

export interface ComparedView {
  /** The invoice first. */
  readonly rows: readonly ComparedRow[];
  readonly record_at: string;
  readonly workflow: { readonly at: string; readonly state: 'known' | 'none' | 'no_answer' };
  /** Null: nobody has asked yet. `isOlder`: the record has been changed since. */
  readonly provider: { readonly at: string; readonly isOlder: boolean } | null;
  /** Null: the operator may only look. */
  readonly check: { readonly action: string; readonly form_token: string } | null;
  readonly show: (minor: number) => string;
}

const LABELS: Readonly<Record<Figure, string>> = {
  status: 'Status',
  authorized: 'Authorized',
  captured: 'Captured',
  refunded: 'Refunded',
  fee: 'Fee',
};

export function comparedPart(view: ComparedView): Html {
  const { rows, record_at, workflow, provider } = view;
  const count = rows.filter(
    (row) => differs(row, row.workflow) || (provider?.isOlder !== true && differs(row, row.provider)),
  ).length;
  return card(
    html`<h2>State compared</h2>
      <div class="table" role="region" aria-label="State compared" tabindex="0">
        <table class="compared">
          <thead>
            <tr>
              <td></td>
              ${column('Our record', html`read ${moment(record_at)}`)}
              ${column('The workflow', WORKFLOW[workflow.state](workflow.at))}
              ${column('The provider', provider === null ? html`not asked yet` : html`asked ${moment(provider.at)}`)}
            </tr>
          </thead>
          <tbody>
            ${rows.map((row) => comparedRow(row, view))}
          </tbody>
        </table>
      </div>
      <p class="soft small">
        ${
          provider?.isOlder === true
            ? 'The record has been changed since the provider was asked: check again before you compare.'
            : count === 0
              ? 'Nothing that was said differs.'
              : 'What differs from our record is marked. If it stays so after a check, somebody should look.'
        }
      </p>
      ${checkForm(view)}`,
  );
}

const WORKFLOW: Readonly<Record<ComparedView['workflow']['state'], (at: string) => Html>> = {
  known: (at) => html`asked ${moment(at)}`,
  none: () => html`has nothing to say now`,
  no_answer: (at) => html`did not answer ${moment(at)}`,
};

const column = (title: string, when: Html): Html =>
  html`<th scope="col">${title}<br /><span class="when">${when}</span></th>`;

function comparedRow(row: ComparedRow, { show, provider }: ComparedView): Html {
  const title =
    row.payment === null
      ? html`The invoice`
      : html`${row.payment.service} <span class="mono soft">${row.payment.id}</span>`;
  const marked = (theirs: Standing | null): readonly Figure[] =>
    theirs === null ? [] : differences(row.ours, theirs);
  return html`<tr>
    <th scope="row">${title}</th>
    <td>${figures(row.ours, [], show)}</td>
    <td>${row.workflow === null ? '–' : figures(row.workflow, marked(row.workflow), show)}</td>
    <td>
      ${
        row.provider === null
          ? html`<span class="soft">${row.provider_problem ?? '–'}</span>`
          : figures(
              row.provider,
              provider?.isOlder === true ? [] : marked(row.provider),
              show,
              row.provider_word,
            )
      }
    </td>
  </tr>`;
}

/** What is nothing is left out, unless it differs. */
function figures(
  standing: Standing,
  marked: readonly Figure[],
  show: (minor: number) => string,
  word: string | null = null,
): Html {
  const lines = FIGURES.flatMap((figure) => {
    const value = standing[figure];
    const isMarked = marked.includes(figure);
    if (value === null || (value === 0 && !isMarked && figure !== 'captured')) return [];
    const said =
      typeof value === 'number'
        ? amount(show(value))
        : html`${words(value)}${word === null || word.toLowerCase() === value ? null : html` <span class="soft">(“${word}”)</span>`}`;
    return [
      html`<div>
        <dt>${LABELS[figure]}</dt>
        <dd>${said} ${isMarked ? badge('differs', 'bad') : null}</dd>
      </div>`,
    ];
  });
  return html`<dl class="figures">${lines}</dl>`;
}

const differs = ({ ours }: ComparedRow, theirs: Standing | null): boolean =>
  theirs !== null && differences(ours, theirs).length > 0;

function checkForm({ check }: ComparedView): Html | null {
  return (
    check &&
    html`<form class="buttons" method="post" action="${check.action}">
      <input type="hidden" name="form_token" value="${check.form_token}" />
      ${button('plain', 'Check with provider')}
    </form>`
  );
}
