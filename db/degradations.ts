/** What was measured of provider accounts, held against what is usual there: incidents of providers that answer and yet are not well. */
import type pg from 'pg';
import { begins, DEGRADATIONS, isOver, learn, type Measured } from '../domain/degradation.ts';
import { beginIncident, endIncident, type ToldTurn } from './incidents.ts';
import { firstIdAt } from './ids.ts';
import { HAS_PAID, WINDOW_S } from './service-performance.ts';

/** A webhook has had time to come after this long. */
const WEBHOOK_COMES_S = 120;

interface MeasuredRow extends Measured {
  readonly account_id: string;
  /** The incidents that are open, by cause. */
  readonly open: Readonly<Record<string, string>>;
}

/** Accounts of which something was measured lately, or that have an incident which that could end. */
const MEASURED = {
  name: 'read_measured_accounts',
  text: `
    with service as (
      select account_id, sum((payments->>'ended')::int)::int as ended, sum((payments->>'paid')::int)::int as paid,
        sum((calls->>'count')::int)::int as calls,
        sum((calls->>'count')::int * (calls->>'p50_ms')::float8) / nullif(sum((calls->>'count')::int), 0) as call_ms
      from service_performance group by account_id
    ), trouble as (
      select account_id, jsonb_object_agg(cause, id) as open from incidents
      where recovered_at is null and cause <> 'unreachable' group by account_id
    )
    select account_id, coalesce(s.ended, 0) as ended, coalesce(s.paid, 0) as paid, coalesce(s.calls, 0) as calls, s.call_ms,
      coalesce(w.settled, 0)::int as settled, coalesce(w.unheard, 0)::int as unheard,
      exists (select from webhook_events e where e.account_id = account_id_of.account_id) as has_webhooks,
      u.success_rate as usual_success_rate, u.call_ms as usual_call_ms, coalesce(t.open, '{}') as open
    from (select account_id from service union select account_id from trouble) account_id_of
      left join service s using (account_id) left join trouble t using (account_id) left join provider_usual u using (account_id)
      left join lateral (
        select count(*) as settled, count(*) filter (where not exists (select from webhook_events e
          where e.invoice_id = p.invoice_id and e.account_id = p.account_id)) as unheard
        from payments p where p.account_id = account_id_of.account_id and p.id > $1 and ${HAS_PAID}
          and p.updated_at < now() - make_interval(secs => ${WEBHOOK_COMES_S})
      ) w on s.paid > 0`,
};

/** Opens and ends incidents by what was measured, and learns from it what is usual; those that this call has opened or ended. */
export async function settleDegradations(pool: pg.Pool, now: number): Promise<ToldTurn[]> {
  const { rows } = await pool.query<MeasuredRow>({
    ...MEASURED,
    values: [firstIdAt('pay', now - WINDOW_S * 1000)],
  });
  const told: ToldTurn[] = [];
  for (const measured of rows) {
    const { account_id, open } = measured;
    for (const cause of DEGRADATIONS) {
      const incident_id = open[cause];
      const detail = incident_id === undefined ? begins(cause, measured) : null;
      if (detail !== null) {
        const since = new Date(now).toISOString();
        told.push(...(await beginIncident(pool, { account_id, since, failures: 0, cause, detail })));
      }
      if (incident_id !== undefined && isOver(cause, measured)) {
        told.push(...(await endIncident(pool, { incident_id, recovery: 'usual_again' })));
      }
    }
  }
  await keepUsual(
    pool,
    rows.map((row) => ({ account_id: row.account_id, ...learn(row, Object.keys(row.open)) })),
  );
  return told;
}

async function keepUsual(
  pool: pg.Pool,
  rows: readonly { account_id: string; success_rate: number | null; call_ms: number | null }[],
): Promise<void> {
  if (rows.length === 0) return;
  await pool.query({
    name: 'keep_usual',
    text: `
      insert into provider_usual as u (account_id, success_rate, call_ms)
      select account_id, success_rate, call_ms
      from jsonb_to_recordset($1) as r (account_id text, success_rate float8, call_ms float8)
      where success_rate is not null or call_ms is not null
      on conflict (account_id) do update set success_rate = excluded.success_rate, call_ms = excluded.call_ms, updated_at = now()
        where (u.success_rate, u.call_ms) is distinct from (excluded.success_rate, excluded.call_ms)`,
    values: [JSON.stringify(rows)],
  });
}
