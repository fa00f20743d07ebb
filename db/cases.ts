/** The API's statements about cases: what a person has or had to decide. Their rows follow from the invoices' events. */
import type pg from 'pg';
import type { CaseDecision, CaseKind } from '../domain/cases.ts';
import type { Owner } from './invoices.ts';

export interface CaseRow {
  readonly id: string;
  readonly kind: CaseKind;
  readonly invoice_id: string;
  readonly payment_id: string;
  readonly operation_id: string | null;
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
  readonly opened_at: string;
  readonly resolved_at: string | null;
  readonly decision: CaseDecision | null;
  readonly resolved_by: string | null;
  readonly reason: string | null;
}

/** Of a case `c`. */
export const CASE_COLUMNS = `c.id, c.kind, c.invoice_id, c.payment_id, c.operation_id, c.currency, c.amount, c.opened_at, c.resolved_at, c.decision,
  c.resolved_by, c.reason`;

/** One case; null when this merchant has none of this id in this mode. */
export async function findCase(pool: pg.Pool, owner: Owner, id: string): Promise<CaseRow | null> {
  const { rows } = await pool.query<CaseRow>({
    name: 'find_case',
    text: `select ${CASE_COLUMNS} from cases c where c.id = $1 and c.merchant_id = $2 and c.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

export interface CaseFilter {
  /** Null: both. */
  readonly open: boolean | null;
  readonly kind: CaseKind | null;
  readonly invoice_id: string | null;
  /** Cases opened before the one of this id. */
  readonly after: string | null;
  /** Cases opened after the one of this id. */
  readonly before: string | null;
  readonly limit: number;
}

/** A page of a merchant's cases, the newest first. */
export async function listCases(
  pool: pg.Pool,
  { merchant_id, mode }: Owner,
  { open, kind, invoice_id, after, before, limit }: CaseFilter,
): Promise<{ readonly rows: readonly CaseRow[]; readonly has_more: boolean }> {
  const direction = before === null ? 'desc' : 'asc';
  const { rows } = await pool.query<CaseRow>({
    name: `list_cases_${direction}`,
    text: `select ${CASE_COLUMNS} from cases c
           where c.merchant_id = $1 and c.mode = $2 and ($3::boolean is null or (c.resolved_at is null) = $3)
             and ($4::text is null or c.kind = $4) and ($5::text is null or c.invoice_id = $5)
             and ($6::text is null or c.id < $6) and ($7::text is null or c.id > $7)
           order by c.id ${direction} limit $8`,
    values: [merchant_id, mode, open, kind, invoice_id, after, before, limit + 1],
  });
  const page = rows.slice(0, limit);
  return { rows: before === null ? page : page.reverse(), has_more: rows.length > limit };
}
