import fc from 'fast-check';
import { eventKey, type InvoiceEvent, type RecordedEvent } from './events.ts';
import { record, reduce } from './reduce.ts';
import type { OperationKind } from './operations.ts';
import { newInvoice, type InvoiceState } from './state.ts';
import { amountsOf, invoiceStatus, isInFlight, isLive, paymentStatus } from './status.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const at = (second: number): string => new Date(START + second * 1000).toISOString();

const fresh = (amount = 100): InvoiceState =>
  newInvoice({
    id: 'inv_1',
    merchant_id: 'mer_1',
    currency: 'VND',
    amount,
    due_at: at(100_000),
    capture_method: 'automatic',
    on_authorization_expiry: 'capture',
    policies: { late: 'accept', excess: 'accept' },
    created_at: at(0),
  });

const requested = (payment_id: string, amount = 100): InvoiceEvent => ({
  type: 'payment.requested',
  payment_id,
  provider: 'finan',
  method: 'bank_transfer',
  account_id: 'pacc_1',
  amount,
  poll_s: [60],
});
const created = (payment_id: string): InvoiceEvent => ({
  type: 'payment.created',
  payment_id,
  provider_payment_id: `PR-${payment_id}`,
  expires_at: at(1800),
  source: 'request',
});
const received = (payment_id: string, key: string, amount: number): InvoiceEvent => ({
  type: 'money.received',
  payment_id,
  key,
  amount,
  fee: null,
  paid_at: null,
  source: 'webhook',
});
const refunded = (payment_id: string, operation_id: string, key: string, amount: number): InvoiceEvent => ({
  type: 'money.refunded',
  payment_id,
  operation_id,
  key,
  amount,
  source: 'poll',
});
/** All that can be said of one capture, void or refund. */
const operation = (
  payment_id: string,
  operation_id: string,
  kind: OperationKind,
  amount: number,
): InvoiceEvent[] => [
  { type: 'operation.requested', payment_id, operation_id, kind, amount, by: 'key_1' },
  { type: 'operation.unknown', payment_id, operation_id, failure },
  { type: 'operation.accepted', payment_id, operation_id, key: `k-${operation_id}` },
  { type: 'operation.failed', payment_id, operation_id, failure },
  { type: 'operation.canceled', payment_id, operation_id },
  { type: 'operation.succeeded', payment_id, operation_id, key: `k-${operation_id}` },
];
const failure = { kind: 'declined', code: 'no', message: 'no' } as const;

/** Folds the events, one second apart. */
const after = (...events: InvoiceEvent[]): InvoiceState =>
  events.reduce((state, event, index) => reduce(state, { ...event, at: at(index + 1) }), fresh());

describe('the status of an invoice', () => {
  it('is open until money comes', () => {
    expect(invoiceStatus(after())).toBe('open');
    expect(invoiceStatus(after(requested('a'), created('a')))).toBe('open');
  });

  it('follows the money: partially paid, paid, overpaid', () => {
    expect(invoiceStatus(after(requested('a'), created('a'), received('a', '1', 40)))).toBe('partially_paid');
    expect(
      invoiceStatus(after(requested('a'), created('a'), received('a', '1', 40), received('a', '2', 60))),
    ).toBe('paid');
    const over = after(requested('a'), created('a'), received('a', '1', 130));
    expect(invoiceStatus(over)).toBe('overpaid');
    expect(amountsOf(over)).toEqual({
      due: 100,
      received: 130,
      authorized: 0,
      refunded: 0,
      remaining: 0,
      excess: 30,
      late: 0,
    });
  });

  it('counts the money of all payments together', () => {
    expect(
      invoiceStatus(
        after(requested('a'), received('a', '1', 40), requested('b', 60), received('b', '1', 60)),
      ),
    ).toBe('paid');
  });

  it('is expired or canceled only while it is not paid', () => {
    expect(invoiceStatus(after({ type: 'invoice.expired' }))).toBe('expired');
    expect(invoiceStatus(after({ type: 'invoice.canceled', reason: null }))).toBe('canceled');
    expect(invoiceStatus(after(requested('a'), received('a', '1', 100), { type: 'invoice.expired' }))).toBe(
      'paid',
    );
  });

  it('takes late money as what it is: received, and late', () => {
    const state = after(
      requested('a'),
      created('a'),
      { type: 'payment.expired', payment_id: 'a' },
      received('a', '1', 100),
    );
    expect(invoiceStatus(state)).toBe('paid');
    expect(amountsOf(state).late).toBe(100);
    expect(
      amountsOf(after(requested('a'), received('a', '1', 100), { type: 'payment.expired', payment_id: 'a' }))
        .late,
    ).toBe(0);
  });
});

describe('the status of a payment', () => {
  const status = (...events: InvoiceEvent[]): string =>
    paymentStatus(after(requested('a'), ...events).payments[0]!);

  it('tells how far it has come', () => {
    expect(status()).toBe('requested');
    expect(status(created('a'))).toBe('pending');
    expect(status({ type: 'payment.unknown', payment_id: 'a', failure })).toBe('unknown');
    expect(status({ type: 'payment.unknown', payment_id: 'a', failure }, created('a'))).toBe('pending');
    expect(status(created('a'), received('a', '1', 99))).toBe('partially_paid');
    expect(status(created('a'), received('a', '1', 100))).toBe('paid');
    expect(status({ type: 'payment.failed', payment_id: 'a', failure })).toBe('failed');
    expect(status(created('a'), { type: 'payment.expired', payment_id: 'a' })).toBe('expired');
    expect(status(created('a'), { type: 'payment.canceled', payment_id: 'a' })).toBe('canceled');
  });

  it('is live exactly while money may still come by it', () => {
    const live = (...events: InvoiceEvent[]): boolean =>
      isLive(after(requested('a'), ...events).payments[0]!);
    expect([live(), live(created('a')), live(created('a'), received('a', '1', 1))]).toEqual([
      true,
      true,
      true,
    ]);
    expect(live(created('a'), received('a', '1', 100))).toBe(false);
    expect(live(created('a'), { type: 'payment.expired', payment_id: 'a' })).toBe(false);
  });
});

