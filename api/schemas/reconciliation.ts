/** Reconciliation, settlements and balances in answers. */
import { z } from 'zod';
import type { LedgerAccount } from '../../domain/ledger.ts';
import { OUTCOMES, RUN_SOURCES, RUN_STATUSES } from '../../domain/reconciliation.ts';
import {
  count,
  currency,
  day,
  display,
  failureKind,
  id,
  minor,
  mode,
  named,
  object,
  shownAmount,
  text,
  time,
} from './parts.ts';

export const reconciliationRun = named(
  'ReconciliationRun',
  'One comparison of a provider’s day with the record.',
  object({
    object: z.literal('reconciliation_run'),
    id: id('rec'),
    mode: mode(),
    provider_account: id('pacc'),
    provider: text(),
    day: day(),
    source: z.enum(RUN_SOURCES),
    complete: z.boolean(),
    list_whole: z.boolean().nullable(),
    status: z.enum(RUN_STATUSES),
    failure: object({
      kind: z.union([failureKind(), z.literal('internal')]),
      code: text(),
      message: text(),
    }).nullable(),
    report: object({
      rows: count(),
      outcomes: z.record(z.string(), count()),
      put_right: count(),
      cases: count(),
      settled: z.array(
        object({ currency: currency(), settlements: count(), net: shownAmount, fee: shownAmount }),
      ),
      settled_before: count(),
      overdue: count(),
    }).nullable(),
    requested_by: text('The id of an API key, or `schedule`.'),
    created_at: time(),
    started_at: time().nullable(),
    finished_at: time().nullable(),
  }),
);

export const reconciliationRow = named(
  'ReconciliationRow',
  'One line of a provider’s list or file, with what we have.',
  object({
    object: z.literal('reconciliation_row'),
    id: id('rcr'),
    reconciliation_run: id('rec'),
    outcome: z.enum(OUTCOMES),
    resolution: z.enum(['put_right', 'case']).nullable(),
    case: id('case').nullable(),
    matched_by: z.enum(['provider_id', 'reference', 'amount_and_time']).nullable(),
    payment: id('pay').nullable(),
    invoice: id('inv').nullable(),
    currency: currency().nullable(),
    display: display().nullable(),
    there: object({
      line: count().nullable(),
      provider_payment_id: text().nullable(),
      reference: text().nullable(),
      status: text().nullable(),
      provider_status: text().nullable(),
      amount: minor().nullable(),
      received: minor().nullable(),
      refunded: minor().nullable(),
      fee: minor().nullable(),
      at: time().nullable(),
    }),
    here: object({
      status: text(),
      amount: minor().nullable(),
      received: minor().nullable(),
      refunded: minor().nullable(),
      fee: minor().nullable(),
    }).nullable(),
    settlement: object({
      status: z.enum(['booked', 'booked_before', 'not_booked']).nullable(),
      net: minor(),
      settled_at: time().nullable(),
      reference: text().nullable(),
    }).nullable(),
  }),
);

export const reconciliationChange = named(
  'ReconciliationChange',
  'What a run has otherwise than an earlier one.',
  object({
    object: z.literal('reconciliation_change'),
    id: id('rcr'),
    change: z.enum(['new', 'gone', 'changed']),
    before: reconciliationRow.nullable(),
    after: reconciliationRow.nullable(),
  }),
);

export const settlement = named(
  'Settlement',
  'What a provider has passed on to the bank.',
  object({
    object: z.literal('settlement'),
    id: id('stl'),
    provider_account: id('pacc'),
    provider: text(),
    payment: id('pay').nullable(),
    invoice: id('inv').nullable(),
    reconciliation_run: id('rec').nullable(),
    reference: text().nullable(),
    currency: currency(),
    net: shownAmount,
    fee: shownAmount,
    settled_at: time().nullable(),
    created_at: time(),
  }),
);

export const overdueSettlement = named(
  'OverdueSettlement',
  'A payment whose money should have been passed on by now.',
  object({
    object: z.literal('overdue_settlement'),
    payment: id('pay'),
    invoice: id('inv'),
    provider_account: id('pacc'),
    provider: text(),
    currency: currency(),
    amount: minor(),
    display: display(),
    paid_at: time(),
    due_at: time(),
  }),
);

const LEDGER_ACCOUNTS = [
  'provider_clearing',
  'merchant_payable',
  'customer_excess',
  'held',
  'provider_fees',
  'merchant_refunds',
  'bank',
] as const satisfies readonly LedgerAccount[];

export const balances = named(
  'Balances',
  'What is where, by the ledger: debits positive, credits negative.',
  object({
    object: z.literal('balances'),
    mode: mode(),
    balanced: z.boolean(),
    data: z.array(
      object({
        object: z.literal('balance'),
        currency: currency(),
        balanced: z.boolean(),
        total: shownAmount,
        accounts: z.array(
          object({
            account: z.enum(LEDGER_ACCOUNTS),
            amount: minor(),
            display: display(),
            provider_accounts: z.array(
              object({
                provider_account: id('pacc'),
                provider: text(),
                label: text(),
                amount: minor(),
                display: display(),
              }),
            ),
          }),
        ),
      }),
    ),
  }),
);
