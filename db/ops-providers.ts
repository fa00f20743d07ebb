/** What operators see of provider accounts: all of them, and how the calls of one have gone lately. */
import type pg from 'pg';
import type { Mode } from './merchants.ts';
import type { OfMerchant, Sight } from './ops-record.ts';
import { ACCOUNT_COLUMNS, type ProviderAccountRow } from './provider-accounts.ts';
import type { RoutingRow } from './routing.ts';

const SHOWN = 500;

/** The accounts, those with trouble first. */
export async function accountsAcross(
  pool: pg.Pool,
  { merchant_id, mode }: Sight,
): Promise<readonly (ProviderAccountRow & OfMerchant)[]> {
  const { rows } = await pool.query<ProviderAccountRow & OfMerchant>(
    `select found.*, m.name as merchant from (
       select ${ACCOUNT_COLUMNS} from provider_accounts a where a.mode = $1 and ($2::text is null or a.merchant_id = $2)
     ) found join merchants m on m.id = found.merchant_id
     order by found.forced is null, coalesce(found.health->>'state' = 'closed', true), found.provider, found.id limit ${SHOWN}`,
    [mode, merchant_id],
  );
  return rows;
}

/** Calls of one stretch of time. */
export interface CallBucket {
  readonly at: string;
  readonly calls: number;
  readonly failed: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
}

const BUCKETS = 24;
const CALLS = 20_000;

/** Two hours in stretches of five minutes, the oldest first, also those without a call. */
export async function callBuckets(pool: pg.Pool, accountId: string): Promise<readonly CallBucket[]> {
  const { rows } = await pool.query<CallBucket>(
    `with recent as (
       select account_id, started_at, status, duration_ms from provider_exchanges
       where started_at > now() - interval '2 hours' order by started_at desc limit ${CALLS}
     ), counted as (
       select date_bin('5 minutes', started_at, 'epoch'::timestamptz) as at, count(*)::int as calls,
         (count(*) filter (where status is null or status >= 500))::int as failed,
         percentile_disc(0.5) within group (order by duration_ms) as p50_ms,
         percentile_disc(0.95) within group (order by duration_ms) as p95_ms
       from recent where account_id = $1 group by 1
     )
     select s.at, coalesce(c.calls, 0) as calls, coalesce(c.failed, 0) as failed, c.p50_ms, c.p95_ms
     from generate_series(0, ${BUCKETS - 1}) n,
       lateral (select date_bin('5 minutes', now(), 'epoch'::timestamptz) - n * interval '5 minutes' as at) s
       left join counted c on c.at = s.at order by s.at`,
    [accountId],
  );
  return rows;
}

/** The rules of the merchants that have some. */
export async function routingsAcross(
  pool: pg.Pool,
  { merchant_id, mode }: Sight,
): Promise<readonly (RoutingRow & OfMerchant & { readonly mode: Mode })[]> {
  const { rows } = await pool.query<RoutingRow & OfMerchant & { mode: Mode }>(
    `select r.revision, r.rules, r.updated_at, r.merchant_id, r.mode, m.name as merchant
     from routings r join merchants m on m.id = r.merchant_id
     where r.mode = $1 and ($2::text is null or r.merchant_id = $2) order by lower(m.name), m.id limit ${SHOWN}`,
    [mode, merchant_id],
  );
  return rows;
}
