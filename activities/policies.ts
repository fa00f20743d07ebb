/** Money that came late or beyond what was owed: refunded, or put before a person, as the merchant wants it. */
import { newId } from '../db/ids.ts';
import { policyActor, policyFailed, surpluses, type Surplus } from '../domain/cases.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { findPayment, type InvoiceState } from '../domain/state.ts';
import type { AccountOpener } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { moveMoney } from './move-money.ts';
import { mustLoad, recordNews, type Standing } from './record.ts';

export interface ApplyPoliciesArguments {
  readonly invoice_id: string;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

/**
 * Deals with all of it: afterwards every part is on its way back or somebody's case. A refund that cannot be, or that failed before, is
 * a case as well.
 */
export async function applyPolicies(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  { invoice_id, now }: ApplyPoliciesArguments,
  signal: AbortSignal,
): Promise<Standing> {
  const state = await mustLoad(dependencies.pool, invoice_id);
  let standing: Standing = { state, waiting: [] };
  for (const surplus of surpluses(state)) {
    const refunded = await tryRefund(dependencies, open, standing.state, surplus, now, signal);
    standing = refunded ?? (await openCase(dependencies, standing.state, surplus, now));
  }
  return standing;
}

/** The standing after a refund was asked for; null when a person has to decide. */
async function tryRefund(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  state: InvoiceState,
  { cause, policy, payment_id, amount }: Surplus,
  now: number,
  signal: AbortSignal,
): Promise<Standing | null> {
  const payment = findPayment(state, payment_id);
  if (policy === 'hold' || !payment || policyFailed(payment, cause)) return null;
  const { refused, ...standing } = await moveMoney(
    dependencies,
    open,
    {
      invoice_id: state.id,
      payment_id,
      account_id: payment.account_id,
      operation_id: newId('rfd'),
      kind: 'refund',
      amount,
      manual: false,
      by: policyActor(cause),
      now,
    },
    signal,
  );
  return refused === null ? standing : null;
}

function openCase(
  dependencies: ActivityDependencies,
  state: InvoiceState,
  { cause, payment_id, amount }: Surplus,
  now: number,
): Promise<Standing> {
  const case_id = newId('case');
  const kind = cause === 'late' ? 'late_money' : 'excess_money';
  return recordNews(dependencies, state, now, {
    events: (latest): InvoiceEvent[] =>
      // Decided on the latest state: somebody may have dealt with it meanwhile.
      surpluses(latest).some((one) => one.cause === cause && one.payment_id === payment_id)
        ? [{ type: 'case.opened', payment_id, case_id, kind, operation_id: null, amount }]
        : [],
  });
}
