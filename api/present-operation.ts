/** Captures, voids and refunds as the API shows them. */
import type { OperationAttempt, OperationFact, OperationLog } from '../db/operation-log.ts';
import type { OperationJson } from '../db/operations.ts';
import { kindOfStatus } from '../providers/answers.ts';
import type { operation, operationLog } from './schemas/operation.ts';
import type { Shown } from './schemas/parts.ts';
import { shown } from './shown.ts';

export function presentOperation(row: OperationJson): Shown<typeof operation> {
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

/** What has become of one, step by step: what is known, and each call that asked the provider for it. */
export function presentOperationLog({ facts, attempts }: OperationLog): Shown<typeof operationLog> {
  return {
    history: facts.map(({ type, at, failure }) => ({
      status: FACT_STATUS[type],
      at,
      failure: failure && { kind: failure.kind, code: failure.code, message: failure.message },
    })),
    attempts: attempts.map((attempt) => ({
      at: attempt.started_at,
      outcome: outcomeOf(attempt),
      http_status: attempt.status,
      failure: attempt.failure && { code: attempt.failure.code, message: attempt.failure.message },
      duration_ms: attempt.duration_ms,
      exchange: attempt.exchange_id,
    })),
  };
}

const FACT_STATUS = {
  'operation.requested': 'requested',
  'operation.unknown': 'unknown',
  'operation.accepted': 'accepted',
  'operation.failed': 'failed',
  'operation.canceled': 'canceled',
  'operation.succeeded': 'succeeded',
  'money.refunded': 'succeeded',
} as const satisfies Partial<Record<OperationFact['type'], string>>;

/**
 * `answered`: the exchange has what was said. `refused`: nothing happened, and will not. `not_taken`: nothing happened, and it is asked
 * for again. `unknown`: it may have happened.
 */
function outcomeOf({ status, failure }: OperationAttempt): 'answered' | 'refused' | 'not_taken' | 'unknown' {
  if (status !== null && status < 300) return 'answered';
  const kind = status === null ? failure?.kind : kindOfStatus(status, true);
  switch (kind) {
    case 'declined':
    case 'invalid_request':
    case 'not_found':
      return 'refused';
    case 'unavailable':
    case 'rate_limited':
    case 'bad_credentials':
      return 'not_taken';
    case 'unknown_outcome':
    case undefined:
      return 'unknown';
  }
}
