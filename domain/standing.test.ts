import { reduce } from './reduce.ts';
import { differences, standingOf, sumOfKnown, type Standing } from './standing.ts';
import { newInvoice } from './state.ts';

const paid: Standing = { status: 'paid', authorized: 0, captured: 600, refunded: 0, fee: null };

describe('what is compared', () => {
  it('differs where both say something and it is not the same', () => {
    expect(differences(paid, { ...paid, captured: 500, fee: 3 })).toEqual(['captured']);
    expect(differences(paid, { ...paid, refunded: null, authorized: null })).toEqual([]);
    expect(differences(paid, { ...paid, status: null, fee: 3 })).toEqual([]);
  });

  it.each([
    ['partially_refunded', 'paid'],
    ['refunded', 'paid'],
    ['partially_paid', 'pending'],
    ['partially_paid', 'authorized'],
    ['unknown', 'pending'],
    ['expired', 'failed'],
    ['canceled', 'expired'],
  ])('%s here is %s in the few words of a provider', (ours, theirs) => {
    expect(differences({ ...paid, status: ours }, { ...paid, status: theirs })).toEqual([]);
  });

  it.each([
    ['paid', 'pending'],
    ['pending', 'paid'],
    ['expired', 'pending'],
    ['expired', 'paid'],
    ['authorized', 'paid'],
  ])('%s here and %s there are two things', (ours, theirs) => {
    expect(differences({ ...paid, status: ours }, { ...paid, status: theirs })).toEqual(['status']);
  });
});

it('adds up an invoice and each of its payments, with fees as they were told last', () => {
  const at = '2027-01-31T12:00:00.000Z';
  const invoice = newInvoice({
    id: 'inv_1',
    merchant_id: 'mer_1',
    currency: 'VND',
    amount: 600,
    due_at: at,
    capture_method: 'automatic',
    on_authorization_expiry: 'capture',
    policies: { late: 'accept', excess: 'accept' },
    created_at: at,
  });
  const received = { payment_id: 'pay_1', key: 't1', amount: 600, paid_at: null, source: 'poll' } as const;
  const state = [
    { type: 'money.received', ...received, fee: null } as const,
    { type: 'money.fee_learnt', payment_id: 'pay_1', key: 't1', revision: 1, fee: 9 } as const,
  ].reduce((before, event) => reduce(before, { ...event, at }), invoice);
  expect(standingOf(state)).toEqual({
    invoice: { status: 'paid', authorized: 0, captured: 600, refunded: 0, fee: 9 },
    payments: {
      pay_1: expect.objectContaining({ captured: 600, refunded: 0, fee: 9 }) as unknown,
    },
  });
});

it('knows no fee where none was told', () => {
  expect([sumOfKnown([]), sumOfKnown([null]), sumOfKnown([null, 2, 3])]).toEqual([null, null, 5]);
});
