import fc from 'fast-check';
import type { InvoiceEvent } from './events.ts';
import { ledgerTransactions } from './ledger.ts';
import {
  capturable,
  decideOperation,
  heldBy,
  movementsOf,
  receivedBy,
  refundable,
  refundedBy,
  type MoneyRules,
  type OperationKind,
} from './operations.ts';
import { record, reduce } from './reduce.ts';
import { nextTask } from './schedule.ts';
import {
  findPayment,
  newInvoice,
  type CaptureMethod,
  type InvoiceState,
  type PaymentState,
} from './state.ts';
import { amountsOf, invoiceStatus, isInFlight, isPayable, paymentStatus } from './status.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const payment_id = 'pay_1';
const IN_PARTS: MoneyRules = { capture: 'manual_many', refund: 'partial' };
const failure = { kind: 'declined', code: 'no', message: 'no' } as const;

const requested: InvoiceEvent = {
  type: 'payment.requested',
  payment_id,
  provider: 'tabby',
  method: 'installments',
  account_id: 'pacc_1',
  amount: 100,
  poll_s: [60],
};
const created: InvoiceEvent = {
  type: 'payment.created',
  payment_id,
  provider_payment_id: 'P1',
  expires_at: '2026-10-01T10:30:00.000Z',
  source: 'request',
};
const authorized: InvoiceEvent = {
  type: 'payment.authorized',
  payment_id,
  amount: 100,
  capture_before: null,
  source: 'webhook',
};
const asks = (operation_id: string, kind: OperationKind, amount: number): InvoiceEvent => ({
  type: 'operation.requested',
  payment_id,
  operation_id,
  kind,
  amount,
  by: 'key_1',
});
const done = (operation_id: string): InvoiceEvent => ({
  type: 'operation.succeeded',
  payment_id,
  operation_id,
  key: operation_id,
});
const fails = (operation_id: string): InvoiceEvent => ({
  type: 'operation.failed',
  payment_id,
  operation_id,
  failure,
});
const received = (key: string, amount: number): InvoiceEvent => ({
  type: 'money.received',
  payment_id,
  key,
  amount,
  fee: null,
  paid_at: null,
  source: 'poll',
});
const refunded = (operation_id: string, amount: number): InvoiceEvent => ({
  type: 'money.refunded',
  payment_id,
  operation_id,
  key: operation_id,
  amount,
  source: 'poll',
});

function invoiceAfter(
  events: readonly InvoiceEvent[],
  capture_method: CaptureMethod = 'manual',
): InvoiceState {
  const fresh = newInvoice({
    id: 'inv_1',
    merchant_id: 'mer_1',
    currency: 'AED',
    amount: 100,
    due_at: '2026-10-02T10:00:00.000Z',
    capture_method,
    on_authorization_expiry: 'void',
    policies: { late: 'accept', excess: 'accept' },
    created_at: new Date(START).toISOString(),
  });
  return record(fresh, [requested, created, ...events], START).state;
}
const paymentOf = (invoice: InvoiceState): PaymentState => findPayment(invoice, payment_id) as PaymentState;
const after = (...events: InvoiceEvent[]): PaymentState => paymentOf(invoiceAfter(events));
const decide = (payment: PaymentState, kind: OperationKind, amount: number | null, rules = IN_PARTS) =>
  decideOperation(payment, rules, kind, amount);

