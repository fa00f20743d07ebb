/** Cases: what waits for a person. Those of an invoice are decided on its page; differences of a reconciliation here. */
import { CASE_COLUMNS, findCase, resolveDifference, type CaseRow } from '../../db/cases.ts';
import { listAcross, type OfMerchant } from '../../db/ops-record.ts';
import type { DifferenceDecision } from '../../domain/reconciliation.ts';
import { html, type Html } from '../../pages/html.ts';
import { amount, badge, buttonLink, card, facts } from '../../pages/look/components.ts';
import { live, moment } from '../../pages/ops/frame.ts';
import { words } from '../../pages/ops/statuses.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { POSSIBLE_DECISIONS } from '../present-case.ts';
import { notFound, Problem } from '../problem.ts';
import { shown } from '../shown.ts';
import { about, mustOwn, noteOf, requireReason } from './acting.ts';
import { choicesOf } from './days.ts';
import { listPage, type ListColumn } from './list.ts';
import type { OpsAction, OpsPart, Visit } from './page.ts';

const KINDS = Object.keys(POSSIBLE_DECISIONS);

export const casesPart: OpsPart = (dependencies) => {
  const { pool } = dependencies;
  const list = listPage<CaseRow & OfMerchant>({
    path: '/ops/cases',
    nav: 'Cases',
    title: 'Cases',
    prefix: 'case',
    topics: ['cases'],
    filters: [
      { name: 'status', label: 'Status', type: 'select', choices: choicesOf(['open', 'resolved']) },
      { name: 'kind', label: 'Kind', type: 'select', choices: choicesOf(KINDS) },
    ],
    columns: COLUMNS,
    id: ({ id }) => id,
    read: (scope, { status, kind = null }, page) =>
      listAcross<CaseRow>(
        pool,
        scope,
        {
          table: 'cases',
          alias: 'c',
          columns: CASE_COLUMNS,
          joins: 'left join reconciliation_rows w on w.id = c.row_id',
          conditions: [
            ['c.kind = $', kind],
            ...(status === 'open'
              ? [['c.resolved_at is null and $::text is not null', status] as const]
              : []),
            ...(status === 'resolved'
              ? [['c.resolved_at is not null and $::text is not null', status] as const]
              : []),
          ],
        },
        page,
      ),
    empty: (isFiltered) =>
      isFiltered
        ? { title: 'No case fits', text: 'Take a filter away, choose another merchant or the other mode.' }
        : {
            title: 'Nobody has to decide anything',
            text: 'Cases are opened for money that is held, outcomes that no provider can tell, and differences.',
          },
  });
  return {
    pages: [
      list,
      {
        path: '/ops/cases/:id',
        nav: null,
        async show(visit) {
          const { row } = await mustFind(dependencies, visit);
          return {
            title: `Case: ${words(row.kind)}`,
            topics: [`cases:${row.id}`],
            body: html`<p class="soft">
                <a href="${visit.href('/ops/cases')}">All cases</a> · <span class="mono">${row.id}</span>
              </p>
              ${live('case', caseBody(row, visit))}`,
          };
        },
      },
    ],
    actions: [resolve(dependencies)],
  };
};

function caseBody(row: CaseRow, visit: Visit): Html {
  const invoice = row.invoice_id;
  const base =
    row.row_id === null && invoice !== null
      ? `/ops/invoices/${invoice}/cases/${row.id}`
      : `/ops/cases/${row.id}`;
  const decisions: readonly string[] =
    row.resolved_at === null && visit.may('operator') ? POSSIBLE_DECISIONS[row.kind] : [];
  return html`<div class="buttons actions">
      ${decisions.map((decision) => buttonLink('plain', `Decide: ${words(decision)}`, visit.href(`${base}/resolve`, { decision })))}
    </div>
    ${card(
      facts([
        { term: 'Status', text: statusOf(row) },
        { term: 'Kind', text: words(row.kind) },
        { term: 'What it means', text: MEANINGS[row.kind] },
        { term: 'Amount', text: amountOf(row) },
        {
          term: 'Invoice',
          text:
            invoice === null
              ? 'none of ours'
              : html`<a class="mono" href="${visit.href(`/ops/invoices/${invoice}`)}">${invoice}</a>`,
        },
        { term: 'Payment', text: html`<span class="mono">${row.payment_id ?? '–'}</span>` },
        { term: 'Provider’s id', text: html`<span class="mono">${row.provider_payment_id ?? '–'}</span>` },
        {
          term: 'Reconciliation run',
          text:
            row.run_id === null
              ? '–'
              : html`<a class="mono" href="${visit.href(`/ops/reconciliation/${row.run_id}`)}"
                  >${row.run_id}</a
                >`,
        },
        { term: 'Opened', text: moment(row.opened_at) },
        { term: 'Decided', text: moment(row.resolved_at) },
        { term: 'Decision', text: row.decision === null ? '–' : words(row.decision) },
        { term: 'By', text: row.resolved_by ?? '–' },
        { term: 'Reason', text: row.reason ?? '–' },
      ]),
    )}`;
}

