/** Applies one stored webhook: a hint is checked with the provider, a signed amount is taken as it stands. */
import { loadAccount, loadWebhook, type WaitingWebhook } from '../db/work.ts';
import type { WebhookEnd } from '../db/commit.ts';
import { ProviderError } from '../domain/provider-error.ts';
import { findPayment, type InvoiceState, type PaymentState } from '../domain/state.ts';
import type { Connector, PaymentReading, WebhookClaim } from '../providers/contract.ts';
import type { AccountOpener } from './accounts.ts';
import type { ActivityDependencies } from './dependencies.ts';
import { isElsewhere, type Elsewhere } from './lanes.ts';
import { captureBefore, eventsOf, mismatch, onInvoiceClock } from './readings.ts';
import { mustLoad, recordNews, type Standing } from './record.ts';
import { methodOf, requestPayment } from './request-payment.ts';

export interface ApplyWebhookArguments {
  readonly invoice_id: string;
  readonly webhook_id: string;
  /** The workflow's clock, milliseconds. */
  readonly now: number;
}

/** `applied: false`: the provider has to be asked and could not be; try again later. The row is still waiting. */
export type AppliedStanding = Standing & { readonly applied: boolean };

/** Runs a provider call in the account's fast lane, or says where else. */
export type InLane = <T>(accountId: string, call: () => Promise<T>) => Promise<T | Elsewhere>;

export async function applyWebhook(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  { invoice_id, webhook_id, now }: ApplyWebhookArguments,
  signal: AbortSignal,
  inLane: InLane,
): Promise<AppliedStanding | Elsewhere> {
  const { pool, connectorFor, logger } = dependencies;
  const webhook = await loadWebhook(pool, webhook_id, invoice_id);
  if (!webhook) return { state: await mustLoad(pool, invoice_id), waiting: [], applied: true };
  if (webhook.state !== 'received') return { state: webhook.invoice, waiting: [], applied: true };
  const state = await withPaymentOnRecord(dependencies, open, webhook, now, signal);

  const end = async (ended: Omit<WebhookEnd, 'id'>): Promise<AppliedStanding> => {
    logger.warn({ invoice_id, webhook_id, ...ended }, 'the webhook was not applied');
    const news = { events: () => [], webhooks: [{ id: webhook_id, ...ended }] };
    return { ...(await recordNews(dependencies, state, now, news)), applied: true };
  };

  const connector = connectorFor(webhook.provider);
  const claim = readClaim(connector, webhook);
  if ('unreadable' in claim) return end({ state: 'dead', reason: claim.unreadable, payment_id: null });
  const payment = paymentOf(state, claim);
  if (!payment)
    return end({ state: 'dead', reason: 'it names no payment of this invoice', payment_id: null });

  const reading =
    connector.manifest.webhook_trust === 'amounts' && claim.reading
      ? claim.reading
      : await inLane(webhook.account_id, () =>
          readAgain(dependencies, open, connector, claim, payment, webhook, signal),
        );
  if (isElsewhere(reading)) return reading;
  if (!reading) return { state, waiting: [], applied: false };
  const wrong = mismatch(state, payment, reading);
  if (wrong !== null) return end({ state: 'dead', reason: wrong, payment_id: payment.id });

  const method = methodOf(connector, payment.method);
  const lifetime_ms = method.lifetime_s * 1000;
  const expires_at = reading.expires_at
    ? onInvoiceClock(reading.expires_at, now, dependencies.now())
    : new Date(Date.parse(payment.requested_at ?? state.last_at) + lifetime_ms).toISOString();
  const circumstances = {
    source: 'webhook',
    expires_at,
    capture_before: captureBefore(method, reading, now, dependencies.now()),
  } as const;
  const standing = await recordNews(dependencies, state, now, {
    events: () => eventsOf(payment, reading, circumstances),
    webhooks: [{ id: webhook_id, state: 'processed', reason: null, payment_id: payment.id }],
  });
  return { ...standing, applied: true };
}

/**
 * The invoice with the webhook's payment on record. A worker that died between the provider's answer and the commit
 * leaves a payment that only its row knows; it is looked up first.
 */
async function withPaymentOnRecord(
  dependencies: ActivityDependencies,
  open: AccountOpener,
  { payment_id, account_id, invoice }: WaitingWebhook,
  now: number,
  signal: AbortSignal,
): Promise<InvoiceState> {
  if (payment_id === null || findPayment(invoice, payment_id)) return invoice;
  return (await requestPayment(dependencies, open, { payment_id, account_id, now }, signal)).state;
}

function readClaim(
  connector: Connector<unknown>,
  webhook: WaitingWebhook,
): WebhookClaim | { unreadable: string } {
  try {
    return connector.parseWebhook(webhook.body);
  } catch (error) {
    if (error instanceof ProviderError) return { unreadable: error.failure.message };
    throw error;
  }
}

/** By our reference first: it is known even before the provider's id has been recorded. */
function paymentOf(state: InvoiceState, claim: WebhookClaim): PaymentState | undefined {
  return (
    state.payments.find(({ id }) => id === claim.reference) ??
    state.payments.find(
      ({ provider_payment_id }) =>
        provider_payment_id !== null && provider_payment_id === claim.provider_payment_id,
    )
  );
}

/** What the provider's API says of the payment a hint is about; null when it cannot be asked. */
async function readAgain(
  { pool, logger }: ActivityDependencies,
  open: AccountOpener,
  connector: Connector<unknown>,
  claim: WebhookClaim,
  payment: PaymentState,
  webhook: WaitingWebhook,
  signal: AbortSignal,
): Promise<PaymentReading | null> {
  const provider_payment_id = payment.provider_payment_id ?? claim.provider_payment_id;
  const account = await loadAccount(pool, webhook.account_id);
  if (!account || provider_payment_id === null) return null;
  try {
    const subject = { invoice_id: webhook.invoice.id, payment_id: payment.id };
    const { context } = open(account, signal, subject);
    return await connector.readPayment(context, { provider_payment_id, method: payment.method });
  } catch (error) {
    if (!(error instanceof ProviderError)) throw error;
    const { kind, code } = error.failure;
    logger.warn(
      { webhook_id: webhook.id, payment_id: payment.id, kind, code },
      'the webhook could not be confirmed yet',
    );
    return null;
  }
}
