/** Entries of the audit trail: how the statements that change the configuration leave theirs, and how they are read. */
import type pg from 'pg';
import type { Actor, AuditAction, ConfigurationAction } from '../domain/audit-trail.ts';
import { newId } from './ids.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import type { Mode } from './merchants.ts';

/** Who does it, and what is worth knowing of it. Never a secret, never personal data. */
export interface AuditNote {
  readonly actor: Actor;
  readonly details: Readonly<Record<string, unknown>>;
}

/**
 * A part of a `with` clause, to stand in the statement that does it: its entries if `source` has a row, none if not. `source` has
 * `id`, `merchant_id` and `mode`; `place` is the number of the parameter that `noteValue` or `noteValues` gives.
 */
export function noted(source: string, place: number): string {
  return `noted as (
    insert into audit_entries (id, merchant_id, mode, actor_type, actor_id, action, object_id, details)
    select n.id, s.merchant_id, coalesce(n.mode, s.mode), n.actor_type, n.actor_id, n.action, s.id, n.details
    from ${source} s, jsonb_to_recordset($${place}::jsonb) as n
      (id text, mode text, actor_type text, actor_id text, action text, details jsonb)
  )`;
}

/** The parameter of `noted` for one entry. */
export const noteValue = (action: ConfigurationAction, note: AuditNote): string =>
  noteValues([{ action, note }]);

/** The parameter of `noted` for several. `mode`: another than that of the source. */
export function noteValues(
  notes: readonly { readonly action: ConfigurationAction; readonly note: AuditNote; readonly mode?: Mode }[],
): string {
  return JSON.stringify(
    notes.map(({ action, note: { actor, details }, mode }) => ({
      id: newId('aud'),
      mode,
      actor_type: actor.type,
      actor_id: actor.id,
      action,
      details,
    })),
  );
}

export interface AuditEntryRow {
  readonly id: string;
  readonly mode: Mode;
  readonly actor_type: Actor['type'];
  readonly actor_id: string | null;
  readonly action: AuditAction;
  readonly object_id: string;
  readonly invoice_id: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly created_at: string;
  /** The link of the chain that covers it; null: not sealed yet. */
  readonly link: number | null;
}

/** Null: any. */
export interface AuditFilter {
  readonly actor_type: Actor['type'] | null;
  readonly actor: string | null;
  readonly action: AuditAction | null;
  /** An invoice's has all that happened to it. */
  readonly object: string | null;
  /** Milliseconds. */
  readonly created_gte: number | null;
  readonly created_lte: number | null;
}

/** Of an entry `a` with what it was entered from. */
export const ENTRY_COLUMNS = `a.id, a.mode, a.actor_type, a.actor_id, a.action, a.object_id, a.invoice_id, a.created_at,
  case when a.event_sequence is null then a.details else coalesce(e.data, jsonb_build_object(
    'amount', i.amount, 'currency', i.currency, 'due_at', i.due_at, 'capture_method', i.capture_method)) end as details,
  (select t.link from audit_items t where t.subject = case when a.invoice_id is null then a.id else a.invoice_id end
     and t.first <= case when a.event_sequence is null then 1 else a.event_sequence end
   order by t.first desc limit 1) as link`;

/** What else the columns need. */
export const ENTRY_JOINS = `
  left join invoice_events e on e.invoice_id = a.invoice_id and e.sequence = a.event_sequence
  left join invoices i on i.id = a.invoice_id`;

/** One entry; null when this merchant has none of this id in this mode. */
export async function findAuditEntry(pool: pg.Pool, owner: Owner, id: string): Promise<AuditEntryRow | null> {
  const { rows } = await pool.query<AuditEntryRow>({
    name: 'find_audit_entry',
    text: `select ${ENTRY_COLUMNS} from audit_entries a ${ENTRY_JOINS} where a.id = $1 and a.merchant_id = $2 and a.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

/** A page of a merchant's audit trail, the newest first. */
export function listAuditEntries(
  pool: pg.Pool,
  owner: Owner,
  filter: AuditFilter,
  page: Page,
): Promise<Listed<AuditEntryRow>> {
  const isInvoice = filter.object?.startsWith('inv_') === true;
  return readPage<AuditEntryRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['a.merchant_id = $', owner.merchant_id],
      ['a.mode = $', owner.mode],
      ['a.actor_type = $', filter.actor_type],
      ['a.actor_id = $', filter.actor],
      ['a.action = $', filter.action],
      ['a.object_id = $', isInvoice ? null : filter.object],
      ['(a.invoice_id = $ or a.object_id = $)', isInvoice ? filter.object : null],
      ['a.created_at >= to_timestamp($::double precision / 1000)', filter.created_gte],
      ['a.created_at <= to_timestamp($::double precision / 1000)', filter.created_lte],
    ]);
    return `select ${ENTRY_COLUMNS} from audit_entries a ${ENTRY_JOINS} where ${matching} ${clauses.page('a.id')}`;
  });
}

/** Where a merchant's chain ends; null while it has no link. */
export interface ChainHead {
  readonly sequence: number;
  readonly hash: Buffer;
  readonly sealed_at: string;
}

export async function findChainHead(
  pool: pg.Pool | pg.PoolClient,
  merchantId: string,
): Promise<ChainHead | null> {
  const { rows } = await pool.query<ChainHead>(
    'select sequence, hash, sealed_at from audit_links where merchant_id = $1 order by sequence desc limit 1',
    [merchantId],
  );
  return rows[0] ?? null;
}
