/** The statement of the list of refunds. */
import type pg from 'pg';
import type { OperationStatus } from '../domain/operations.ts';
import type { Owner } from './invoices.ts';
import { readPage, type Listed, type Page } from './lists.ts';
import { hasMetadata } from './metadata.ts';
import { withinIds, withMoney, withTime, type RangeFilter } from './ranges.ts';
import { OPERATION_COLUMNS, type OperationRow } from './operations.ts';

/** Null: any. */
export interface RefundFilter extends RangeFilter {
  readonly provider: string | null;
  /** As it is shown: `pending` is also what nobody has decided on yet. */
  readonly status: OperationStatus | null;
  readonly payment_id: string | null;
  readonly invoice_id: string | null;
  readonly reference: string | null;
  readonly provider_operation_id: string | null;
  /** All of it has to be in the refund's. */
  readonly metadata: Readonly<Record<string, string>> | null;
}

/** A page of a merchant's refunds, the newest first. */
export function listRefunds(
  pool: pg.Pool,
  owner: Owner,
  filter: RefundFilter,
  page: Page,
): Promise<Listed<OperationRow>> {
  return readPage<OperationRow>(pool, page, (clauses) => {
    const matching = clauses.where([
      ['o.merchant_id = $', owner.merchant_id],
      ['o.mode = $', owner.mode],
      ['o.kind = $', 'refund'],
      [`replace(o.status, 'requested', 'pending') = $`, filter.status],
      ['o.payment_id = $', filter.payment_id],
      ['o.invoice_id = $', filter.invoice_id],
      ['p.provider = $', filter.provider],
      ['o.reference = $', filter.reference],
      ['o.provider_operation_id = $', filter.provider_operation_id],
      ...withMoney('o', filter),
      ...withTime('o.created_at', filter),
      ...withinIds('rfd', (sign) => `o.id ${sign} $`, filter),
      ...hasMetadata('o', filter.metadata, owner),
    ]);
    const source = filter.metadata === null ? 'payment_operations' : 'payment_operations_in_scope';
    return `select ${OPERATION_COLUMNS} from ${source} o join payments p on p.id = o.payment_id
            where ${matching} ${clauses.page('o.id')}`;
  });
}