const MEANINGS: Readonly<Record<CaseRow['kind'], string>> = {
  late_money: 'Money came after the invoice had ended, and is held.',
  excess_money: 'More money came than was owed, and what is too much is held.',
  unknown_operation:
    'A capture, void or refund was asked for, and the provider cannot tell what became of it.',
  unknown_payment: 'A payment was asked for, and the provider cannot tell whether it exists.',
  missing_here: 'The provider has a payment that is not on record here.',
  missing_there: 'A payment on record here is not at the provider.',
  amount_differs: 'The provider has another amount than is on record.',
  status_differs: 'The provider has another status than is on record.',
  fee_differs: 'The provider has taken another fee than is on record.',
  duplicate: 'The provider has it twice.',
};

const statusOf = ({ resolved_at }: CaseRow): Html =>
  resolved_at === null ? badge('open', 'bad') : badge('resolved', 'good');

const amountOf = (row: CaseRow): string | Html =>
  row.currency === null ? String(row.amount) : amount(shown(row.amount, row.currency).display);

async function mustFind(dependencies: ApiDependencies, visit: Visit) {
  const owner = await mustOwn(dependencies, visit, 'case');
  const row = await findCase(dependencies.pool, owner, visit.params['id'] ?? '');
  if (row === null) throw notFound('case');
  return { row, owner };
}

/** Decides about a difference. A decision that was made is not made again. */
function resolve(dependencies: ApiDependencies): OpsAction {
  const { pool } = dependencies;
  const find = async (visit: Visit) => {
    const { row, owner } = await mustFind(dependencies, visit);
    const allowed: readonly string[] = POSSIBLE_DECISIONS[row.kind];
    const decision = visit.query.get('decision') ?? '';
    if (row.row_id === null || !allowed.includes(decision)) throw notFound('decision');
    return { row, owner, decision: decision as DifferenceDecision };
  };
  const back = ({ href, params }: Visit): string => href(`/ops/cases/${params['id'] ?? ''}`);
  return {
    path: '/ops/cases/:id/resolve',
    role: 'operator',
    async ask(visit) {
      const { row, decision } = await find(visit);
      return {
        title: `Decide: ${words(decision)}?`,
        text: about(EXPLAINED[decision], [
          ['Case', words(row.kind)],
          ['Amount', amountOf(row)],
          ['Decision', words(decision)],
        ]),
        button: { label: `Decide: ${words(decision)}`, isDanger: false },
        back: back(visit),
      };
    },
    async run(visit, { reason }) {
      requireReason(reason);
      const { row, owner, decision } = await find(visit);
      const note = noteOf(visit, reason, { decision });
      await resolveDifference(pool, row.id, { decision, by: visit.operator.name, reason }, note);
      const after = await findCase(pool, owner, row.id);
      if (after?.decision !== decision)
        throw new Problem(
          'case_resolved',
          `${after?.resolved_by ?? 'somebody'} has decided: ${words(after?.decision ?? '')}`,
        );
      return { tone: 'good', said: `It is decided: ${words(decision)}.`, href: back(visit) };
    },
  };
}

const EXPLAINED: Readonly<Record<DifferenceDecision, string>> = {
  handled: 'Somebody has put it right where it was wrong. Nothing is booked.',
  not_ours: 'It is none of ours: the provider has listed something that belongs to somebody else.',
  accept_fee: 'The provider’s fee is right, and the difference is booked.',
};

const COLUMNS: readonly ListColumn<CaseRow & OfMerchant>[] = [
  {
    title: 'Case',
    name: 'id',
    show: ({ id, kind }, { href }) => html`<a href="${href(`/ops/cases/${id}`)}">${words(kind)}</a>`,
    cell: ({ id }) => id,
  },
  {
    title: 'Status',
    name: 'status',
    show: statusOf,
    cell: ({ resolved_at }) => (resolved_at === null ? 'open' : 'resolved'),
  },
  { title: 'Amount', name: 'amount', isNumber: true, show: amountOf, cell: ({ amount: minor }) => minor },
  {
    title: 'Invoice',
    name: 'invoice',
    show: ({ invoice_id }, { href }) =>
      invoice_id === null
        ? '–'
        : html`<a class="mono" href="${href(`/ops/invoices/${invoice_id}`)}">${invoice_id.slice(0, 14)}…</a>`,
    cell: ({ invoice_id }) => invoice_id,
  },
  {
    title: 'Decision',
    name: 'decision',
    show: ({ decision }) => (decision === null ? '–' : words(decision)),
    cell: ({ decision }) => decision,
  },
  {
    title: 'By',
    name: 'resolved_by',
    show: ({ resolved_by }) => resolved_by ?? '–',
    cell: ({ resolved_by }) => resolved_by,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
  {
    title: 'Opened',
    name: 'opened_at',
    show: ({ opened_at }) => moment(opened_at),
    cell: ({ opened_at }) => opened_at,
  },
];
