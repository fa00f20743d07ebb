/** The incidents of providers, with the payments that they touch. */
import {
  affectedPayments,
  findIncident,
  INCIDENT_COLUMNS,
  type IncidentRow,
  type Recovery,
} from '../../db/incidents.ts';
import { listAcross, type OfMerchant } from '../../db/ops-record.ts';
import { html, type Html } from '../../pages/html.ts';
import { amount, badge, card, facts, table } from '../../pages/look/components.ts';
import { live, moment } from '../../pages/ops/frame.ts';
import { statusBadge } from '../../pages/ops/statuses.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { notFound } from '../problem.ts';
import { shown } from '../shown.ts';
import { mustOwn } from './acting.ts';
import { choicesOf } from './days.ts';
import { listPage, type ListColumn } from './list.ts';
import type { OpsPart, View, Visit } from './page.ts';

export const incidentsPart: OpsPart = (dependencies) => {
  const { pool } = dependencies;
  const incidents = listPage<IncidentRow & OfMerchant>({
    path: '/ops/incidents',
    nav: 'Incidents',
    title: 'Incidents',
    prefix: 'inc',
    topics: ['incidents'],
    filters: [{ name: 'status', label: 'Status', type: 'select', choices: choicesOf(['open', 'recovered']) }],
    columns: COLUMNS,
    id: ({ id }) => id,
    read: (scope, { status = null }, page) =>
      listAcross<IncidentRow>(
        pool,
        scope,
        {
          table: 'incidents',
          alias: 'n',
          columns: INCIDENT_COLUMNS,
          joins: 'join provider_accounts a on a.id = n.account_id',
          conditions: [["(n.recovered_at is null) = ($::text = 'open')", status]],
        },
        page,
      ),
    empty: (isFiltered) =>
      isFiltered
        ? {
            title: 'No incident fits',
            text: 'Take a filter away, choose another merchant or the other mode.',
          }
        : { title: 'No incidents', text: 'One is opened when too many calls to a provider have failed.' },
  });
  return {
    pages: [
      incidents,
      { path: '/ops/incidents/:id', nav: null, show: (visit) => oneIncident(dependencies, visit) },
    ],
    actions: [],
  };
};

async function oneIncident(dependencies: ApiDependencies, visit: Visit): Promise<View> {
  const { pool } = dependencies;
  const owner = await mustOwn(dependencies, visit, 'inc');
  const row = await findIncident(pool, owner, visit.params['id'] ?? '');
  if (row === null) throw notFound('incident');
  const { rows, has_more } = await affectedPayments(pool, row);
  const payments =
    rows.length === 0
      ? html`<p class="soft">No open payment is touched by it.</p>`
      : html`${table(
          'Open payments of this account',
          [{ title: 'Invoice' }, { title: 'Status' }, { title: 'Amount', isNumber: true }, { title: 'Made' }],
          rows.map((payment) => [
            html`<a class="mono" href="${visit.href(`/ops/invoices/${payment.invoice_id}`)}"
              >${payment.invoice_id}</a
            >`,
            statusBadge(payment.status),
            amount(shown(payment.amount, payment.currency).display),
            moment(payment.created_at),
          ]),
        )}
        ${has_more ? html`<p class="soft small">There are more.</p>` : null}`;
  return {
    title: `Incident of ${row.provider}`,
    topics: [`incidents:${row.id}`],
    body: html`<p class="soft">
        <a href="${visit.href('/ops/incidents')}">All incidents</a> · <span class="mono">${row.id}</span>
      </p>
      ${live(
        'incident',
        html`${card(
          facts([
            { term: 'Status', text: stateOf(row) },
            {
              term: 'Account',
              text: html`<a href="${visit.href(`/ops/providers/${row.account_id}`)}">${row.provider}</a>`,
            },
            { term: 'Opened', text: moment(row.opened_at) },
            { term: 'Calls that had failed', text: String(row.failures) },
            { term: 'Over', text: moment(row.recovered_at) },
            { term: 'How it ended', text: ended(row) },
          ]),
        )}${card(payments)}`,
      )}`,
  };
}

const stateOf = ({ recovered_at }: IncidentRow): Html =>
  recovered_at === null ? badge('open', 'bad') : badge('over', 'good');

const ENDED: Readonly<Record<Recovery, string>> = {
  answered: 'calls were answered again',
  usual_again: 'the figures are as usual again',
  quiet: 'nothing was heard of it any more',
};

const ended = ({ recovery }: IncidentRow): string => (recovery === null ? '–' : ENDED[recovery]);

const COLUMNS: readonly ListColumn<IncidentRow & OfMerchant>[] = [
  {
    title: 'Provider',
    name: 'provider',
    show: ({ id, provider }, { href }) => html`<a href="${href(`/ops/incidents/${id}`)}">${provider}</a>`,
    cell: ({ provider }) => provider,
  },
  {
    title: 'Status',
    name: 'status',
    show: stateOf,
    cell: ({ recovered_at }) => (recovered_at === null ? 'open' : 'recovered'),
  },
  {
    title: 'Failed calls',
    name: 'failures',
    isNumber: true,
    show: ({ failures }) => String(failures),
    cell: ({ failures }) => failures,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
  {
    title: 'Opened',
    name: 'opened_at',
    show: ({ opened_at }) => moment(opened_at),
    cell: ({ opened_at }) => opened_at,
  },
  {
    title: 'Over',
    name: 'recovered_at',
    show: ({ recovered_at }) => moment(recovered_at),
    cell: ({ recovered_at }) => recovered_at,
  },
];
