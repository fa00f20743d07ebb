/**
 * What a reconciliation run does, step by step. Each step goes on where it was stopped: rows are stored once, compared once and
 * settled once. Nothing is booked from a list: what differs is read again by the invoice's own workflow, as after a webhook.
 */
import { loadAccount } from '../db/work.ts';
import {
  compareAgain,
  compareRows,
  markDuplicates,
  markPutRight,
  matchByAmount,
  openCases,
  rowsToRepair,
  type RowToRepair,
} from '../db/reconciliation-match.ts';
import {
  accountsToReconcile,
  beginRun,
  countRows,
  endRun,
  insertRun,
  loadRun,
  type RunFailure,
  type RunReport,
  type RunRow,
} from '../db/reconciliation-runs.ts';
import { newId } from '../db/ids.ts';
import { countOverdue } from '../db/overdue-settlements.ts';
import { bookSettlements, settledBy } from '../db/settlements.ts';
import { currency } from '../domain/currency.ts';
import { display, money } from '../domain/money.ts';
import { dayBefore } from '../domain/reconciliation.ts';
import type { AccountOpener, CallSubject, OpenAccount } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { idsOfDay, readList, readTheRest } from './reconcile-list.ts';
import { wakeDeliveries } from './wake-deliveries.ts';

type Dependencies = Pick<
  ActivityDependencies,
  'pool' | 'connectorFor' | 'invoices' | 'deliveries' | 'logger' | 'now'
>;

const COMPARE_BATCH = 2_000;
const SETTLE_BATCH = 1_000;
const CASES_BATCH = 1_000;
const REPAIR_BATCH = 100;
/** Invoices told at once. */
const REPAIRS_AT_ONCE = 8;

export interface RunContext {
  readonly open: AccountOpener;
  readonly signal: AbortSignal;
  /** Tells the engine that the work goes on. Throws nothing. */
  readonly heartbeat: () => void;
}

/** Begins the run, or goes on with it: everything that the provider says of the day is in its rows afterwards. */
export async function readRun(
  dependencies: Dependencies,
  { open, signal, heartbeat }: RunContext,
  run_id: string,
): Promise<void> {
  const { pool } = dependencies;
  await beginRun(pool, run_id);
  const run = await mustLoadRun(pool, run_id);
  const row = await loadAccount(pool, run.account_id);
  if (!row) throw new Error(`there is no provider account ${run.account_id}`);
  const opened = (subject: CallSubject | null): OpenAccount => open(row, signal, subject);
  if (run.source === 'list') await readList(dependencies, run, opened(null));
  if (run.source === 'file') await matchByAmount(pool, run_id, idsAround(run.day));
  await readTheRest(
    dependencies,
    run_id,
    ({ id, invoice_id }) => opened({ invoice_id, payment_id: id }),
    heartbeat,
  );
}

/** A file may settle what was paid some days ago. */
function idsAround(day: string): { readonly from_id: string; readonly to_id: string } {
  const earlier = new Date(Date.parse(day) - 30 * 24 * 3600 * 1000).toISOString().slice(0, 10);
  return { from_id: idsOfDay(earlier).from_id, to_id: idsOfDay(day).to_id };
}

/** Compares every row with the record. */
export async function compareRun(
  { pool }: Dependencies,
  { heartbeat }: RunContext,
  run_id: string,
): Promise<void> {
  await markDuplicates(pool, run_id);
  while ((await compareRows(pool, run_id, COMPARE_BATCH)) > 0) heartbeat();
}

