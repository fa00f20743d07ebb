/** The list of refunds. */
import type { Listed } from '../../db/lists.ts';
import { findOperation, type OperationRow } from '../../db/operations.ts';
import { listRefunds } from '../../db/refund-list.ts';
import { OPERATION_STATUSES } from '../../domain/operations.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Columns } from '../csv.ts';
import {
  expandOperations,
  OPERATION_EXPANSIONS,
  presentExpandedOperation,
  type ExpandedOperation,
} from '../expanded.ts';
import { oneOf } from '../fields.ts';
import { exactText, listHandler, objectId } from '../lists.ts';
import { metadataFilter } from '../metadata-filter.ts';
import { presentOperation } from '../present-operation.ts';
import { moneyRange, providerName, rangeOf, timeRange } from '../range-filters.ts';
import { shown } from '../shown.ts';

export const refundFilters = (connectors: ApiDependencies['connectors']) => ({
  status: oneOf(OPERATION_STATUSES, 'unknown_status', 'a status of a refund').optional(),
  payment: objectId('pay', 'a payment').optional(),
  invoice: objectId('inv', 'an invoice').optional(),
  reference: exactText(255).optional(),
  provider_operation_id: exactText(255).optional(),
  provider: providerName(connectors),
  ...moneyRange,
  ...timeRange,
  metadata: metadataFilter(),
});

type Row = ExpandedOperation<OperationRow>;

export function refundListRoute(dependencies: ApiDependencies) {
  const { pool } = dependencies;
  return listHandler({
    prefix: 'rfd',
    name: 'refunds',
    filters: refundFilters(dependencies.connectors),
    find: (owner, id) => findOperation(pool, owner, id),
    read: async (owner, wanted, page): Promise<Listed<Row>> => {
      const { status, payment, invoice, reference, provider_operation_id, provider, metadata, ...range } =
        wanted;
      const filter = {
        status: status ?? null,
        payment_id: payment ?? null,
        invoice_id: invoice ?? null,
        reference: reference ?? null,
        provider_operation_id: provider_operation_id ?? null,
        provider: provider ?? null,
        metadata: metadata ?? null,
        ...rangeOf(range),
      };
      return listRefunds(pool, owner, filter, page);
    },
    id: ({ id }) => id,
    expansions: OPERATION_EXPANSIONS,
    complete: (owner, rows, expand) => expandOperations(pool, owner, rows, expand),
    present: (row) => presentExpandedOperation(row, dependencies),
    columns,
  });
}

const columns: Columns<Row> = {
  id: ({ id }) => id,
  payment: ({ payment_id }) => payment_id,
  invoice: ({ invoice_id }) => invoice_id,
  status: (row) => presentOperation(row).status,
  amount: ({ amount }) => amount,
  currency: ({ currency }) => currency,
  display: ({ amount, currency }) => (amount === null ? null : shown(amount, currency).display),
  reason: ({ reason }) => reason,
  reference: ({ reference }) => reference,
  metadata: ({ metadata }) => JSON.stringify(metadata),
  requested_by: ({ requested_by }) => requested_by,
  provider_operation_id: ({ provider_operation_id }) => provider_operation_id,
  failure_kind: ({ failure }) => failure?.kind ?? null,
  failure_code: ({ failure }) => failure?.code ?? null,
  failure_message: ({ failure }) => failure?.message ?? null,
  created_at: ({ created_at }) => created_at,
  updated_at: ({ updated_at }) => updated_at,
};
