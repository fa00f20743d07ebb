/** A merchant's routing rules, and what is needed to pick a service by them. */
import type pg from 'pg';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import type { RoutingRule, RoutingStrategy } from '../domain/routing.ts';
import type { Owner } from './invoices.ts';
import type { MeasuredAccount } from './merchants.ts';
import type { PayableInvoice } from './payments.ts';
import { REFUSES_S } from './provider-health.ts';
import { PERFORMANCE_OF_A } from './service-performance.ts';

export interface RoutingRow {
  /** Grows with each change; 0: there never were rules. */
  readonly revision: number;
  readonly rules: readonly RoutingRule[];
  readonly updated_at: string | null;
}

/** A service at one account that may be tried. */
export interface RouteCandidate {
  readonly payment_service: string;
  readonly provider_account: string;
  /** Why it stands in its place. */
  readonly reason: string;
}

/** A service that was passed over, and why. */
export interface SkippedService {
  readonly payment_service: string;
  readonly provider_account: string | null;
  readonly code: string;
  readonly detail: string;
}

/** How the service of a payment was picked. No personal data. */
export interface PaymentRouting {
  readonly revision: number;
  /** The place of the rule, from 0 on. */
  readonly rule: number;
  readonly rule_name: string | null;
  readonly strategy: RoutingStrategy;
  readonly reason: string;
  /** Whether the next service is tried where this one cannot be reached. */
  readonly fallback: boolean;
  /** 1 for the first. */
  readonly attempt: number;
  /** The payment that could not reach its provider before. */
  readonly fallback_of: string | null;
  readonly skipped: readonly SkippedService[];
  /** What is left to fall back on, in order. */
  readonly remaining: readonly RouteCandidate[];
}

const NONE: RoutingRow = { revision: 0, rules: [], updated_at: null };

/** The merchant's rules in this mode. */
export async function findRouting(pool: pg.Pool, { merchant_id, mode }: Owner): Promise<RoutingRow> {
  const { rows } = await pool.query<RoutingRow>({
    name: 'find_routing',
    text: 'select revision, rules, updated_at from routings where merchant_id = $1 and mode = $2',
    values: [merchant_id, mode],
  });
  return rows[0] ?? NONE;
}

/** Replaces all rules. Null: they are of another revision than `expected` (null: whatever they are). */
export async function replaceRouting(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  rules: readonly RoutingRule[],
  expected: number | null,
  note: AuditNote,
): Promise<RoutingRow | null> {
  const { rows } = await pool.query<RoutingRow>({
    name: 'replace_routing',
    text: `
      with replaced as (
        insert into routings as r (merchant_id, mode, rules)
        select $1, $2, $3
        where coalesce($4, 0) = 0 or exists (select from routings where merchant_id = $1 and mode = $2)
        on conflict (merchant_id, mode) do update set rules = excluded.rules, revision = r.revision + 1, updated_at = now()
          where $4::int is null or r.revision = $4
        returning merchant_id, mode, revision, rules, updated_at
      ), done as (select merchant_id as id, merchant_id, mode from replaced), ${noted('done', 5)}
      select revision, rules, updated_at from replaced`,
    values: [merchant_id, mode, JSON.stringify(rules), expected, noteValue('routing.changed', note)],
  });
  return rows[0] ?? null;
}

/** All that a decision is made of, as it is at one moment. */
export interface RoutingFacts {
  readonly routing: RoutingRow;
  /** Oldest first. */
  readonly accounts: readonly MeasuredAccount[];
  /** Null: there is no such invoice, or none was named. */
  readonly invoice: PayableInvoice | null;
}

/** Reads what is needed to pick a service for a payment of this invoice (null: of none), in one statement. */
export async function loadRoutingFacts(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  invoiceId: string | null,
): Promise<RoutingFacts> {
  const { rows } = await pool.query<Omit<RoutingFacts, 'routing'> & { routing: RoutingRow | null }>({
    name: 'load_routing_facts',
    text: `
      select
        (select to_jsonb(r) - 'merchant_id' - 'mode' from routings r where r.merchant_id = $1 and r.mode = $2) as routing,
        coalesce((
          select jsonb_agg(jsonb_build_object('id', a.id, 'provider', a.provider, 'label', a.label, 'enabled', a.enabled,
            'refuses_s', ${REFUSES_S}, 'performance', ${PERFORMANCE_OF_A}) order by a.id)
          from provider_accounts a where a.merchant_id = $1 and a.mode = $2), '[]') as accounts,
        (select to_jsonb(i) from (
          select id, merchant_id, reference, description, currency, amount, amount_received, amount_authorized, amount_refunded,
            capture_method, status, customer
          from invoices where id = $3 and merchant_id = $1 and mode = $2) i) as invoice`,
    values: [merchant_id, mode, invoiceId],
  });
  const [row] = rows;
  if (!row) throw new Error('the statement that reads the routing returned no row');
  return { ...row, routing: row.routing ?? NONE };
}
