/** Cases as the API shows them. */
import type { CaseRow } from '../db/cases.ts';
import { CASE_DECISIONS } from '../domain/cases.ts';
import { shown } from './shown.ts';

export function presentCase(row: CaseRow) {
  return {
    object: 'case',
    id: row.id,
    kind: row.kind,
    status: row.resolved_at === null ? 'open' : 'resolved',
    invoice: row.invoice_id,
    payment: row.payment_id,
    operation: row.operation_id,
    ...shown(row.amount, row.currency),
    currency: row.currency,
    possible_decisions: row.resolved_at === null ? CASE_DECISIONS[row.kind] : [],
    decision: row.decision,
    reason: row.reason,
    resolved_by: row.resolved_by,
    opened_at: row.opened_at,
    resolved_at: row.resolved_at,
  };
}
