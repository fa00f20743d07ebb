/** What a provider says of a payment, turned into facts, after it has been held against the invoice. */
import { newId } from '../db/ids.ts';
import type { InvoiceEvent, Source } from '../domain/events.ts';
import { feeNews } from '../domain/fees.ts';
import { addAmounts } from '../domain/money.ts';
import { openOperations, type OperationState } from '../domain/operations.ts';
import type { InvoiceState, PaymentState } from '../domain/state.ts';
import type { MethodManifest, PaymentReading, RefundReading } from '../providers/contract.ts';

/** Why a reading cannot belong to this payment, in words for an operator; null when it can. */
export function mismatch(
  invoice: InvoiceState,
  payment: PaymentState,
  reading: PaymentReading,
): string | null {
  if (reading.currency !== invoice.currency) {
    return `the provider says ${reading.currency}, the invoice is in ${invoice.currency}`;
  }
  if (reading.reference !== null && reading.reference !== payment.id) {
    return `the provider names reference ${reading.reference}, the payment is ${payment.id}`;
  }
  if (payment.provider_payment_id !== null && reading.provider_payment_id !== payment.provider_payment_id) {
    return `the provider names payment ${reading.provider_payment_id}, ours is ${payment.provider_payment_id}`;
  }
  const { authorized, refunds = [] } = reading;
  if (authorized !== undefined && (!Number.isSafeInteger(authorized) || authorized < 0)) {
    return `the authorized amount is ${authorized}`;
  }
  const odd = refunds.find(({ amount }) => !Number.isSafeInteger(amount) || amount <= 0);
  if (odd) return `refund ${odd.key} has the amount ${odd.amount}`;
  const wrong = reading.receipts.find(({ amount }) => !Number.isSafeInteger(amount) || amount <= 0);
  if (wrong) return `transfer ${wrong.key} has the amount ${wrong.amount}`;
  const changed = reading.receipts.find((receipt) =>
    payment.receipts.some(({ key, amount }) => key === receipt.key && amount !== receipt.amount),
  );
  return changed ? `transfer ${changed.key} now has the amount ${changed.amount}, another than before` : null;
}

/** What is known around a reading. Times on the invoice's clock. */
export interface Circumstances {
  readonly source: Source;
  /** For a payment whose creation is learnt only now. */
  readonly expires_at: string;
  /** For an authorization that is learnt only now: when it ends; null when nobody says. */
  readonly capture_before: string | null;
}

/** The facts in a reading. */
export function eventsOf(
  payment: PaymentState,
  reading: PaymentReading,
  { source, expires_at, capture_before }: Circumstances,
): InvoiceEvent[] {
  const payment_id = payment.id;
  const events: InvoiceEvent[] = [];
  if (payment.created_at === null) {
    const { provider_payment_id } = reading;
    events.push({ type: 'payment.created', payment_id, provider_payment_id, expires_at, source });
  }
  if (reading.authorized !== undefined && payment.authorized_at === null) {
    const amount = reading.authorized;
    events.push({ type: 'payment.authorized', payment_id, amount, capture_before, source });
  }
  for (const { key, amount, fee, paid_at } of reading.receipts) {
    const news = feeNews(payment, key, fee);
    events.push(news ?? { type: 'money.received', payment_id, key, amount, fee, paid_at, source });
  }
  events.push(...captureEvents(payment, reading), ...refundEvents(payment, reading, source));
  switch (reading.status) {
    case 'pending':
    case 'authorized':
      break;
    case 'paid':
      if (gaveUpTheRest(payment, reading)) events.push({ type: 'payment.voided', payment_id });
      break;
    case 'failed': {
      const { code, message } = reading.failure ?? {
        code: reading.provider_status,
        message: 'the payment failed',
      };
      events.push({ type: 'payment.failed', payment_id, failure: { kind: 'declined', code, message } });
      break;
    }
    case 'expired':
      events.push({ type: 'payment.expired', payment_id });
      break;
    case 'canceled':
      events.push({ type: 'payment.canceled', payment_id });
      break;
  }
  return events;
}

