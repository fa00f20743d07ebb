/** Cases as the API shows them. */
import type { CaseRow } from '../db/cases.ts';
import { CASE_DECISIONS } from '../domain/cases.ts';
import { DIFFERENCE_DECISIONS } from '../domain/reconciliation.ts';
import type { caseSchema } from './schemas/case.ts';
import type { Shown } from './schemas/parts.ts';
import { shown } from './shown.ts';

/** What can be decided on a case of each kind. */
export const POSSIBLE_DECISIONS = { ...CASE_DECISIONS, ...DIFFERENCE_DECISIONS };

export function presentCase(row: CaseRow): Shown<typeof caseSchema> {
  return {
    object: 'case',
    id: row.id,
    kind: row.kind,
    status: row.resolved_at === null ? 'open' : 'resolved',
    invoice: row.invoice_id,
    payment: row.payment_id,
    operation: row.operation_id,
    ...(row.currency === null ? { amount: row.amount, display: null } : shown(row.amount, row.currency)),
    currency: row.currency,
    provider_account: row.account_id,
    provider_payment_id: row.provider_payment_id,
    reconciliation_run: row.run_id,
    reconciliation_row: row.row_id,
    possible_decisions: row.resolved_at === null ? POSSIBLE_DECISIONS[row.kind] : [],
    decision: row.decision,
    reason: row.reason,
    resolved_by: row.resolved_by,
    opened_at: row.opened_at,
    resolved_at: row.resolved_at,
  };
}
