import fc from 'fast-check';
import type { MoneyPolicy } from './cases.ts';
import { claimsOf } from './claims.ts';
import type { InvoiceEvent } from './events.ts';
import { feeNews, feeOf } from './fees.ts';
import { ledgerTransactions, type LedgerTransaction } from './ledger.ts';
import { receivedBy, refundedBy } from './operations.ts';
import { record } from './reduce.ts';
import { findPayment, newInvoice, type InvoiceState, type PaymentState } from './state.ts';

const START = Date.parse('2026-10-01T10:00:00.000Z');

const fresh = (late: MoneyPolicy, excess: MoneyPolicy): InvoiceState =>
  newInvoice({
    id: 'inv_1',
    merchant_id: 'mer_1',
    currency: 'USD',
    amount: 100,
    due_at: new Date(START + 86_400_000).toISOString(),
    capture_method: 'automatic',
    on_authorization_expiry: 'capture',
    policies: { late, excess },
    created_at: new Date(START).toISOString(),
  });

const requested = (payment_id = 'a'): InvoiceEvent => ({
  type: 'payment.requested',
  payment_id,
  provider: 'rehive',
  method: 'hosted',
  account_id: 'pacc_1',
  amount: 100,
  poll_s: [60],
});
const received = (amount: number, payment_id = 'a', fee: number | null = null): InvoiceEvent => ({
  type: 'money.received',
  payment_id,
  key: `t${amount}`,
  amount,
  fee,
  paid_at: null,
  source: 'poll',
});
const refund = (operation_id: string, amount: number, by: string): InvoiceEvent => ({
  type: 'operation.requested',
  payment_id: 'a',
  operation_id,
  kind: 'refund',
  amount,
  by,
});
const refunded = (operation_id: string, amount: number): InvoiceEvent => ({
  type: 'money.refunded',
  payment_id: 'a',
  operation_id,
  key: `R-${operation_id}`,
  amount,
  source: 'poll',
});
const opened = (amount: number, kind: 'excess_money' | 'late_money' = 'excess_money'): InvoiceEvent => ({
  type: 'case.opened',
  payment_id: 'a',
  case_id: 'case_1',
  kind,
  operation_id: null,
  amount,
});
const resolved = (decision: 'accept' | 'refund'): InvoiceEvent => ({
  type: 'case.resolved',
  payment_id: 'a',
  case_id: 'case_1',
  decision,
  by: 'Dana',
  reason: 'looked at it',
});
const failed = (operation_id: string): InvoiceEvent => ({
  type: 'operation.failed',
  payment_id: 'a',
  operation_id,
  failure: { kind: 'declined', code: 'no', message: 'no' },
});

/** All that is booked on the way, and the balance of each account at the end; each transaction sums to zero. */
function booked(start: InvoiceState, events: readonly InvoiceEvent[]) {
  const transactions: LedgerTransaction[] = [];
  let state = start;
  for (const event of events) {
    const step = record(state, [event], START);
    for (const fact of step.recorded) transactions.push(...ledgerTransactions(state, step.state, fact));
    state = step.state;
  }
  const balances: Record<string, number> = {};
  for (const { entries } of transactions) {
    expect(entries.reduce((sum, { amount }) => sum + amount, 0)).toBe(0);
    for (const { account, amount } of entries) balances[account] = (balances[account] ?? 0) + amount;
  }
  const open = Object.fromEntries(Object.entries(balances).filter(([, amount]) => amount !== 0));
  return { state, transactions, balances: open };
}

describe('excess money', () => {
  it('is the merchant’s at once where the policy is to accept it, in one transaction', () => {
    const { transactions, balances } = booked(fresh('accept', 'accept'), [requested(), received(150)]);
    expect(transactions).toHaveLength(1);
    expect(balances).toEqual({ provider_clearing: 150, merchant_payable: -150 });
  });

  it('is the customer’s from the moment it comes until it has gone back', () => {
    const start = fresh('accept', 'refund');
    const came = [requested(), received(150)];
    const owed = { provider_clearing: 150, merchant_payable: -100, customer_excess: -50 };
    expect(booked(start, came).balances).toEqual(owed);
    const asked = [...came, refund('rfd_1', 50, 'policy:excess')];
    expect(booked(start, asked).balances).toEqual(owed);
    expect(booked(start, [...asked, refunded('rfd_1', 50)]).balances).toEqual({
      provider_clearing: 100,
      merchant_payable: -100,
    });
  });

  it('is held when its refund has failed, and the merchant’s when a person accepts it', () => {
    const start = fresh('accept', 'refund');
    const events = [
      requested(),
      received(150),
      refund('rfd_1', 50, 'policy:excess'),
      failed('rfd_1'),
      opened(50),
    ];
    expect(booked(start, events).balances).toEqual({
      provider_clearing: 150,
      merchant_payable: -100,
      held: -50,
    });
    expect(booked(start, [...events, resolved('accept')]).balances).toEqual({
      provider_clearing: 150,
      merchant_payable: -150,
    });
  });

  it('is held at once where a person is to decide, the customer’s when the person says so, and then gone', () => {
    const start = fresh('accept', 'hold');
    const held = { provider_clearing: 150, merchant_payable: -100, held: -50 };
    const came = [requested(), received(150)];
    expect(booked(start, came).balances).toEqual(held);
    const { transactions } = booked(start, [...came, opened(50)]);
    expect(transactions).toHaveLength(2);
    const asked = [...came, opened(50), refund('rfd_1', 50, 'Dana')];
    expect(booked(start, asked).balances).toEqual(held);
    const decided = [...asked, resolved('refund')];
    expect(booked(start, decided).balances).toEqual({
      provider_clearing: 150,
      merchant_payable: -100,
      customer_excess: -50,
    });
    const gone = { provider_clearing: 100, merchant_payable: -100 };
    expect(booked(start, [...decided, refunded('rfd_1', 50)]).balances).toEqual(gone);
    // The other way round, where the provider carries the refund out at once.
    expect(booked(start, [...asked, refunded('rfd_1', 50)]).balances).toEqual(gone);
    expect(booked(start, [...asked, refunded('rfd_1', 50), resolved('refund')]).balances).toEqual(gone);
  });

  it('of which the merchant has given everything back is nobody’s any more', () => {
    const events = [
      requested(),
      received(150),
      opened(50),
      refund('rfd_2', 150, 'key_1'),
      refunded('rfd_2', 150),
    ];
    expect(booked(fresh('accept', 'hold'), events).balances).toEqual({});
  });
});

