/** What the first operations page counts. Each statement is bounded in time and rows; the page keeps the answers for a while. */
import type pg from 'pg';
import { firstIdAt } from './ids.ts';
import type { Mode } from './merchants.ts';
import { REFUSES_S } from './provider-health.ts';

interface Seen {
  /** Null: all. */
  readonly merchant_id: string | null;
  readonly mode: Mode;
}

export interface MoneyOfDay {
  /** `2027-01-31`, UTC. */
  readonly day: string;
  readonly provider: string;
  readonly currency: string;
  /** Minor units that came in. */
  readonly amount: number;
  readonly transfers: number;
}

/** The same of one merchant. */
export interface CountedMoney extends MoneyOfDay {
  readonly merchant_id: string;
  readonly mode: Mode;
}

/** Money that was recorded from `from` to before `until`, by its day. Events are found by their time, in which their index is in order. */
export async function countMoney(pool: pg.Pool, from: Date, until: Date): Promise<CountedMoney[]> {
  const { rows } = await pool.query<CountedMoney>(
    `select to_char(e.recorded_at at time zone 'utc', 'YYYY-MM-DD') as day, p.merchant_id, a.mode, p.provider, p.currency,
       sum((e.data->>'amount')::bigint)::bigint as amount, count(*)::integer as transfers
     from invoice_events e
       -- One by one: the planner would rather read all payments there are.
       cross join lateral (select * from payments p where p.id = e.data->>'payment_id' offset 0) p
       join provider_accounts a on a.id = p.account_id
     where e.recorded_at >= $1 and e.recorded_at < $2 and e.type = 'money.received'
     group by 1, 2, 3, 4, 5`,
    [from, until],
  );
  return rows;
}

export interface ServiceRate {
  readonly provider: string;
  readonly method: string;
  readonly requested: number;
  /** Paid, failed or expired; a canceled payment says nothing of its service. */
  readonly ended: number;
  readonly paid: number;
  /** From being asked for to being paid, seconds; null where none was. */
  readonly p50_s: number | null;
  readonly p95_s: number | null;
}

/** Of each account at most, and of all of them together about. */
const PER_ACCOUNT = 2_000;
const IN_ALL = 5_000;
const HAS_PAID = `r.status in ('paid', 'authorized', 'partially_refunded', 'refunded')`;

/** How payments that were asked for since `since` went, by service: the newest of each account. */
export async function ratesByService(
  pool: pg.Pool,
  { merchant_id, mode }: Seen,
  since: Date,
): Promise<ServiceRate[]> {
  const { rows } = await pool.query<ServiceRate>(
    `with accounts as materialized (
       select a.id from provider_accounts a where a.mode = $2 and ($1::text is null or a.merchant_id = $1)
     ), recent as materialized (
       select p.* from accounts a cross join lateral (
         select p.id, p.invoice_id, p.provider, p.method, p.status, p.created_at from payments p
         where p.account_id = a.id and p.id >= $3 order by p.id desc
         limit (select greatest(20, least(${PER_ACCOUNT}, ${IN_ALL} / greatest(count(*), 1))) from accounts)
       ) p
     )
     select r.provider, r.method, count(*)::integer as requested,
       (count(*) filter (where ${HAS_PAID} or r.status in ('failed', 'expired')))::integer as ended,
       (count(*) filter (where ${HAS_PAID}))::integer as paid,
       percentile_cont(0.5) within group (order by t.seconds) as p50_s,
       percentile_cont(0.95) within group (order by t.seconds) as p95_s
     from recent r left join lateral (
       select extract(epoch from min(e.at) - r.created_at)::float8 as seconds from invoice_events e
       where e.invoice_id = r.invoice_id and e.type = 'money.received' and e.data->>'payment_id' = r.id
     ) t on true
     group by 1, 2 order by 1, 2`,
    [merchant_id, mode, firstIdAt('pay', since.getTime())],
  );
  return rows;
}

/** How many of each there are that somebody has to look at, up to `MANY`. */
export interface Attention {
  readonly cases: number;
  /** Due for minutes and neither paid nor ended. */
  readonly stuck_invoices: number;
  /** Given up within the last week. */
  readonly dead_webhooks: number;
  /** Neither applied nor given up for minutes. */
  readonly waiting_webhooks: number;
  readonly failing_endpoints: number;
  readonly open_breakers: number;
  readonly open_incidents: number;
}

/** So many of a kind are many, however many there are. */
export const MANY = 1_000;

export async function countAttention(pool: pg.Pool, { merchant_id, mode }: Seen): Promise<Attention> {
  const theirs = (row: string): string =>
    `${row}.mode = $2 and ($1::text is null or ${row}.merchant_id = $1)`;
  const count = (name: string, rows: string): string =>
    `(select count(*) from (select from ${rows} limit ${MANY}) found)::integer as ${name}`;
  const webhooks = `webhook_events w join provider_accounts a on a.id = w.account_id`;
  const { rows } = await pool.query<Attention>(
    `select ${[
      count('cases', `cases c where c.resolved_at is null and ${theirs('c')}`),
      count(
        'stuck_invoices',
        `invoices i where i.status in ('open', 'partially_paid') and i.due_at < now() - interval '5 minutes' and ${theirs('i')}`,
      ),
      count(
        'dead_webhooks',
        `${webhooks} where w.state = 'dead' and w.received_at > now() - interval '7 days' and ${theirs('a')}`,
      ),
      count(
        'waiting_webhooks',
        `${webhooks} where w.state = 'received' and w.received_at < now() - interval '5 minutes' and ${theirs('a')}`,
      ),
      count(
        'failing_endpoints',
        `webhook_endpoints e where e.deleted_at is null
           and (e.failing_since is not null or e.disabled_reason in ('gone', 'failing')) and ${theirs('e')}`,
      ),
      count(
        'open_breakers',
        `provider_accounts a where a.enabled and ${REFUSES_S} is not null and ${theirs('a')}`,
      ),
      count('open_incidents', `incidents n where n.recovered_at is null and ${theirs('n')}`),
    ].join(', ')}`,
    [merchant_id, mode],
  );
  const [row] = rows;
  if (!row) throw new Error('the counts returned no row');
  return row;
}
