/** What the metrics of every process have: the runtime's own, the database pool's, and labels that cannot grow without end. */
import type pg from 'pg';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';

/** Upper bounds of durations, seconds: from a query to a provider that takes its time. */
export const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** A registry with the metrics of Node and of these pools, by the name of each. */
export function createRegistry(pools: Readonly<Record<string, pg.Pool>>): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const connections = new Gauge({
    name: 'sarraf_database_connections',
    help: 'Connections to Postgres, by pool and state; waiting: requests for one',
    labelNames: ['pool', 'state'],
    registers: [],
    collect() {
      for (const [name, pool] of Object.entries(pools)) {
        this.set({ pool: name, state: 'idle' }, pool.idleCount);
        this.set({ pool: name, state: 'busy' }, pool.totalCount - pool.idleCount);
        this.set({ pool: name, state: 'waiting' }, pool.waitingCount);
      }
    },
  });
  registry.registerMetric(connections);
  return registry;
}

/** Lets the first `max` values of a label pass; further ones are `other`, so that no installation makes series without end. */
export function boundedLabel(max: number): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= max) return 'other';
    known.add(value);
    return value;
  };
}
