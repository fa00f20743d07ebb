/**
 * When an invoice's workflow has to wake by itself: to read an unpaid payment's status, to end a payment whose
 * time is up, to end the invoice. All of it follows from the facts, so a workflow that starts again from the
 * record goes on where the last one stopped.
 */
import { expiryTimes, isLeftOver, isToBeEnded } from './authorization.ts';
import { CASE_AFTER_S, hasCase, surpluses } from './cases.ts';
import { heldBy, openOperations, type OperationState } from './operations.ts';
import { ownMove, type CaptureRule } from './own-captures.ts';
import { isLive, isPayable } from './status.ts';
import type { InvoiceState, PaymentState } from './state.ts';

/**
 * Something to do at a time (milliseconds). `check`: ask the provider; `expire_*`: ask once more, then close;
 * `capture`: take what is authorized and owed; `void`: let go what is authorized beyond that; `finish`: find out what became of a capture, void or refund, and do it if it is not done.
 */
export type Task =
  | { readonly type: 'look_up_payment'; readonly payment_id: string; readonly at: number }
  | { readonly type: 'check_payment'; readonly payment_id: string; readonly at: number }
  | { readonly type: 'expire_payment'; readonly payment_id: string; readonly at: number }
  | {
      readonly type: 'capture_payment';
      readonly payment_id: string;
      /** Minor units; null: all that is left. */
      readonly amount: number | null;
      readonly at: number;
    }
  /** More is authorized than is owed: let it go. */
  | { readonly type: 'void_payment'; readonly payment_id: string; readonly at: number }
  | {
      readonly type: 'finish_operation';
      readonly payment_id: string;
      readonly operation_id: string;
      readonly at: number;
    }
  /** The authorization ends soon: tell the merchant. */
  | { readonly type: 'warn_of_expiry'; readonly payment_id: string; readonly at: number }
  /** It ends very soon: capture what is left or give it up, as the invoice says. */
  | { readonly type: 'end_authorization'; readonly payment_id: string; readonly at: number }
  /** Money came late or beyond what was owed: refund it or put it before a person, as the policy says. */
  | { readonly type: 'apply_policies'; readonly at: number }
  /** Nobody could find out for hours: a person has to. */
  | {
      readonly type: 'open_case';
      readonly kind: 'unknown_operation' | 'unknown_payment';
      readonly payment_id: string;
      readonly operation_id: string | null;
      readonly at: number;
    }
  | { readonly type: 'expire_invoice'; readonly at: number };

/** Seconds after the request at which a create call with an unknown outcome is looked up. */
export const LOOKUP_TABLE = [5, 30, 90, 300, 900, 3600];

/** Seconds after an authorization at which the provider is asked about it: people may capture or void in its dashboard. */
export const AUTHORIZED_TABLE = [600, 3600, 6 * 3600, 24 * 3600];

/** Seconds after an authorization has ended at which the provider is asked what became of it. */
export const LAPSED_TABLE = [60, 600, 3600, 6 * 3600, 24 * 3600];

/** Seconds after a provider has taken a refund at which it is asked what became of it; a review there may take days. */
export const ACCEPTED_TABLE = [30, 300, 3600, 6 * 3600, 24 * 3600];

/** Only what a provider does not know of this long after the call was sent has not happened. */
export const ABSENT_AFTER_S = 60;

/**
 * The next thing to do, or null when the invoice only waits for others (or for nothing).
 * `after` is the moment up to which everything has been done; polls at or before it are not repeated.
 * `rule`: how much of what is authorized is captured.
 * `holds`: by payment id or `invoice`, a moment before which it is not tried again (its provider could not be asked).
 */
export function nextTask(
  invoice: InvoiceState,
  after: number,
  holds: ReadonlyMap<string, number> = new Map(),
  rule: CaptureRule = 'owed',
): Task | null {
  const tasks: Task[] = invoice.payments.flatMap((payment) => {
    const operations = openOperations(payment);
    if (operations.length > 0) {
      return operations.map((operation) => nextOperationTask(payment.id, operation, after));
    }
    const task = isLive(payment) ? nextPaymentTask(invoice, payment, after, rule) : null;
    return task ? [task] : [];
  });
  tasks.push(...expiryTasks(invoice, after), ...caseTasks(invoice));
  if (surpluses(invoice).length > 0) tasks.push({ type: 'apply_policies', at: Date.parse(invoice.last_at) });
  if (isPayable(invoice)) tasks.push({ type: 'expire_invoice', at: Date.parse(invoice.due_at) });
  const held = tasks.map((task): Task => {
    const subject = 'payment_id' in task ? task.payment_id : 'invoice';
    return { ...task, at: Math.max(task.at, holds.get(subject) ?? 0) };
  });
  return held.reduce<Task | null>(
    (first, task) => (first === null || task.at < first.at ? task : first),
    null,
  );
}

/**
 * What is due before authorizations end, whatever else is under way. After the end it is too late for both: then the provider is
 * asked what it has done.
 */
