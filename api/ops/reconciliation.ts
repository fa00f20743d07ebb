/** Reconciliation runs: what each has compared, what differs, and starting another one. */
import { isId, newId } from '../../db/ids.ts';
import { leaveNote, listAcross, type OfMerchant } from '../../db/ops-record.ts';
import { findProviderAccount } from '../../db/provider-accounts.ts';
import {
  findRun,
  insertRun,
  RUN_ROW_COLUMNS,
  type NewRun,
  type RunRow,
} from '../../db/reconciliation-runs.ts';
import { listRows } from '../../db/reconciliation-rows.ts';
import { OUTCOMES, RUN_SOURCES, RUN_STATUSES, type Outcome } from '../../domain/reconciliation.ts';
import { html } from '../../pages/html.ts';
import { moment } from '../../pages/ops/frame.ts';
import { runBody, runState } from '../../pages/ops/run.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { notFound, Problem } from '../problem.ts';
import { createStartRun } from '../start-run.ts';
import { shown } from '../shown.ts';
import { about, mustOwn, noteOf, requireReason } from './acting.ts';
import { choicesOf, dayIn } from './days.ts';
import { listPage, type ListColumn } from './list.ts';
import { runChangesPage } from './run-changes.ts';
import { settlementFile } from './settlement-file.ts';
import type { OpsAction, OpsPart, Visit } from './page.ts';

const ROWS = 50;

export const reconciliationPart: OpsPart = (dependencies) => {
  const { pool, connectors } = dependencies;
  const list = listPage<RunRow & OfMerchant>({
    path: '/ops/reconciliation',
    nav: 'Reconciliation',
    title: 'Reconciliation',
    prefix: 'rec',
    topics: ['runs'],
    filters: [
      {
        name: 'provider',
        label: 'Provider',
        type: 'select',
        choices: choicesOf(connectors.map(({ manifest }) => manifest.provider)),
      },
      { name: 'status', label: 'Status', type: 'select', choices: choicesOf(RUN_STATUSES) },
      { name: 'source', label: 'Compared with', type: 'select', choices: choicesOf(RUN_SOURCES) },
      { name: 'day', label: 'Day', type: 'date' },
    ],
    columns: COLUMNS,
    id: ({ id }) => id,
    read: (scope, { provider = null, status = null, source = null, day = null }, page) =>
      listAcross<RunRow>(
        pool,
        scope,
        {
          table: 'reconciliation_runs',
          alias: 'r',
          columns: RUN_ROW_COLUMNS,
          joins: 'join provider_accounts a on a.id = r.account_id',
          conditions: [
            [
              'exists (select from provider_accounts p where p.id = r.account_id and p.provider = $)',
              provider,
            ],
            ['r.status = $', status],
            ['r.source = $', source],
            ['r.day = $::date', day],
          ],
        },
        page,
      ),
    empty: (isFiltered) =>
      isFiltered
        ? { title: 'No run fits', text: 'Take a filter away, choose another merchant or the other mode.' }
        : {
            title: 'No runs yet',
            text: 'Each day is compared in the night after it. A run can be started on the page of a provider account.',
          },
    head: ({ href }) =>
      html`<p>
        Start a run, or send a settlement file, on the page of
        <a href="${href('/ops/providers')}">a provider account</a>.
      </p>`,
  });
  return {
    pages: [
      list,
      {
        path: '/ops/reconciliation/:id',
        nav: null,
        async show(visit) {
          const owner = await mustOwn(dependencies, visit, 'rec');
          const run = await findRun(pool, owner, visit.params['id'] ?? '');
          if (run === null) throw notFound('reconciliation run');
          const asked = visit.query.get('outcome');
          const outcome = OUTCOMES.find((one) => one === asked) ?? null;
          const cursor = visit.query.get('after');
          const after = cursor !== null && isId('rcr', cursor) ? cursor : null;
          const { rows, has_more } = await listRows(
            pool,
            run.id,
            { outcome, payment_id: null },
            { limit: ROWS, after, before: null },
          );
          const to = (more: Record<string, string | null>): string =>
            visit.href(`/ops/reconciliation/${run.id}`, more);
          return {
            title: `${run.provider} on ${run.day}`,
            topics: [`runs:${run.id}`],
            body: runBody(run, rows, {
              show: (minor, currency) => shown(minor, currency).display,
              list: visit.href('/ops/reconciliation'),
              outcome: (one: Outcome | null) => to({ outcome: one }),
              chosen: outcome,
              newest: after === null ? null : to({ outcome }),
              older: has_more ? to({ outcome, after: rows.at(-1)?.id ?? null }) : null,
              invoice: (id) => visit.href(`/ops/invoices/${id}`),
              case: (id) => visit.href(`/ops/cases/${id}`),
              account: visit.href(`/ops/providers/${run.account_id}`),
              changes: visit.href(`/ops/reconciliation/${run.id}/changes`),
            }),
          };
        },
      },
      runChangesPage(dependencies),
    ],
    actions: [start(dependencies), settlementFile(dependencies)],
  };
};

