/**
 * The invoice's reducer. It is a join: every event only ever adds knowledge, so order, duplication and delay of
 * events never change the final state, and nothing that was known (a receipt, an end) is ever unknown again.
 * Statuses are not stored; `status.ts` derives them.
 */
import { blankCase, type CaseState } from './cases.ts';
import type { InvoiceEvent, RecordedEvent } from './events.ts';
import { blankOperation, type OperationState } from './operations.ts';
import { blankPayment, type InvoiceState, type PaymentState } from './state.ts';

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
    case 'case.opened':
    case 'case.resolved':
      return withCase(state, event);
    case 'payment.requested':
    case 'payment.created':
    case 'payment.unknown':
    case 'payment.authorized':
    case 'payment.authorization_expiring':
    case 'payment.voided':
    case 'payment.failed':
    case 'payment.expired':
    case 'payment.canceled':
    case 'operation.requested':
    case 'operation.unknown':
    case 'operation.accepted':
    case 'operation.failed':
    case 'operation.canceled':
    case 'operation.succeeded':
    case 'money.received':
    case 'money.fee_learnt':
    case 'money.refunded':
      return withPayment(state, event.payment_id, (payment) => applyToPayment(payment, event));
  }
}

type CaseEvent = Extract<RecordedEvent, { type: `case.${string}` }>;

function withCase(state: InvoiceState, event: CaseEvent): InvoiceState {
  const known = state.cases.find(({ id }) => id === event.case_id);
  const before = known ?? blankCase(event.case_id, event.payment_id);
  const after = applyToCase(before, event);
  if (known && sameFacts(known, after)) return state;
  const others = state.cases.filter(({ id }) => id !== event.case_id);
  return { ...state, cases: [...others, after].sort((a, b) => compare(a.id, b.id)) };
}

function applyToCase(known: CaseState, event: CaseEvent): CaseState {
  const { at } = event;
  switch (event.type) {
    case 'case.opened': {
      if (!isFirst(known.opened_at, at)) return known;
      const { kind, operation_id, amount } = event;
      return { ...known, kind, operation_id, amount, opened_at: at };
    }
    case 'case.resolved':
      return isFirst(known.resolved_at, at)
        ? { ...known, resolved_at: at, decision: event.decision, by: event.by }
        : known;
  }
}

type PaymentEvent = Exclude<Extract<RecordedEvent, { payment_id: string }>, CaseEvent>;

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
    case 'payment.authorized': {
      if (!isFirst(payment.authorized_at, event.at)) return payment;
      const { amount, capture_before, at } = event;
      return { ...payment, authorized_at: at, authorized: amount, capture_before };
    }
    case 'payment.authorization_expiring':
      return { ...payment, expiring_at: earliest(payment.expiring_at, event.at) };
    case 'payment.voided':
      return { ...payment, voided_at: earliest(payment.voided_at, event.at) };
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
      return { ...payment, receipts: withFirst(payment.receipts, { key, amount, fee, paid_at, at }) };
    }
    case 'money.fee_learnt': {
      const { key: receipt, revision, fee, at } = event;
      const key = `${receipt}#${revision}`;
      return { ...payment, fees: withFirst(payment.fees, { key, receipt, revision, fee, at }) };
    }
    case 'money.refunded': {
      const { key, operation_id, amount, at } = event;
      return { ...payment, refunds: withFirst(payment.refunds, { key, operation_id, amount, at }) };
    }
    case 'operation.requested':
    case 'operation.unknown':
    case 'operation.accepted':
    case 'operation.failed':
    case 'operation.canceled':
    case 'operation.succeeded':
      return withOperation(payment, event);
  }
}

type OperationEvent = Extract<PaymentEvent, { type: `operation.${string}` }>;

function applyToOperation(operation: OperationState, event: OperationEvent): OperationState {
  const { at } = event;
  switch (event.type) {
    case 'operation.requested': {
      if (!isFirst(operation.requested_at, at)) return operation;
      const { kind, amount, by } = event;
      return { ...operation, kind, amount, by, requested_at: at };
    }
    case 'operation.unknown':
      return { ...operation, unknown_at: earliest(operation.unknown_at, at) };
    case 'operation.accepted':
      return isFirst(operation.accepted_at, at)
        ? { ...operation, accepted_at: at, key: event.key }
        : operation;
    case 'operation.failed':
      return isFirst(operation.failed_at, at)
        ? { ...operation, failed_at: at, failure: event.failure }
        : operation;
    case 'operation.canceled':
      return { ...operation, canceled_at: earliest(operation.canceled_at, at) };
    case 'operation.succeeded':
      return isFirst(operation.succeeded_at, at)
        ? { ...operation, succeeded_at: at, succeeded_key: event.key }
        : operation;
  }
}

function withOperation(payment: PaymentState, event: OperationEvent): PaymentState {
  const known = payment.operations.find(({ id }) => id === event.operation_id);
  const before = known ?? blankOperation(event.operation_id);
  const after = applyToOperation(before, event);
  if (known && sameFacts(known, after)) return payment;
  const others = payment.operations.filter(({ id }) => id !== event.operation_id);
  return { ...payment, operations: [...others, after].sort((a, b) => compare(a.id, b.id)) };
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

/** With this fact in its place by key; of two with one key the earlier stays. */
function withFirst<Fact extends { readonly key: string; readonly at: string }>(
  facts: readonly Fact[],
  fact: Fact,
): readonly Fact[] {
  const known = facts.find(({ key }) => key === fact.key);
  if (known && !isFirst(known.at, fact.at)) return facts;
  return [...facts.filter(({ key }) => key !== fact.key), fact].sort((a, b) => compare(a.key, b.key));
}

/** Facts are compared shallowly: whatever does not change keeps the very same nested objects. */
function sameFacts<Facts extends object>(a: Facts, b: Facts): boolean {
  return a === b || (Object.keys(a) as (keyof Facts)[]).every((key) => a[key] === b[key]);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
const isFirst = (known: string | null, at: string): boolean => known === null || at < known;
const earliest = (known: string | null, at: string): string => (known === null || at < known ? at : known);
const latest = (a: string, b: string): string => (a > b ? a : b);
