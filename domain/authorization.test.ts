import { EXPIRY_ACTOR } from './authorization.ts';
import type { InvoiceEvent } from './events.ts';
import { outgoingEvents } from './outgoing.ts';
import { record } from './reduce.ts';
import { nextTask, type Task } from './schedule.ts';
import { newInvoice, type InvoiceState } from './state.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const payment_id = 'pay_1';
const failure = { kind: 'declined', code: 'no', message: 'no' } as const;

const fresh = newInvoice({
  id: 'inv_1',
  merchant_id: 'mer_1',
  currency: 'AED',
  amount: 100,
  due_at: new Date(START + 60 * DAY).toISOString(),
  capture_method: 'manual',
  on_authorization_expiry: 'void',
  policies: { late: 'accept', excess: 'accept' },
  created_at: new Date(START - HOUR).toISOString(),
});

/** An invoice whose payment is authorized for this long, and what has happened since. */
function authorizedFor(term_ms: number | null, ...more: InvoiceEvent[]): InvoiceState {
  const capture_before = term_ms === null ? null : new Date(START + term_ms).toISOString();
  const about = { payment_id, source: 'webhook' } as const;
  const events: InvoiceEvent[] = [
    {
      type: 'payment.requested',
      payment_id,
      provider: 'tabby',
      method: 'installments',
      account_id: 'pacc_1',
      amount: 100,
      poll_s: [60],
    },
    {
      type: 'payment.created',
      ...about,
      provider_payment_id: 'P-1',
      expires_at: new Date(START + HOUR).toISOString(),
    },
    { type: 'payment.authorized', ...about, amount: 100, capture_before },
  ];
  return record(record(fresh, events, START).state, more, START + HOUR).state;
}
const warned: InvoiceEvent = {
  type: 'payment.authorization_expiring',
  payment_id,
  capture_before: new Date(START + 20 * DAY).toISOString(),
};
const received = (amount: number): InvoiceEvent => ({
  type: 'money.received',
  payment_id,
  key: `t${amount}`,
  amount,
  fee: null,
  paid_at: null,
  source: 'poll',
});
const asks = (
  operation_id: string,
  kind: 'capture' | 'void',
  amount: number,
  by = 'key_1',
): InvoiceEvent => ({
  type: 'operation.requested',
  payment_id,
  operation_id,
  kind,
  amount,
  by,
});

/** What is done from `after` to `until`, as a workflow does it: the next task, from the moment of the last. */
function tasksOf(invoice: InvoiceState, after: number, until: number): Task[] {
  const tasks: Task[] = [];
  for (let now = after; ;) {
    const task = nextTask(invoice, now);
    if (!task || task.at > until || tasks.length > 200) return tasks;
    tasks.push(task);
    if (task.type === 'warn_of_expiry' || task.type === 'end_authorization') return tasks;
    now = Math.max(now, task.at);
  }
}
const first = (invoice: InvoiceState, type: Task['type'], after = START): number | null =>
  tasksOf(invoice, after, START + 40 * DAY).find((task) => task.type === type)?.at ?? null;

/** Milliseconds after `START`, give or take those that lie between recorded events; -1 for never. */
const when = (at: number | null): number => (at === null ? -1 : Math.round((at - START) / 60_000) * 60_000);

describe('the end of an authorization', () => {
  it('is told a day before, and what is left is dealt with two hours before', () => {
    expect(when(first(authorizedFor(20 * DAY), 'warn_of_expiry'))).toBe(19 * DAY);
    expect(when(first(authorizedFor(20 * DAY, warned), 'end_authorization'))).toBe(20 * DAY - 2 * HOUR);
  });

  it('comes sooner in proportion where the whole term is shorter than ten days', () => {
    expect(when(first(authorizedFor(5 * DAY), 'warn_of_expiry'))).toBe(4.5 * DAY);
    expect(when(first(authorizedFor(5 * DAY, warned), 'end_authorization'))).toBe(5 * DAY - HOUR);
  });

  it('is nothing to wait for when nobody knows it, or when everything was captured or given up', () => {
    for (const invoice of [
      authorizedFor(null),
      authorizedFor(20 * DAY, received(100)),
      authorizedFor(20 * DAY, { type: 'payment.voided', payment_id }),
      authorizedFor(20 * DAY, asks('cap_1', 'capture', 100)),
    ]) {
      expect(first(invoice, 'warn_of_expiry')).toBeNull();
      expect(first(invoice, 'end_authorization')).toBeNull();
    }
  });

  it('concerns what a capture in part has left, also while that capture is on its way', () => {
    expect(when(first(authorizedFor(20 * DAY, received(60)), 'warn_of_expiry'))).toBe(19 * DAY);
    const busy = authorizedFor(20 * DAY, asks('cap_1', 'capture', 60));
    expect(when(first(busy, 'warn_of_expiry', START + 18.9 * DAY))).toBe(19 * DAY);
    // Until it is known what became of the capture, nobody knows what is left.
    expect(
      first(
        authorizedFor(20 * DAY, warned, asks('cap_1', 'capture', 60)),
        'end_authorization',
        START + 19.9 * DAY,
      ),
    ).toBeNull();
  });

  it('is acted upon once, also when that was refused', () => {
    const tried = asks('void_1', 'void', 100, EXPIRY_ACTOR);
    const failed: InvoiceEvent = { type: 'operation.failed', payment_id, operation_id: 'void_1', failure };
    expect(first(authorizedFor(20 * DAY, warned, tried, failed), 'end_authorization')).toBeNull();
  });

  it('that has passed is too late for both: the provider is asked what it has done, a minute later', () => {
    const invoice = authorizedFor(20 * DAY);
    expect(first(invoice, 'warn_of_expiry', START + 20 * DAY)).toBeNull();
    const [look] = tasksOf(invoice, START + 20 * DAY, START + 21 * DAY);
    expect(look).toMatchObject({ type: 'check_payment' });
    const late_s = ((look?.at ?? 0) - START - 20 * DAY) / 1000;
    expect(late_s).toBeGreaterThanOrEqual(60);
    expect(late_s).toBeLessThanOrEqual(66.1);
  });

  it('is told with what is still held', () => {
    const before = authorizedFor(20 * DAY, received(60));
    const { state, recorded } = record(before, [warned], START + 19 * DAY);
    expect(outgoingEvents(before, state, recorded)).toEqual([
      {
        type: 'payment.authorization_expiring',
        payment_id,
        amount: 40,
        capture_before: new Date(START + 20 * DAY).toISOString(),
        late: false,
      },
    ]);
    expect(record(state, [warned], START + 19.5 * DAY).recorded).toEqual([]);
  });
});
