import type { InvoiceEvent } from './events.ts';
import { exceedsOwed, ownMove } from './own-captures.ts';
import { reduce } from './reduce.ts';
import { nextTask } from './schedule.ts';
import { findPayment, newInvoice, type CaptureMethod, type InvoiceState } from './state.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const AT = new Date(START).toISOString();

/** An invoice over 100 after these events. */
const after = (events: readonly InvoiceEvent[], capture_method: CaptureMethod = 'automatic'): InvoiceState =>
  events.reduce(
    (state, event) => reduce(state, { ...event, at: AT }),
    newInvoice({
      id: 'inv_1',
      merchant_id: 'mer_1',
      currency: 'SAR',
      amount: 100,
      due_at: '2026-11-01T10:00:00.000Z',
      capture_method,
      on_authorization_expiry: 'capture',
      policies: { late: 'accept', excess: 'accept' },
      created_at: AT,
    }),
  );

/** The customer has agreed to pay so much with this payment. */
const agreed = (payment_id: string, amount: number): InvoiceEvent[] => [
  { type: 'payment.requested', payment_id, provider: 'tamara', method: 'x', account_id: 'pacc_1', amount, poll_s: [60] },
  { type: 'payment.created', payment_id, provider_payment_id: `P-${payment_id}`, expires_at: '2026-10-02T10:00:00.000Z', source: 'request' },
  { type: 'payment.authorized', payment_id, amount, capture_before: null, source: 'webhook' },
]; // oxfmt-ignore
const asked = (payment_id: string, kind: 'capture' | 'void', amount: number): InvoiceEvent => ({
  type: 'operation.requested',
  payment_id,
  operation_id: `${kind}_${payment_id}_${amount}`,
  kind,
  amount,
  by: 'sarraf',
});
const captured = (payment_id: string, amount: number): InvoiceEvent[] => [
  asked(payment_id, 'capture', amount),
  { type: 'money.received', payment_id, key: `T-${payment_id}`, amount, fee: null, paid_at: null, source: 'request' },
  { type: 'operation.succeeded', payment_id, operation_id: `capture_${payment_id}_${amount}`, key: `T-${payment_id}` },
]; // oxfmt-ignore
const refused = (payment_id: string, kind: 'capture' | 'void', amount: number): InvoiceEvent[] => [
  asked(payment_id, kind, amount),
  {
    type: 'operation.failed',
    payment_id,
    operation_id: `${kind}_${payment_id}_${amount}`,
    failure: { kind: 'declined', code: 'no', message: 'no' },
  },
];
const moveOf = (invoice: InvoiceState, id: string, rule?: 'all') => {
  const payment = findPayment(invoice, id);
  return payment && ownMove(invoice, payment, rule);
};

describe('by itself', () => {
  it('what is authorized and owed is captured, whole', () => {
    const invoice = after(agreed('pay_1', 100));
    expect(moveOf(invoice, 'pay_1')).toEqual({ kind: 'capture', amount: null });
    expect(exceedsOwed(invoice)).toBe(false);
  });

  it('a second authorization waits while the capture of the first may still bring all that is owed', () => {
    const invoice = after([...agreed('pay_1', 100), ...agreed('pay_2', 100), asked('pay_1', 'capture', 100)]);
    expect(moveOf(invoice, 'pay_2')).toBeNull();
    expect(exceedsOwed(invoice)).toBe(true);
  });

  it('and is let go when that has brought it', () => {
    const invoice = after([...agreed('pay_1', 100), ...agreed('pay_2', 100), ...captured('pay_1', 100)]);
    expect(moveOf(invoice, 'pay_2')).toEqual({ kind: 'void' });
    expect(nextTask(invoice, START)).toMatchObject({ type: 'void_payment', payment_id: 'pay_2' });
  });

  it('and is captured when it has not', () => {
    const invoice = after([
      ...agreed('pay_1', 100),
      ...agreed('pay_2', 100),
      ...refused('pay_1', 'capture', 100),
    ]);
    expect(moveOf(invoice, 'pay_2')).toEqual({ kind: 'capture', amount: null });
    expect(moveOf(invoice, 'pay_1')).toBeNull();
  });

  it('only what is still owed is captured, and the rest let go', () => {
    const part = [...agreed('pay_1', 100), ...agreed('pay_2', 100), ...captured('pay_1', 40)];
    const invoice = after(part);
    expect(moveOf(invoice, 'pay_2')).toEqual({ kind: 'capture', amount: 60 });
    const paid = after([...part, ...captured('pay_2', 60)]);
    expect([moveOf(paid, 'pay_1'), moveOf(paid, 'pay_2')]).toEqual([{ kind: 'void' }, { kind: 'void' }]);
  });

  it('a void that was refused is not asked for again', () => {
    const invoice = after([
      ...agreed('pay_1', 100),
      ...agreed('pay_2', 100),
      ...captured('pay_1', 100),
      ...refused('pay_2', 'void', 100),
    ]);
    expect(moveOf(invoice, 'pay_2')).toBeNull();
  });

  it('nothing is captured or let go where the merchant does it', () => {
    const invoice = after(
      [...agreed('pay_1', 100), ...agreed('pay_2', 100), ...captured('pay_1', 100)],
      'manual',
    );
    expect(moveOf(invoice, 'pay_2')).toBeNull();
    expect(exceedsOwed(invoice)).toBe(false);
  });

  it('an older run captures all of it, as it would have', () => {
    const invoice = after([...agreed('pay_1', 100), ...agreed('pay_2', 100), ...captured('pay_1', 100)]);
    expect(moveOf(invoice, 'pay_2', 'all')).toEqual({ kind: 'capture', amount: null });
    expect(nextTask(invoice, START, new Map(), 'all')).toMatchObject({
      type: 'capture_payment',
      amount: null,
    });
  });
});
