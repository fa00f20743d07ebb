/** What has to be true before this process may get requests. Each probe throws an error that says what is wrong. */
import type { Client } from '@temporalio/client';
import type pg from 'pg';
import { pendingMigrations } from '../db/migrate.ts';
import { withTimeLimit } from '../temporal/time-limit.ts';

export interface Probe {
  readonly name: string;
  readonly check: () => Promise<void>;
}

/** How long one probe may take. */
export const PROBE_LIMIT_MS = 2_000;
/** Of `temporal.api.enums.v1.TaskQueueType`. */
const TASK_QUEUE_TYPE_WORKFLOW = 1;
/** A poller renews its call every minute; one that was not seen for longer has gone. */
const POLLER_SEEN_MS = 70_000;

/** The probes of a running API: database, migrations, Temporal, and somebody who polls the task queue. */
export function createProbes(pool: pg.Pool, client: Client, taskQueue: string): Probe[] {
  const { namespace } = client.options;
  // A deadline, so that the client does not go on retrying for a probe that nobody waits for any more.
  const ask = <T>(call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + PROBE_LIMIT_MS, call);
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
        await ask(() => client.workflowService.describeNamespace({ namespace }));
      },
    },
    {
      name: 'workers',
      async check() {
        const { pollers } = await ask(() =>
          client.workflowService.describeTaskQueue({
            namespace,
            taskQueue: { name: taskQueue },
            taskQueueType: TASK_QUEUE_TYPE_WORKFLOW,
          }),
        );
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

/** Runs all probes side by side, each for `PROBE_LIMIT_MS` at most. */
export function runProbes(probes: readonly Probe[]): Promise<ProbeResult[]> {
  return Promise.all(
    probes.map(async ({ name, check }): Promise<ProbeResult> => {
      const started = performance.now();
      const ms = (): number => Math.round((performance.now() - started) * 10) / 10;
      try {
        await withTimeLimit(PROBE_LIMIT_MS, check());
        return { name, ok: true, ms: ms() };
      } catch (error) {
        return { name, ok: false, ms: ms(), error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}
