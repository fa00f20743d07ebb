/** The API's statement about what has become of one capture, void or refund, step by step. */
import type pg from 'pg';
import type { InvoiceEvent } from '../domain/events.ts';
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { OperationRow } from './operations.ts';

/** A fact about it, from the invoice's events. */
export interface OperationFact {
  readonly type: Extract<InvoiceEvent, { operation_id: string }>['type'];
  /** On the invoice's clock, RFC 3339 UTC. */
  readonly at: string;
  readonly failure: ProviderFailure | null;
}

/** A call that asked a provider for it. */
export interface OperationAttempt {
  readonly exchange_id: string;
  /** By the wall clock, RFC 3339 UTC. */
  readonly started_at: string;
  readonly duration_ms: number;
  /** One of the two: the HTTP status, or why there was none. */
  readonly status: number | null;
  readonly failure: ProviderFailure | null;
}

export interface OperationLog {
  /** Oldest first, like the attempts. */
  readonly facts: readonly OperationFact[];
  /** As long as calls are kept. */
  readonly attempts: readonly OperationAttempt[];
}

/** All that is on record about this operation. The caller has checked whose it is. */
export async function readOperationLog(
  pool: pg.Pool,
  { id, invoice_id }: Pick<OperationRow, 'id' | 'invoice_id'>,
): Promise<OperationLog> {
  const { rows } = await pool.query<OperationLog>({
    name: 'read_operation_log',
    text: `
      select coalesce((
        select jsonb_agg(jsonb_build_object('type', e.type, 'at', e.at, 'failure', e.data->'failure') order by e.sequence)
        from invoice_events e where e.invoice_id = $2 and e.data->>'operation_id' = $1 and e.type not like 'case.%'
      ), '[]') as facts, coalesce((
        select jsonb_agg(jsonb_build_object('exchange_id', x.id, 'started_at', x.started_at, 'duration_ms', x.duration_ms,
          'status', x.status, 'failure', x.failure) order by x.started_at, x.id)
        from provider_exchanges x where x.invoice_id = $2 and x.operation_id = $1
      ), '[]') as attempts`,
    values: [id, invoice_id],
  });
  const { facts = [], attempts = [] } = rows[0] ?? {};
  const utc = (time: string): string => new Date(time).toISOString();
  return {
    facts: facts.map((fact) => ({ ...fact, at: utc(fact.at) })),
    attempts: attempts.map((attempt) => ({ ...attempt, started_at: utc(attempt.started_at) })),
  };
}