describe('a capture', () => {
  it('needs an authorization', () => {
    expect(decide(after(), 'capture', 10)).toEqual({ refused: 'payment_not_authorized' });
    expect(decide(after(authorized), 'capture', null)).toEqual({ amount: 100 });
  });

  it('takes what is left, and what is on its way is gone', () => {
    const payment = after(authorized, asks('cap_1', 'capture', 60));
    expect(decide(payment, 'capture', 41)).toEqual({ refused: 'amount_exceeds_capturable' });
    expect(decide(payment, 'capture', null)).toEqual({ amount: 40 });
    expect(decide(after(authorized, asks('cap_1', 'capture', 60), fails('cap_1')), 'capture', null)).toEqual({
      amount: 100,
    });
  });

  it('is one where the provider allows one, and none where it takes the money at once', () => {
    const once: MoneyRules = { capture: 'manual_once', refund: 'partial' };
    const captured = after(authorized, asks('cap_1', 'capture', 60), done('cap_1'), received('cap_1', 60));
    expect(decide(captured, 'capture', null, once)).toEqual({ refused: 'captured_already' });
    expect(decide(captured, 'capture', null)).toEqual({ amount: 40 });
    const atOnce: MoneyRules = { capture: 'automatic', refund: 'none' };
    expect(decide(after(authorized), 'capture', 1, atOnce)).toEqual({ refused: 'not_supported_by_provider' });
  });

  it('comes too late after a void, and waits for one that is under way', () => {
    const voiding = after(authorized, asks('void_1', 'void', 100));
    expect(decide(voiding, 'capture', 1)).toEqual({ refused: 'operation_in_progress' });
    const voided = after(authorized, { type: 'payment.voided', payment_id });
    expect(decide(voided, 'capture', 1)).toEqual({ refused: 'authorization_ended' });
    expect(paymentStatus(voided)).toBe('canceled');
  });
});

describe('a void', () => {
  it('gives up what is held, and waits for captures under way', () => {
    expect(decide(after(authorized, received('c', 30)), 'void', null)).toEqual({ amount: 70 });
    expect(decide(after(authorized, asks('cap_1', 'capture', 30)), 'void', null)).toEqual({
      refused: 'operation_in_progress',
    });
    expect(decide(after(), 'void', null)).toEqual({ refused: 'payment_not_authorized' });
  });
});

describe('a refund', () => {
  const paid = [authorized, received('c', 100)];

  it('takes what came, without what went back and what is on its way', () => {
    expect(decide(after(authorized), 'refund', null)).toEqual({ refused: 'nothing_to_refund' });
    const payment = after(
      ...paid,
      asks('rfd_1', 'refund', 30),
      asks('rfd_2', 'refund', 20),
      refunded('rfd_2', 20),
    );
    expect(decide(payment, 'refund', null)).toEqual({ amount: 50 });
    expect(decide(payment, 'refund', 51)).toEqual({ refused: 'amount_exceeds_refundable' });
  });

  it('is all or nothing where the provider knows no parts, and none where it has none', () => {
    const full: MoneyRules = { capture: 'automatic', refund: 'full' };
    expect(decide(after(...paid), 'refund', 99, full)).toEqual({ refused: 'full_refund_only' });
    expect(decide(after(...paid), 'refund', null, full)).toEqual({ amount: 100 });
    expect(decide(after(...paid), 'refund', null, { ...full, refund: 'none' })).toEqual({
      refused: 'not_supported_by_provider',
    });
  });

  it('is done when its money has gone back, also when it had been called failed', () => {
    const payment = after(...paid, asks('rfd_1', 'refund', 30), fails('rfd_1'), refunded('rfd_1', 30));
    expect(movementsOf(payment)).toMatchObject([{ id: 'rfd_1', status: 'succeeded', failure: null }]);
    expect(refundable(payment)).toBe(70);
  });

  it('that nobody asked for here is shown as the provider’s', () => {
    expect(movementsOf(after(...paid, refunded('rfd_9', 10)))).toMatchObject([
      { id: 'rfd_9', kind: 'refund', by: 'provider', status: 'succeeded', amount: 10 },
    ]);
  });
});

describe('an invoice', () => {
  it('is authorized while what it lacks is held, takes no payment then, and has no due time', () => {
    const invoice = invoiceAfter([authorized]);
    expect(invoiceStatus(invoice)).toBe('authorized');
    expect(isPayable(invoice)).toBe(false);
    expect(isInFlight(invoice)).toBe(true);
    expect(nextTask(invoice, START)).toMatchObject({ type: 'check_payment' });
    expect(amountsOf(invoice)).toMatchObject({ authorized: 100, remaining: 100, received: 0 });
  });

  it('is refunded, never owed again, when what was paid goes back', () => {
    const paid = [authorized, received('c', 100)];
    expect(invoiceStatus(invoiceAfter([...paid, refunded('r1', 40)]))).toBe('partially_refunded');
    const all = invoiceAfter([...paid, refunded('r1', 40), refunded('r2', 60)]);
    expect(invoiceStatus(all)).toBe('refunded');
    expect(isInFlight(all)).toBe(false);
    expect(amountsOf(all)).toMatchObject({ remaining: 0, refunded: 100 });
  });

  it('that was overpaid is paid when the excess has gone back', () => {
    const over = [received('t1', 130)];
    expect(invoiceStatus(invoiceAfter(over))).toBe('overpaid');
    expect(invoiceStatus(invoiceAfter([...over, refunded('r1', 30)]))).toBe('paid');
  });
});

