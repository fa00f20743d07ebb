/**
 * One random story of an invoice: merchant, customer, providers, people and time act in turn, and the events are committed as the
 * activities commit them. Each commit is held against the books. No engine and no database: thousands of stories a second.
 */
import { eventsOf } from '../../activities/readings.ts';
import { isOpen } from '../../domain/cases.ts';
import type { RecordedEvent } from '../../domain/events.ts';
import { capturable, refundable, type OperationKind } from '../../domain/operations.ts';
import { nextTask } from '../../domain/schedule.ts';
import { findPayment, newInvoice, type InvoiceState } from '../../domain/state.ts';
import { isInFlight } from '../../domain/status.ts';
import { createActs, type World } from './acts.ts';
import type { BankPayment } from './bank.ts';
import { createClerk, must } from './clerk.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const HOUR_S = 3600;
const LINK_S = 1800;
/** An invoice is due after this long. */
const DUE_S = 24 * HOUR_S;
const POLICIES = ['accept', 'refund', 'hold'] as const;
/** What a provider's finance team may say of a refund. */
const DECISIONS = ['succeeded', 'failed', 'canceled'] as const;

/** Where a story has got to. */
export interface Story {
  readonly fresh: InvoiceState;
  readonly state: InvoiceState;
  readonly recorded: readonly RecordedEvent[];
}

/** Plays the story that these numbers stand for, to its end. Throws, with what happened, where something does not hold. */
export function play(choices: readonly number[]): Story {
  /** What happened, for people. */
  const log: { readonly what: string; readonly from: number }[] = [];
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
    on_authorization_expiry: 'void',
    policies,
    created_at: new Date(START).toISOString(),
  });
  const bank = new Map<string, BankPayment>();
  const world: World = {
    now: START,
    doneUntil: START,
    isReachable: true,
    bank,
    holds: new Map(),
    draw,
    part: (whole) => Math.max(1, [whole, Math.ceil(whole / 2), Math.ceil(whole / 3), 1][draw(4)] ?? whole),
  };
  const { part } = world;
  const clerk = createClerk(fresh, () => world);
  const acts = createActs(world, clerk);
  const { move, passTime, resolve, tellAll } = acts;

  const anyOf = <One>(list: readonly One[]): One | undefined => list[draw(list.length || 1)];
  const STEPS: readonly (readonly [string, () => void])[] = [
    ['the merchant requests a payment', acts.requestPayment],
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
        clerk.commit(eventsOf(acts.paymentIn(account.id), stale, acts.circumstances()));
      },
    ],
    ['time passes', () => passTime([60, 60, 60, 600, 600, LINK_S, 3 * HOUR_S, DUE_S][draw(8)] ?? 60)],
    ['the merchant captures', () => moveAny('capture')],
    ['the merchant refunds', () => moveAny('refund')],
    ['the merchant releases', () => moveAny('void')],
    [
      'the merchant refunds by hand',
      () => {
        const payment = anyOf(clerk.state.payments);
        if (payment) move(payment.id, 'refund', draw(2) === 0 ? null : part(refundable(payment)), 'by hand');
      },
    ],
    ['the merchant cancels', acts.cancel],
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
        const payment = account && findPayment(clerk.state, account.id);
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
        account?.decideRefunds(DECISIONS[draw(3)] ?? 'failed');
      },
    ],
    [
      'a person decides a case',
      () => {
        const one = anyOf(clerk.state.cases.filter(isOpen));
        if (one) resolve(one.id);
      },
    ],
    [
      'an event is told again',
      () => {
        const event = anyOf(clerk.recorded);
        if (event) clerk.commit([event]);
      },
    ],
    ['the provider goes away or comes back', () => void (world.isReachable = !world.isReachable)],
  ];
  /** Without payments, money and time there is not much to try. */
  const MORE_OFTEN = [0, 1, 0, 1, 4, 1, 6, 1, 5, ...STEPS.keys()];
  function moveAny(kind: OperationKind): void {
    const payment = anyOf(clerk.state.payments);
    if (!payment) return;
    const left = kind === 'refund' ? refundable(payment) : capturable(payment);
    move(payment.id, kind, draw(2) === 0 ? null : part(left), 'key_1');
  }

  /** Everybody answers, and all that is open comes to its end. */
  function settle(): void {
    const decision = DECISIONS[draw(3)] ?? 'failed';
    rest = 0;
    world.isReachable = true;
    for (let day = 0; day < 10; day += 1) {
      for (const account of bank.values()) {
        account.decideRefunds(day === 0 ? decision : 'succeeded');
        if (day > 1) account.end('expired');
      }
      passTime(DUE_S);
      for (const one of clerk.state.cases) resolve(one.id);
      for (const account of bank.values()) {
        if (findPayment(clerk.state, account.id)?.provider_payment_id != null) tellAll(account);
      }
      passTime(60);
      if (!isInFlight(clerk.state) && nextTask(clerk.state, world.doneUntil, world.holds) === null) break;
    }
    must(
      'at rest',
      [isInFlight(clerk.state), nextTask(clerk.state, world.doneUntil, world.holds)],
      [false, null],
    );
    for (const account of bank.values()) {
      const { received, returned } = clerk.books.booked(account.id);
      const succeeded = account.refunds.filter(({ status }) => status === 'succeeded');
      must(`received for ${account.id}`, byKey(received), byKey(amountsByKey(account.transfers)));
      must(`refunded of ${account.id}`, byKey(returned), byKey(amountsByKey(succeeded)));
    }
    if (policies.late !== 'accept' && policies.excess !== 'accept' && clerk.books.undecided() > 0) {
      throw new Error(`${clerk.books.undecided()} late or in excess are kept, and nobody has decided so`);
    }
  }

  /** Each step with the events it made. */
  const story = (): string =>
    log
      .flatMap(({ what, from }, index) => [
        what,
        ...clerk.recorded.slice(from, log[index + 1]?.from).map((event) => `  ${JSON.stringify(event)}`),
      ])
      .join('\n');
  const note = (what: string): void => void log.push({ what, from: clerk.recorded.length });
  try {
    for (const choice of choices.slice(1)) {
      rest = choice;
      const [name, step] = STEPS[MORE_OFTEN[draw(MORE_OFTEN.length)] ?? 0] ?? ['', () => undefined];
      note(name);
      step();
    }
    note('and then all comes to rest');
    settle();
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${story()}`, {
      cause: error,
    });
  }
  return { fresh, state: clerk.state, recorded: clerk.recorded };
}

const amountsByKey = (
  parts: readonly { readonly key: string; readonly amount: number }[],
): Map<string, number> => new Map(parts.map(({ key, amount }) => [key, amount]));
const byKey = (amounts: ReadonlyMap<string, number>): (readonly [string, number])[] =>
  [...amounts].sort(([a], [b]) => (a < b ? -1 : 1));
