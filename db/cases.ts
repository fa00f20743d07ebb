/** The API's statements about cases: what a person has or had to decide. Their rows follow from the invoices' events. */
import type pg from 'pg';
import { noted, noteValue, type AuditNote } from './audit-entries.ts';
import type { CaseDecision, CaseKind } from '../domain/cases.ts';
import type { Difference, DifferenceDecision } from '../domain/reconciliation.ts';
import type { DeliveryQueue } from './deliveries.ts';
import { tellOfCases, type ToldRow } from './difference-events.ts';
import { newId } from './ids.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import { withMoney, withTime, type RangeFilter } from './ranges.ts';
import { ACCEPT_FEE } from './settlements.ts';

export interface CaseRow {
  readonly id: string;
  /** A difference is from a reconciliation run, and may have neither invoice nor payment; the others have both. */
  readonly kind: CaseKind | Difference;
  readonly invoice_id: string | null;
  readonly payment_id: string | null;
  readonly operation_id: string | null;
  /** Null: the provider does not say. */
  readonly currency: string | null;
  /** Minor units. */
  readonly amount: number;
  readonly opened_at: string;
  readonly resolved_at: string | null;
  readonly decision: CaseDecision | DifferenceDecision | null;
  readonly resolved_by: string | null;
  readonly reason: string | null;
  /** Of a difference: where it was found, and the provider's id of what it is about. */
  readonly account_id: string | null;
  readonly row_id: string | null;
  readonly run_id: string | null;
  readonly provider_payment_id: string | null;
}

/** Of a case `c` and the row `w` of a reconciliation run that it is about, if it is. */
export const CASE_COLUMNS = `c.id, c.kind, c.invoice_id, c.payment_id, c.operation_id, c.currency, c.amount, c.opened_at, c.resolved_at, c.decision,
  c.resolved_by, c.reason, c.account_id, c.row_id, w.run_id, w.provider_payment_id`;
export const CASE_SOURCE = 'cases c left join reconciliation_rows w on w.id = c.row_id';

/** One case; null when this merchant has none of this id in this mode. */
export async function findCase(pool: pg.Pool, owner: Owner, id: string): Promise<CaseRow | null> {
  const { rows } = await pool.query<CaseRow>({
    name: 'find_case',
    text: `select ${CASE_COLUMNS} from ${CASE_SOURCE} where c.id = $1 and c.merchant_id = $2 and c.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

/** Null: any. */
export interface CaseFilter extends RangeFilter {
  readonly open: boolean | null;
  readonly kind: CaseKind | Difference | null;
  readonly invoice_id: string | null;
  readonly payment_id: string | null;
  readonly provider: string | null;
}

/** Of the account that it is about, or of the payment's. Two look-ups: by an id that is one or the other, no index is used behind row-level security. */
const PROVIDER = `coalesce((select a.provider from provider_accounts a where a.id = c.account_id),
  (select a.provider from payments p join provider_accounts a on a.id = p.account_id where p.id = c.payment_id))`;

/** A page of a merchant's cases, the newest first. */
export function listCases(
  pool: pg.Pool,
  owner: Owner,
  filter: CaseFilter,
  page: Page,
): Promise<Listed<CaseRow>> {
  return readPage<CaseRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['c.merchant_id = $', owner.merchant_id],
      ['c.mode = $', owner.mode],
      ['(c.resolved_at is null) = $', filter.open === null ? null : String(filter.open)],
      ['c.kind = $', filter.kind],
      ['c.invoice_id = $', filter.invoice_id],
      ['c.payment_id = $', filter.payment_id],
      [`${PROVIDER} = $`, filter.provider],
      ...withMoney('c', filter),
      ...withTime('c.opened_at', filter),
    ]);
    return `select ${CASE_COLUMNS} from ${CASE_SOURCE} where ${matching} ${clauses.page('c.id')}`;
  });
}

/**
 * Records what a person has decided about a difference, books what follows from it and tells of it; nothing when it was decided before.
 * Whom there is something to send to.
 */
export async function resolveDifference(
  pool: pg.Pool,
  id: string,
  decided: { readonly decision: DifferenceDecision; readonly by: string; readonly reason: string },
  note: AuditNote,
): Promise<readonly DeliveryQueue[]> {
  const { rows } = await pool.query<ToldRow>({
    name: 'resolve_difference',
    text: `
      with decided as (
        update cases set resolved_at = now(), decision = $2, resolved_by = $3, reason = $4
        where id = $1 and row_id is not null and resolved_at is null
        returning *
      ), ${ACCEPT_FEE}, ${noted('decided', 5)}, ${tellOfCases('decided', 'case.resolved', '(select $1::text as case_id, $6::text as event_id) u')}`,
    values: [
      id,
      decided.decision,
      decided.by,
      decided.reason,
      noteValue('reconciliation.difference_resolved', note),
      newId('evt'),
    ],
  });
  return rows[0]?.queues ?? [];
}
