import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { matchingRule, rank, type RoutedService, type RoutingRule } from './routing.ts';

const service = (payment_service: string, weight = 1): RoutedService => ({
  payment_service,
  provider_account: null,
  weight,
});
const rule = (more: Partial<RoutingRule> = {}): RoutingRule => ({
  name: null,
  currency: 'VND',
  amount_gte: null,
  amount_lte: null,
  countries: null,
  strategy: 'in_order',
  fallback: true,
  services: [service('a'), service('b'), service('c')],
  ...more,
});
const names = (services: readonly RoutedService[]): string =>
  services.map(({ payment_service }) => payment_service).join('');
const drawFor =
  (seed: string) =>
  ({ payment_service }: RoutedService): number =>
    createHash('sha256').update(`${seed} ${payment_service}`).digest().readUIntBE(0, 6) / 2 ** 48;

describe('matchingRule', () => {
  const subject = { currency: 'VND', amount: 100, country: 'VN' };

  it('takes the first that matches', () => {
    const rules = [rule({ currency: 'IQD' }), rule({ name: 'one' }), rule({ name: 'two' })];
    expect(matchingRule(rules, subject)).toMatchObject({ index: 1, rule: { name: 'one' } });
    expect(matchingRule([], subject)).toBeNull();
  });

  it('takes the bounds of an amount as a part of the range', () => {
    const range = [rule({ amount_gte: 100, amount_lte: 200 })];
    for (const [amount, found] of [
      [99, false],
      [100, true],
      [200, true],
      [201, false],
    ] as const) {
      expect(matchingRule(range, { ...subject, amount }) !== null).toBe(found);
    }
  });

  it('does not guess a country', () => {
    const here = [rule({ countries: ['VN', 'IQ'] })];
    expect(matchingRule(here, subject)).not.toBeNull();
    expect(matchingRule(here, { ...subject, country: 'CM' })).toBeNull();
    expect(matchingRule(here, { ...subject, country: null })).toBeNull();
  });
});

describe('rank', () => {
  const unmeasured = () => null;

  it('keeps every service exactly once, and the same order for the same payment', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.constantFrom('in_order', 'weighted', 'success_rate', 'latency'),
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 8 }),
        (seed, strategy, weights) => {
          const services = weights.map((weight, place) => service(`s${place}`, weight));
          const order = () => names(rank(rule({ strategy, services }), drawFor(seed), unmeasured));
          expect(order()).toBe(order());
          expect(order().length).toBe(names(services).length);
          expect(services.every(({ payment_service }) => order().includes(payment_service))).toBe(true);
        },
      ),
    );
  });

  it('gives each service the first place as often as its weight says', () => {
    const weighted = rule({
      strategy: 'weighted',
      services: [service('a', 70), service('b', 20), service('c', 10)],
    });
    const first = { a: 0, b: 0, c: 0 };
    const rounds = 4000;
    for (let round = 0; round < rounds; round += 1) {
      const [one] = rank(weighted, drawFor(`pay_${round}`), unmeasured);
      first[one?.payment_service as keyof typeof first] += 1;
    }
    expect(first.a / rounds).toBeCloseTo(0.7, 1);
    expect(first.b / rounds).toBeCloseTo(0.2, 1);
    expect(first.c / rounds).toBeCloseTo(0.1, 1);
  });

  it('puts a service without weight behind all that have some', () => {
    const services = [service('a', 0), service('b', 1)];
    for (let round = 0; round < 50; round += 1) {
      expect(names(rank(rule({ strategy: 'weighted', services }), drawFor(`${round}`), unmeasured))).toBe(
        'ba',
      );
    }
  });

  it('puts the service first whose payments succeed most often, and lets few measurements decide little', () => {
    const byRate = rule({ strategy: 'success_rate' });
    const counts = new Map([
      ['a', { paid: 50, ended: 100, call_ms: null }],
      ['b', { paid: 99, ended: 100, call_ms: null }],
      ['c', { paid: 0, ended: 1, call_ms: null }],
    ]);
    const ranked = rank(byRate, drawFor('x'), ({ payment_service }) => counts.get(payment_service) ?? null);
    expect(names(ranked)).toBe('bca');
    expect(ranked[0]?.reason).toBe('by success rate, 99 of 100 payments paid');
    expect(names(rank(byRate, drawFor('x'), unmeasured))).toBe('abc');
  });

  it('puts the service first whose calls are answered soonest, and lets a few milliseconds decide nothing', () => {
    const byLatency = rule({ strategy: 'latency' });
    const times = new Map([
      ['a', 1_450],
      ['b', 290],
      ['c', 210],
    ]);
    const measured = (known: ReadonlyMap<string, number>) => (one: RoutedService) => ({
      paid: 0,
      ended: 0,
      call_ms: known.get(one.payment_service) ?? null,
    });
    const ranked = rank(byLatency, drawFor('x'), measured(times));
    expect(names(ranked)).toBe('bca');
    expect(ranked[0]?.reason).toBe('by latency, calls take 290 ms');
    times.delete('c');
    expect(names(rank(byLatency, drawFor('x'), measured(times)))).toBe('cba');
    expect(names(rank(byLatency, drawFor('x'), unmeasured))).toBe('abc');
  });
});
