/**
 * Sends one payment to its provider: at most one create call ever goes out for a payment, and an answer that was
 * lost is looked up, never guessed and never asked for twice.
 */
import { claimPayment, type ClaimedPayment } from '../db/work.ts';
import type { InvoiceEvent } from '../domain/events.ts';
import { currency } from '../domain/currency.ts';
import { money } from '../domain/money.ts';
import { ProviderError, type ProviderFailure } from '../domain/provider-error.ts';
import { returnAddresses } from '../domain/return-address.ts';
import { ABSENT_AFTER_S } from '../domain/schedule.ts';
import { blankPayment, findPayment } from '../domain/state.ts';
import { isPayable } from '../domain/status.ts';
import type { Connector, MethodManifest, PaymentReading } from '../providers/contract.ts';
import type { AccountOpener, OpenAccount } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { captureBefore, eventsOf, mismatch, onInvoiceClock } from './readings.ts';
import { recordNews, type Standing } from './record.ts';

export interface RequestPaymentArguments {
  readonly payment_id: string;
  readonly account_id: string;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

const INTERRUPTED: ProviderFailure = {
  kind: 'unknown_outcome',
  code: 'interrupted',
  message: 'the call was interrupted before its answer was recorded',
};

/** Its row is from before there was a page for the customer's return. */
const TOO_OLD: ProviderFailure = {
  kind: 'invalid_request',
  code: 'no_return_address',
  message: 'the payment was requested before an upgrade; request another',
};

/** What became of a create call: the facts, and what the customer needs. */
interface Answer {
  readonly events: readonly InvoiceEvent[];
  readonly nextAction: unknown;
}

/** Requests the payment whose row the API has inserted. `payable: false`: the invoice had ended; nothing was sent. */
export async function requestPayment(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  { payment_id, now }: RequestPaymentArguments,
  signal: AbortSignal,
): Promise<Standing & { payable: boolean }> {
  const claimed = await claimPayment(dependencies.pool, payment_id);
  if (!claimed) throw new Error(`there is no payment ${payment_id}`);
  const known = findPayment(claimed.state, payment_id);
  if (known && known.requested_at !== null) return { state: claimed.state, waiting: [], payable: true };

  const requested = requestedEvent(dependencies, claimed);
  if (claimed.first && !isPayable(claimed.state)) {
    const failure = refusal('invoice_not_payable', 'the invoice had ended before the payment was sent');
    const events = [requested, { type: 'payment.failed' as const, payment_id, failure }];
    return {
      ...(await recordNews(dependencies, claimed.state, now, { events: () => events })),
      payable: false,
    };
  }
  const opened = tryOpen(open, claimed, signal);
  const answer =
    'failure' in opened
      ? {
          events: [{ type: 'payment.failed' as const, payment_id, failure: opened.failure }],
          nextAction: null,
        }
      : claimed.first
        ? await send(dependencies, opened, claimed, now)
        : await lookUp(dependencies, opened, claimed, now, INTERRUPTED);
  dependencies.failPoint('after_provider_accepted');
  const standing = await recordNews(dependencies, claimed.state, now, {
    events: () => [requested, ...answer.events],
    nextActions: answer.nextAction === null ? {} : { [payment_id]: answer.nextAction },
  });
  return { ...standing, payable: true };
}

/** Looks for a payment whose create call was never answered. Facts only; no fact when it cannot be told yet. */
export async function lookUpPayment(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  { payment_id, now }: RequestPaymentArguments,
  signal: AbortSignal,
): Promise<Standing> {
  const claimed = await claimPayment(dependencies.pool, payment_id);
  if (!claimed) throw new Error(`there is no payment ${payment_id}`);
  const known = findPayment(claimed.state, payment_id);
  if (known && known.created_at !== null) return { state: claimed.state, waiting: [] };
  const opened = tryOpen(open, claimed, signal);
  if ('failure' in opened) return { state: claimed.state, waiting: [] };
  const answer = await lookUp(dependencies, opened, claimed, now, null);
  return recordNews(dependencies, claimed.state, now, {
    events: () => answer.events,
    nextActions: answer.nextAction === null ? {} : { [payment_id]: answer.nextAction },
  });
}

async function send(
  dependencies: ActivityDependencies,
  opened: OpenAccount,
  claimed: ClaimedPayment,
  now: number,
): Promise<Answer> {
  const { connector, context } = opened;
  const { id, method, amount, request } = claimed.payment;
  try {
    if (request.return_url === undefined) throw new ProviderError(TOO_OLD);
    const created = await connector.createPayment(context, {
      reference: id,
      idempotency_key: `${claimed.state.id}:create:${id}`,
      method,
      money: money(amount, currency(claimed.state.currency)),
      description: request.description,
      customer: request.customer,
      items: request.items,
      webhook_url: dependencies.webhookUrl(connector.manifest.provider, context.account.id),
      return_urls: returnAddresses(request.return_url),
    });
    const { provider_payment_id, next_action } = created;
    const expires_at = onInvoiceClock(created.expires_at, now, dependencies.now());
    const event: InvoiceEvent = {
      type: 'payment.created',
      payment_id: id,
      provider_payment_id,
      expires_at,
      source: 'request',
    };
    return { events: [event], nextAction: next_action };
  } catch (error) {
    const failure = failureOf(dependencies, error);
    if (failure.kind !== 'unknown_outcome') {
      return { events: [{ type: 'payment.failed', payment_id: id, failure }], nextAction: null };
    }
    return lookUp(dependencies, opened, claimed, now, failure);
  }
}

/** `cause`: why the outcome is unknown, recorded when the look-up does not settle it; null when that is on record. */
async function lookUp(
  dependencies: ActivityDependencies,
  { connector, context }: OpenAccount,
  claimed: ClaimedPayment,
  now: number,
  cause: ProviderFailure | null,
): Promise<Answer> {
  const { id, method, sent_at } = claimed.payment;
  const stillUnknown: Answer = {
    events: cause === null ? [] : [{ type: 'payment.unknown', payment_id: id, failure: cause }],
    nextAction: null,
  };
  let reading: PaymentReading | null;
  try {
    if (!connector.findPayment) return stillUnknown;
    reading = await connector.findPayment(context, { reference: id, method });
  } catch (error) {
    failureOf(dependencies, error);
    return stillUnknown;
  }
  if (reading === null) {
    // A call that was cut off may still be on its way, so "there is none" counts only after a while.
    const age_s = (dependencies.now() - Date.parse(sent_at)) / 1000;
    if (age_s < ABSENT_AFTER_S) return stillUnknown;
    const failure = refusal('never_created', 'the provider has no payment with our reference', 'unavailable');
    return { events: [{ type: 'payment.failed', payment_id: id, failure }], nextAction: null };
  }
  const payment = findPayment(claimed.state, id) ?? blankPayment(id);
  const wrong = mismatch(claimed.state, payment, reading);
  if (wrong !== null) {
    dependencies.logger.error({ payment_id: id, reason: wrong }, 'a looked-up payment does not match ours');
    return stillUnknown;
  }
  const manifest = methodOf(connector, method);
  const lifetime_ms = manifest.lifetime_s * 1000;
  const wall_expiry = reading.expires_at ?? new Date(Date.parse(sent_at) + lifetime_ms).toISOString();
  const expires_at = onInvoiceClock(wall_expiry, now, dependencies.now());
  const circumstances = {
    source: 'lookup',
    expires_at,
    capture_before: captureBefore(manifest, reading, now, dependencies.now()),
  } as const;
  return { events: eventsOf(payment, reading, circumstances), nextAction: reading.next_action };
}

function requestedEvent(
  { connectorFor }: ActivityDependencies,
  { payment, account }: ClaimedPayment,
): InvoiceEvent {
  return {
    type: 'payment.requested',
    payment_id: payment.id,
    provider: account.provider,
    method: payment.method,
    account_id: account.id,
    amount: payment.amount,
    poll_s: connectorFor(account.provider).manifest.poll_s,
  };
}

/** The account opened, or why it cannot be: then nothing has been sent. */
function tryOpen(
  open: AccountOpener,
  { account, state, payment }: ClaimedPayment,
  signal: AbortSignal,
): OpenAccount | { failure: ProviderFailure } {
  try {
    return open(account, signal, { invoice_id: state.id, payment_id: payment.id });
  } catch (error) {
    if (error instanceof ProviderError) return { failure: error.failure };
    throw error;
  }
}

export function methodOf(connector: Connector<unknown>, method: string): MethodManifest {
  const found = connector.manifest.methods.find((candidate) => candidate.method === method);
  if (!found) throw new Error(`${connector.manifest.provider} has no method ${method}`);
  return found;
}

/** The failure to record. Whatever is not a `ProviderError` is a mistake of ours at an unknown moment: unknown. */
function failureOf({ logger }: ActivityDependencies, error: unknown): ProviderFailure {
  if (error instanceof ProviderError) return error.failure;
  logger.error({ err: error }, 'a connector threw something other than a ProviderError');
  return refusal('connector_error', 'the connector failed', 'unknown_outcome');
}

function refusal(
  code: string,
  message: string,
  kind: ProviderFailure['kind'] = 'invalid_request',
): ProviderFailure {
  return { kind, code, message };
}
