/**
 * Stands in for the workflow and its activities: what they do, event by event, at make-believe providers. Where they only decide or
 * translate, the real code is asked: it is under test.
 */
import { eventsOf, refundEvent } from '../../activities/readings.ts';
import { findCase, isOpen, policyActor, policyFailed, refundOfCase, surpluses } from '../../domain/cases.ts';
import type { InvoiceEvent } from '../../domain/events.ts';
import { decideOperation, openOperations, type OperationKind } from '../../domain/operations.ts';
import { nextTask, type Task } from '../../domain/schedule.ts';
import { findPayment, type PaymentState } from '../../domain/state.ts';
import { amountsOf, invoiceStatus, isLive, isPayable } from '../../domain/status.ts';
import { openBankPayment, type Ability, type BankPayment } from './bank.ts';
import type { Clerk } from './clerk.ts';

const HOUR_S = 3600;
/** A payment link lives this long. */
const LINK_S = 1800;
/** So many tasks at one moment are a workflow that runs in circles. */
const MOST_TASKS = 50;
/** What a workflow leaves alone for a while because a provider could not be asked. */
const HOLD_MS = HOUR_S * 1000;
const FAILURE = { kind: 'declined', code: 'no', message: 'no' } as const;
const UNKNOWN = { kind: 'unknown_outcome', code: 'timeout', message: 'no answer' } as const;
const ABILITIES: readonly Ability[] = [
  { capture: 'automatic', refund: 'partial', lookup: true },
  { capture: 'automatic', refund: 'full', lookup: false },
  { capture: 'automatic', refund: 'none', lookup: true },
  { capture: 'manual_many', refund: 'partial', lookup: true },
  { capture: 'manual_once', refund: 'partial', lookup: true },
];
const BY_HAND = { capture: 'automatic', refund: 'partial' } as const;

/** What is true, whoever knows of it. Times in milliseconds on the invoice's clock. */
export interface World {
  now: number;
  /** Up to here, polls have been done. */
  doneUntil: number;
  /** False while no provider can be reached. */
  isReachable: boolean;
  readonly bank: Map<string, BankPayment>;
  readonly holds: Map<string, number>;
  /** One of `count` ways. */
  readonly draw: (count: number) => number;
  /** Some part of an amount, at least 1. */
  readonly part: (whole: number) => number;
}

export type Acts = ReturnType<typeof createActs>;

