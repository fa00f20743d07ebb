/** The API's statements about captures, voids and refunds. Their rows are brought up to date by the invoice's commits. */
import type pg from 'pg';
import type { OperationKind, OperationStatus } from '../domain/operations.ts';
import type { ProviderFailure } from '../domain/provider-error.ts';
import type { IdempotencyClaim } from './idempotency.ts';
import type { Owner } from './invoices.ts';

export interface OperationRow {
  readonly id: string;
  readonly kind: OperationKind;
  readonly payment_id: string;
  readonly invoice_id: string;
  readonly account_id: string;
  readonly currency: string;
  /** Minor units; null while all that is left was asked for and nobody has decided how much that is. */
  readonly amount: number | null;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  /** True for a refund that the merchant makes outside of the provider and only records. */
  readonly manual: boolean;
  readonly requested_by: string;
  /** `requested`: the invoice's workflow has not decided on it yet. */
  readonly status: OperationStatus | 'requested';
  readonly failure: ProviderFailure | null;
  readonly provider_operation_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

/** Of an operation `o` of a payment `p`. */
export const OPERATION_COLUMNS = `o.id, o.kind, o.payment_id, o.invoice_id, p.account_id, o.currency, o.amount, o.reason, o.reference, o.metadata,
  o.manual, o.requested_by, o.status, o.failure, o.provider_operation_id, o.created_at, o.updated_at`;

/** All captures, voids and refunds of a payment `p`, oldest first, as a column of a statement. */
export const OPERATIONS_OF_P = `coalesce((select jsonb_agg(o order by o.id) from payment_operations o where o.payment_id = p.id), '[]') as operations`;

/** One of them as it is read there: times in Postgres' own spelling. */
export type OperationJson = Omit<OperationRow, 'account_id'>;

/** With its times in UTC. */
export function operationFromJson(json: OperationJson): OperationJson {
  const utc = (time: string): string => new Date(time).toISOString();
  return { ...json, created_at: utc(json.created_at), updated_at: utc(json.updated_at) };
}

/** What is asked for. */
export type NewOperation = Pick<
  OperationRow,
  | 'id'
  | 'kind'
  | 'payment_id'
  | 'amount'
  | 'reason'
  | 'reference'
  | 'metadata'
  | 'manual'
  | 'requested_by'
  | 'created_at'
>;

export interface InsertOperationResult {
  /** False: there is no such payment, or the idempotency key has been used before. */
  readonly made: boolean;
  readonly payment_found: boolean;
}

/** Stores what was asked for, with the claim of its idempotency key, in one statement. Nothing is reserved by it. */
export async function insertOperation(
  pool: pg.Pool,
  owner: Owner,
  operation: NewOperation,
  claim: IdempotencyClaim | null,
): Promise<InsertOperationResult> {
  const { rows } = await pool.query<InsertOperationResult>({
    name: 'insert_operation',
    text: `
      with payment as materialized (
        select p.id, p.invoice_id, p.currency from payments p
        where p.id = $1 and p.merchant_id = $2 and (select i.mode from invoices i where i.id = p.invoice_id) = $3
      ), claim as (
        insert into idempotency_keys (merchant_id, mode, key, request_hash, resource_id)
        select $2, $3, $12, $13, $4 from payment where $12::text is not null
        on conflict (merchant_id, mode, key) do nothing
        returning 1
      ), made as (
        insert into payment_operations (id, kind, payment_id, invoice_id, merchant_id, mode, currency, amount, reason, reference,
          metadata, manual, requested_by, status, created_at, updated_at)
        select $4, $5, id, invoice_id, $2, $3, currency, $6, $7, $8, $9, $14, $10, 'requested', $11, $11
        from payment where $12::text is null or exists (select from claim)
        returning 1
      )
      select exists (select from made) as made, exists (select from payment) as payment_found`,
    values: [
      operation.payment_id,
      owner.merchant_id,
      owner.mode,
      operation.id,
      operation.kind,
      operation.amount,
      operation.reason,
      operation.reference,
      JSON.stringify(operation.metadata),
      operation.requested_by,
      operation.created_at,
      claim?.key ?? null,
      claim?.request_hash ?? null,
      operation.manual,
    ],
  });
  const [row] = rows;
  if (!row) throw new Error('the statement that stores an operation returned no row');
  return row;
}

/** One capture, void or refund; null when this merchant has none of this id in this mode. */
export async function findOperation(pool: pg.Pool, owner: Owner, id: string): Promise<OperationRow | null> {
  const { rows } = await pool.query<OperationRow>({
    name: 'find_operation',
    text: `select ${OPERATION_COLUMNS} from payment_operations o join payments p on p.id = o.payment_id
           where o.id = $1 and o.merchant_id = $2 and o.mode = $3`,
    values: [id, owner.merchant_id, owner.mode],
  });
  return rows[0] ?? null;
}

/** Forgets what was asked for and refused: nothing was reserved or sent. */
export async function forgetOperation(pool: pg.Pool, id: string): Promise<void> {
  await pool.query({
    name: 'forget_operation',
    text: `delete from payment_operations where id = $1 and status = 'requested'`,
    values: [id],
  });
}
