/**
 * Tells of circuit breakers that changed: a line of log, and a row that the API reads. Off the path of payments, on a
 * connection of its own. What could not be written is written again within a minute.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import type { BreakerChange } from '../activities/breakers.ts';
import { settleIncidents } from '../db/incidents.ts';
import { removeHealth, upsertHealth, type HealthRow } from '../db/provider-health.ts';

const HEARTBEAT_MS = 60_000;

export interface HealthReporter {
  /** Takes no time and never throws. */
  changed(change: BreakerChange): void;
  /** Says again how all breakers stand. The reporter does so once a minute by itself. */
  heartbeat(): Promise<void>;
  /** Ends the reports and removes this worker's rows. Never rejects. */
  close(): Promise<void>;
}

export function createHealthReporter({
  pool,
  logger,
  workerId,
}: {
  readonly pool: pg.Pool;
  readonly logger: Logger;
  readonly workerId: string;
}): HealthReporter {
  const latest = new Map<string, HealthRow>();
  /** One statement after the other, so that the last word is the last one written. */
  let writing = Promise.resolve();

  const write = (what: () => Promise<void>): Promise<void> => {
    writing = writing.then(what).catch((err: unknown) => {
      logger.warn({ err }, 'the health of provider accounts could not be written');
    });
    return writing;
  };
  const heartbeat = (): Promise<void> => write(() => upsertHealth(pool, workerId, [...latest.values()]));
  const timer = setInterval(() => void heartbeat(), HEARTBEAT_MS);
  timer.unref();

  return {
    changed({ provider, since, ...standing }) {
      const row = { ...standing, since: new Date(since).toISOString() };
      latest.set(row.account_id, row);
      const { account_id: provider_account, state, failures, cooldown_s } = row;
      logger.warn(
        { provider_account, provider, state, failures, cooldown_s },
        'a circuit breaker changed its state',
      );
      void write(async () => {
        await upsertHealth(pool, workerId, [row]);
        for (const turn of await settleIncidents(pool)) logger.warn(turn, 'an incident began or ended');
      });
    },
    heartbeat,
    async close() {
      clearInterval(timer);
      await write(() => removeHealth(pool, workerId));
    },
  };
}
