/** The list of payments. */
import type { Listed } from '../../db/lists.ts';
import { listPayments } from '../../db/payment-list.ts';
import { findPayment } from '../../db/payments.ts';
import { PAYMENT_STATUSES } from '../../domain/status.ts';
import type { ApiDependencies } from '../dependencies.ts';
import type { Columns } from '../csv.ts';
import {
  expandPayments,
  PAYMENT_EXPANSIONS,
  presentExpandedPayment,
  type ExpandedPayment,
} from '../expanded.ts';
import { oneOf } from '../fields.ts';
import { exactText, listHandler, objectId } from '../lists.ts';
import { serviceId } from '../present.ts';
import { moneyRange, providerName, rangeOf, timeRange } from '../range-filters.ts';
import { shown } from '../shown.ts';

export const paymentFilters = (connectors: ApiDependencies['connectors']) => ({
  status: oneOf(PAYMENT_STATUSES, 'unknown_status', 'a status of a payment').optional(),
  provider: providerName(connectors),
  invoice: objectId('inv', 'an invoice').optional(),
  provider_payment_id: exactText(255).optional(),
  reference: exactText(255).optional(),
  ...moneyRange,
  ...timeRange,
});

export function paymentListRoute(dependencies: ApiDependencies) {
  const { pool, connectors } = dependencies;
  return listHandler({
    prefix: 'pay',
    name: 'payments',
    filters: paymentFilters(connectors),
    find: (owner, id) => findPayment(pool, owner, id),
    read: async (owner, wanted, page): Promise<Listed<ExpandedPayment>> => {
      const { status, provider, invoice, provider_payment_id, reference, ...range } = wanted;
      const filter = {
        status: status ?? null,
        provider: provider ?? null,
        invoice_id: invoice ?? null,
        provider_payment_id: provider_payment_id ?? null,
        reference: reference ?? null,
        ...rangeOf(range),
      };
      return listPayments(pool, owner, filter, page);
    },
    id: ({ id }) => id,
    expansions: PAYMENT_EXPANSIONS,
    complete: (owner, rows, expand) => expandPayments(pool, owner, rows, expand),
    present: (row) => presentExpandedPayment(row, dependencies),
    columns,
  });
}

const columns: Columns<ExpandedPayment> = {
  id: ({ id }) => id,
  invoice: ({ invoice_id }) => invoice_id,
  payment_service: ({ provider, method }) => serviceId(provider, method),
  provider: ({ provider }) => provider,
  provider_account: ({ account_id }) => account_id,
  provider_payment_id: ({ provider_payment_id }) => provider_payment_id,
  status: ({ status }) => status,
  amount: ({ amount }) => amount,
  currency: ({ currency }) => currency,
  display: ({ amount, currency }) => shown(amount, currency).display,
  received: ({ amount_received }) => amount_received,
  authorized: ({ amount_authorized }) => amount_authorized,
  refunded: ({ amount_refunded }) => amount_refunded,
  description: ({ description }) => description,
  failure_kind: ({ failure }) => failure?.kind ?? null,
  failure_code: ({ failure }) => failure?.code ?? null,
  failure_message: ({ failure }) => failure?.message ?? null,
  expires_at: ({ expires_at }) => expires_at,
  created_at: ({ created_at }) => created_at,
  updated_at: ({ updated_at }) => updated_at,
};