it('late money is held until a person has decided', () => {
  const start = fresh('hold', 'accept');
  const events: InvoiceEvent[] = [requested(), { type: 'invoice.expired' }, received(100)];
  expect(booked(start, events).balances).toEqual({ provider_clearing: 100, held: -100 });
  expect(booked(start, [...events, opened(100, 'late_money'), resolved('accept')]).balances).toEqual({
    provider_clearing: 100,
    merchant_payable: -100,
  });
});

describe('a fee', () => {
  const start = booked(fresh('accept', 'accept'), [requested(), received(100)]).state;
  const told = (state: InvoiceState, fee: number | null) => {
    const news = feeNews(findPayment(state, 'a') as PaymentState, 't100', fee);
    return news === null ? [] : [news];
  };

  it('that is told after the receipt was booked is a correction of its own, and so is another one later', () => {
    const first = booked(start, told(start, 3));
    expect(first.transactions).toEqual([
      {
        key: 'fee:a:t100:1',
        payment_id: 'a',
        entries: [
          { account: 'provider_clearing', amount: -3 },
          { account: 'provider_fees', amount: 3 },
        ],
      },
    ]);
    const second = booked(first.state, told(first.state, 2));
    expect(second.balances).toEqual({ provider_clearing: 1, provider_fees: -1 });
    expect(feeOf(findPayment(second.state, 'a') as PaymentState, 't100')).toBe(2);
  });

  it('that is known already, or is not told this time, is no news', () => {
    const { state } = booked(start, told(start, 3));
    expect(told(state, 3)).toEqual([]);
    expect(told(state, null)).toEqual([]);
    expect(feeNews(findPayment(state, 'a') as PaymentState, 'another', 3)).toBeNull();
  });

  it('of nothing is known, and moves nothing', () => {
    const { state, transactions } = booked(start, told(start, 0));
    expect(transactions).toEqual([]);
    expect(feeOf(findPayment(state, 'a') as PaymentState, 't100')).toBe(0);
  });
});

it('whatever happens, the accounts have what came, what went and whose it is', () => {
  const policy = fc.constantFrom<MoneyPolicy>('accept', 'refund', 'hold');
  const event = fc.constantFrom<InvoiceEvent>(
    received(60),
    received(70, 'a', 2),
    received(80, 'b'),
    { type: 'invoice.expired' },
    { type: 'payment.expired', payment_id: 'b' },
    refund('rfd_1', 30, 'policy:excess'),
    refund('rfd_2', 20, 'policy:late'),
    refund('rfd_3', 10, 'key_1'),
    refunded('rfd_1', 30),
    refunded('rfd_3', 10),
    failed('rfd_2'),
    opened(30),
    resolved('accept'),
    { type: 'money.fee_learnt', payment_id: 'a', key: 't60', revision: 1, fee: 5 },
  );
  fc.assert(
    fc.property(policy, policy, fc.array(event, { maxLength: 12 }), (late, excess, events) => {
      const { state, transactions } = booked(fresh(late, excess), [requested(), requested('b'), ...events]);
      const claims = claimsOf(state);
      for (const payment of state.payments) {
        const balance = (...accounts: string[]): number =>
          transactions
            .filter(({ payment_id }) => payment_id === payment.id)
            .flatMap(({ entries }) => entries)
            .reduce((sum, { account, amount }) => (accounts.includes(account) ? sum + amount : sum), 0);
        const { customer_excess = 0, held = 0 } = claims.get(payment.id) ?? {};
        const kept = receivedBy(payment) - refundedBy(payment);
        expect(balance('customer_excess')).toBe(0 - customer_excess);
        expect(balance('held')).toBe(0 - held);
        expect(balance('merchant_payable')).toBe(customer_excess + held - kept);
        expect(balance('provider_clearing', 'provider_fees')).toBe(kept);
      }
      expect(new Set(transactions.map(({ key }) => key)).size).toBe(transactions.length);
    }),
    { numRuns: 1000 },
  );
});
