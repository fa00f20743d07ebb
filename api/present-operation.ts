/** Captures, voids and refunds as the API shows them. */
import type { OperationJson } from '../db/operations.ts';
import { shown } from './shown.ts';

export function presentOperation(row: OperationJson) {
  const { currency, failure } = row;
  return {
    object: row.kind,
    id: row.id,
    payment: row.payment_id,
    invoice: row.invoice_id,
    // Not decided on yet is, to everybody outside, on its way.
    status: row.status === 'requested' ? 'pending' : row.status,
    ...(row.amount === null ? { amount: null, display: null } : shown(row.amount, currency)),
    currency,
    reason: row.reason,
    reference: row.reference,
    metadata: row.metadata,
    requested_by: row.requested_by,
    provider_operation_id: row.provider_operation_id,
    failure: failure && { kind: failure.kind, code: failure.code, message: failure.message },
    created_at: row.created_at,
    updated_at: row.updated_at,
  };
}

/** All of a payment, by kind, oldest first. */
export function presentOperations(rows: readonly OperationJson[]) {
  const of = (kind: OperationJson['kind']) => rows.filter((row) => row.kind === kind).map(presentOperation);
  return { captures: of('capture'), voids: of('void'), refunds: of('refund') };
}
