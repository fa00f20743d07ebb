/** Random stories of an invoice against its reducer, its limits, its schedule and its policies: plain books are the judge. */
import fc from 'fast-check';
import { eventKey, type RecordedEvent } from '../../domain/events.ts';
import { reduce } from '../../domain/reduce.ts';
import type { InvoiceState } from '../../domain/state.ts';
import { INVOICE_STATUSES, PAYMENT_STATUSES, invoiceStatus, paymentStatus } from '../../domain/status.ts';
import { must } from './clerk.ts';
import { howOften, seedOf } from './seed.ts';
import { play } from './story.ts';

/** Seconds on a machine that is not busy; `SARRAF_RUNS=100000` takes a minute or two. */
const USUAL = 5_000;
const RUNS = howOften(USUAL);

/** How far the log has got depends on the way there; all that is known does not. */
const facts = (state: InvoiceState): InvoiceState => ({ ...state, version: 0, last_at: '' });

/** The events in another order, and some of them twice: which, the numbers decide. */
function disturbed(events: readonly RecordedEvent[], numbers: readonly number[]): RecordedEvent[] {
  const number = (index: number): number => numbers[index % numbers.length] ?? 0;
  const doubled = events.flatMap((event, index) => (number(index) % 3 === 0 ? [event, event] : [event]));
  return doubled
    .map((event, index) => ({ event, place: (number(index) * 7919 + index * 104_729) % 1_000_003 }))
    .sort((a, b) => a.place - b.place)
    .map(({ event }) => event);
}

it(`${RUNS} random stories: the books agree at every step, and at the end all is where the providers say it is`, () => {
  const seen = new Set<string>();
  const seed = seedOf();
  const result = fc.check(
    fc.property(
      fc.array(fc.nat({ max: 0xff_ff_ff_ff }), { minLength: 2, maxLength: 32, size: 'max' }),
      (choices) => {
        const { fresh, state, recorded } = play(choices);
        must('the state is the fold of its events', recorded.reduce(reduce, fresh), state);
        must('each fact is recorded once', new Set(recorded.map(eventKey)).size, state.version);
        const other = disturbed(recorded, choices).reduce(reduce, fresh);
        must('order and repetition change nothing', facts(other), facts(state));
        for (const { type } of recorded) seen.add(type);
        seen.add(`invoice is ${invoiceStatus(state)}`);
        for (const payment of state.payments) seen.add(`payment is ${paymentStatus(payment)}`);
      },
    ),
    { seed, numRuns: RUNS },
  );
  if (result.failed) {
    const [choices = []] = result.counterexample ?? [];
    throw new Error(
      `${result.errorInstance instanceof Error ? result.errorInstance.message : 'a story failed'}\n\n` +
        `after ${result.numRuns} stories, shrunk ${result.numShrinks} times to ${JSON.stringify(choices)}\n` +
        `again: SARRAF_SEED=${seed} SARRAF_RUNS=${RUNS} npx jest test/model/reducer.test.ts`,
    );
  }
  const wanted = [
    ...INVOICE_STATUSES.filter((status) => !LEFT_AT_REST.has(status)).map((status) => `invoice is ${status}`),
    ...PAYMENT_STATUSES.filter((status) => !LEFT_AT_REST.has(status)).map((status) => `payment is ${status}`),
    ...EVENT_TYPES,
  ];
  // A generator that never gets anywhere would find nothing.
  expect(RUNS < USUAL ? [] : wanted.filter((one) => !seen.has(one))).toEqual([]);
}, 600_000);

/** Nothing stays so when everybody has answered. */
const LEFT_AT_REST: ReadonlySet<string> = new Set([
  'open',
  'authorized',
  'requested',
  'pending',
  'unknown',
  'partially_paid',
]);

const EVENT_TYPES: readonly RecordedEvent['type'][] = [
  'payment.requested',
  'payment.created',
  'payment.unknown',
  'payment.authorized',
  'payment.voided',
  'payment.failed',
  'payment.expired',
  'payment.canceled',
  'money.received',
  'money.refunded',
  'operation.requested',
  'operation.unknown',
  'operation.accepted',
  'operation.failed',
  'operation.canceled',
  'operation.succeeded',
  'case.opened',
  'case.resolved',
  'invoice.expired',
  'invoice.canceled',
];