/** Compares a day of an account once more. The same form sent twice starts one run. */
function start(dependencies: ApiDependencies): OpsAction {
  const { pool, now, connectors } = dependencies;
  const startRun = createStartRun(dependencies);
  const find = async (visit: Visit) => {
    const owner = await mustOwn(dependencies, visit, 'pacc');
    const account = await findProviderAccount(pool, owner, visit.params['id'] ?? '');
    if (account === null) throw notFound('provider account');
    return { account, owner };
  };
  return {
    path: '/ops/providers/:id/reconcile',
    role: 'operator',
    async ask(visit) {
      const { account } = await find(visit);
      return {
        title: `Compare a day with ${account.provider}?`,
        text: about(
          'Each payment of the day is compared with what the provider says. What can be put right by reading it again is; the rest becomes a case.',
          [['Account', `${account.provider} (${account.label})`]],
        ),
        fields: [
          {
            name: 'day',
            label: 'Day (UTC)',
            type: 'date',
            value: new Date(now() - 86_400_000).toISOString().slice(0, 10),
            required: true,
          },
        ],
        hidden: { run: newId('rec') },
        button: { label: 'Start the run', isDanger: false },
        back: visit.href(`/ops/providers/${account.id}`),
      };
    },
    async run(visit, { reason, form }) {
      requireReason(reason);
      const { account, owner } = await find(visit);
      const id = form.get('run') ?? '';
      if (!isId('rec', id))
        throw new Problem('malformed_request', 'the form is incomplete: go back and open it again');
      const day = dayIn(form.get('day') ?? '', now());
      const connector = connectors.find(({ manifest }) => manifest.provider === account.provider);
      const run: NewRun = {
        id,
        ...owner,
        account_id: account.id,
        day,
        source: connector?.listPayments ? 'list' : 'reads',
        is_complete: true,
        requested_by: visit.operator.name,
        created_at: new Date(now()).toISOString(),
      };
      const known = await findRun(pool, owner, id);
      if (known === null) {
        await insertRun(pool, run, null);
        await leaveNote(
          pool,
          owner,
          'reconciliation.run_started',
          id,
          noteOf(visit, reason, { provider_account: account.id, day }),
        );
      }
      await startRun(id);
      return {
        tone: 'busy',
        said: 'The run has been asked for; this page shows how it goes on.',
        href: visit.href(`/ops/reconciliation/${id}`),
      };
    },
  };
}

const COLUMNS: readonly ListColumn<RunRow & OfMerchant>[] = [
  {
    title: 'Day',
    name: 'day',
    show: ({ id, day }, { href }) => html`<a href="${href(`/ops/reconciliation/${id}`)}">${day}</a>`,
    cell: ({ day }) => day,
  },
  { title: 'Provider', name: 'provider', show: ({ provider }) => provider, cell: ({ provider }) => provider },
  {
    title: 'Compared with',
    name: 'source',
    show: ({ source }) => SOURCES[source],
    cell: ({ source }) => source,
  },
  { title: 'Status', name: 'status', show: ({ status }) => runState(status), cell: ({ status }) => status },
  {
    title: 'Rows',
    name: 'rows',
    isNumber: true,
    show: ({ report }) => String(report?.rows ?? '–'),
    cell: ({ report }) => report?.rows ?? null,
  },
  {
    title: 'Differences',
    name: 'differences',
    isNumber: true,
    show: ({ report }) => String(differences(report) ?? '–'),
    cell: ({ report }) => differences(report),
  },
  {
    title: 'Cases',
    name: 'cases',
    isNumber: true,
    show: ({ report }) => String(report?.cases ?? '–'),
    cell: ({ report }) => report?.cases ?? null,
  },
  { title: 'Merchant', name: 'merchant', show: ({ merchant }) => merchant, cell: ({ merchant }) => merchant },
  {
    title: 'Asked for',
    name: 'created_at',
    show: ({ created_at }) => moment(created_at),
    cell: ({ created_at }) => created_at,
  },
];

const SOURCES: Readonly<Record<RunRow['source'], string>> = {
  list: 'the provider’s list',
  reads: 'each payment, read',
  file: 'a settlement file',
};

function differences(report: RunRow['report']): number | null {
  return report && report.rows - (report.outcomes['matched'] ?? 0);
}
