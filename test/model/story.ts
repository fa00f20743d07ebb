/**
 * One random story of an invoice: merchant, customer, providers, people and time act in turn, and the events are committed as the
 * activities commit them. Each commit is held against the books. No engine and no database: thousands of stories a second.
 */
import { isDeepStrictEqual } from 'node:util';
import { eventsOf, refundEvent } from '../../activities/readings.ts';
import {
  findCase,
  isOpen,
  policyActor,
  policyFailed,
  refundOfCase,
  surpluses,
  type CaseKind,
} from '../../domain/cases.ts';
import type { InvoiceEvent, RecordedEvent } from '../../domain/events.ts';
import { ledgerTransaction } from '../../domain/ledger.ts';
import {
  capturable,
  decideOperation,
  movementsOf,
  openOperations,
  refundable,
  type OperationKind,
} from '../../domain/operations.ts';
import { outgoingEvents } from '../../domain/outgoing.ts';
import { record } from '../../domain/reduce.ts';
import { nextTask, type Task } from '../../domain/schedule.ts';
import { findPayment, newInvoice, type InvoiceState, type PaymentState } from '../../domain/state.ts';
import {
  amountsOf,
  invoiceStatus,
  isInFlight,
  isLive,
  isPayable,
  paymentStatus,
} from '../../domain/status.ts';
import { openBankPayment, type Ability, type BankPayment } from './bank.ts';
import { openBooks, type Standing } from './books.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const HOUR_S = 3600;
/** A payment link and an invoice live this long. */
const LINK_S = 1800;
const DUE_S = 24 * HOUR_S;
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
const POLICIES = ['accept', 'refund', 'hold'] as const;
const BY_HAND = { capture: 'automatic', refund: 'partial' } as const;

/** Where a story has got to. */
export interface Story {
  readonly fresh: InvoiceState;
  readonly state: InvoiceState;
  readonly recorded: readonly RecordedEvent[];
}

