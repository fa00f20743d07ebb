/** What has changed lately, for pages that keep themselves up to date. Each is bounded and by an index, because it is asked every second. */
import type pg from 'pg';
import { firstIdAt, type IdPrefix } from './ids.ts';

export interface Change {
  readonly id: string;
  /** Another one after each change. */
  readonly mark: string;
}

const MOST = 300;

/** The newest objects of a kind, by their ids; `mark` is SQL over the row `t`. */
const newest =
  (prefix: IdPrefix, table: string, mark: string) =>
  async (pool: pg.Pool, seconds: number): Promise<Change[]> => {
    const { rows } = await pool.query<Change>({
      name: `recent_${table}`,
      text: `select t.id, ${mark} as mark from ${table} t where t.id >= $1 order by t.id desc limit ${MOST}`,
      values: [firstIdAt(prefix, Date.now() - seconds * 1000)],
    });
    return rows;
  };

/** The same for kinds of which there are few, old ones too: the newest of all. */
const latest =
  (table: string, mark: string) =>
  async (pool: pg.Pool): Promise<Change[]> => {
    const { rows } = await pool.query<Change>({
      name: `latest_${table}`,
      text: `select t.id, ${mark} as mark from ${table} t order by t.id desc limit ${MOST}`,
    });
    return rows;
  };

const either =
  (...some: readonly ((pool: pg.Pool, seconds: number) => Promise<Change[]>)[]) =>
  async (pool: pg.Pool, seconds: number): Promise<Change[]> =>
    (await Promise.all(some.map((read) => read(pool, seconds)))).flat();

const waiting =
  (name: string, text: string) =>
  async (pool: pg.Pool): Promise<Change[]> =>
    (await pool.query<Change>({ name, text })).rows;

export const recentWebhooks = either(
  newest('whk', 'webhook_events', `t.state || t.copies`),
  waiting(
    'waiting_webhooks',
    `select id, 'waits' as mark from webhook_events where state = 'received' order by received_at limit ${MOST}`,
  ),
);
export const recentRefused = newest('whr', 'refused_webhooks', `'kept'`);
export const recentDeliveries = either(
  newest('dlv', 'deliveries', `t.status || t.attempts`),
  // Those that fail come back to this list with each attempt.
  waiting(
    'waiting_deliveries',
    `select id, status || attempts as mark from deliveries where status = 'pending' order by next_attempt_at limit ${MOST}`,
  ),
);
export const recentCases = latest('cases', `coalesce(t.resolved_at::text, 'open')`);
export const recentRuns = latest('reconciliation_runs', `t.status || coalesce(t.list_cursor, '')`);
export const recentIncidents = latest('incidents', `coalesce(t.recovered_at::text, 'open')`);
export const recentEntries = newest('aud', 'audit_entries', `'made'`);
export const recentPeople = newest('opl', 'operator_log', `'made'`);
export const recentKeys = latest('api_keys', `concat(t.label, t.revoked_at, t.expires_at, t.scopes)`);

/** Breakers as the workers see them, and what people have changed. */
export const recentProviders = either(
  waiting(
    'provider_health_marks',
    `select account_id as id, worker_id || state || since || revision as mark from provider_health order by seen_at desc limit ${MOST}`,
  ),
  latest('provider_accounts', `concat(t.updated_at, t.breaker_forced, t.webhook_id)`),
);