export function createActs(world: World, clerk: Clerk) {
  const { bank, holds, draw, part } = world;
  const abilities = new Map<string, Ability>();
  let ids = 0;
  const newId = (prefix: string): string => `${prefix}_${String((ids += 1)).padStart(4, '0')}`;

  const paymentIn = (id: string): PaymentState => {
    const found = findPayment(clerk.state, id);
    if (!found) throw new Error(`${id} is not on record`);
    return found;
  };
  const circumstances = () => ({
    source: 'poll' as const,
    expires_at: new Date(world.now + LINK_S * 1000).toISOString(),
    capture_before: null,
  });
  const tellAll = (account: BankPayment, more: readonly InvoiceEvent[] = []): void =>
    clerk.commit([...eventsOf(paymentIn(account.id), account.reading(), circumstances()), ...more]);

  function requestPayment(): void {
    if (clerk.state.payments.length >= 4) return;
    const payment_id = newId('pay');
    const ability = ABILITIES[draw(ABILITIES.length)] ?? ABILITIES[0];
    if (!ability) return;
    const { remaining } = amountsOf(clerk.state);
    const amount = isPayable(clerk.state) ? part(remaining) : clerk.state.amount;
    abilities.set(payment_id, ability);
    const asked: InvoiceEvent = {
      type: 'payment.requested',
      payment_id,
      provider: 'finan',
      method: ability.capture,
      account_id: 'pacc_1',
      amount,
      poll_s: [300],
    };
    if (!isPayable(clerk.state) || !world.isReachable)
      return clerk.commit([asked, { type: 'payment.failed', payment_id, failure: FAILURE }]);
    const outcome = ['created', 'created', 'lost', 'lost before', 'declined'][draw(5)];
    if (outcome === 'declined')
      return clerk.commit([asked, { type: 'payment.failed', payment_id, failure: FAILURE }]);
    if (outcome !== 'lost before') bank.set(payment_id, openBankPayment(payment_id, ability, amount));
    if (outcome !== 'created')
      return clerk.commit([asked, { type: 'payment.unknown', payment_id, failure: UNKNOWN }]);
    const { expires_at } = circumstances();
    clerk.commit([
      asked,
      {
        type: 'payment.created',
        payment_id,
        provider_payment_id: `PR-${payment_id}`,
        expires_at,
        source: 'request',
      },
    ]);
  }

  /** Asks the provider for what is reserved; what becomes of it is drawn. */
  function carryOut(payment_id: string, operation_id: string): void {
    const operation = openOperations(paymentIn(payment_id)).find(({ id }) => id === operation_id);
    const account = bank.get(payment_id);
    if (!operation || !account || operation.accepted_at !== null || !world.isReachable) return;
    const { kind, amount } = operation;
    const ids_of = { payment_id, operation_id };
    const outcome = ['done', 'lost', 'lost before', 'declined', 'under review'][draw(5)];
    if (outcome === 'lost before')
      return clerk.commit([{ type: 'operation.unknown', ...ids_of, failure: UNKNOWN }]);
    const known = account.refundOf(operation_id) ?? account.captureOf(operation_id);
    const isGranted =
      known !== undefined ||
      (outcome !== 'declined' &&
        (kind === 'capture'
          ? account.capture(operation_id, amount)
          : kind === 'void'
            ? account.release()
            : account.refund(operation_id, amount, outcome === 'under review' ? 'pending' : 'succeeded') !==
              null));
    if (!isGranted) return clerk.commit([{ type: 'operation.failed', ...ids_of, failure: FAILURE }]);
    if (outcome === 'lost') return clerk.commit([{ type: 'operation.unknown', ...ids_of, failure: UNKNOWN }]);
    const refund = account.refundOf(operation_id);
    if (refund) return clerk.commit(refundEvent(paymentIn(payment_id), refund, 'request'));
    const key = account.captureOf(operation_id) ?? null;
    const given: InvoiceEvent[] = kind === 'void' ? [{ type: 'payment.voided', payment_id }] : [];
    tellAll(account, [{ type: 'operation.succeeded', ...ids_of, key }, ...given]);
  }

  /** As `moveMoney` does: reserved first, then sent. False: refused. */
  function move(
    payment_id: string,
    kind: OperationKind,
    amount: number | null,
    by: string,
    id?: string,
  ): boolean {
    const ability = abilities.get(payment_id);
    if (!ability) return false;
    const isByHand = by === 'by hand';
    const decision = decideOperation(paymentIn(payment_id), isByHand ? BY_HAND : ability, kind, amount);
    const room = clerk.standing.room[payment_id];
    const limit = kind === 'refund' ? room?.refund : room?.capture;
    if ('refused' in decision) return false;
    if (kind !== 'void' && (decision.amount > (limit ?? 0) || decision.amount <= 0)) {
      throw new Error(`a ${kind} of ${decision.amount} is allowed, and there is room for ${limit}`);
    }
    const { remaining } = clerk.standing.amounts;
    if (kind === 'capture' && by === 'sarraf' && decision.amount > remaining) {
      throw new Error(`a capture of ${decision.amount} that nobody asked for, and ${remaining} is owed`);
    }
    const operation_id = id ?? newId(kind);
    const asked: InvoiceEvent = {
      type: 'operation.requested',
      payment_id,
      operation_id,
      kind,
      amount: decision.amount,
      by,
    };
    if (!isByHand) {
      clerk.commit([asked]);
      carryOut(payment_id, operation_id);
      return true;
    }
    const key = `manual:${operation_id}`;
    clerk.commit([
      asked,
      { type: 'money.refunded', payment_id, operation_id, key, amount: decision.amount, source: 'manual' },
    ]);
    return true;
  }

  /** As `checkPayment` does; false: the provider could not be asked. */
  function check(payment_id: string, purpose: 'read' | 'expire' | 'cancel'): boolean {
    const payment = paymentIn(payment_id);
    if (payment.provider_payment_id === null || (purpose !== 'read' && !isLive(payment))) return true;
    const account = bank.get(payment_id);
    if (!account || !world.isReachable) return false;
    if (purpose !== 'read' && account.reading().status === 'pending' && draw(2) === 0) account.end('expired');
    if (purpose === 'cancel' && account.reading().status === 'authorized') account.release();
    const events = eventsOf(payment, account.reading(), circumstances());
    const { status } = account.reading();
    const isOver = events.some(({ type }) => type === 'payment.failed' || type === 'payment.canceled');
    if (purpose === 'read' || status === 'paid' || status === 'authorized' || isOver) clerk.commit(events);
    else {
      const end = purpose === 'cancel' ? 'payment.canceled' : 'payment.expired';
      clerk.commit([...events.filter(({ type }) => type !== 'payment.expired'), { type: end, payment_id }]);
    }
    return true;
  }

  const checkAll = (purpose: 'expire' | 'cancel'): boolean =>
    clerk.state.payments.filter(isLive).every(({ id }) => check(id, purpose));

  function cancel(): void {
    const status = invoiceStatus(clerk.state);
    const isBusy = clerk.state.payments.some((payment) => openOperations(payment).length > 0);
    if ((status !== 'open' && status !== 'authorized') || amountsOf(clerk.state).received > 0 || isBusy)
      return;
    if (checkAll('cancel') && invoiceStatus(clerk.state) === 'open')
      clerk.commit([{ type: 'invoice.canceled', reason: null }]);
  }

  function perform(task: Task): void {
    switch (task.type) {
      case 'look_up_payment': {
        const { payment_id } = task;
        const account = bank.get(payment_id);
        if (!world.isReachable || !abilities.get(payment_id)?.lookup) return;
        if (account) tellAll(account);
        else clerk.commit([{ type: 'payment.failed', payment_id, failure: FAILURE }]);
        return;
      }
      case 'check_payment':
        check(task.payment_id, 'read');
        return;
      case 'expire_payment':
        if (!check(task.payment_id, 'expire')) holds.set(task.payment_id, world.now + HOLD_MS);
        return;
      case 'capture_payment':
        move(task.payment_id, 'capture', task.amount, 'sarraf');
        return;
      case 'void_payment':
        move(task.payment_id, 'void', null, 'sarraf');
        return;
      case 'warn_of_expiry':
      case 'end_authorization':
        throw new Error(`${task.type}: no authorization of this bank ever ends`);
      case 'finish_operation':
        carryOut(task.payment_id, task.operation_id);
        return;
      case 'apply_policies':
        applyPolicies();
        return;
      case 'open_case': {
        const { kind, payment_id, operation_id } = task;
        const amount = paymentIn(payment_id).operations.find(({ id }) => id === operation_id)?.amount ?? 0;
        clerk.commit([
          { type: 'case.opened', payment_id, case_id: newId('case'), kind, operation_id, amount },
        ]);
        return;
      }
      case 'expire_invoice':
        if (!checkAll('expire')) holds.set('invoice', world.now + HOLD_MS);
        else if (isPayable(clerk.state)) clerk.commit([{ type: 'invoice.expired' }]);
        return;
    }
  }

  function applyPolicies(): void {
    for (const { cause, policy, payment_id, amount } of surpluses(clerk.state)) {
      const mayRefund = policy === 'refund' && !policyFailed(paymentIn(payment_id), cause);
      if (mayRefund && move(payment_id, 'refund', amount, policyActor(cause))) continue;
      if (!surpluses(clerk.state).some((one) => one.cause === cause && one.payment_id === payment_id))
        continue;
      const kind = cause === 'late' ? 'late_money' : 'excess_money';
      clerk.commit([
        { type: 'case.opened', payment_id, case_id: newId('case'), kind, operation_id: null, amount },
      ]);
    }
  }

  /** Somebody who has looked at the provider decides, and tells the truth. */
  function resolve(case_id: string): void {
    const one = findCase(clerk.state, case_id);
    if (!one || !isOpen(one)) return;
    const { payment_id, operation_id, kind, amount } = one;
    const account = bank.get(payment_id);
    const decide = (
      decision:
        | 'accept'
        | 'refund'
        | 'refund_by_hand'
        | 'it_happened'
        | 'it_did_not_happen'
        | 'it_exists'
        | 'it_does_not_exist',
      events: readonly InvoiceEvent[] = [],
    ): void =>
      clerk.commit([
        ...events,
        { type: 'case.resolved', payment_id, case_id, decision, by: 'Dana', reason: 'looked' },
      ]);
    switch (kind) {
      case 'late_money':
      case 'excess_money': {
        const decision = (['accept', 'refund', 'refund_by_hand'] as const)[draw(3)] ?? 'accept';
        if (decision === 'accept') return decide(decision);
        const by = decision === 'refund' ? 'Dana' : 'by hand';
        if (move(payment_id, 'refund', amount, by, refundOfCase(case_id))) decide(decision);
        return;
      }
      case 'unknown_payment':
        if (account) decide('it_exists', eventsOf(paymentIn(payment_id), account.reading(), circumstances()));
        else decide('it_does_not_exist', [{ type: 'payment.failed', payment_id, failure: FAILURE }]);
        return;
      case 'unknown_operation': {
        const operation = openOperations(paymentIn(payment_id)).find(({ id }) => id === operation_id);
        if (!operation || operation_id === null || !account) return;
        const about = { payment_id, operation_id };
        const refund = account.refundOf(operation_id);
        const capture = account.captureOf(operation_id);
        if (refund?.status === 'pending') return;
        if (refund?.status === 'succeeded') {
          return decide('it_happened', [
            { type: 'money.refunded', ...about, key: refund.key, amount: refund.amount, source: 'manual' },
          ]);
        }
        if (capture !== undefined) {
          const received = {
            type: 'money.received',
            payment_id,
            key: capture,
            fee: null,
            paid_at: null,
            source: 'manual',
          } as const;
          return decide('it_happened', [
            { ...received, amount: operation.amount },
            { type: 'operation.succeeded', ...about, key: capture },
          ]);
        }
        if (operation.kind === 'void' && !account.isOpen) {
          return decide('it_happened', [
            { type: 'operation.succeeded', ...about, key: null },
            { type: 'payment.voided', payment_id },
          ]);
        }
        return decide('it_did_not_happen', [{ type: 'operation.failed', ...about, failure: UNKNOWN }]);
      }
    }
  }

  function passTime(seconds: number): void {
    const until = world.now + seconds * 1000;
    let tasks = 0;
    for (;;) {
      const task = nextTask(clerk.state, world.doneUntil, holds);
      if (!task || task.at > until) break;
      tasks = task.at > world.now + 1000 ? 0 : tasks + 1;
      if (tasks > MOST_TASKS) throw new Error(`it runs in circles: ${JSON.stringify(task)}`);
      world.now = Math.max(world.now, task.at);
      world.doneUntil = world.now;
      perform(task);
    }
    world.now = until;
  }

  return { requestPayment, tellAll, paymentIn, circumstances, move, cancel, resolve, passTime };
}
