/** How payment services have done lately: payments by their end, failures by kind, and how long calls took. */
import { TypeID } from 'typeid-js';
import type pg from 'pg';
import type { ProviderErrorKind } from '../domain/provider-error.ts';

/** The window that slides, seconds. */
export const WINDOW_S = 3600;
/** Bounds of what one measurement reads: the newest payments of each account, and the newest calls of all. */
const PAYMENTS_MAX = 5_000;
const CALLS_MAX = 20_000;
/** Nobody has measured since then: nothing is known any more. */
const STALE_S = 300;

/** What was measured of one method at one account. */
export interface ServicePerformance {
  /** RFC 3339. */
  readonly measured_at: string;
  readonly payments: {
    readonly requested: number;
    /** The provider has accepted them. */
    readonly created: number;
    readonly paid: number;
    /** Paid, failed or expired; a canceled one says nothing of the service. */
    readonly ended: number;
    readonly open: number;
  };
  readonly failures: Readonly<Partial<Record<ProviderErrorKind, number>>>;
  readonly calls: {
    readonly count: number;
    /** Answered with 5xx, or not at all. */
    readonly failed: number;
    /** Milliseconds. */
    readonly p50_ms: number | null;
    readonly p95_ms: number | null;
  };
}

/** Of provider account `a`: its services' performance as one object, by method. */
export const PERFORMANCE_OF_A = `coalesce((
  select jsonb_object_agg(s.method, jsonb_build_object('payments', s.payments, 'failures', s.failures, 'calls', s.calls,
    'measured_at', to_char(s.measured_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
  from service_performance s where s.account_id = a.id and s.measured_at > now() - make_interval(secs => ${STALE_S})), '{}')`;

/** Payments that were refused by us, not by the provider, say nothing of it. */
const IS_OURS = `coalesce(p.failure->>'code', '') in ('circuit_open', 'invoice_not_payable', 'no_return_address')`;
/** Of a payment `p`. */
export const HAS_PAID = `p.status in ('paid', 'authorized', 'partially_refunded', 'refunded')`;

const MEASURE = {
  name: 'measure_services',
  text: `
    with recent as materialized (
      select p.* from provider_accounts a cross join lateral (
        select p.account_id, p.method, p.status, p.provider_payment_id, p.failure->>'kind' as failure
        from payments p where p.account_id = a.id and p.id > $1 and not ${IS_OURS} order by p.id desc limit ${PAYMENTS_MAX}
      ) p
    ), counted as (
      select account_id, method, jsonb_build_object('requested', count(*), 'created', count(provider_payment_id),
        'paid', count(*) filter (where ${HAS_PAID}),
        'ended', count(*) filter (where ${HAS_PAID} or p.status in ('failed', 'expired')),
        'open', count(*) filter (where p.status in ('requested', 'unknown', 'pending', 'partially_paid'))) as payments
      from recent p group by account_id, method
    ), failed as (
      select account_id, method, jsonb_object_agg(failure, number) as failures
      from (
        select account_id, method, failure, count(*) as number from recent
        where status = 'failed' and failure is not null group by account_id, method, failure
      ) f group by account_id, method
    ), called as (
      select x.account_id, p.method, jsonb_build_object('count', count(*),
        'failed', count(*) filter (where x.status is null or x.status >= 500),
        'p50_ms', percentile_disc(0.5) within group (order by x.duration_ms),
        'p95_ms', percentile_disc(0.95) within group (order by x.duration_ms)) as calls
      from (
        select account_id, payment_id, status, duration_ms from provider_exchanges
        where started_at > now() - make_interval(secs => ${WINDOW_S}) order by started_at desc limit ${CALLS_MAX}
      ) x join payments p on p.id = x.payment_id
      group by x.account_id, p.method
    ), measured as (
      insert into service_performance as s (account_id, method, measured_at, payments, failures, calls)
      select account_id, method, now(),
        coalesce(c.payments, '{"requested": 0, "created": 0, "paid": 0, "ended": 0, "open": 0}'), coalesce(f.failures, '{}'),
        coalesce(d.calls, '{"count": 0, "failed": 0, "p50_ms": null, "p95_ms": null}')
      from counted c full join called d using (account_id, method) left join failed f using (account_id, method)
      order by account_id, method
      on conflict (account_id, method) do update set measured_at = excluded.measured_at, payments = excluded.payments,
        failures = excluded.failures, calls = excluded.calls
      returning account_id, method
    )
    delete from service_performance s
    where not exists (select from measured m where m.account_id = s.account_id and m.method = s.method)`,
};

/** Measures all services over the last hour, in one statement that no payment waits for. `now`: wall clock, milliseconds. */
export async function measureServices(pool: pg.Pool, now: number): Promise<void> {
  await pool.query({ ...MEASURE, values: [firstIdAt('pay', now - WINDOW_S * 1000)] });
}

/** The smallest id of its kind that could be made at this moment: ids begin with their time. */
function firstIdAt(prefix: 'pay', at_ms: number): string {
  const time = at_ms.toString(16).padStart(12, '0');
  return TypeID.fromUUID(prefix, `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`).toString();
}
