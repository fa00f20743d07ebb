/** What has to be true before this process may get requests. Each probe throws an error that says what is wrong. */
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { pendingMigrations } from '../db/migrate.ts';
import { withTimeLimit } from './gateway-errors.ts';

export interface Probe {
  readonly name: string;
  readonly check: () => Promise<void>;
}

/** Of `temporal.api.enums.v1.TaskQueueType`. */
const TASK_QUEUE_TYPE_WORKFLOW = 1;
/** A poller renews its call every minute; one that was not seen for longer has gone. */
const POLLER_SEEN_MS = 70_000;

/** The probes of a running API: database, migrations, Temporal, and somebody who polls the task queue. */
export function createProbes(pool: pg.Pool, client: Client, taskQueue: string): Probe[] {
  const { namespace } = client.options;
  return [
    {
      name: 'database',
      async check() {
        await pool.query('select 1');
      },
    },
    {
      name: 'migrations',
      async check() {
        const pending = await pendingMigrations(pool);
        if (pending > 0) throw new Error(`${pending} migrations have not been applied`);
      },
    },
    {
      name: 'temporal',
      async check() {
        await client.workflowService.describeNamespace({ namespace });
      },
    },
    {
      name: 'workers',
      async check() {
        const { pollers } = await client.workflowService.describeTaskQueue({
          namespace,
          taskQueue: { name: taskQueue },
          taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
        });
        const since_s = (Date.now() - POLLER_SEEN_MS) / 1000;
        const alive = pollers?.some(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since_s);
        if (!alive) throw new Error('no worker polls the task queue');
      },
    },
  ];
}

export interface ProbeResult {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** Why not, without details of the installation. */
  readonly error?: string;
}

/** Runs all probes side by side, each for `limit_ms` at most. */
export function runProbes(probes: readonly Probe[], limit_ms: number): Promise<ProbeResult[]> {
  return Promise.all(
    probes.map(async ({ name, check }): Promise<ProbeResult> => {
      const started = performance.now();
      const ms = (): number => Math.round((performance.now() - started) * 10) / 10;
      try {
        await withTimeLimit(limit_ms, check());
        return { name, ok: true, ms: ms() };
      } catch (error) {
        return { name, ok: false, ms: ms(), error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}