/** Has the payments that differ read again by their invoices' workflows, books what was settled, and opens cases for the rest. */
export async function settleRun(
  dependencies: Dependencies,
  { heartbeat }: RunContext,
  run_id: string,
): Promise<void> {
  const { pool } = dependencies;
  let after = '';
  for (;;) {
    const rows = await rowsToRepair(pool, run_id, after, REPAIR_BATCH);
    for (let at = 0; at < rows.length; at += REPAIRS_AT_ONCE) {
      await Promise.all(rows.slice(at, at + REPAIRS_AT_ONCE).map((row) => readAgain(dependencies, row)));
      heartbeat();
    }
    const now = await compareAgain(
      pool,
      rows.map(({ id }) => id),
    );
    const agree = rows.filter(({ id }) => now.get(id) === 'matched').map(({ id }) => id);
    if (agree.length > 0) await markPutRight(pool, agree);
    if (rows.length < REPAIR_BATCH) break;
    after = rows.at(-1)?.id ?? after;
  }
  while ((await bookSettlements(pool, run_id, SETTLE_BATCH)) > 0) heartbeat();
  for (;;) {
    const opened = await openCases(pool, run_id, CASES_BATCH);
    if (opened.rows === 0) break;
    wakeDeliveries(dependencies, opened.queues);
    heartbeat();
  }
}

/** One that cannot be read now stays a difference, and so becomes a case. */
async function readAgain(
  { invoices, logger }: Dependencies,
  { payment_id, account_id, is_known, invoice }: RowToRepair,
): Promise<void> {
  const facts = { ...invoice, display: display(money(invoice.amount, currency(invoice.currency))) };
  try {
    if (is_known) await invoices.refresh(facts, payment_id);
    // It was sent, or its row would not be there; so it is only looked up.
    else await invoices.requestPayment(facts, { payment_id, account_id });
  } catch (err) {
    logger.warn(
      { err, payment_id, invoice_id: invoice.id },
      'a payment that differs could not be read again',
    );
  }
}

/** Ends the run with what came of it. */
export async function finishRun(dependencies: Dependencies, run_id: string): Promise<RunReport> {
  const { pool, connectorFor } = dependencies;
  const run = await mustLoadRun(pool, run_id);
  const { settlement_days } = connectorFor(run.provider).manifest;
  const report: RunReport = {
    ...(await countRows(pool, run_id)),
    settled: await settledBy(pool, run_id, run.account_id),
    overdue: await countOverdue(pool, run.account_id, { [run.provider]: settlement_days }),
  };
  wakeDeliveries(dependencies, await endRun(pool, run_id, report, null));
  return report;
}

/** Ends a run that cannot go on. What it has booked stays booked; another run finds it. */
export async function failRun(
  dependencies: Dependencies,
  run_id: string,
  failure: RunFailure,
): Promise<void> {
  const { pool, logger } = dependencies;
  wakeDeliveries(dependencies, await endRun(pool, run_id, null, failure));
  logger.error({ run_id, ...failure }, 'a reconciliation run has failed');
}

/** Stores a run of the day before for each account, and gives their ids. `requested_by`: the plan's own id, so that it is made once. */
export async function planRuns(
  { pool, connectorFor, now }: Dependencies,
  requested_by: string,
): Promise<string[]> {
  const made = await pool.query<{ id: string; account_id: string }>(
    'select id, account_id from reconciliation_runs where requested_by = $1 and created_at > now() - interval $$2 days$$',
    [requested_by],
  );
  const known = new Map(made.rows.map(({ id, account_id }) => [account_id, id]));
  const day = dayBefore(now());
  const { from_id, to_id } = idsOfDay(day);
  const ids: string[] = [];
  for (const account of await accountsToReconcile(pool, { first_id: from_id, last_id: to_id })) {
    const id = known.get(account.id) ?? newId('rec');
    ids.push(id);
    if (known.has(account.id)) continue;
    const { id: account_id, merchant_id, mode, provider } = account;
    const source = connectorFor(provider).listPayments ? 'list' : 'reads';
    const created_at = new Date(now()).toISOString();
    const run = {
      id,
      merchant_id,
      mode,
      account_id,
      day,
      source,
      is_complete: true,
      requested_by,
      created_at,
    } as const;
    await insertRun(pool, run, null);
  }
  return ids;
}

async function mustLoadRun(pool: Dependencies['pool'], id: string): Promise<RunRow> {
  const run = await loadRun(pool, id);
  if (!run) throw new Error(`there is no reconciliation run ${id}`);
  return run;
}
