/** What a provider says of a payment, turned into facts, after it has been held against the invoice. */
import type { InvoiceEvent, Source } from '../domain/events.ts';
import type { InvoiceState, PaymentState } from '../domain/state.ts';
import type { PaymentReading } from '../providers/contract.ts';

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
  const wrong = reading.receipts.find(({ amount }) => !Number.isSafeInteger(amount) || amount <= 0);
  if (wrong) return `transfer ${wrong.key} has the amount ${wrong.amount}`;
  const changed = reading.receipts.find((receipt) =>
    payment.receipts.some(({ key, amount }) => key === receipt.key && amount !== receipt.amount),
  );
  return changed ? `transfer ${changed.key} now has the amount ${changed.amount}, another than before` : null;
}

/** The facts in a reading. `expires_at`, on the invoice's clock: for a payment whose creation is learnt only now. */
export function eventsOf(
  payment: PaymentState,
  reading: PaymentReading,
  source: Source,
  expires_at: string,
): InvoiceEvent[] {
  const payment_id = payment.id;
  const events: InvoiceEvent[] = [];
  if (payment.created_at === null) {
    const { provider_payment_id } = reading;
    events.push({
      type: 'payment.created',
      payment_id,
      provider_payment_id,
      expires_at,
      source,
    });
  }
  for (const { key, amount, fee, paid_at } of reading.receipts) {
    events.push({ type: 'money.received', payment_id, key, amount, fee, paid_at, source });
  }
  switch (reading.status) {
    case 'pending':
    case 'authorized':
    case 'paid':
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

/** A test clock that is ahead by less than this is just the time an activity takes to start. */
const CLOCK_TOLERANCE_MS = 60_000;

/** A provider's moment on the invoice's own clock, which a test clock may have moved ahead of the wall clock. */
export function onInvoiceClock(moment: string, invoice_now: number, wall_now: number): string {
  const ahead_ms = invoice_now - wall_now;
  return ahead_ms > CLOCK_TOLERANCE_MS ? new Date(Date.parse(moment) + ahead_ms).toISOString() : moment;
}
