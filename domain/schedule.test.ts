import type { InvoiceEvent } from './events.ts';
import { reduce } from './reduce.ts';
import { nextTask } from './schedule.ts';
import { newInvoice, type InvoiceState } from './state.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const second = (seconds: number): number => START + seconds * 1000;
const at = (seconds: number): string => new Date(second(seconds)).toISOString();

const requested: InvoiceEvent = {
  type: 'payment.requested',
  payment_id: 'pay_1',
  provider: 'finan',
  method: 'bank_transfer',
  account_id: 'pacc_1',
  amount: 100,
  poll_s: [60, 180],
};
const created: InvoiceEvent = {
  type: 'payment.created',
  payment_id: 'pay_1',
  provider_payment_id: 'PR-1',
  expires_at: at(1800),
  source: 'request',
};

const invoiceAfter = (...events: InvoiceEvent[]): InvoiceState =>
  events.reduce(
    (state, event) => reduce(state, { ...event, at: at(0) }),
    newInvoice({
      id: 'inv_1',
      merchant_id: 'mer_1',
      currency: 'VND',
      amount: 100,
      due_at: at(86_400),
      capture_method: 'automatic',
      on_authorization_expiry: 'capture',
      policies: { late: 'accept', excess: 'accept' },
      created_at: at(-1),
    }),
  );

describe('nextTask', () => {
  it('waits only for the due time while there is no payment', () => {
    expect(nextTask(invoiceAfter(), second(0))).toEqual({ type: 'expire_invoice', at: second(86_400) });
  });

  it('polls a pending payment by its table, the last gap repeating, up to a tenth later', () => {
    const invoice = invoiceAfter(requested, created);
    let after = second(0);
    const polls: number[] = [];
    for (let index = 0; index < 5; index++) {
      const task = nextTask(invoice, after);
      expect(task?.type).toBe('check_payment');
      after = task?.at ?? 0;
      polls.push((after - START) / 1000);
    }
    [60, 180, 300, 420, 540].forEach((expected, index) => {
      expect(polls[index]).toBeGreaterThanOrEqual(expected);
      expect(polls[index]).toBeLessThanOrEqual(expected * 1.1 + 1);
    });
  });

  it('polls two payments made at the same time at different times', () => {
    const twin = (event: InvoiceEvent): InvoiceEvent => ({ ...event, payment_id: 'pay_2' }) as InvoiceEvent;
    const one = nextTask(invoiceAfter(requested, created), second(0));
    const two = nextTask(invoiceAfter(twin(requested), twin(created)), second(0));
    expect(one?.at).not.toBe(two?.at);
  });

  it('ends a payment at its expiry instead of polling beyond it', () => {
    const task = nextTask(invoiceAfter(requested, created), second(1795));
    expect(task).toEqual({ type: 'expire_payment', payment_id: 'pay_1', at: second(1800) });
  });

  it('still ends a payment whose expiry passed while nobody was looking', () => {
    expect(nextTask(invoiceAfter(requested, created), second(9000))).toEqual({
      type: 'expire_payment',
      payment_id: 'pay_1',
      at: second(1800),
    });
  });

  it('leaves a payment alone while its provider is on hold', () => {
    const task = nextTask(invoiceAfter(requested, created), second(1800), new Map([['pay_1', second(1860)]]));
    expect(task).toEqual({ type: 'expire_payment', payment_id: 'pay_1', at: second(1860) });
  });

  it('looks up a payment whose create call was never answered, soon and then more seldom', () => {
    const invoice = invoiceAfter(requested);
    const first = nextTask(invoice, second(0));
    expect(first?.type).toBe('look_up_payment');
    expect(((first?.at ?? 0) - START) / 1000).toBeLessThan(6);
    const later = nextTask(invoice, second(1000));
    expect(((later?.at ?? 0) - START) / 1000).toBeGreaterThan(3600 - 1);
  });

  it('has nothing to do for an invoice that is paid', () => {
    const money: InvoiceEvent = {
      type: 'money.received',
      payment_id: 'pay_1',
      key: '1',
      amount: 100,
      fee: null,
      paid_at: null,
      source: 'webhook',
    };
    expect(nextTask(invoiceAfter(requested, created, money), second(0))).toBeNull();
  });
});
