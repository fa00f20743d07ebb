/** Who may use these pages, and their doings that are no merchant's: signing in and out, and changes of who may what. */
import { firstIdAt } from '../../db/ids.ts';
import { listOperatorLog, OPERATOR_ACTIONS, type OperatorLogRow } from '../../db/operator-log.ts';
import { listOperators } from '../../db/operators.ts';
import { html, type Html } from '../../pages/html.ts';
import { badge, card, emptyState, table } from '../../pages/look/components.ts';
import { moment } from '../../pages/ops/frame.ts';
import { words } from '../../pages/ops/statuses.ts';
import { choicesOf } from './days.ts';
import { listPage, type ListColumn } from './list.ts';
import type { OpsDependencies, OpsPart, Visit } from './page.ts';

export const peoplePart: OpsPart = (dependencies) => {
  const { pool } = dependencies;
  const list = listPage<OperatorLogRow>({
    path: '/ops/people',
    nav: 'People',
    title: 'People',
    prefix: 'opl',
    topics: ['people'],
    filters: [
      { name: 'operator', label: 'Whom it is about', type: 'text' },
      { name: 'action', label: 'What', type: 'select', choices: choicesOf(OPERATOR_ACTIONS) },
      { name: 'from', label: 'From', type: 'date' },
    ],
    columns: COLUMNS,
    id: ({ id }) => id,
    read: (_scope, { operator = null, action = null, from }, page) =>
      listOperatorLog(
        pool,
        {
          operator,
          action,
          from: from === undefined ? null : firstIdAt('opl', Date.parse(`${from}T00:00:00Z`)),
        },
        page,
      ),
    empty: (isFiltered) =>
      isFiltered
        ? { title: 'Nothing fits', text: 'Take a filter away.' }
        : {
            title: 'Nothing yet',
            text: 'Signing in, attempts that were refused, and changes of who may what are entered here.',
          },
    head: (visit) => whoMay(dependencies, visit),
  });
  return {
    pages: [{ ...list, role: 'admin', isOfInstallation: true }],
    actions: [],
  };
};

async function whoMay({ pool }: OpsDependencies, { operator }: Visit): Promise<Html> {
  const rows = await listOperators(pool);
  const body =
    rows.length === 0
      ? emptyState('Nobody may sign in yet', 'Let somebody in with "npx sarraf operators create".')
      : table(
          'Who may use these pages',
          [
            { title: 'Name' },
            { title: 'Role' },
            { title: 'Merchant' },
            { title: 'State' },
            { title: 'Last seen' },
          ],
          rows.map(({ name, role, merchant_id, disabled_at, seen_at }) => [
            html`${name}${name === operator.name ? html` <span class="soft">(you)</span>` : null}`,
            role,
            merchant_id === null ? 'all' : html`<span class="mono">${merchant_id}</span>`,
            disabled_at === null ? badge('enabled', 'good') : badge('disabled', 'bad'),
            moment(seen_at),
          ]),
        );
  return html`${card(
      html`${body}
        <p class="soft small">
          Roles, passwords and who may sign in are changed with <code>npx sarraf operators</code> on the
          machine. What people do to a merchant’s objects is in the audit trail.
        </p>`,
    )}
    <h2>What they did</h2>`;
}

const detailsOf = ({ details }: OperatorLogRow): string =>
  Object.entries(details)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${words(name)}: ${String(value)}`)
    .join(' · ');

const COLUMNS: readonly ListColumn<OperatorLogRow>[] = [
  {
    title: 'When',
    name: 'created_at',
    show: ({ created_at }) => moment(created_at),
    cell: ({ created_at }) => created_at,
  },
  {
    title: 'Whom it is about',
    name: 'operator',
    show: ({ operator }) => operator ?? html`<span class="soft">a name that nobody has</span>`,
    cell: ({ operator }) => operator,
  },
  {
    title: 'What',
    name: 'action',
    show: ({ action }) =>
      badge(
        words(action.replace('operator.', '')),
        action === 'operator.sign_in_refused' ? 'bad' : undefined,
      ),
    cell: ({ action }) => action,
  },
  {
    title: 'By',
    name: 'actor',
    show: ({ actor, action }) =>
      actor ?? (action === 'operator.sign_in_refused' ? 'somebody' : 'whoever runs the machine'),
    cell: ({ actor }) => actor,
  },
  { title: 'Details', name: 'details', show: (row) => detailsOf(row) || '–', cell: (row) => detailsOf(row) },
];
