/**
 * Turns news into record: decides on the latest state, folds, commits, and when somebody else was faster reads
 * again and decides again. Short losses of the database are waited out here, because what a provider has just
 * answered exists nowhere else yet.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { commitEvents, type WebhookEnd } from '../db/commit.ts';
import { endWebhooks, loadInvoice } from '../db/work.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { record } from '../domain/reduce.ts';
import type { InvoiceState } from '../domain/state.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { wakeDeliveries } from './wake-deliveries.ts';

/** Waits between attempts to reach a database that has gone away, milliseconds: about eight seconds in all. */
const DATABASE_WAITS_MS = [50, 200, 500, 1000, 2000, 4000];

export interface News {
  /** What is to be recorded, decided on the state as it is. */
  readonly events: (state: InvoiceState) => readonly InvoiceEvent[];
  readonly nextActions?: Readonly<Record<string, unknown>>;
  readonly webhooks?: readonly WebhookEnd[];
}

/** Where an invoice stands after an activity, and webhooks that can be applied from now on. */
export interface Standing {
  readonly state: InvoiceState;
  readonly waiting: readonly string[];
}

/** Records `news` on top of `before` (or whatever is newer by then). `now`: the workflow's clock, milliseconds. */
export async function recordNews(
  dependencies: Pick<ActivityDependencies, 'pool' | 'deliveries' | 'logger' | 'committed'>,
  before: InvoiceState,
  now: number,
  news: News,
): Promise<Standing> {
  const { pool } = dependencies;
  let state = before;
  for (;;) {
    const folded = record(state, news.events(state), now);
    if (folded.recorded.length === 0) {
      await withPatience(() => endWebhooks(pool, state.id, news.webhooks ?? []));
      return { state, waiting: [] };
    }
    const base = state;
    const result = await withPatience(() =>
      commitEvents(pool, {
        before: base,
        after: folded.state,
        recorded: folded.recorded,
        ...(news.nextActions ? { nextActions: news.nextActions } : {}),
        ...(news.webhooks ? { webhooks: news.webhooks } : {}),
      }),
    );
    if (result.committed) {
      const { waiting, endpoints } = result;
      dependencies.committed?.(base, folded.state);
      wakeDeliveries(
        dependencies,
        endpoints.map((endpoint_id) => ({ endpoint_id, subject: before.id })),
      );
      return { state: folded.state, waiting };
    }
    state = await withPatience(() => mustLoad(pool, before.id));
  }
}

/** The invoice's state; throws when there is no such invoice. */
export async function mustLoad(pool: ActivityDependencies['pool'], invoiceId: string): Promise<InvoiceState> {
  const state = await loadInvoice(pool, invoiceId);
  if (!state) throw new Error(`there is no invoice ${invoiceId}`);
  return state;
}

async function withPatience<T>(attempt: () => Promise<T>): Promise<T> {
  for (const wait of DATABASE_WAITS_MS) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await sleep(wait);
    }
  }
  return attempt();
}

/** Classes 08 (connection), 57P (the server is going down or coming up), 40 (rollback to be repeated), and the socket's own errors. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    /^(08|57P|40)/.test(code) || /^E[A-Z]+$/.test(code) || /connection|timeout exceeded/i.test(error.message)
  );
}
