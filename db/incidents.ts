/**
 * Incidents: the times in which a provider account has trouble: calls are refused because too many have failed, or what is measured of it is
 * far from usual (`degradations.ts`). Each is opened and ended
 * once, however many workers see it, and the merchant is told in the same statement.
 */
import type pg from 'pg';
import type { Degradation } from '../domain/degradation.ts';
import type { ProviderEventType } from '../domain/outgoing.ts';
import type { PaymentStatus } from '../domain/status.ts';
import { addressing, type DeliveryQueue } from './deliveries.ts';
import { newId } from './ids.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';
import { HEALTH_COUNTS } from './provider-health.ts';

/** An incident of which no worker has said anything for this long is over: who knew of it has gone. */
const QUIET_S = 600;

export interface IncidentRow {
  readonly id: string;
  readonly mode: Mode;
  readonly account_id: string;
  readonly provider: string;
  /** RFC 3339. */
  readonly opened_at: string;
  /** Calls that had failed when it was opened. */
  readonly failures: number;
  readonly recovered_at: string | null;
  readonly recovery: Recovery | null;
  readonly cause: IncidentCause;
  /** For people; null: it follows from the cause. */
  readonly detail: string | null;
}

export type IncidentCause = 'unreachable' | Degradation;
export type Recovery = 'answered' | 'quiet' | 'usual_again';

/** What the events of an incident carry. */
export type IncidentEventData = Pick<
  IncidentRow,
  'account_id' | 'provider' | 'opened_at' | 'failures' | 'recovered_at' | 'cause' | 'detail'
> & { readonly incident_id: string };

