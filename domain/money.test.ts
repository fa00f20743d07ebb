import fc from 'fast-check';
import { allCurrencies, currency, isCurrency, minorUnitDigits } from './currency.ts';
import {
  addAmounts,
  display,
  fromWholeUnits,
  money,
  MoneyError,
  parseDecimal,
  toDecimal,
  toWholeUnits,
} from './money.ts';

const IQD = currency('IQD');
const KWD = currency('KWD');
const VND = currency('VND');
const SAR = currency('SAR');

describe('currency', () => {
  it('knows the decimals of ISO 4217', () => {
    const digits = ['VND', 'XAF', 'SAR', 'AED', 'EGP', 'KWD', 'BHD', 'OMR', 'JOD', 'IQD'].map((code) =>
      minorUnitDigits(currency(code)),
    );
    expect(digits).toEqual([0, 0, 2, 2, 2, 3, 3, 3, 3, 3]);
  });

  it('does not know codes that are unknown, lower case or no longer in use', () => {
    for (const code of ['XXX', 'vnd', 'HRK', '', 'VND ', 'toString']) expect(isCurrency(code)).toBe(false);
    expect(() => currency('ABC')).toThrow(/"ABC" is not an ISO 4217/);
  });

  it('lists every currency once', () => {
    const all = allCurrencies();
    expect(new Set(all).size).toBe(all.length);
    expect(all.length).toBeGreaterThan(150);
  });
});

describe('money', () => {
  it('refuses what is not an exact integer', () => {
    for (const amount of [0.5, NaN, Infinity, 2 ** 53]) expect(() => money(amount, VND)).toThrow(MoneyError);
  });

  it('writes all decimals of the currency', () => {
    expect(
      [money(12_500, KWD), money(25_000_000, IQD), money(5000, VND), money(5, SAR), money(-1_05, SAR)].map(
        toDecimal,
      ),
    ).toEqual(['12.500', '25000.000', '5000', '0.05', '-1.05']);
  });

  it('reads decimals as providers write them', () => {
    expect(parseDecimal('100', SAR).amount).toBe(10_000);
    expect(parseDecimal('12.5', KWD).amount).toBe(12_500);
    expect(parseDecimal('25000.00', IQD).amount).toBe(25_000_000);
    expect(parseDecimal('6000000', VND).amount).toBe(6_000_000);
    expect(parseDecimal('10.0000', VND).amount).toBe(10);
  });

  it.each(['', '1,000', ' 1', '1.', '.5', '1e3', '0x10', '--1', '1.2.3', '١٢', '99999999999999999'])(
    'refuses to read %j',
    (text) => {
      expect(() => parseDecimal(text, SAR)).toThrow(MoneyError);
    },
  );

  it('never drops a digit that counts', () => {
    expect(() => parseDecimal('10.005', SAR)).toThrow(/more than the 2 decimals of SAR/);
    expect(() => parseDecimal('1.5', VND)).toThrow(MoneyError);
  });

  it('reads back exactly what it wrote, for every currency', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...allCurrencies()),
        fc.integer({ min: -(10 ** 15), max: 10 ** 15 }),
        (code, amount) => {
          expect(parseDecimal(toDecimal(money(amount, code)), code)).toEqual(money(amount, code));
        },
      ),
    );
  });

  it('converts to whole units only when nothing is lost', () => {
    expect(toWholeUnits(money(25_000_000, IQD))).toBe(25_000);
    expect(() => toWholeUnits(money(25_000_250, IQD))).toThrow(/a multiple of 1000 in minor units/);
    expect(fromWholeUnits(25_000, IQD)).toEqual(money(25_000_000, IQD));
    expect(() => fromWholeUnits(0.5, IQD)).toThrow(MoneyError);
  });

  it('refuses sums that are no longer exact', () => {
    expect(addAmounts([1, 2, 3])).toBe(6);
    expect(() => addAmounts([Number.MAX_SAFE_INTEGER, 1])).toThrow(MoneyError);
  });

  it('shows amounts as people read them', () => {
    expect(
      [
        money(6_000_000, VND),
        money(12_500, KWD),
        money(25_000_000, IQD),
        money(25_000_250, IQD),
        money(99, SAR),
        money(1_234_567, SAR),
      ].map(display),
    ).toEqual(['VND 6,000,000', 'KWD 12.500', 'IQD 25,000', 'IQD 25,000.250', 'SAR 0.99', 'SAR 12,345.67']);
  });
});
