/** Two runs of the same account and day, held against each other. */
import { isId } from '../../db/ids.ts';
import { findRun, listRuns, runBefore, type RunRow } from '../../db/reconciliation-runs.ts';
import { listChanges, type ChangedRow } from '../../db/reconciliation-rows.ts';
import { changesBody } from '../../pages/ops/run-changes.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { notFound } from '../problem.ts';
import { shown } from '../shown.ts';
import { mustOwn } from './acting.ts';
import type { OpsPage, View, Visit } from './page.ts';

const ROWS = 50;
/** Runs of one day to choose from. */
const RUNS = 50;
const CHANGES = ['new', 'gone', 'changed'] as const satisfies ChangedRow['change'][];

export const runChangesPage = (dependencies: ApiDependencies): OpsPage => ({
  path: '/ops/reconciliation/:id/changes',
  nav: null,
  show: (visit) => changes(dependencies, visit),
});

/** Without `against` in the address, the run before it. */
async function changes(dependencies: ApiDependencies, visit: Visit): Promise<View> {
  const { pool } = dependencies;
  const owner = await mustOwn(dependencies, visit, 'rec');
  const run = await findRun(pool, owner, visit.params['id'] ?? '');
  if (run === null) throw notFound('reconciliation run');
  const filter = { account_id: run.account_id, day: run.day, source: null, status: 'succeeded' } as const;
  const { rows } = await listRuns(pool, owner, filter, { limit: RUNS, after: null, before: null });
  const others = rows.filter(({ id }) => id !== run.id);
  const asked = visit.query.get('against');
  const against = asked === null || asked === '' ? await runBefore(pool, run) : asked;
  const earlier = others.find(({ id }) => id === against) ?? null;
  const change = CHANGES.find((one) => one === visit.query.get('change')) ?? null;
  const cursor = visit.query.get('after');
  const after = cursor !== null && isId('rcr', cursor) ? cursor : null;
  const found =
    earlier === null
      ? { rows: [], has_more: false }
      : await listChanges(pool, run.id, earlier.id, change, { limit: ROWS, after, before: null });
  const path = `/ops/reconciliation/${run.id}/changes`;
  const to = (more: Record<string, string | null>): string =>
    visit.href(path, { against: earlier?.id ?? null, ...more });
  return {
    title: `${run.provider} on ${run.day}: compared`,
    topics: [],
    body: changesBody(run, earlier, found.rows, {
      path,
      hidden: { merchant: visit.query.get('merchant'), mode: visit.query.get('mode') },
      others: others.map((one) => ({ value: one.id, label: labelOf(one) })),
      isUnknown: asked !== null && asked !== '' && earlier === null,
      run: (id) => visit.href(`/ops/reconciliation/${id}`),
      change: (one) => to({ change: one }),
      chosen: change,
      first: after === null ? null : to({ change }),
      more: found.has_more ? to({ change, after: found.rows.at(-1)?.id ?? null }) : null,
      invoice: (id) => visit.href(`/ops/invoices/${id}`),
      show: (minor, currency) => shown(minor, currency).display,
    }),
  };
}

const labelOf = ({ created_at, source, id }: RunRow): string =>
  `${created_at.slice(0, 10)} ${created_at.slice(11, 19)}, ${source}, ${id.slice(0, 14)}…`;
