/**
 * The record against the workflow engine, a page of invoices with each sweep: what is in flight has a workflow that runs, and what
 * is not has none. Where that is not so, the workflow is woken: it reads the record, and goes on or closes. Walks from the newest
 * invoice back and begins again, so that every one has its turn.
 */
import type { Logger } from 'pino';
import { readInvoicePage, type InvoiceStanding } from '../db/sweep.ts';
import { nextTask } from '../domain/schedule.ts';
import { isInFlight } from '../domain/status.ts';
import type { ActivityDependencies } from './dependencies.ts';

/** Invoices that one query of the engine asks about. */
const PAGE = 100;
/** Pages of one sweep. */
const PAGES = 2;

/** Where the walk has come to; null: at its beginning. In memory only: a worker that starts begins anew. */
export interface Walk {
  before: string | null;
}

/** An invoice whose workflow is not as it should be. */
export interface Mismatch {
  readonly standing: InvoiceStanding;
  /** `missing`: something is in flight, and nothing runs. `idle`: it runs, and nothing is in flight. */
  readonly workflow: 'missing' | 'idle';
}

/** The mismatches among the next invoices of the walk. Failures of the engine are told of and leave the walk where it is. */
export async function compareWorkflows(
  {
    pool,
    invoices,
    logger,
  }: Pick<ActivityDependencies, 'pool' | 'invoices'> & { logger: Pick<Logger, 'error'> },
  walk: Walk,
): Promise<Mismatch[]> {
  const found: Mismatch[] = [];
  try {
    for (let page = 0; page < PAGES; page += 1) {
      const standings = await readInvoicePage(pool, walk.before, PAGE);
      const settled = standings.filter(({ is_settled }) => is_settled);
      const running = await invoices.running(settled.map(({ invoice }) => invoice.id));
      for (const standing of settled) {
        const runs = running.has(standing.invoice.id);
        if (needsWorkflow(standing) !== runs) found.push({ standing, workflow: runs ? 'idle' : 'missing' });
      }
      walk.before = standings.length < PAGE ? null : (standings.at(-1)?.invoice.id ?? null);
      if (walk.before === null) break;
    }
  } catch (err) {
    logger.error({ err }, 'the sweeper could not compare the record with the workflow engine');
  }
  return found;
}

/** True while its workflow has something to do or to wait for. */
const needsWorkflow = ({ state, is_waiting }: InvoiceStanding): boolean =>
  is_waiting || isInFlight(state) || nextTask(state, Date.now()) !== null;
