/** Asks a provider how a payment stands and records what is new: polls, and the last question before an end. */
import { loadAccount } from '../db/work.ts';
import type { InvoiceEvent, Source } from '../domain/events.ts';
import { ProviderError } from '../domain/provider-error.ts';
import { findPayment, type InvoiceState, type PaymentState } from '../domain/state.ts';
import { isLive } from '../domain/status.ts';
import type { PaymentReading } from '../providers/contract.ts';
import type { AccountOpener, OpenAccount } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { captureBefore, eventsOf, mismatch, type Circumstances } from './readings.ts';
import { mustLoad, recordNews, type Standing } from './record.ts';
import { methodOf } from './request-payment.ts';

export interface CheckPaymentArguments {
  readonly invoice_id: string;
  readonly payment_id: string;
  readonly account_id: string;
  /**
   * `read`: only look. `expire`: its time is up; look, end it at the provider where that is possible, and close it
   * unless it was paid. `cancel`: the same, because the merchant wants no more money.
   */
  readonly purpose: 'read' | 'expire' | 'cancel';
  readonly source: Source;
  /** Who cancels it: the id of an API key. */
  readonly by?: string | undefined;
  /** In the words of whoever cancels it. */
  readonly reason?: string | undefined;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

/** `answered: false`: the provider could not be asked, so nothing was concluded. */
export type CheckedStanding = Standing & { readonly answered: boolean };

export async function checkPayment(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  { invoice_id, payment_id, purpose, source, by, reason, now }: CheckPaymentArguments,
  signal: AbortSignal,
): Promise<CheckedStanding> {
  const state = await mustLoad(dependencies.pool, invoice_id);
  const payment = findPayment(state, payment_id);
  if (!payment?.provider_payment_id || (purpose !== 'read' && !isLive(payment))) {
    return { state, waiting: [], answered: true };
  }
  const account = await loadAccount(dependencies.pool, payment.account_id);
  if (!account) throw new Error(`there is no provider account ${payment.account_id}`);
  const reading = await ask(
    dependencies,
    () => open(account, signal, { invoice_id, payment_id }),
    state,
    payment,
    purpose,
  );
  if (!reading) return { state, waiting: [], answered: false };

  const connector = dependencies.connectorFor(payment.provider);
  const asked = { ...(by === undefined ? {} : { by }), ...(reason === undefined ? {} : { reason }) };
  const circumstances = {
    source,
    expires_at: payment.expires_at ?? '',
    capture_before: captureBefore(methodOf(connector, payment.method), reading, now, dependencies.now()),
  };
  const standing = await recordNews(dependencies, state, now, {
    events: (latest) =>
      conclusions(findPayment(latest, payment_id) ?? payment, reading, purpose, circumstances, asked),
    nextActions: reading.next_action ? { [payment_id]: reading.next_action } : {},
  });
  return { ...standing, answered: true };
}

/** What the provider says, or null when it could not be asked or spoke of something else. */
async function ask(
  { logger }: ActivityDependencies,
  open: () => OpenAccount,
  invoice: InvoiceState,
  payment: PaymentState,
  purpose: CheckPaymentArguments['purpose'],
): Promise<PaymentReading | null> {
  const reference = { provider_payment_id: payment.provider_payment_id ?? '', method: payment.method };
  try {
    const { connector, context } = open();
    let reading = await connector.readPayment(context, reference);
    if (purpose !== 'read' && reading.status === 'pending' && connector.expirePayment) {
      reading = await connector.expirePayment(context, reference);
    }
    if (purpose === 'cancel' && reading.status === 'authorized' && connector.voidPayment) {
      reading = await connector.voidPayment(context, { ...reference, operation_key: `${payment.id}:cancel` });
    }
    const wrong = mismatch(invoice, payment, reading);
    if (wrong === null) return reading;
    logger.error(
      { invoice_id: invoice.id, payment_id: payment.id, reason: wrong },
      'the reading does not match the payment',
    );
    return null;
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { kind, code } = error.failure;
    logger.warn(
      { invoice_id: invoice.id, payment_id: payment.id, kind, code },
      'the provider could not be asked',
    );
    return null;
  }
}

function conclusions(
  payment: PaymentState,
  reading: PaymentReading,
  purpose: CheckPaymentArguments['purpose'],
  circumstances: Circumstances,
  asked: { readonly by?: string; readonly reason?: string },
): InvoiceEvent[] {
  const events = eventsOf(payment, reading, circumstances).map((event) =>
    event.type === 'payment.canceled' ? { ...event, ...asked } : event,
  );
  const ended = events.some(({ type }) => type === 'payment.failed' || type === 'payment.canceled');
  // What is authorized is neither expired nor given up by a look at it.
  if (purpose === 'read' || reading.status === 'paid' || reading.status === 'authorized' || ended)
    return events;
  const rest = events.filter(({ type }) => type !== 'payment.expired');
  const { id: payment_id } = payment;
  return purpose === 'expire'
    ? [...rest, { type: 'payment.expired', payment_id }]
    : [...rest, { type: 'payment.canceled', payment_id, ...asked }];
}