const rfc3339 = (moment: string): string =>
  `to_char(${moment} at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** An incident that begins, or one that ends. */
type Turn =
  | {
      readonly type: 'begins';
      readonly account_id: string;
      readonly since: string;
      readonly failures: number;
    }
  | { readonly type: 'ends'; readonly incident_id: string; readonly recovery: 'answered' | 'quiet' };

/** What the workers say that the incidents do not know yet. An operator's decision is no incident. */
const TURNS = {
  name: 'find_incident_turns',
  text: `
    with standing as materialized (
      select a.id as account_id, bool_or(h.state <> 'closed') as failing, max(h.failures) as failures,
        min(h.since) filter (where h.state <> 'closed') as since, max(h.since) filter (where h.state = 'closed') as closed_since
      from provider_health h join provider_accounts a on ${HEALTH_COUNTS}
      where a.breaker_forced is null group by a.id
    ), seen as (
      update incidents i set seen_at = now() from standing s
      where i.account_id = s.account_id and i.recovered_at is null and s.failing and i.cause = 'unreachable'
    )
    select 'begins' as type, s.account_id, ${rfc3339('s.since')} as since, s.failures, null as incident_id, null as recovery
    from standing s
    where s.failing and not exists (select from incidents i where i.account_id = s.account_id and i.recovered_at is null
      and i.cause = 'unreachable')
    union all
    select 'ends', null, null, null, i.id, case when s.closed_since >= i.opened_at then 'answered' else 'quiet' end
    from incidents i left join standing s on s.account_id = i.account_id
    where i.recovered_at is null and i.cause = 'unreachable' and s.failing is not true
      and (s.closed_since >= i.opened_at or i.seen_at < now() - make_interval(secs => ${QUIET_S}))`,
};

/** What both statements end with: the event, if there was a turn, and who is to be sent it. `$1`: its id, `$2`: its type. */
const tell = (turned: string): string => `
  told as (
    insert into outgoing_events (id, merchant_id, mode, type, data, created_at)
    select $1, t.merchant_id, t.mode, $2, jsonb_build_object('incident_id', t.id, 'account_id', t.account_id,
      'provider', a.provider, 'opened_at', ${rfc3339('t.opened_at')}, 'failures', t.failures,
      'recovered_at', ${rfc3339('t.recovered_at')}, 'cause', t.cause, 'detail', t.detail), now()
    from ${turned} t join provider_accounts a on a.id = t.account_id
    returning id, merchant_id, mode, invoice_id, type, data
  ), ${addressing()}
  select data->>'incident_id' as incident_id, data->>'account_id' as account_id, data->>'provider' as provider, coalesce(
    (select jsonb_agg(jsonb_build_object('endpoint_id', endpoint_id, 'subject', subject)) from addressed), '[]') as queues
  from told`;

/** Two workers at once: the index lets one in, and only that one tells of it. */
const BEGIN = {
  name: 'begin_incident',
  text: `
    with begun as (
      insert into incidents (id, account_id, merchant_id, mode, opened_at, failures, cause, detail)
      select $3, a.id, a.merchant_id, a.mode, $5, $6, $7, $8 from provider_accounts a where a.id = $4
      on conflict (account_id, cause) where recovered_at is null do nothing
      returning *
    ), ${tell('begun')}`,
};

const END = {
  name: 'end_incident',
  text: `
    with ended as (
      update incidents set recovered_at = now(), recovery = $4 where id = $3 and recovered_at is null returning *
    ), ${tell('ended')}`,
};

/** A turn as it was told of. */
export interface ToldTurn {
  readonly type: ProviderEventType;
  readonly incident_id: string;
  readonly account_id: string;
  readonly provider: string;
  /** What waits to be sent because of it. */
  readonly queues: readonly DeliveryQueue[];
}

/** Opens and ends incidents by what the workers say; those that this call has opened or ended. */
export async function settleIncidents(pool: pg.Pool): Promise<ToldTurn[]> {
  const { rows: turns } = await pool.query<Turn>(TURNS);
  const told: ToldTurn[] = [];
  for (const turn of turns) {
    if (turn.type === 'ends') told.push(...(await endIncident(pool, turn)));
    else told.push(...(await beginIncident(pool, { ...turn, cause: 'unreachable', detail: null })));
  }
  return told;
}

/** Opens an incident, unless one of this cause is open at the account; what was told of. */
export async function beginIncident(
  pool: pg.Pool,
  {
    account_id,
    since,
    failures,
    cause,
    detail,
  }: {
    readonly account_id: string;
    readonly since: string;
    readonly failures: number;
    readonly cause: IncidentCause;
    readonly detail: string | null;
  },
): Promise<ToldTurn[]> {
  const type = 'provider.degraded';
  const { rows } = await pool.query<Omit<ToldTurn, 'type'>>({
    ...BEGIN,
    values: [newId('evt'), type, newId('inc'), account_id, since, failures, cause, detail],
  });
  return rows.map((row) => ({ ...row, type }));
}

/** Ends an incident, unless it has ended; what was told of. */
export async function endIncident(
  pool: pg.Pool,
  { incident_id, recovery }: { readonly incident_id: string; readonly recovery: Recovery },
): Promise<ToldTurn[]> {
  const type = 'provider.recovered';
  const { rows } = await pool.query<Omit<ToldTurn, 'type'>>({
    ...END,
    values: [newId('evt'), type, incident_id, recovery],
  });
  return rows.map((row) => ({ ...row, type }));
}

/** Of an incident `n` and its account `a`. */
export const INCIDENT_COLUMNS = `n.id, n.mode, n.account_id, a.provider, n.opened_at, n.failures, n.recovered_at, n.recovery, n.cause, n.detail`;

/** One incident; null when this merchant has none of this id in this mode. */
export async function findIncident(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  id: string,
): Promise<IncidentRow | null> {
  const { rows } = await pool.query<IncidentRow>({
    name: 'find_incident',
    text: `select ${INCIDENT_COLUMNS} from incidents n join provider_accounts a on a.id = n.account_id
           where n.id = $1 and n.merchant_id = $2 and n.mode = $3`,
    values: [id, merchant_id, mode],
  });
  return rows[0] ?? null;
}

/** Null: any. */
export interface IncidentFilter {
  readonly status: 'open' | 'recovered' | null;
  readonly account_id: string | null;
}

/** A page of a merchant's incidents, the newest first. */
export function listIncidents(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  { status, account_id }: IncidentFilter,
  page: Page,
): Promise<Listed<IncidentRow>> {
  return readPage<IncidentRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['n.merchant_id = $', merchant_id],
      ['n.mode = $', mode],
      ["(n.recovered_at is null) = ($::text = 'open')", status],
      ['n.account_id = $', account_id],
    ]);
    return `select ${INCIDENT_COLUMNS} from incidents n join provider_accounts a on a.id = n.account_id
            where ${matching} ${clauses.page('n.id')}`;
  });
}

/** A payment that is open with an account that has trouble. */
export interface AffectedPayment {
  readonly id: string;
  readonly invoice_id: string;
  readonly method: string;
  readonly status: PaymentStatus;
  readonly currency: string;
  readonly amount: number;
  readonly created_at: string;
}

const AFFECTED_MAX = 100;

/** Payments of the incident's account that are open and were made before it ended, the newest first, at most a hundred. */
export async function affectedPayments(
  pool: pg.Pool,
  { account_id, recovered_at }: IncidentRow,
): Promise<Listed<AffectedPayment>> {
  const { rows } = await pool.query<AffectedPayment>({
    name: 'affected_payments',
    text: `
      select id, invoice_id, method, status, currency, amount, created_at from payments
      where account_id = $1 and status in ('requested', 'unknown', 'pending', 'partially_paid', 'authorized')
        and ($2::timestamptz is null or created_at <= $2)
      order by id desc limit $3`,
    values: [account_id, recovered_at, AFFECTED_MAX + 1],
  });
  return { rows: rows.slice(0, AFFECTED_MAX), has_more: rows.length > AFFECTED_MAX };
}