describe('reduce', () => {
  it('gives the very same state back when an event says nothing new', () => {
    const state = after(requested('a'), created('a'), received('a', '1', 40));
    for (const event of [requested('a'), created('a'), received('a', '1', 40)]) {
      expect(reduce(state, { ...event, at: at(999) })).toBe(state);
    }
  });

  it('counts what was recorded', () => {
    expect(after(requested('a'), created('a'), received('a', '1', 40)).version).toBe(3);
  });

  it('keeps an invoice in flight until it has ended and no payment is live', () => {
    expect(isInFlight(after())).toBe(true);
    expect(isInFlight(after({ type: 'invoice.expired' }))).toBe(false);
    expect(isInFlight(after(requested('a'), created('a'), { type: 'invoice.canceled', reason: null }))).toBe(
      true,
    );
  });
});

describe('record', () => {
  it('gives strictly growing moments, even where the clock stands still or runs backwards', () => {
    const first = record(fresh(), [requested('a'), created('a')], START + 5000);
    const second = record(first.state, [received('a', '1', 1)], START);
    const moments = [...first.recorded, ...second.recorded].map((event) => event.at);
    expect(moments).toEqual([at(5), at(5.001), at(5.002)]);
  });

  it('leaves out what is already known', () => {
    const { state } = record(fresh(), [requested('a'), received('a', '1', 40)], START);
    expect(record(state, [received('a', '1', 40)], START + 1)).toEqual({ state, recorded: [] });
  });
});

/** Any story of two payments; a transfer's key fixes its amount, as a provider's id of a transfer does. */
const anyEvent: fc.Arbitrary<InvoiceEvent> = fc
  .constantFrom('a', 'b')
  .chain((id) =>
    fc.constantFrom<InvoiceEvent>(
      requested(id),
      created(id),
      { type: 'payment.unknown', payment_id: id, failure },
      { type: 'payment.failed', payment_id: id, failure },
      { type: 'payment.expired', payment_id: id },
      { type: 'payment.canceled', payment_id: id },
      received(id, 't1', 30),
      received(id, 't2', 70),
      received(id, 't3', 50),
      { type: 'payment.authorized', payment_id: id, amount: 100, capture_before: null, source: 'poll' },
      { type: 'payment.authorization_expiring', payment_id: id, capture_before: at(90_000) },
      { type: 'payment.voided', payment_id: id },
      { type: 'money.fee_learnt', payment_id: id, key: 't1', revision: 1, fee: 3 },
      { type: 'money.fee_learnt', payment_id: id, key: 't1', revision: 2, fee: 4 },
      ...operation(id, `cap-${id}`, 'capture', 30),
      ...operation(id, `rfd-${id}`, 'refund', 20),
      refunded(id, `rfd-${id}`, 'r1', 20),
      refunded(id, `found-${id}`, 'r2', 10),
      { type: 'invoice.expired' },
      { type: 'invoice.canceled', reason: null },
    ),
  );
/** From one of these, what is paid only ever goes to another: giving money back does not make it owed again. */
const PAID = new Set<string>(['paid', 'overpaid', 'partially_refunded', 'refunded']);

/** All that is known; how far the log has got (`version`, `last_at`) depends on the way there. */
const facts = (state: InvoiceState): unknown => ({ ...state, version: 0, last_at: '' });

describe('whatever happens to the events on their way', () => {
  const story = fc
    .array(anyEvent, { maxLength: 14 })
    .map((events) => events.map((event, index): RecordedEvent => ({ ...event, at: at(index + 1) })));

  it('their order never changes the final state', () => {
    fc.assert(
      fc.property(
        story.chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(facts(shuffled.reduce(reduce, fresh()))).toEqual(facts(events.reduce(reduce, fresh())));
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('repetition and delay of any of them change nothing', () => {
    fc.assert(
      fc.property(story, fc.array(fc.nat(), { maxLength: 10 }), (events, repeats) => {
        const doubled = [
          ...events,
          ...repeats.flatMap((index) => events[index % (events.length || 1)] ?? []),
        ];
        expect(facts(doubled.reduce(reduce, fresh()))).toEqual(facts(events.reduce(reduce, fresh())));
      }),
      { numRuns: 3000 },
    );
  });

  it('money that has come is never forgotten, and a paid invoice never becomes unpaid', () => {
    fc.assert(
      fc.property(story, (events) => {
        let state = fresh();
        for (const event of events) {
          const next = reduce(state, event);
          expect(amountsOf(next).received).toBeGreaterThanOrEqual(amountsOf(state).received);
          expect(amountsOf(next).refunded).toBeGreaterThanOrEqual(amountsOf(state).refunded);
          if (PAID.has(invoiceStatus(state))) expect(PAID).toContain(invoiceStatus(next));
          state = next;
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('recording them as they come keeps each fact once', () => {
    fc.assert(
      fc.property(story, (events) => {
        let state = fresh();
        const recorded: RecordedEvent[] = [];
        for (const event of events) {
          const step = record(state, [event], Date.parse(event.at));
          state = step.state;
          recorded.push(...step.recorded);
        }
        const keys = recorded.map(eventKey);
        expect(new Set(keys).size).toBe(keys.length);
        expect(recorded.reduce(reduce, fresh())).toEqual(state);
        expect(state.version).toBe(recorded.length);
      }),
      { numRuns: 3000 },
    );
  });
});
