/**
 * Captures, voids and refunds. The amount is reserved in the record before the first byte goes out, and the operation's id
 * is the key that the provider gets on every repetition: connectors do nothing when what they are asked for is there already.
 * So an operation whose outcome is not known is finished by asking for it again.
 */
import { loadAccount, loadReason } from '../db/work.ts';
import { currency } from '../domain/currency.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { money } from '../domain/money.ts';
import {
  decideOperation,
  openOperations,
  type MoneyRules,
  type OperationKind,
  type OperationRefusal,
  type OperationState,
} from '../domain/operations.ts';
import { ProviderError } from '../domain/provider-error.ts';
import { ABSENT_AFTER_S } from '../domain/schedule.ts';
import { findPayment, type InvoiceState, type PaymentState } from '../domain/state.ts';
import type { PaymentReading } from '../providers/contract.ts';
import type { AccountOpener, OpenAccount } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { eventsOf, mismatch, refundEvent, type Circumstances } from './readings.ts';
import { mustLoad, recordNews, type Standing } from './record.ts';
import { methodOf } from './request-payment.ts';

export interface MoveMoneyArguments {
  readonly invoice_id: string;
  readonly payment_id: string;
  readonly account_id: string;
  /** Fixed before the first attempt; also the key that goes to the provider. */
  readonly operation_id: string;
  readonly kind: OperationKind;
  /** Minor units; null: all that is left. */
  readonly amount: number | null;
  /** A refund that the merchant makes outside of the provider: it is recorded, and nothing is sent. */
  readonly manual: boolean;
  /** Who asks: the id of an API key, an operator, or `sarraf`. */
  readonly by: string;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

/** `refused`: why it cannot be; then nothing was sent and nothing is on record. */
export type MovedStanding = Standing & { readonly refused: OperationRefusal | null };

/** `isNew`: reserved by this very call. Otherwise an earlier one has reserved it, and may have sent it. */
type Reserved = MovedStanding & { readonly isNew: boolean };

export async function moveMoney(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  input: MoveMoneyArguments,
  signal: AbortSignal,
): Promise<MovedStanding> {
  const { payment_id, operation_id, now } = input;
  const { isNew, ...reserved } = await reserve(dependencies, input);
  if (reserved.refused !== null) return reserved;
  const payment = paymentIn(reserved.state, payment_id);
  const operation = openOperations(payment).find(({ id }) => id === operation_id);
  // Ended already, or with the provider, which is only asked how it goes.
  if (!operation || operation.accepted_at !== null) return reserved;
  if (!isNew && mayBeOnItsWay(operation, now)) return reserved;

  const account = await loadAccount(dependencies.pool, payment.account_id);
  if (!account) throw new Error(`there is no provider account ${payment.account_id}`);
  const reason = operation.kind === 'refund' ? await loadReason(dependencies.pool, operation_id) : null;
  const call = { invoice: reserved.state, payment, operation, reason };
  const outcome = await carryOut(
    dependencies,
    () => open(account, signal, { invoice_id: reserved.state.id, payment_id, operation_id }),
    call,
  );
  const circumstances: Circumstances = {
    source: 'request',
    expires_at: payment.expires_at ?? '',
    // What is captured or given up was authorized before.
    capture_before: payment.capture_before,
  };
  const standing = await recordNews(dependencies, reserved.state, now, {
    events: (latest) => outcome(paymentIn(latest, payment_id), circumstances),
  });
  return { ...standing, refused: null };
}

/** A call of this operation may have gone out so lately that the provider does not show it yet. */
function mayBeOnItsWay({ unknown_at, requested_at }: OperationState, now: number): boolean {
  return now < Date.parse(unknown_at ?? requested_at ?? '') + ABSENT_AFTER_S * 1000;
}

/** Puts the operation on record unless it is there, or says why it cannot be. */
async function reserve(
  dependencies: ActivityDependencies,
  { invoice_id, payment_id, operation_id, kind, amount, manual, by, now }: MoveMoneyArguments,
): Promise<Reserved> {
  const before = await mustLoad(dependencies.pool, invoice_id);
  let refused: OperationRefusal | null = null;
  let isNew = false;
  const standing = await recordNews(dependencies, before, now, {
    events: (latest): InvoiceEvent[] => {
      const payment = findPayment(latest, payment_id);
      refused = null;
      isNew = false;
      if (!payment || payment.requested_at === null) {
        // Stored and never sent: there is nothing at the provider to move.
        refused = kind === 'refund' ? 'nothing_to_refund' : 'payment_not_authorized';
        return [];
      }
      if (payment.operations.some(({ id, requested_at }) => id === operation_id && requested_at !== null))
        return [];
      const rules = manual ? BY_HAND : rulesFor(dependencies, payment);
      const decision = decideOperation(payment, rules, kind, amount);
      if ('amount' in decision) {
        isNew = true;
        const { amount: decided } = decision;
        const request = {
          type: 'operation.requested',
          payment_id,
          operation_id,
          kind,
          amount: decided,
          by,
        } as const;
        return manual ? [request, doneByHand(payment_id, operation_id, decided)] : [request];
      }
      refused = decision.refused;
      return [];
    },
  });
  return { ...standing, refused, isNew };
}

/** The merchant can give back any part by itself, whatever its provider can do; nothing else is done by hand. */
const BY_HAND: MoneyRules = { capture: 'automatic', refund: 'partial' };

function doneByHand(payment_id: string, operation_id: string, amount: number): InvoiceEvent {
  const key = `manual:${operation_id}`;
  return { type: 'money.refunded', payment_id, operation_id, key, amount, source: 'manual' };
}

function rulesFor({ connectorFor }: ActivityDependencies, { provider, method }: PaymentState): MoneyRules {
  const connector = connectorFor(provider);
  const { capture, refund } = connector.manifest;
  return { capture: methodOf(connector, method).capture ?? capture, refund };
}

interface Call {
  readonly invoice: InvoiceState;
  readonly payment: PaymentState;
  readonly operation: OperationState;
  /** In the merchant's words, for refunds. */
  readonly reason: string | null;
}

/** What became of it, as the facts to record on the state as it is by then. */
type Outcome = (payment: PaymentState, circumstances: Circumstances) => readonly InvoiceEvent[];

async function carryOut(
  { logger }: ActivityDependencies,
  open: () => OpenAccount,
  call: Call,
): Promise<Outcome> {
  const { invoice, payment, operation } = call;
  try {
    return await ask(open(), call);
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { failure } = error;
    const ids = { payment_id: payment.id, operation_id: operation.id };
    const { kind, code } = failure;
    logger.warn({ ...ids, invoice_id: invoice.id, kind, code }, `the ${operation.kind} was not confirmed`);
    switch (kind) {
      case 'unknown_outcome':
        return () => [{ type: 'operation.unknown', ...ids, failure }];
      case 'declined':
      case 'invalid_request':
      case 'not_found':
        return () => [{ type: 'operation.failed', ...ids, failure }];
      case 'unavailable':
      case 'rate_limited':
      case 'bad_credentials':
        // It never got there. It stays reserved, and is asked for again.
        return () => [];
    }
  }
}

async function ask({ connector, context }: OpenAccount, call: Call): Promise<Outcome> {
  const { invoice, payment, operation, reason } = call;
  const { id: payment_id, method } = payment;
  const { id: operation_id, kind } = operation;
  const provider_payment_id = payment.provider_payment_id ?? '';
  const request = {
    provider_payment_id,
    method,
    money: money(operation.amount, currency(invoice.currency)),
    operation_key: operation_id,
    reason,
  };
  switch (kind) {
    case 'capture': {
      const reading = matching(
        invoice,
        payment,
        await mustHave(connector.capturePayment, kind)(context, request),
      );
      const key = receiptOf(payment, operation, reading);
      return (latest, circumstances) => [
        ...eventsOf(latest, reading, circumstances),
        { type: 'operation.succeeded', payment_id, operation_id, key },
      ];
    }
    case 'void': {
      const release = { provider_payment_id, method, operation_key: operation_id };
      const reading = matching(
        invoice,
        payment,
        await mustHave(connector.voidPayment, kind)(context, release),
      );
      return (latest, circumstances) => [
        ...eventsOf(latest, reading, circumstances),
        { type: 'operation.succeeded', payment_id, operation_id, key: null },
        { type: 'payment.voided', payment_id },
      ];
    }
    case 'refund': {
      const refund = await mustHave(connector.refundPayment, kind)(context, request);
      if (refund.amount !== operation.amount) throw mismatched(`the refund is one of ${refund.amount}`);
      const named = { ...refund, reference: operation_id };
      return (latest) => refundEvent(latest, named, 'request');
    }
  }
}

/** The capture's own receipt: by our key, or the only new one of its amount. */
function receiptOf(
  payment: PaymentState,
  { id, amount }: OperationState,
  { receipts }: PaymentReading,
): string | null {
  const named = receipts.find(({ reference }) => reference === id);
  if (named) return named.key;
  const known = new Set(payment.receipts.map(({ key }) => key));
  const fresh = receipts.filter((receipt) => !known.has(receipt.key) && receipt.amount === amount);
  return fresh.length === 1 ? (fresh[0]?.key ?? null) : null;
}

function matching(invoice: InvoiceState, payment: PaymentState, reading: PaymentReading): PaymentReading {
  const wrong = mismatch(invoice, payment, reading);
  if (wrong !== null) throw mismatched(wrong);
  return reading;
}

/** An answer that cannot be about our payment leaves open what has happened to ours. */
function mismatched(message: string): ProviderError {
  return new ProviderError({ kind: 'unknown_outcome', code: 'mismatch', message });
}

function mustHave<Function>(call: Function | undefined, kind: OperationKind): Function {
  if (!call) throw new Error(`the manifest allows a ${kind} that the connector does not have`);
  return call;
}

function paymentIn(state: InvoiceState, payment_id: string): PaymentState {
  const payment = findPayment(state, payment_id);
  if (!payment) throw new Error(`there is no payment ${payment_id} on record`);
  return payment;
}
