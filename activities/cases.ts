/** Puts before a person what nobody could find out, and carries out what the person decides. */
import { newId } from '../db/ids.ts';
import { loadAccount } from '../db/work.ts';
import {
  CASE_DECISIONS,
  findCase,
  hasCase,
  isOpen,
  refundOfCase,
  type CaseDecision,
  type CaseState,
} from '../domain/cases.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { openOperations, operationStatus } from '../domain/operations.ts';
import { ProviderError, type ProviderFailure } from '../domain/provider-error.ts';
import { findPayment, type InvoiceState, type PaymentState } from '../domain/state.ts';
import type { AccountOpener } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { moveMoney } from './move-money.ts';
import { captureBefore, eventsOf, mismatch } from './readings.ts';
import { mustLoad, recordNews, type Standing } from './record.ts';
import { methodOf } from './request-payment.ts';

export interface OpenCaseArguments {
  readonly invoice_id: string;
  readonly kind: 'unknown_operation' | 'unknown_payment';
  readonly payment_id: string;
  readonly operation_id: string | null;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

export async function openCase(
  dependencies: ActivityDependencies,
  { invoice_id, kind, payment_id, operation_id, now }: OpenCaseArguments,
): Promise<Standing> {
  const state = await mustLoad(dependencies.pool, invoice_id);
  const case_id = newId('case');
  return recordNews(dependencies, state, now, {
    events: (latest): InvoiceEvent[] => {
      const payment = findPayment(latest, payment_id);
      if (!payment || hasCase(latest, kind, payment_id, operation_id)) return [];
      const operation = payment.operations.find(({ id }) => id === operation_id);
      const amount = operation?.amount ?? payment.amount;
      return [{ type: 'case.opened', payment_id, case_id, kind, operation_id, amount }];
    },
  });
}

export interface ResolveCaseArguments {
  readonly invoice_id: string;
  readonly case_id: string;
  /** One of those that this kind of case allows; anything else is refused. */
  readonly decision: string;
  /** The provider's own id of what a person has found there: needed for `it_happened` and `it_exists`. */
  readonly provider_id: string | null;
  readonly by: string;
  readonly reason: string;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

/** Why a decision cannot be carried out. Stable: they are error codes of the API. */
export type CaseRefusal =
  | 'case_resolved'
  | 'decision_not_possible'
  | 'provider_id_needed'
  | 'provider_contradicts'
  | 'provider_unconfirmed';

export type ResolvedStanding = Standing & { readonly refused: CaseRefusal | null };

export async function resolveCase(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  input: ResolveCaseArguments,
  signal: AbortSignal,
): Promise<ResolvedStanding> {
  const state = await mustLoad(dependencies.pool, input.invoice_id);
  const refuse = (refused: CaseRefusal): ResolvedStanding => ({ state, waiting: [], refused });
  const one = findCase(state, input.case_id);
  if (!one || !isOpen(one)) return refuse('case_resolved');
  const allowed: readonly CaseDecision[] = CASE_DECISIONS[one.kind];
  const decision = allowed.find((candidate) => candidate === input.decision);
  if (decision === undefined) return refuse('decision_not_possible');

  const outcome = await consequences(dependencies, open, state, one, decision, input, signal);
  if (typeof outcome === 'string') return refuse(outcome);
  const { case_id, by, reason, now } = input;
  const resolved: InvoiceEvent = {
    type: 'case.resolved',
    payment_id: one.payment_id,
    case_id,
    decision,
    by,
    reason,
  };
  const standing = await recordNews(dependencies, state, now, { events: () => [...outcome, resolved] });
  return { ...standing, refused: null };
}

/** The facts that a decision makes, or why it cannot be. A refund is asked for at once and reserved on its own. */
async function consequences(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  state: InvoiceState,
  one: CaseState,
  decision: CaseDecision,
  { provider_id, by, now }: ResolveCaseArguments,
  signal: AbortSignal,
): Promise<readonly InvoiceEvent[] | CaseRefusal> {
  const payment = findPayment(state, one.payment_id);
  if (!payment) return 'decision_not_possible';
  switch (decision) {
    case 'accept':
      return [];
    case 'refund':
    case 'refund_by_hand': {
      const { refused } = await moveMoney(
        dependencies,
        open,
        {
          invoice_id: state.id,
          payment_id: payment.id,
          account_id: payment.account_id,
          operation_id: refundOfCase(one.id),
          kind: 'refund',
          amount: one.amount,
          manual: decision === 'refund_by_hand',
          by,
          now,
        },
        signal,
      );
      return refused === null ? [] : 'decision_not_possible';
    }
    case 'it_happened':
    case 'it_did_not_happen':
      return aboutOperation(payment, one, decision, provider_id);
    case 'it_exists':
      return aboutPayment(dependencies, open, state, payment, provider_id, now, signal);
    case 'it_does_not_exist':
      if (payment.created_at !== null) return 'provider_contradicts';
      return [{ type: 'payment.failed', payment_id: payment.id, failure: decided('never_created') }];
  }
}

/**
 * With the provider's own id, so that the next reading, which names it, does not book it a second time. What has become known while
 * the case was open is only confirmed.
 */
function aboutOperation(
  payment: PaymentState,
  { operation_id }: CaseState,
  decision: 'it_happened' | 'it_did_not_happen',
  key: string | null,
): readonly InvoiceEvent[] | CaseRefusal {
  const operation = payment.operations.find(({ id }) => id === operation_id);
  if (!operation || operation_id === null) return 'decision_not_possible';
  if (!openOperations(payment).includes(operation)) {
    const hasHappened = operationStatus(operation, payment) === 'succeeded';
    return hasHappened === (decision === 'it_happened') ? [] : 'provider_contradicts';
  }
  const ids = { payment_id: payment.id, operation_id };
  if (decision === 'it_did_not_happen') {
    return [{ type: 'operation.failed', ...ids, failure: decided('did_not_happen') }];
  }
  if (operation.kind === 'void') {
    return [
      { type: 'operation.succeeded', ...ids, key },
      { type: 'payment.voided', payment_id: payment.id },
    ];
  }
  if (key === null) return 'provider_id_needed';
  const { amount } = operation;
  return operation.kind === 'refund'
    ? [{ type: 'money.refunded', ...ids, key, amount, source: 'manual' }]
    : [
        {
          type: 'money.received',
          payment_id: payment.id,
          key,
          amount,
          fee: null,
          paid_at: null,
          source: 'manual',
        },
        { type: 'operation.succeeded', ...ids, key },
      ];
}

/** The payment that a person has found at the provider: it is read there, and must be ours. */
async function aboutPayment(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  invoice: InvoiceState,
  payment: PaymentState,
  provider_payment_id: string | null,
  now: number,
  signal: AbortSignal,
): Promise<readonly InvoiceEvent[] | CaseRefusal> {
  if (provider_payment_id === null) return 'provider_id_needed';
  const account = await loadAccount(dependencies.pool, payment.account_id);
  if (!account) return 'decision_not_possible';
  try {
    const { connector, context } = open(account, signal, {
      invoice_id: invoice.id,
      payment_id: payment.id,
    });
    const { method } = payment;
    const reading = await connector.readPayment(context, { provider_payment_id, method });
    if (mismatch(invoice, payment, reading) !== null) return 'provider_contradicts';
    const manifest = methodOf(connector, method);
    return eventsOf(payment, reading, {
      source: 'manual',
      expires_at: reading.expires_at ?? new Date(now + manifest.lifetime_s * 1000).toISOString(),
      capture_before: captureBefore(manifest, reading, now, dependencies.now()),
    });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    return error.failure.kind === 'not_found' ? 'provider_contradicts' : 'provider_unconfirmed';
  }
}

function decided(code: string): ProviderFailure {
  return { kind: 'unknown_outcome', code, message: 'a person has looked and decided so' };
}