describe('what comes next', () => {
  it('is the capture, at once and once, when the invoice is captured by itself', () => {
    const waiting = invoiceAfter([authorized], 'automatic');
    expect(nextTask(waiting, START)).toMatchObject({ type: 'capture_payment', payment_id });
    const asked = invoiceAfter([authorized, asks('cap_1', 'capture', 100), fails('cap_1')], 'automatic');
    expect(nextTask(asked, START)).toMatchObject({ type: 'check_payment' });
  });

  it('is a look, and after a minute the same again, when nobody knows what became of an operation', () => {
    const invoice = invoiceAfter([authorized, asks('cap_1', 'capture', 100)]);
    expect(nextTask(invoice, START)).toMatchObject({ type: 'check_payment' });
    expect(nextTask(invoice, START + 60_000)).toMatchObject({
      type: 'finish_operation',
      operation_id: 'cap_1',
    });
  });

  it('is a look now and then while the provider works on a refund, and the paid invoice stays awake for it', () => {
    const accepted: InvoiceEvent = {
      type: 'operation.accepted',
      payment_id,
      operation_id: 'rfd_1',
      key: 'R1',
    };
    const invoice = invoiceAfter([received('t1', 100), asks('rfd_1', 'refund', 100), accepted]);
    expect(isInFlight(invoice)).toBe(true);
    expect(nextTask(invoice, START + 3_600_000)).toMatchObject({ type: 'check_payment' });
  });
});

it('a refund’s ledger transaction sums to zero, from the provider’s money or from the merchant’s own', () => {
  for (const source of ['poll', 'manual'] as const) {
    const event = { ...refunded('rfd_1', 30), source, at: '2026-10-01T10:00:00.000Z' } as const;
    const before = invoiceAfter([received('t1', 100)]);
    const entries = ledgerTransactions(before, reduce(before, event), event)[0]?.entries ?? [];
    expect(entries.map(({ amount }) => amount)).toEqual([30, -30]);
    expect(entries[1]?.account).toBe(source === 'manual' ? 'merchant_refunds' : 'provider_clearing');
  }
});

it('whatever is asked for and whatever becomes of it, nothing passes its limit', () => {
  const step = fc.record({
    kind: fc.constantFrom<OperationKind>('capture', 'capture', 'refund', 'void'),
    amount: fc.option(fc.integer({ min: 1, max: 120 })),
    ends: fc.constantFrom('done', 'failed', 'never'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let events: InvoiceEvent[] = [authorized];
      for (const [index, { kind, amount, ends }] of steps.entries()) {
        const payment = after(...events);
        const decision = decide(payment, kind, amount);
        if ('refused' in decision) continue;
        const id = `${kind}_${index}`;
        const moved =
          kind === 'capture'
            ? [done(id), received(id, decision.amount)]
            : kind === 'refund'
              ? [refunded(id, decision.amount)]
              : [done(id), { type: 'payment.voided', payment_id } as const];
        const end = ends === 'done' ? moved : ends === 'failed' ? [fails(id)] : [];
        events = [...events, asks(id, kind, decision.amount), ...end];
      }
      const payment = after(...events);
      expect(receivedBy(payment)).toBeLessThanOrEqual(100);
      expect(refundedBy(payment)).toBeLessThanOrEqual(receivedBy(payment));
      expect(capturable(payment)).toBeLessThanOrEqual(heldBy(payment));
    }),
    { numRuns: 500 },
  );
});
