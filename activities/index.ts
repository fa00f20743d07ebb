/**
 * Every side effect a workflow may ask for. Each function can run as a local activity (inside a workflow task) or
 * as an ordinary one; one that calls a provider answers `lane_full` when it should be asked as an ordinary one.
 */
import { activityInfo, cancellationSignal } from '@temporalio/activity';
import { loadInvoice } from '../db/work.ts';
import type { InvoiceState } from '../domain/state.ts';
import { createAccountOpener } from './accounts.ts';
import {
  openCase,
  resolveCase,
  type OpenCaseArguments,
  type ResolveCaseArguments,
  type ResolvedStanding,
} from './cases.ts';
import { applyWebhook, type AppliedStanding, type ApplyWebhookArguments } from './apply-webhook.ts';
import {
  endAuthorization,
  warnOfExpiry,
  type EndAuthorizationArguments,
  type WarnOfExpiryArguments,
} from './authorization.ts';
import { checkPayment, type CheckedStanding, type CheckPaymentArguments } from './check-payment.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { endInvoice, type EndInvoiceArguments } from './end-invoice.ts';
import { moveMoney, type MovedStanding, type MoveMoneyArguments } from './move-money.ts';
import { applyPolicies, type ApplyPoliciesArguments } from './policies.ts';
import type { Standing } from './record.ts';
import { sweep, type SweepReport } from './sweep.ts';
import { lookUpPayment, requestPayment, type RequestPaymentArguments } from './request-payment.ts';

export type { SweepReport } from './sweep.ts';

export type LaneFull = 'lane_full';

export interface Activities {
  loadInvoice(invoiceId: string): Promise<InvoiceState | null>;
  requestPayment(input: RequestPaymentArguments): Promise<(Standing & { payable: boolean }) | LaneFull>;
  lookUpPayment(input: RequestPaymentArguments): Promise<Standing | LaneFull>;
  checkPayment(input: CheckPaymentArguments): Promise<CheckedStanding | LaneFull>;
  moveMoney(input: MoveMoneyArguments): Promise<MovedStanding | LaneFull>;
  warnOfExpiry(input: WarnOfExpiryArguments): Promise<Standing>;
  endAuthorization(input: EndAuthorizationArguments): Promise<MovedStanding | LaneFull>;
  applyPolicies(input: ApplyPoliciesArguments): Promise<Standing>;
  openCase(input: OpenCaseArguments): Promise<Standing>;
  resolveCase(input: ResolveCaseArguments): Promise<ResolvedStanding>;
  applyWebhook(input: ApplyWebhookArguments): Promise<AppliedStanding | LaneFull>;
  endInvoice(input: EndInvoiceArguments): Promise<Standing>;
  sweep(): Promise<SweepReport>;
}

export function createActivities(dependencies: ActivityDependencies): Activities {
  const open = createAccountOpener(dependencies, () => activityInfo().attempt);

  /** Runs `call` in the account's fast lane, or tells the workflow to ask again with an ordinary activity. */
  const inLane = async <T>(accountId: string, call: () => Promise<T>): Promise<T | LaneFull> => {
    if (!activityInfo().isLocal) return call();
    const leave = dependencies.lanes.enter(accountId);
    if (!leave) return 'lane_full';
    try {
      return await call();
    } finally {
      leave();
    }
  };

  return {
    loadInvoice: (invoiceId) => loadInvoice(dependencies.pool, invoiceId),
    requestPayment: (input) =>
      inLane(input.account_id, () => requestPayment(dependencies, open, input, cancellationSignal())),
    lookUpPayment: (input) =>
      inLane(input.account_id, () => lookUpPayment(dependencies, open, input, cancellationSignal())),
    checkPayment: (input) =>
      inLane(input.account_id, () => checkPayment(dependencies, open, input, cancellationSignal())),
    moveMoney: (input) =>
      inLane(input.account_id, () => moveMoney(dependencies, open, input, cancellationSignal())),
    warnOfExpiry: (input) => warnOfExpiry(dependencies, input),
    endAuthorization: (input) =>
      inLane(input.account_id, () => endAuthorization(dependencies, open, input, cancellationSignal())),
    applyPolicies: (input) => applyPolicies(dependencies, open, input, cancellationSignal()),
    openCase: (input) => openCase(dependencies, input),
    resolveCase: (input) => resolveCase(dependencies, open, input, cancellationSignal()),
    applyWebhook: (input) => applyWebhook(dependencies, open, input, cancellationSignal(), inLane),
    endInvoice: (input) => endInvoice(dependencies, input),
    sweep: () => sweep(dependencies),
  };
}
