/**
 * Whether what is in flight has a workflow, and each open workflow has something in flight. Asked of the workflow engine in pages.
 * Its visibility runs some seconds behind, so what looks wrong is looked at again, by itself, before it is said.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import type pg from 'pg';
import { nextTask } from '../domain/schedule.ts';
import type { InvoiceState } from '../domain/state.ts';
import { isInFlight } from '../domain/status.ts';
import { INVOICE_WORKFLOW, invoiceWorkflowId } from '../workflows/contract.ts';
import type { Violation } from './invariant.ts';

export interface LivenessOptions {
  readonly client: Client;
  readonly taskQueue: string;
  /** What changed less than this long ago may still be on its way, seconds. */
  readonly grace_s: number;
  readonly limit: number;
  /** Looks at each doubtful one, and time between them; the default gives the engine ten seconds. */
  readonly looks?: number;
  readonly pause_ms?: number;
}

/** Invoices that one query of the workflow engine asks about. */
const PAGE = 100;

interface Standing {
  readonly id: string;
  readonly state: InvoiceState;
  /** A webhook waits to be applied. */
  readonly waiting: boolean;
  /** It was made or changed within the grace. */
  readonly fresh: boolean;
}

/** True while its workflow has something to do or to wait for. */
const needsWorkflow = ({ state, waiting }: Standing): boolean =>
  waiting || isInFlight(state) || nextTask(state, Date.now()) !== null;

/** `about` is the invoice. */
export async function livenessViolations(pool: pg.Pool, options: LivenessOptions): Promise<Violation[]> {
  const doubtful = new Set<string>();
  for await (const id of withoutWorkflow(pool, options)) if (doubtful.size < options.limit) doubtful.add(id);
  for await (const id of withoutReason(pool, options)) if (doubtful.size < options.limit) doubtful.add(id);
  const { looks = 5, pause_ms = 2000 } = options;
  let found: Violation[] = [];
  for (let look = 1; look <= looks && doubtful.size > 0; look += 1) {
    found = [];
    for (const id of doubtful) {
      const violation = await judged(pool, options, id);
      if (violation) found.push(violation);
      else doubtful.delete(id);
    }
    if (look < looks && doubtful.size > 0) await wait(pause_ms);
  }
  return found;
}

const STANDINGS = `select i.id, i.state, exists (
    select from webhook_events w where w.invoice_id = i.id and w.state = 'received') as waiting,
  i.updated_at > now() - make_interval(secs => $1) or i.created_at > now() - make_interval(secs => $1) as fresh
  from invoices i`;

/** Invoices that need a workflow and, by the engine's index, have none that runs. */
async function* withoutWorkflow(
  pool: pg.Pool,
  { client, taskQueue, grace_s }: LivenessOptions,
): AsyncGenerator<string> {
  for (let after = ''; ;) {
    const { rows } = await pool.query<Standing>(`${STANDINGS} where i.id > $2 order by i.id limit ${PAGE}`, [
      grace_s,
      after,
    ]);
    const needing = rows.filter((row) => !row.fresh && needsWorkflow(row)).map(({ id }) => id);
    if (needing.length > 0) {
      const names = needing.map((id) => `'${invoiceWorkflowId(id)}'`).join(', ');
      const running = new Set<string>();
      for await (const { workflowId } of client.workflow.list({
        query: `${runningAt(taskQueue)} AND WorkflowId IN (${names})`,
        pageSize: PAGE,
      }))
        running.add(workflowId);
      yield* needing.filter((id) => !running.has(invoiceWorkflowId(id)));
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = last.id;
  }
}

/** Invoices with a workflow that runs and nothing for it to do, or that are not there at all. */
async function* withoutReason(
  pool: pg.Pool,
  { client, taskQueue, grace_s }: LivenessOptions,
): AsyncGenerator<string> {
  const idle = async (ids: readonly string[]): Promise<string[]> => {
    const { rows } = await pool.query<Standing>(`${STANDINGS} where i.id = any($2)`, [grace_s, ids]);
    const busy = new Set(rows.filter((row) => row.fresh || needsWorkflow(row)).map(({ id }) => id));
    return ids.filter((id) => !busy.has(id));
  };
  let page: string[] = [];
  for await (const { workflowId } of client.workflow.list({
    query: runningAt(taskQueue),
    pageSize: PAGE,
  })) {
    page.push(workflowId.slice(invoiceWorkflowId('').length));
    if (page.length < PAGE) continue;
    yield* await idle(page);
    page = [];
  }
  yield* await idle(page);
}

const runningAt = (taskQueue: string): string =>
  `WorkflowType = '${INVOICE_WORKFLOW}' AND TaskQueue = '${taskQueue}' AND ExecutionStatus = 'Running'`;

/** What is wrong with one invoice, asked without an index; null: nothing (any more). */
async function judged(
  pool: pg.Pool,
  { client, grace_s }: LivenessOptions,
  id: string,
): Promise<Violation | null> {
  const runs = await isRunning(client, id);
  const { rows } = await pool.query<Standing>(`${STANDINGS} where i.id = $2`, [grace_s, id]);
  const [row] = rows;
  if (!row) return runs ? { about: id, message: 'it has a workflow, and there is no such invoice' } : null;
  if (row.fresh || needsWorkflow(row) === runs) return null;
  return runs
    ? { about: id, message: 'nothing is in flight, and its workflow is open' }
    : { about: id, message: 'something is in flight, and no workflow is open' };
}

async function isRunning(client: Client, id: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(invoiceWorkflowId(id)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
