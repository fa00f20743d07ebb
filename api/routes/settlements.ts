/** Settlements: what providers have passed on to the bank, and what they should have by now. */
import { listOverdue, type OverdueRow } from '../../db/overdue-settlements.ts';
import { findPayment } from '../../db/payments.ts';
import { findSettlement, listSettlements, type SettlementRow } from '../../db/settlements.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { exactText, listHandler, objectId } from '../lists.ts';
import type { Shown } from '../schemas/parts.ts';
import type { overdueSettlement, settlement } from '../schemas/reconciliation.ts';
import { shown } from '../shown.ts';

export const settlementFilters = {
  provider_account: objectId('pacc', 'a provider account').optional(),
  payment: objectId('pay', 'a payment').optional(),
  reconciliation_run: objectId('rec', 'a reconciliation run').optional(),
  reference: exactText(200).optional(),
};
export const overdueFilters = { provider_account: objectId('pacc', 'a provider account').optional() };

export function settlementRoutes({ pool, connectors }: ApiDependencies) {
  const days = Object.fromEntries(
    connectors.map(({ manifest }) => [manifest.provider, manifest.settlement_days]),
  );

  const list = listHandler({
    prefix: 'stl',
    name: 'settlements',
    filters: settlementFilters,
    find: (owner, id) => findSettlement(pool, owner, id),
    read: (owner, { provider_account, payment, reconciliation_run, reference }, page) => {
      const filter = {
        account_id: provider_account ?? null,
        payment_id: payment ?? null,
        run_id: reconciliation_run ?? null,
        reference: reference ?? null,
      };
      return listSettlements(pool, owner, filter, page);
    },
    id: ({ id }) => id,
    present: (row: SettlementRow): Shown<typeof settlement> => ({
      object: 'settlement',
      id: row.id,
      provider_account: row.account_id,
      provider: row.provider,
      payment: row.payment_id,
      invoice: row.invoice_id,
      reconciliation_run: row.run_id,
      reference: row.reference,
      currency: row.currency,
      net: shown(row.net, row.currency),
      fee: shown(row.fee, row.currency),
      settled_at: row.settled_at,
      created_at: row.created_at,
    }),
    columns: SETTLEMENT_COLUMNS,
  });

  const overdue = listHandler({
    prefix: 'pay',
    name: 'overdue_settlements',
    filters: overdueFilters,
    find: (owner, id) => findPayment(pool, owner, id),
    read: (owner, { provider_account }, page) =>
      listOverdue(pool, owner, provider_account ?? null, days, page),
    id: ({ payment_id }) => payment_id,
    present: (row: OverdueRow): Shown<typeof overdueSettlement> => ({
      object: 'overdue_settlement',
      payment: row.payment_id,
      invoice: row.invoice_id,
      provider_account: row.account_id,
      provider: row.provider,
      currency: row.currency,
      ...shown(row.amount, row.currency),
      paid_at: row.paid_at,
      due_at: row.due_at,
    }),
    columns: OVERDUE_COLUMNS,
  });

  return { list, overdue };
}

const SETTLEMENT_COLUMNS: Columns<SettlementRow> = {
  id: ({ id }) => id,
  provider_account: ({ account_id }) => account_id,
  provider: ({ provider }) => provider,
  payment: ({ payment_id }) => payment_id,
  invoice: ({ invoice_id }) => invoice_id,
  reconciliation_run: ({ run_id }) => run_id,
  reference: ({ reference }) => reference,
  currency: ({ currency }) => currency,
  net: ({ net }) => net,
  fee: ({ fee }) => fee,
  display: ({ net, currency }) => shown(net, currency).display,
  settled_at: ({ settled_at }) => settled_at,
  created_at: ({ created_at }) => created_at,
};

const OVERDUE_COLUMNS: Columns<OverdueRow> = {
  payment: ({ payment_id }) => payment_id,
  invoice: ({ invoice_id }) => invoice_id,
  provider_account: ({ account_id }) => account_id,
  provider: ({ provider }) => provider,
  amount: ({ amount }) => amount,
  currency: ({ currency }) => currency,
  display: ({ amount, currency }) => shown(amount, currency).display,
  paid_at: ({ paid_at }) => paid_at,
  due_at: ({ due_at }) => due_at,
};
