import { policyFailed, refundOfCase, surpluses, type Policies } from './cases.ts';
import type { InvoiceEvent } from './events.ts';
import { record } from './reduce.ts';
import { newInvoice, type InvoiceState } from './state.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const payment_id = 'pay_1';
const failure = { kind: 'declined', code: 'no', message: 'no' } as const;
const canceled: InvoiceEvent = { type: 'invoice.canceled', reason: null };

const received = (key: string, amount: number): InvoiceEvent => ({
  type: 'money.received',
  payment_id,
  key,
  amount,
  fee: null,
  paid_at: null,
  source: 'poll',
});
const asked = (operation_id: string, amount: number, by: string): InvoiceEvent => ({
  type: 'operation.requested',
  payment_id,
  operation_id,
  kind: 'refund',
  amount,
  by,
});
const refunded = (operation_id: string, amount: number): InvoiceEvent => ({
  type: 'money.refunded',
  payment_id,
  operation_id,
  key: operation_id,
  amount,
  source: 'poll',
});
const opened = (case_id: string, kind: 'late_money' | 'unknown_payment', amount: number): InvoiceEvent => ({
  type: 'case.opened',
  payment_id,
  case_id,
  kind,
  operation_id: null,
  amount,
});
const decidedToRefund = (case_id: string): InvoiceEvent => ({
  type: 'case.resolved',
  payment_id,
  case_id,
  decision: 'refund',
  by: 'Dana Karim',
  reason: 'not wanted',
});

/** An invoice over 100 after these events. */
function after(policies: Policies, ...events: InvoiceEvent[]): InvoiceState {
  const fresh = newInvoice({
    id: 'inv_1',
    merchant_id: 'mer_1',
    currency: 'USD',
    amount: 100,
    due_at: '2026-10-02T10:00:00.000Z',
    capture_method: 'automatic',
    on_authorization_expiry: 'void',
    policies,
    created_at: new Date(START).toISOString(),
  });
  return record(fresh, events, START).state;
}
const parts = (invoice: InvoiceState): unknown =>
  surpluses(invoice).map(({ cause, amount }) => [cause, amount]);

const BACK: Policies = { late: 'refund', excess: 'refund' };
const HOLD: Policies = { late: 'hold', excess: 'hold' };

describe('what a policy has to deal with', () => {
  it('is each late payment of a canceled invoice, also after an earlier one went back', () => {
    const first = [canceled, received('t1', 100), asked('rfd_1', 100, 'policy:late')];
    expect(parts(after(BACK, canceled, received('t1', 100)))).toEqual([['late', 100]]);
    expect(parts(after(BACK, ...first))).toEqual([]);
    expect(parts(after(BACK, ...first, received('t2', 100)))).toEqual([['excess', 100]]);
    expect(parts(after(BACK, ...first, refunded('rfd_1', 100), received('t2', 100)))).toEqual([
      ['excess', 100],
    ]);
  });

  it('is the same where a person decides that it goes back', () => {
    const first = [
      canceled,
      received('t1', 100),
      opened('case_1', 'late_money', 100),
      decidedToRefund('case_1'),
    ];
    const back = [asked(refundOfCase('case_1'), 100, 'Dana Karim'), refunded(refundOfCase('case_1'), 100)];
    expect(parts(after(HOLD, ...first, ...back))).toEqual([]);
    expect(parts(after(HOLD, ...first, ...back, received('t2', 100)))).toEqual([['excess', 100]]);
  });

  it('is again what a person wanted to give back and the provider did not', () => {
    const refused = (end: InvoiceEvent): InvoiceState =>
      after(
        HOLD,
        canceled,
        received('t1', 100),
        opened('case_1', 'late_money', 100),
        asked('rfd_1', 100, 'Dana Karim'),
        decidedToRefund('case_1'),
        end,
      );
    for (const end of ['operation.failed', 'operation.canceled'] as const) {
      expect(parts(refused({ type: end, payment_id, operation_id: 'rfd_1', failure }))).toEqual([
        ['late', 100],
      ]);
    }
  });

  it('never is more than what can go back of a payment, though it comes under both policies', () => {
    const earlier = { ...received('t1', 90), payment_id: 'pay_0' };
    const found = surpluses(after(BACK, canceled, earlier, received('t2', 50)));
    expect(found.map((one) => [one.cause, one.payment_id, one.amount])).toEqual([
      ['excess', 'pay_1', 40],
      ['late', 'pay_1', 10],
      ['late', 'pay_0', 90],
    ]);
  });

  it('does not wait for a case about something else', () => {
    const lost = opened('case_1', 'unknown_payment', 100);
    expect(parts(after(BACK, lost, canceled, received('t1', 100)))).toEqual([['late', 100]]);
  });
});

it('a refund by policy that the provider gave up is not asked for again: a person decides', () => {
  const ended = (type: 'operation.failed' | 'operation.canceled'): InvoiceState =>
    after(BACK, canceled, received('t1', 100), asked('rfd_1', 100, 'policy:late'), {
      type,
      payment_id,
      operation_id: 'rfd_1',
      failure,
    });
  for (const type of ['operation.failed', 'operation.canceled'] as const) {
    expect(ended(type).payments.map((payment) => policyFailed(payment, 'late'))).toEqual([true]);
    expect(parts(ended(type))).toEqual([['late', 100]]);
  }
});
