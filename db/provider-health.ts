/** How the workers' circuit breakers stand, and what an operator has decided about them. */
import type pg from 'pg';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import type { Owner } from './invoices.ts';

/** A worker that has not been heard of for this long has gone without a word. */
const SILENT_S = 180;
/** Its rows are kept a little longer, for people. */
const KEPT_S = 3600;

export interface HealthRow {
  readonly account_id: string;
  readonly revision: number;
  readonly state: 'closed' | 'open' | 'half_open';
  /** RFC 3339. */
  readonly since: string;
  readonly failures: number;
  readonly cooldown_s: number;
}

/** All that the workers say of an account, in one: open when any of them refuses calls. */
export interface AccountHealth {
  readonly state: HealthRow['state'];
  /** RFC 3339. */
  readonly since: string;
  /** When the next call is let through; null unless it is open. */
  readonly retry_at: string | null;
}

/** What an operator has decided, and why. */
export interface ForcedBreaker {
  readonly state: 'open' | 'closed';
  readonly reason: string;
  /** RFC 3339. */
  readonly since: string;
}

const rfc3339 = (moment: string): string =>
  `to_char(${moment} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const RETRY_AT = `(h.since + make_interval(secs => h.cooldown_s))`;
/** Once its cooldown is over an open breaker only waits for a call to try. */
const IS_REFUSING = `(h.state = 'open' and ${RETRY_AT} > now())`;
/** A row `h` that is still to be believed about account `a`. */
export const HEALTH_COUNTS = `h.account_id = a.id and h.revision = a.revision
  and h.seen_at > now() - make_interval(secs => ${SILENT_S})`;

/** Columns `health` and `forced` of provider account `a`. */
export const HEALTH_COLUMNS = `
  (select json_build_object(
     'state', case when h.state = 'open' and not ${IS_REFUSING} then 'half_open' else h.state end,
     'since', ${rfc3339('h.since')}, 'retry_at', case when ${IS_REFUSING} then ${rfc3339(RETRY_AT)} end)
   from provider_health h where ${HEALTH_COUNTS}
   order by ${IS_REFUSING} desc, h.state <> 'closed' desc, ${RETRY_AT} desc limit 1) as health,
  case when a.breaker_forced is not null then json_build_object('state', a.breaker_forced,
    'reason', a.breaker_forced_reason, 'since', ${rfc3339('a.breaker_forced_at')}) end as forced`;

/** An operator's decision has no end that is known, seconds. */
const FORCED_RETRY_S = 60;

/** Seconds until calls of provider account `a` are let through again; null when they are now. */
export const REFUSES_S = `(case when a.breaker_forced = 'open' then ${FORCED_RETRY_S}
  when a.breaker_forced is null then (
    select ceil(extract(epoch from max(${RETRY_AT}) - now()))::int from provider_health h where ${HEALTH_COUNTS} and ${IS_REFUSING}
  ) end)`;

/** Stores how the breakers of one worker stand; says by it that the worker is there. */
export async function upsertHealth(
  pool: pg.Pool,
  workerId: string,
  rows: readonly HealthRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await pool.query({
    name: 'upsert_health',
    text: `
      insert into provider_health (account_id, worker_id, revision, state, since, failures, cooldown_s)
      select r.account_id, $1, r.revision, r.state, r.since, r.failures, r.cooldown_s
      from jsonb_to_recordset($2) as r (account_id text, revision integer, state text, since timestamptz,
        failures integer, cooldown_s integer)
      on conflict (account_id, worker_id) do update set revision = excluded.revision, state = excluded.state,
        since = excluded.since, failures = excluded.failures, cooldown_s = excluded.cooldown_s, seen_at = now()`,
    values: [workerId, JSON.stringify(rows)],
  });
}

/** Removes what a worker has said; for one that stops. */
export async function removeHealth(pool: pg.Pool, workerId: string): Promise<void> {
  await pool.query('delete from provider_health where worker_id = $1', [workerId]);
}

/** Removes what workers have said that were killed; how many rows. */
export async function deleteSilentHealth(pool: pg.Pool): Promise<number> {
  const { rowCount } = await pool.query({
    name: 'delete_silent_health',
    text: `delete from provider_health where seen_at < now() - make_interval(secs => ${KEPT_S})`,
  });
  return rowCount ?? 0;
}

/** Decides over an account's breaker; null leaves it to the breaker again. False: this merchant has no such account. */
export async function forceBreaker(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  accountId: string,
  forced: { readonly state: 'open' | 'closed'; readonly reason: string } | null,
  note: AuditNote,
): Promise<boolean> {
  const { rowCount } = await pool.query({
    name: 'force_breaker',
    text: `
      with forced as (
        update provider_accounts set breaker_forced = $4, breaker_forced_reason = $5,
          breaker_forced_at = case when $4::text is null then null when breaker_forced = $4 then breaker_forced_at else now() end,
          revision = revision + case when breaker_forced is distinct from $4 then 1 else 0 end, updated_at = now()
        where id = $1 and merchant_id = $2 and mode = $3
        returning id, merchant_id, mode
      ), ${noted('forced', 6)}
      select from forced`,
    values: [
      accountId,
      merchant_id,
      mode,
      forced?.state ?? null,
      forced?.reason ?? null,
      noteValue('provider_account.breaker_set', note),
    ],
  });
  return rowCount === 1;
}
