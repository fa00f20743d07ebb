/**
 * Every side effect a workflow may ask for. Each function can run as a local activity (inside a workflow task) or
 * as an ordinary one; one that calls a provider answers `Elsewhere` when it should be asked as an ordinary one.
 */
import { activityInfo, ApplicationFailure, cancellationSignal } from '@temporalio/activity';
import { loadAccount, loadInvoice } from '../db/work.ts';
import type { InvoiceState } from '../domain/state.ts';
import { placed } from '../providers/placed-http.ts';
import { createAccountOpener, type AccountOpener } from './accounts.ts';
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
import type { Walk } from './compare-workflows.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { endInvoice, type EndInvoiceArguments } from './end-invoice.ts';
import type { Elsewhere } from './lanes.ts';
import { createLimitBook, limitsOf } from './limits.ts';
import { moveMoney, type MovedStanding, type MoveMoneyArguments } from './move-money.ts';
import {
  createReconciliationActivities,
  type ReconciliationActivities,
} from './reconciliation-activities.ts';
import { createPlaces } from './places.ts';
import { applyPolicies, type ApplyPoliciesArguments } from './policies.ts';
import type { Standing } from './record.ts';
import { sweep, type SweepReport } from './sweep.ts';
import { lookUpPayment, requestPayment, type RequestPaymentArguments } from './request-payment.ts';

export type { SweepReport } from './sweep.ts';

export type { Elsewhere, Paced } from './lanes.ts';

/** The type of the failure of an ordinary activity whose account has all its calls under way: the engine tries again soon. */
export const BULKHEAD_FULL = 'bulkhead_full';

/** Milliseconds, and up to as much again: those who wait come one after the other. */
const BULKHEAD_RETRY_MS = 250;

export interface Activities extends ReconciliationActivities {
  loadInvoice(invoiceId: string): Promise<InvoiceState | null>;
  requestPayment(input: RequestPaymentArguments): Promise<(Standing & { payable: boolean }) | Elsewhere>;
  lookUpPayment(input: RequestPaymentArguments): Promise<Standing | Elsewhere>;
  checkPayment(input: CheckPaymentArguments): Promise<CheckedStanding | Elsewhere>;
  moveMoney(input: MoveMoneyArguments): Promise<MovedStanding | Elsewhere>;
  warnOfExpiry(input: WarnOfExpiryArguments): Promise<Standing>;
  endAuthorization(input: EndAuthorizationArguments): Promise<MovedStanding | Elsewhere>;
  applyPolicies(input: ApplyPoliciesArguments): Promise<Standing>;
  openCase(input: OpenCaseArguments): Promise<Standing>;
  resolveCase(input: ResolveCaseArguments): Promise<ResolvedStanding>;
  applyWebhook(input: ApplyWebhookArguments): Promise<AppliedStanding | Elsewhere>;
  endInvoice(input: EndInvoiceArguments): Promise<Standing>;
  sweep(): Promise<SweepReport>;
}

export function createActivities(dependencies: ActivityDependencies): Activities {
  const { pool, lanes, connectorFor } = dependencies;
  const limits = createLimitBook(
    (accountId) => loadAccount(pool, accountId),
    (provider) => connectorFor(provider).manifest,
  );
  const places = createPlaces(dependencies);
  const walk: Walk = { before: null };
  const opener = createAccountOpener(dependencies, () => activityInfo().attempt);
  const open: AccountOpener = (row, signal, subject) => {
    limits.learn(row);
    return opener(row, signal, subject);
  };

  /** For what makes calls of its own accord, one after the other: each takes a place while it is under way. */
  const openPlaced: AccountOpener = (row, signal, subject) => {
    const { connector, context } = open(row, signal, subject);
    const known = limitsOf(row, connector.manifest);
    if (known.max_concurrent === null) return { connector, context };
    return { connector, context: { ...context, http: placed(context.http, () => places.take(known)) } };
  };

  /** Runs `call` in the account's fast lane, or tells the workflow to ask again with an ordinary activity. */
  const inLane = async <T>(accountId: string, call: () => Promise<T>): Promise<T | Elsewhere> => {
    const { isLocal } = activityInfo();
    const known = await limits.of(accountId);
    const { max_per_second: per_second } = known;
    if (isLocal && per_second !== null) return { paced: { account_id: accountId, per_second } };
    const leave = isLocal ? lanes.enter(known) : lanes.enterOrdinary(known);
    if (leave) {
      try {
        const place = await places.take(known);
        if (place) return await call().finally(place.leave);
      } finally {
        leave();
      }
    }
    if (isLocal) return 'lane_full';
    throw bulkheadFull();
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
    applyPolicies: (input) => applyPolicies(dependencies, openPlaced, input, cancellationSignal()),
    openCase: (input) => openCase(dependencies, input),
    resolveCase: (input) => resolveCase(dependencies, openPlaced, input, cancellationSignal()),
    applyWebhook: (input) => applyWebhook(dependencies, open, input, cancellationSignal(), inLane),
    endInvoice: (input) => endInvoice(dependencies, input),
    sweep: () => sweep(dependencies, walk),
    ...createReconciliationActivities(dependencies, openPlaced),
  };
}

function bulkheadFull(): ApplicationFailure {
  return ApplicationFailure.create({
    type: BULKHEAD_FULL,
    message: 'the provider account has as many calls under way as it may have',
    nextRetryDelay: BULKHEAD_RETRY_MS * (1 + Math.random()),
  });
}
