/** What the operations pages read of everything that has a merchant: lists over one merchant or all, and whose an object is. */
import type pg from 'pg';
import type { ConfigurationAction } from '../domain/audit-trail.ts';
import { noteValue, type AuditNote } from './audit-entries.ts';
import { isId, type IdPrefix } from './ids.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Condition, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';

/** Null: of all merchants. */
export interface Sight {
  readonly merchant_id: string | null;
  readonly mode: Mode;
}

/** Whose a row is, for lists of several merchants. */
export interface OfMerchant {
  readonly merchant_id: string;
  readonly merchant: string;
}

interface Source {
  readonly table: string;
  /** What `columns` and `conditions` call it. */
  readonly alias: string;
  readonly columns: string;
  /** Other tables that `columns` names. */
  readonly joins?: string;
  /** About the table alone. */
  readonly conditions: readonly Condition[];
}

/**
 * A page of a table that has `merchant_id`, `mode` and `id`, the newest first. It is read merchant by merchant, a page of each at most,
 * because that is how the indexes are in order.
 */
export function listAcross<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  { merchant_id, mode }: Sight,
  { table, alias: t, columns, joins = '', conditions }: Source,
  page: Page,
): Promise<Listed<Row & OfMerchant>> {
  const order = page.before === null ? 'desc' : 'asc';
  return readPage<Row & OfMerchant>(pool, page, (clauses) => {
    const merchant = clauses.where([['m.id = $', merchant_id]]);
    const matching = clauses.where([[`${t}.mode = $`, mode], ...conditions]);
    return `select ${columns}, ${t}.merchant_id, m.name as merchant from (
        select found.* from merchants m cross join lateral (
          select ${t}.* from ${table} ${t} where ${t}.merchant_id = m.id and ${matching} ${clauses.page(`${t}.id`)}
        ) found ${merchant && `where ${merchant}`}
      ) ${t} join merchants m on m.id = ${t}.merchant_id ${joins}
      order by ${t}.id ${order} limit ${page.limit + 1}`;
  });
}

const TABLES = {
  dlv: 'deliveries',
  whe: 'webhook_endpoints',
  case: 'cases',
  rec: 'reconciliation_runs',
  inc: 'incidents',
  pacc: 'provider_accounts',
  key: 'api_keys',
  aud: 'audit_entries',
} as const satisfies Partial<Record<IdPrefix, string>>;

export type OwnedPrefix = keyof typeof TABLES;

/** Whose the object of this id is; null: there is none. */
export async function findOwner(pool: pg.Pool, prefix: OwnedPrefix, id: string): Promise<Owner | null> {
  if (!isId(prefix, id)) return null;
  const { rows } = await pool.query<Owner>(`select merchant_id, mode from ${TABLES[prefix]} where id = $1`, [
    id,
  ]);
  return rows[0] ?? null;
}

/** Leaves an entry in the audit trail about what another statement has done. */
export async function leaveNote(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  action: ConfigurationAction,
  objectId: string,
  note: AuditNote,
): Promise<void> {
  await pool.query(
    `insert into audit_entries (id, merchant_id, mode, actor_type, actor_id, action, object_id, details)
     select n.id, $1, $2, n.actor_type, n.actor_id, n.action, $3, n.details
     from jsonb_to_recordset($4::jsonb) as n (id text, actor_type text, actor_id text, action text, details jsonb)`,
    [merchant_id, mode, objectId, noteValue(action, note)],
  );
}