/** Captures of ours that the provider lists, whatever became of the call that asked for them. */
function captureEvents(payment: PaymentState, { receipts }: PaymentReading): InvoiceEvent[] {
  return openOperations(payment).flatMap((operation): InvoiceEvent[] => {
    const receipt = receipts.find(({ reference }) => reference === operation.id);
    if (operation.kind !== 'capture' || !receipt) return [];
    const { id: operation_id } = operation;
    return [{ type: 'operation.succeeded', payment_id: payment.id, operation_id, key: receipt.key }];
  });
}

/** Refunds that the provider knows of: ours, and those that somebody made there by hand. */
function refundEvents(
  payment: PaymentState,
  { refunds = [] }: PaymentReading,
  source: Source,
): InvoiceEvent[] {
  return refunds.flatMap((refund) => refundEvent(payment, refund, source));
}

/** What one refund says. One that is not done yet is only of interest when it is ours. */
export function refundEvent(payment: PaymentState, refund: RefundReading, source: Source): InvoiceEvent[] {
  const payment_id = payment.id;
  const { key, amount, status } = refund;
  const operation_id = ownRefund(payment, refund)?.id;
  switch (status) {
    case 'succeeded': {
      if (payment.refunds.some((known) => known.key === key)) return [];
      return [
        {
          type: 'money.refunded',
          payment_id,
          operation_id: operation_id ?? newId('rfd'),
          key,
          amount,
          source,
        },
      ];
    }
    case 'pending':
      return operation_id === undefined
        ? []
        : [{ type: 'operation.accepted', payment_id, operation_id, key }];
    case 'failed': {
      if (operation_id === undefined) return [];
      const message = 'the provider did not carry the refund out';
      const failure = { kind: 'declined', code: 'refund_failed', message } as const;
      return [{ type: 'operation.failed', payment_id, operation_id, failure }];
    }
    case 'canceled':
      return operation_id === undefined ? [] : [{ type: 'operation.canceled', payment_id, operation_id }];
  }
}

/**
 * The refund of ours that this is: by our key or the provider's. A provider that repeats neither leaves the amount: the only
 * refund under way of this amount is taken to be the one, because asking for it again could give the money back twice.
 */
function ownRefund(
  payment: PaymentState,
  { key, reference, amount }: RefundReading,
): OperationState | undefined {
  const refunds = payment.operations.filter(({ kind }) => kind === 'refund');
  const named = refunds.find((refund) => refund.id === reference || refund.key === key);
  if (named || reference !== null) return named;
  const open = openOperations(payment).filter(
    (refund) => refund.kind === 'refund' && refund.key === null && refund.amount === amount,
  );
  return open.length === 1 ? open[0] : undefined;
}

/** True when the provider calls a payment paid of which less was captured than authorized. */
function gaveUpTheRest(payment: PaymentState, { authorized, receipts }: PaymentReading): boolean {
  const held = payment.authorized_at === null ? authorized : payment.authorized;
  return held !== undefined && addAmounts(receipts.map(({ amount }) => amount)) < held;
}

/**
 * When an authorization that is learnt of by this reading ends, RFC 3339; null when nobody says. `now` and `wall_now`: the
 * workflow's clock and the wall's, milliseconds.
 */
export function captureBefore(
  { authorization_s }: MethodManifest,
  { authorized_at = null }: Pick<PaymentReading, 'authorized_at'>,
  now: number,
  wall_now: number,
): string | null {
  if (authorization_s === undefined) return null;
  const since = authorized_at === null ? now : Date.parse(onInvoiceClock(authorized_at, now, wall_now));
  return new Date(Math.min(now, since) + authorization_s * 1000).toISOString();
}

/** A test clock that is ahead by less than this is just the time an activity takes to start. */
const CLOCK_TOLERANCE_MS = 60_000;

/** A provider's moment on the invoice's own clock, which a test clock may have moved ahead of the wall clock. */
export function onInvoiceClock(moment: string, invoice_now: number, wall_now: number): string {
  const ahead_ms = invoice_now - wall_now;
  return ahead_ms > CLOCK_TOLERANCE_MS ? new Date(Date.parse(moment) + ahead_ms).toISOString() : moment;
}
