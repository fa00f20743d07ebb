/**
 * Commits events as the activities do and holds what the code under test makes of each commit against the books: statuses, sums,
 * limits, the ledger, and what the merchant is told.
 */
import { isDeepStrictEqual } from 'node:util';
import { isOpen, type CaseKind } from '../../domain/cases.ts';
import type { InvoiceEvent, RecordedEvent } from '../../domain/events.ts';
import { ledgerTransactions } from '../../domain/ledger.ts';
import { capturable, movementsOf, refundable } from '../../domain/operations.ts';
import { outgoingEvents } from '../../domain/outgoing.ts';
import { record, reduce } from '../../domain/reduce.ts';
import { nextTask } from '../../domain/schedule.ts';
import type { InvoiceState } from '../../domain/state.ts';
import { amountsOf, invoiceStatus, isInFlight, paymentStatus } from '../../domain/status.ts';
import { openBooks, type Books, type Standing } from './books.ts';

export interface Clerk {
  readonly books: Books;
  readonly state: InvoiceState;
  /** By the books. */
  readonly standing: Standing;
  readonly recorded: readonly RecordedEvent[];
  /** Records what is new of it. Throws where the code under test and the books disagree. */
  commit(events: readonly InvoiceEvent[]): void;
}

/** `when`: the workflow's clock, and up to when polls have been done; milliseconds. */
export function createClerk(
  fresh: InvoiceState,
  when: () => { readonly now: number; readonly doneUntil: number },
): Clerk {
  const recorded: RecordedEvent[] = [];
  const books = openBooks(fresh.amount);
  let state = fresh;
  let standing = books.standing();

  function commit(events: readonly InvoiceEvent[]): void {
    const before = state;
    const folded = record(before, events, when().now);
    state = folded.state;
    recorded.push(...folded.recorded);
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
    if (standing.inFlight && nextTask(state, when().doneUntil) === null)
      throw new Error('in flight, and nothing will happen');
    let step = before;
    for (const event of folded.recorded) {
      const next = reduce(step, event);
      for (const { key, entries } of ledgerTransactions(step, next, event)) {
        const sum = entries.reduce((all, { amount }) => all + amount, 0);
        if (sum !== 0) throw new Error(`the ledger is off by ${sum} in ${key}, after ${event.type}`);
      }
      step = next;
      if (event.type === 'case.opened' && isAboutMoney(event)) {
        const others = state.cases.filter((one) => isOpen(one) && one.payment_id === event.payment_id);
        const held = others.filter(isAboutMoney).reduce((all, { amount }) => all + amount, 0);
        const room = standing.room[event.payment_id]?.refund ?? 0;
        if (held > room) throw new Error(`${held} are before a person, and only ${room} could go back`);
      }
    }
  }

  return {
    books,
    recorded,
    commit,
    get state() {
      return state;
    },
    get standing() {
      return standing;
    },
  };
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
