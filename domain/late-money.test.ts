import { LATE_MONEY_S, mayBePaidLate, nextLateRead } from './late-money.ts';
import { blankPayment, type PaymentState } from './state.ts';

const AT = '2026-10-01T10:00:00.000Z';
const payment = (facts: Partial<PaymentState>): PaymentState => ({
  ...blankPayment('pay_1'),
  amount: 100,
  provider_payment_id: 'P-1',
  ...facts,
});
const receipt = (amount: number) => ({ key: 'T-1', amount, fee: null, paid_at: null, at: AT });

describe('a payment may be paid late', () => {
  it.each<[string, Partial<PaymentState>, boolean]>([
    ['when its time has run out', { expired_at: AT }, true],
    ['when the merchant has canceled it', { canceled_at: AT }, true],
    ['when a part had come before', { expired_at: AT, receipts: [receipt(40)] }, true],
    ['not while it is open', {}, false],
    ['not when all of it has come', { expired_at: AT, receipts: [receipt(100)] }, false],
    ['not when its provider never had it', { expired_at: AT, provider_payment_id: null }, false],
    ['not when its provider has refused it', { expired_at: AT, failed_at: AT }, false],
    ['not when the authorization was given up', { canceled_at: AT, voided_at: AT }, false],
  ])('%s', (_when, facts, expected) => {
    expect(mayBePaidLate(payment(facts))).toBe(expected);
  });
});

describe('the readings after the end', () => {
  /** Seconds after the end of all readings but the first. */
  const readings = (late_money_s: number): number[] => {
    const found: number[] = [];
    let at = 600;
    for (let reads = 1; ; reads += 1) {
      const gap = nextLateRead(reads, late_money_s);
      if (gap === null) return found;
      at += gap;
      found.push(at);
    }
  };

  it('come after an hour, six hours and a day', () => {
    expect(readings(LATE_MONEY_S)).toEqual([3600, 21_600, 86_400]);
  });

  it('go on daily for as long as the provider may let money in', () => {
    expect(readings(4 * 86_400)).toEqual([3600, 21_600, 86_400, 2 * 86_400, 3 * 86_400, 4 * 86_400]);
  });

  it('end early where money comes soon or never', () => {
    expect(readings(7200)).toEqual([3600]);
    expect(readings(60)).toEqual([]);
  });
});
