/** Reconciliation runs, their rows and what has changed between two of them, as the API shows them. */
import type { ChangedRow, ReconciledRow } from '../db/reconciliation-rows.ts';
import type { RunRow } from '../db/reconciliation-runs.ts';
import type { Cell, Columns } from './csv.ts';
import type { Shown } from './schemas/parts.ts';
import type { reconciliationChange, reconciliationRow, reconciliationRun } from './schemas/reconciliation.ts';
import { shown } from './shown.ts';

export function presentRun(run: RunRow): Shown<typeof reconciliationRun> {
  const { report } = run;
  return {
    object: 'reconciliation_run',
    id: run.id,
    mode: run.mode,
    provider_account: run.account_id,
    provider: run.provider,
    day: run.day,
    source: run.source,
    complete: run.is_complete,
    list_whole: run.list_whole,
    status: run.status,
    failure: run.failure,
    report: report && {
      ...report,
      settled: report.settled.map(({ currency, settlements, net, fee }) => ({
        currency,
        settlements,
        net: shown(net, currency),
        fee: shown(fee, currency),
      })),
    },
    requested_by: run.requested_by.startsWith('sarraf-') ? 'schedule' : run.requested_by,
    created_at: run.created_at,
    started_at: run.started_at,
    finished_at: run.finished_at,
  };
}

export const RUN_COLUMNS: Columns<RunRow> = {
  id: ({ id }) => id,
  provider_account: ({ account_id }) => account_id,
  provider: ({ provider }) => provider,
  day: ({ day }) => day,
  source: ({ source }) => source,
  status: ({ status }) => status,
  rows: ({ report }) => report?.rows ?? null,
  matched: ({ report }) => report?.outcomes['matched'] ?? (report ? 0 : null),
  put_right: ({ report }) => report?.put_right ?? null,
  cases: ({ report }) => report?.cases ?? null,
  overdue: ({ report }) => report?.overdue ?? null,
  failure_code: ({ failure }) => failure?.code ?? null,
  failure_message: ({ failure }) => failure?.message ?? null,
  created_at: ({ created_at }) => created_at,
  finished_at: ({ finished_at }) => finished_at,
};

/** Amounts are in minor units of `currency`, with `display` beside the one that people look for first. */
export function presentRow(row: ReconciledRow): Shown<typeof reconciliationRow> {
  return {
    object: 'reconciliation_row',
    id: row.id,
    reconciliation_run: row.run_id,
    outcome: row.outcome,
    resolution: row.resolution,
    case: row.case_id,
    matched_by: row.matched_by,
    payment: row.payment_id,
    invoice: row.invoice_id,
    currency: row.currency,
    display: displayOf(row),
    there: {
      line: row.line,
      provider_payment_id: row.provider_payment_id,
      reference: row.reference,
      status: row.status,
      provider_status: row.provider_status,
      amount: row.amount,
      received: row.received,
      refunded: row.refunded,
      fee: row.fee,
      at: row.at,
    },
    here:
      row.our_status === null
        ? null
        : {
            status: row.our_status,
            amount: row.our_amount,
            received: row.our_received,
            refunded: row.our_refunded,
            fee: row.our_fee,
          },
    settlement:
      row.settled === null
        ? null
        : {
            status: row.settlement,
            net: row.settled,
            settled_at: row.settled_at,
            reference: row.settlement_reference,
          },
  };
}

function displayOf({ currency, received, amount, our_received }: ReconciledRow): string | null {
  const told = received ?? amount ?? our_received;
  return currency === null || told === null ? null : shown(told, currency).display;
}

export const ROW_COLUMNS: Columns<ReconciledRow> = {
  id: ({ id }) => id,
  outcome: ({ outcome }) => outcome,
  resolution: ({ resolution }) => resolution,
  case: ({ case_id }) => case_id,
  matched_by: ({ matched_by }) => matched_by,
  payment: ({ payment_id }) => payment_id,
  invoice: ({ invoice_id }) => invoice_id,
  currency: ({ currency }) => currency,
  display: displayOf,
  line: ({ line }) => line,
  provider_payment_id: (row) => row.provider_payment_id,
  reference: ({ reference }) => reference,
  there_status: ({ status }) => status,
  there_provider_status: ({ provider_status }) => provider_status,
  there_amount: ({ amount }) => amount,
  there_received: ({ received }) => received,
  there_refunded: ({ refunded }) => refunded,
  there_fee: ({ fee }) => fee,
  there_at: (row) => row.at,
  here_status: ({ our_status }) => our_status,
  here_amount: ({ our_amount }) => our_amount,
  here_received: ({ our_received }) => our_received,
  here_refunded: ({ our_refunded }) => our_refunded,
  here_fee: ({ our_fee }) => our_fee,
  settlement: ({ settlement }) => settlement,
  settled_net: ({ settled }) => settled,
  settled_at: ({ settled_at }) => settled_at,
  settlement_reference: ({ settlement_reference }) => settlement_reference,
};

export function presentChange({ id, change, before, after }: ChangedRow): Shown<typeof reconciliationChange> {
  return {
    object: 'reconciliation_change',
    id,
    change,
    before: before && presentRow(before),
    after: after && presentRow(after),
  };
}

const of =
  (side: 'before' | 'after', pick: (row: ReconciledRow) => Cell) =>
  (changed: ChangedRow): Cell => {
    const row = changed[side];
    return row === null ? null : pick(row);
  };

export const CHANGE_COLUMNS: Columns<ChangedRow> = {
  id: ({ id }) => id,
  change: ({ change }) => change,
  payment: ({ before, after }) => (after ?? before)?.payment_id ?? null,
  provider_payment_id: ({ before, after }) => (after ?? before)?.provider_payment_id ?? null,
  currency: ({ before, after }) => (after ?? before)?.currency ?? null,
  outcome_before: of('before', ({ outcome }) => outcome),
  outcome_after: of('after', ({ outcome }) => outcome),
  received_before: of('before', ({ received }) => received),
  received_after: of('after', ({ received }) => received),
  here_received_before: of('before', ({ our_received }) => our_received),
  here_received_after: of('after', ({ our_received }) => our_received),
};