function expiryTasks({ payments }: InvoiceState, after: number): Task[] {
  return payments.flatMap((payment): Task[] => {
    const times = expiryTimes(payment);
    if (!times || after >= times.ends_at) return [];
    const { id: payment_id } = payment;
    const isTold = payment.expiring_at !== null || !isLeftOver(payment);
    return [
      ...(isTold ? [] : [{ type: 'warn_of_expiry', payment_id, at: times.warn_at } as const]),
      ...(isToBeEnded(payment) ? [{ type: 'end_authorization', payment_id, at: times.act_at } as const] : []),
    ];
  });
}

/** What has been unknown for too long and is no case yet. */
function caseTasks(invoice: InvoiceState): Task[] {
  const due = (since: string): number => Date.parse(since) + CASE_AFTER_S * 1000;
  return invoice.payments.flatMap((payment): Task[] => {
    const { id: payment_id, unknown_at } = payment;
    const operations = openOperations(payment).flatMap((operation): Task[] => {
      const { id: operation_id, unknown_at: since } = operation;
      const isNew = !hasCase(invoice, 'unknown_operation', payment_id, operation_id);
      return since !== null && operation.accepted_at === null && isNew
        ? [{ type: 'open_case', kind: 'unknown_operation', payment_id, operation_id, at: due(since) }]
        : [];
    });
    const isLost = unknown_at !== null && payment.created_at === null && isLive(payment);
    return isLost && !hasCase(invoice, 'unknown_payment', payment_id, null)
      ? [
          ...operations,
          { type: 'open_case', kind: 'unknown_payment', payment_id, operation_id: null, at: due(unknown_at) },
        ]
      : operations;
  });
}

function nextPaymentTask(
  invoice: InvoiceState,
  payment: PaymentState,
  after: number,
  rule: CaptureRule,
): Task | null {
  const payment_id = payment.id;
  if (payment.created_at === null || payment.expires_at === null) {
    const since = payment.unknown_at ?? payment.requested_at;
    if (since === null) return null;
    return {
      type: 'look_up_payment',
      payment_id,
      at: nextPoll(Date.parse(since), LOOKUP_TABLE, after, payment_id),
    };
  }
  if (payment.authorized_at !== null && heldBy(payment) > 0) {
    const at = Date.parse(payment.authorized_at);
    const own = ownMove(invoice, payment, rule);
    if (own?.kind === 'capture') return { type: 'capture_payment', payment_id, amount: own.amount, at };
    if (own?.kind === 'void') return { type: 'void_payment', payment_id, at };
    return { type: 'check_payment', payment_id, at: nextLook(payment, at, after) };
  }
  const expiry = Date.parse(payment.expires_at);
  const poll = nextPoll(Date.parse(payment.created_at), payment.poll_s, after, payment_id);
  return poll < expiry
    ? { type: 'check_payment', payment_id, at: poll }
    : { type: 'expire_payment', payment_id, at: expiry };
}

/** People may capture or void in the provider's dashboard, and at the end of the authorization the provider itself does. */
function nextLook(payment: PaymentState, authorized_at: number, after: number): number {
  const ends_at = expiryTimes(payment)?.ends_at;
  const ordinary = nextPoll(authorized_at, AUTHORIZED_TABLE, after, payment.id);
  return ends_at === undefined
    ? ordinary
    : Math.min(ordinary, nextPoll(ends_at, LAPSED_TABLE, after, payment.id));
}

/**
 * What the provider works on is only read, and so is what it may still be about to take. When it has had time to know of an
 * operation, that is asked for again, with the same key.
 */
function nextOperationTask(payment_id: string, operation: OperationState, after: number): Task {
  const { id: operation_id, accepted_at, unknown_at, requested_at } = operation;
  if (accepted_at !== null) {
    const at = nextPoll(Date.parse(accepted_at), ACCEPTED_TABLE, after, operation_id);
    return { type: 'check_payment', payment_id, at };
  }
  const since = Date.parse(unknown_at ?? requested_at ?? '');
  const at = nextPoll(since, LOOKUP_TABLE, after, operation_id);
  return at < since + ABSENT_AFTER_S * 1000
    ? { type: 'check_payment', payment_id, at }
    : { type: 'finish_operation', payment_id, operation_id, at };
}

/** The first moment of the table after `after`, up to 10 % later so that payments made together are not read together. */
function nextPoll(start: number, table: readonly number[], after: number, seed: string): number {
  const last = table.at(-1) ?? 3600;
  const gap = last - (table.at(-2) ?? 0);
  const spread = 1 + (hash(seed) % 1000) / 10_000;
  for (const seconds of table) {
    const at = start + seconds * spread * 1000;
    if (at > after) return Math.round(at);
  }
  const repeats = Math.floor((after - start - last * spread * 1000) / (gap * spread * 1000)) + 1;
  return Math.round(start + (last + repeats * gap) * spread * 1000) + 1;
}

/** FNV-1a: spreads ids evenly; a workflow may not use randomness that changes on replay. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return value;
}