/** Plays the story that these numbers stand for, to its end. Throws, with what happened, where something does not hold. */
export function play(choices: readonly number[]): Story {
  /** What happened, for people. */
  const log: (string | RecordedEvent)[] = [];
  let rest = 0;
  /** One of `count` ways; the first when the number is used up, so smaller numbers are simpler stories. */
  const draw = (count: number): number => {
    const way = rest % count;
    rest = Math.floor(rest / count);
    return way;
  };
  rest = choices[0] ?? 0;
  const due = [100, 1, 60_000, 33_333_333_333_333][draw(4)] ?? 100;
  const policies = { late: POLICIES[draw(3)] ?? 'accept', excess: POLICIES[draw(3)] ?? 'accept' };
  const fresh = newInvoice({
    id: 'inv_1',
    merchant_id: 'mer_1',
    currency: 'VND',
    amount: due,
    due_at: new Date(START + DUE_S * 1000).toISOString(),
    capture_method: draw(2) === 0 ? 'automatic' : 'manual',
    policies,
    created_at: new Date(START).toISOString(),
  });
  let state = fresh;
  const recorded: RecordedEvent[] = [];
  const books = openBooks(due);
  let standing = books.standing();
  const bank = new Map<string, BankPayment>();
  const abilities = new Map<string, Ability>();
  let now = START;
  let doneUntil = now;
  let isReachable = true;
  let ids = 0;
  const holds = new Map<string, number>();
  const newId = (prefix: string): string => `${prefix}_${String((ids += 1)).padStart(4, '0')}`;
  const part = (whole: number): number =>
    Math.max(1, [whole, Math.ceil(whole / 2), Math.ceil(whole / 3), 1][draw(4)] ?? whole);

  function commit(events: readonly InvoiceEvent[]): void {
    const before = state;
    const folded = record(before, events, now);
    state = folded.state;
    recorded.push(...folded.recorded);
    log.push(...folded.recorded);
    for (const event of events) books.tell(event);
    const earlier = standing;
    standing = books.standing();
    must('the state says what the books say', standingOf(state), standing);
    const told = outgoingEvents(before, state, folded.recorded);
    must(
      'the merchant is told once of each change',
      told
        .map(
          ({ type, payment_id, operation_id, case_id }) => `${type} ${operation_id ?? case_id ?? payment_id}`,
        )
        .sort(),
      changes(earlier, standing, folded.recorded).sort(),
    );
    if (standing.inFlight && nextTask(state, doneUntil) === null)
      throw new Error('in flight, and nothing will happen');
    for (const event of folded.recorded) {
      if (event.type === 'case.opened' && isAboutMoney(event)) {
        const others = state.cases.filter((one) => isOpen(one) && one.payment_id === event.payment_id);
        const held = others.filter(isAboutMoney).reduce((all, { amount }) => all + amount, 0);
        const room = standing.room[event.payment_id]?.refund ?? 0;
        if (held > room) throw new Error(`${held} are before a person, and only ${room} could go back`);
      }
      const sum = ledgerTransaction(event)?.entries.reduce((all, { amount }) => all + amount, 0) ?? 0;
      if (sum !== 0) throw new Error(`the ledger is off by ${sum} after ${event.type}`);
    }
  }

  const paymentIn = (id: string): PaymentState => {
    const found = findPayment(state, id);
    if (!found) throw new Error(`${id} is not on record`);
    return found;
  };
  const circumstances = () => ({
    source: 'poll' as const,
    expires_at: new Date(now + LINK_S * 1000).toISOString(),
    capture_before: null,
  });
  const tellAll = (account: BankPayment, more: readonly InvoiceEvent[] = []): void =>
    commit([...eventsOf(paymentIn(account.id), account.reading(), circumstances()), ...more]);

  function requestPayment(): void {
    if (state.payments.length >= 4) return;
    const payment_id = newId('pay');
    const ability = ABILITIES[draw(ABILITIES.length)] ?? ABILITIES[0];
    if (!ability) return;
    const { remaining } = amountsOf(state);
    const amount = isPayable(state) ? part(remaining) : due;
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
    if (!isPayable(state) || !isReachable)
      return commit([asked, { type: 'payment.failed', payment_id, failure: FAILURE }]);
    const outcome = ['created', 'created', 'lost', 'lost before', 'declined'][draw(5)];
    if (outcome === 'declined')
      return commit([asked, { type: 'payment.failed', payment_id, failure: FAILURE }]);
    if (outcome !== 'lost before') bank.set(payment_id, openBankPayment(payment_id, ability, amount));
    if (outcome !== 'created')
      return commit([asked, { type: 'payment.unknown', payment_id, failure: UNKNOWN }]);
    const { expires_at } = circumstances();
    commit([
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
    if (!operation || !account || operation.accepted_at !== null || !isReachable) return;
    const { kind, amount } = operation;
    const ids_of = { payment_id, operation_id };
    const outcome = ['done', 'lost', 'lost before', 'declined', 'under review'][draw(5)];
    if (outcome === 'lost before')
      return commit([{ type: 'operation.unknown', ...ids_of, failure: UNKNOWN }]);
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
    if (!isGranted) return commit([{ type: 'operation.failed', ...ids_of, failure: FAILURE }]);
    if (outcome === 'lost') return commit([{ type: 'operation.unknown', ...ids_of, failure: UNKNOWN }]);
    const refund = account.refundOf(operation_id);
    if (refund) return commit(refundEvent(paymentIn(payment_id), refund, 'request'));
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
    const room = standing.room[payment_id];
    const limit = kind === 'refund' ? room?.refund : room?.capture;
    if ('refused' in decision) return false;
    if (kind !== 'void' && (decision.amount > (limit ?? 0) || decision.amount <= 0)) {
      throw new Error(`a ${kind} of ${decision.amount} is allowed, and there is room for ${limit}`);
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
      commit([asked]);
      carryOut(payment_id, operation_id);
      return true;
    }
    const key = `manual:${operation_id}`;
    commit([
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
    if (!account || !isReachable) return false;
    if (purpose !== 'read' && account.reading().status === 'pending' && draw(2) === 0) account.end('expired');
    if (purpose === 'cancel' && account.reading().status === 'authorized') account.release();
    const events = eventsOf(payment, account.reading(), circumstances());
    const { status } = account.reading();
    const isOver = events.some(({ type }) => type === 'payment.failed' || type === 'payment.canceled');
    if (purpose === 'read' || status === 'paid' || status === 'authorized' || isOver) commit(events);
    else {
      const end = purpose === 'cancel' ? 'payment.canceled' : 'payment.expired';
      commit([...events.filter(({ type }) => type !== 'payment.expired'), { type: end, payment_id }]);
    }
    return true;
  }

  const checkAll = (purpose: 'expire' | 'cancel'): boolean =>
    state.payments.filter(isLive).every(({ id }) => check(id, purpose));

  function cancel(): void {
    const status = invoiceStatus(state);
    const isBusy = state.payments.some((payment) => openOperations(payment).length > 0);
    if ((status !== 'open' && status !== 'authorized') || amountsOf(state).received > 0 || isBusy) return;
    if (checkAll('cancel') && invoiceStatus(state) === 'open')
      commit([{ type: 'invoice.canceled', reason: null }]);
  }

  function perform(task: Task): void {
    switch (task.type) {
      case 'look_up_payment': {
        const { payment_id } = task;
        const account = bank.get(payment_id);
        if (!isReachable || !abilities.get(payment_id)?.lookup) return;
        if (account) tellAll(account);
        else commit([{ type: 'payment.failed', payment_id, failure: FAILURE }]);
        return;
      }
      case 'check_payment':
        check(task.payment_id, 'read');
        return;
      case 'expire_payment':
        if (!check(task.payment_id, 'expire')) holds.set(task.payment_id, now + HOLD_MS);
        return;
      case 'capture_payment':
        move(task.payment_id, 'capture', null, 'sarraf');
        return;
      case 'finish_operation':
        carryOut(task.payment_id, task.operation_id);
        return;
      case 'apply_policies':
        applyPolicies();
        return;
      case 'open_case': {
        const { kind, payment_id, operation_id } = task;
        const amount = paymentIn(payment_id).operations.find(({ id }) => id === operation_id)?.amount ?? 0;
        commit([{ type: 'case.opened', payment_id, case_id: newId('case'), kind, operation_id, amount }]);
        return;
      }
      case 'expire_invoice':
        if (!checkAll('expire')) holds.set('invoice', now + HOLD_MS);
        else if (isPayable(state)) commit([{ type: 'invoice.expired' }]);
        return;
    }
  }

  function applyPolicies(): void {
    for (const { cause, policy, payment_id, amount } of surpluses(state)) {
      const mayRefund = policy === 'refund' && !policyFailed(paymentIn(payment_id), cause);
      if (mayRefund && move(payment_id, 'refund', amount, policyActor(cause))) continue;
      if (!surpluses(state).some((one) => one.cause === cause && one.payment_id === payment_id)) continue;
      const kind = cause === 'late' ? 'late_money' : 'excess_money';
      commit([{ type: 'case.opened', payment_id, case_id: newId('case'), kind, operation_id: null, amount }]);
    }
  }

  /** Somebody who has looked at the provider decides, and tells the truth. */
  function resolve(case_id: string): void {
    const one = findCase(state, case_id);
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
      commit([
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
    const until = now + seconds * 1000;
    let tasks = 0;
    for (;;) {
      const task = nextTask(state, doneUntil, holds);
      if (!task || task.at > until) break;
      tasks = task.at > now + 1000 ? 0 : tasks + 1;
      if (tasks > MOST_TASKS) throw new Error(`it runs in circles: ${JSON.stringify(task)}`);
      now = Math.max(now, task.at);
      doneUntil = now;
      perform(task);
    }
    now = until;
  }

  const anyOf = <One>(list: readonly One[]): One | undefined => list[draw(list.length || 1)];
  const STEPS: readonly (readonly [string, () => void])[] = [
    ['the merchant requests a payment', requestPayment],
    [
      'the customer pays',
      () => {
        const account = anyOf([...bank.values()]);
        if (!account) return;
        const amount = draw(2) === 0 ? account.asked : part(account.asked * 2);
        const isTold = draw(2) === 0;
        if (account.pay(amount) && isTold) tellAll(account);
      },
    ],
    [
      'a webhook comes',
      () => {
        const account = anyOf([...bank.values()]);
        if (account) tellAll(account);
      },
    ],
    [
      'an old webhook comes, about one transfer',
      () => {
        const account = anyOf([...bank.values()]);
        const reading = account?.reading();
        const receipt = anyOf(reading?.receipts ?? []);
        if (!account || !reading || !receipt) return;
        const stale = { ...reading, status: 'pending', receipts: [receipt], refunds: [] } as const;
        commit(eventsOf(paymentIn(account.id), stale, circumstances()));
      },
    ],
    ['time passes', () => passTime([60, 60, 60, 600, 600, LINK_S, 3 * HOUR_S, DUE_S][draw(8)] ?? 60)],
    ['the merchant captures', () => moveAny('capture')],
    ['the merchant refunds', () => moveAny('refund')],
    ['the merchant releases', () => moveAny('void')],
    [
      'the merchant refunds by hand',
      () => {
        const payment = anyOf(state.payments);
        if (payment) move(payment.id, 'refund', draw(2) === 0 ? null : part(refundable(payment)), 'by hand');
      },
    ],
    ['the merchant cancels', cancel],
    [
      'a payment ends at the provider',
      () => {
        anyOf([...bank.values()])?.end((['failed', 'expired', 'canceled'] as const)[draw(3)] ?? 'failed');
      },
    ],
    [
      'somebody refunds in the dashboard',
      () => {
        const account = anyOf([...bank.values()]);
        const payment = account && findPayment(state, account.id);
        // Whoever gives back by hand as well as there gives back twice: no software can keep them from it.
        const free = payment ? refundable(payment) : 0;
        if (account && free > 0 && account.refundInDashboard(Math.min(part(account.asked), free)))
          tellAll(account);
      },
    ],
    [
      'the provider decides on refunds',
      () => {
        const account = anyOf([...bank.values()]);
        account?.decideRefunds((['succeeded', 'failed', 'canceled'] as const)[draw(3)] ?? 'failed');
      },
    ],
    [
      'a person decides a case',
      () => {
        const one = anyOf(state.cases.filter(isOpen));
        if (one) resolve(one.id);
      },
    ],
    [
      'an event is told again',
      () => {
        const event = anyOf(recorded);
        if (event) commit([event]);
      },
    ],
    ['the provider goes away or comes back', () => void (isReachable = !isReachable)],
  ];
  /** Without payments, money and time there is not much to try. */
  const MORE_OFTEN = [0, 1, 0, 1, 4, 1, 6, 1, 5, ...STEPS.keys()];
  function moveAny(kind: OperationKind): void {
    const payment = anyOf(state.payments);
    if (!payment) return;
    const left = kind === 'refund' ? refundable(payment) : capturable(payment);
    move(payment.id, kind, draw(2) === 0 ? null : part(left), 'key_1');
  }

  /** Everybody answers, and all that is open comes to its end. */
  function settle(): void {
    rest = 0;
    isReachable = true;
    for (let day = 0; day < 10; day += 1) {
      for (const account of bank.values()) {
        account.decideRefunds('succeeded');
        if (day > 1) account.end('expired');
      }
      passTime(DUE_S);
      for (const one of state.cases) resolve(one.id);
      for (const account of bank.values()) {
        if (findPayment(state, account.id)?.provider_payment_id != null) tellAll(account);
      }
      passTime(60);
      if (!isInFlight(state) && nextTask(state, doneUntil, holds) === null) break;
    }
    must('at rest', [isInFlight(state), nextTask(state, doneUntil, holds)], [false, null]);
    for (const account of bank.values()) {
      const { received, returned } = books.booked(account.id);
      const succeeded = account.refunds.filter(({ status }) => status === 'succeeded');
      must(`received for ${account.id}`, byKey(received), byKey(amountsByKey(account.transfers)));
      must(`refunded of ${account.id}`, byKey(returned), byKey(amountsByKey(succeeded)));
    }
    if (policies.late !== 'accept' && policies.excess !== 'accept' && books.undecided() > 0) {
      throw new Error(`${books.undecided()} late or in excess are kept, and nobody has decided so`);
    }
  }

  const story = (): string =>
    log.map((line) => (typeof line === 'string' ? line : `  ${JSON.stringify(line)}`)).join('\n');
  try {
    for (const choice of choices.slice(1)) {
      rest = choice;
      const [name, step] = STEPS[MORE_OFTEN[draw(MORE_OFTEN.length)] ?? 0] ?? ['', () => undefined];
      log.push(name);
      step();
    }
    log.push('and then all comes to rest');
    settle();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${story()}`, {
      cause: error,
    });
  }
  return { fresh, state, recorded };
}

const isAboutMoney = ({ kind }: { readonly kind: CaseKind }): boolean =>
  kind === 'late_money' || kind === 'excess_money';

/** Throws with both unless they are equal. */
export function must(what: string, is: unknown, due: unknown): void {
  if (isDeepStrictEqual(is, due)) return;
  throw new Error(`not so: ${what}\n  is:     ${JSON.stringify(is)}\n  should: ${JSON.stringify(due)}`);
}

/** What the code under test says, in the words of the books. */
function standingOf(state: InvoiceState): Standing {
  const { received, refunded, authorized, remaining, excess, late } = amountsOf(state);
  const amounts = { received, refunded, authorized, remaining, excess, late };
  for (const amount of Object.values(amounts))
    if (!Number.isSafeInteger(amount)) throw new Error(`${amount} is no amount`);
  const { payments } = state;
  return {
    invoice: invoiceStatus(state),
    payments: Object.fromEntries(payments.map((payment) => [payment.id, paymentStatus(payment)])),
    moves: Object.fromEntries(
      payments.flatMap((payment) =>
        movementsOf(payment).map(({ id, kind, status }) => [id, `${kind}.${status}`]),
      ),
    ),
    amounts,
    room: Object.fromEntries(
      payments.map((payment) => [payment.id, { capture: capturable(payment), refund: refundable(payment) }]),
    ),
    inFlight: isInFlight(state),
  };
}

/** What the merchant has to be told of a step, by the books. */
function changes(before: Standing, after: Standing, recorded: readonly RecordedEvent[]): string[] {
  const facts = recorded.flatMap((event) => {
    if (event.type === 'money.received') return [`payment.money_received ${event.payment_id}`];
    return event.type === 'case.opened' || event.type === 'case.resolved'
      ? [`${event.type} ${event.case_id}`]
      : [];
  });
  const news = (
    is: Readonly<Record<string, string>>,
    was: Readonly<Record<string, string>>,
  ): [string, string][] => Object.entries(is).filter(([id, status]) => was[id] !== status);
  return [
    ...facts,
    ...news(after.payments, before.payments).map(([id, status]) => `payment.${status} ${id}`),
    ...news(after.moves, before.moves).map(([id, status]) => `${status} ${id}`),
    ...(before.invoice === after.invoice ? [] : [`invoice.${after.invoice} null`]),
  ];
}

const amountsByKey = (
  parts: readonly { readonly key: string; readonly amount: number }[],
): Map<string, number> => new Map(parts.map(({ key, amount }) => [key, amount]));
const byKey = (amounts: ReadonlyMap<string, number>): (readonly [string, number])[] =>
  [...amounts].sort(([a], [b]) => (a < b ? -1 : 1));
