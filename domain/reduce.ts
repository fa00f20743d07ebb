/**
 * The invoice's reducer. It is a join: every event only ever adds knowledge, so order, duplication and delay of
 * events never change the final state, and nothing that was known (a receipt, an end) is ever unknown again.
 * Statuses are not stored; `status.ts` derives them.
 */
import type { InvoiceEvent, RecordedEvent } from './events.ts';
import { blankPayment, type InvoiceState, type PaymentState, type ReceiptState } from './state.ts';

/** The state after `event`; the same object when the event says nothing new. */
export function reduce(state: InvoiceState, event: RecordedEvent): InvoiceState {
  const next = apply(state, event);
  if (next === state) return state;
  return { ...next, last_at: latest(state.last_at, event.at), version: state.version + 1 };
}

/**
 * Gives each event that says something new its moment and folds it in. `now` is the workflow's clock
 * (milliseconds); moments grow strictly even where that clock stands still or steps back.
 */
export function record(
  state: InvoiceState,
  events: readonly InvoiceEvent[],
  now: number,
): { state: InvoiceState; recorded: RecordedEvent[] } {
  const recorded: RecordedEvent[] = [];
  let current = state;
  for (const event of events) {
    const at = new Date(Math.max(now, Date.parse(current.last_at) + 1)).toISOString();
    const stamped: RecordedEvent = { ...event, at };
    const next = reduce(current, stamped);
    if (next === current) continue;
    recorded.push(stamped);
    current = next;
  }
  return { state: current, recorded };
}

function apply(state: InvoiceState, event: RecordedEvent): InvoiceState {
  switch (event.type) {
    case 'invoice.canceled': {
      const canceled_at = earliest(state.canceled_at, event.at);
      return canceled_at === state.canceled_at ? state : { ...state, canceled_at };
    }
    case 'invoice.expired': {
      const expired_at = earliest(state.expired_at, event.at);
      return expired_at === state.expired_at ? state : { ...state, expired_at };
    }
    case 'payment.requested':
    case 'payment.created':
    case 'payment.unknown':
    case 'payment.failed':
    case 'payment.expired':
    case 'payment.canceled':
    case 'money.received':
      return withPayment(state, event.payment_id, (payment) => applyToPayment(payment, event));
  }
}

type PaymentEvent = Extract<RecordedEvent, { payment_id: string }>;

function applyToPayment(payment: PaymentState, event: PaymentEvent): PaymentState {
  switch (event.type) {
    case 'payment.requested': {
      if (!isFirst(payment.requested_at, event.at)) return payment;
      const { provider, method, account_id, amount, poll_s } = event;
      return { ...payment, provider, method, account_id, amount, poll_s, requested_at: event.at };
    }
    case 'payment.created':
      return isFirst(payment.created_at, event.at)
        ? {
            ...payment,
            created_at: event.at,
            provider_payment_id: event.provider_payment_id,
            expires_at: event.expires_at,
          }
        : payment;
    case 'payment.unknown':
      return { ...payment, unknown_at: earliest(payment.unknown_at, event.at) };
    case 'payment.failed':
      return isFirst(payment.failed_at, event.at)
        ? { ...payment, failed_at: event.at, failure: event.failure }
        : payment;
    case 'payment.expired':
      return { ...payment, expired_at: earliest(payment.expired_at, event.at) };
    case 'payment.canceled':
      return { ...payment, canceled_at: earliest(payment.canceled_at, event.at) };
    case 'money.received': {
      const { key, amount, fee, paid_at, at } = event;
      return { ...payment, receipts: withReceipt(payment.receipts, { key, amount, fee, paid_at, at }) };
    }
  }
}

function withPayment(
  state: InvoiceState,
  paymentId: string,
  change: (payment: PaymentState) => PaymentState,
): InvoiceState {
  const known = state.payments.find((payment) => payment.id === paymentId);
  const before = known ?? blankPayment(paymentId);
  const after = change(before);
  if (known && sameFacts(known, after)) return state;
  const others = state.payments.filter((payment) => payment.id !== paymentId);
  return { ...state, payments: [...others, after].sort((a, b) => compare(a.id, b.id)) };
}

function withReceipt(receipts: readonly ReceiptState[], receipt: ReceiptState): readonly ReceiptState[] {
  const known = receipts.find(({ key }) => key === receipt.key);
  if (known && !isFirst(known.at, receipt.at)) return receipts;
  return [...receipts.filter(({ key }) => key !== receipt.key), receipt].sort((a, b) =>
    compare(a.key, b.key),
  );
}

/** Facts are compared shallowly: `applyToPayment` keeps the very same nested objects when they do not change. */
function sameFacts(a: PaymentState, b: PaymentState): boolean {
  return a === b || (Object.keys(a) as (keyof PaymentState)[]).every((key) => a[key] === b[key]);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isFirst = (known: string | null, at: string): boolean => known === null || at < known;
const earliest = (known: string | null, at: string): string => (known === null || at < known ? at : known);
const latest = (a: string, b: string): string => (a > b ? a : b);
