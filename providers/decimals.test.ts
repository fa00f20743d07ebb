import { currency } from '../domain/currency.ts';
import { money } from '../domain/money.ts';
import { amountOrNull, currencyNamed, positiveAmount, wireNumber } from './decimals.ts';
import type { ProviderRequest } from './http.ts';

const KWD = currency('KWD');
const request: ProviderRequest = {
  method: 'GET',
  url: 'https://api.example.com/',
  operation: 'read_payment',
  mutates: false,
};
const UNEXPECTED = expect.objectContaining({
  failure: expect.objectContaining({ kind: 'unavailable', code: 'unexpected_answer' }) as unknown,
}) as Error;

it.each([
  ['12.5', 12_500],
  ['12.500', 12_500],
  ['12.5005', null],
  ['1e3', null],
  ['', null],
])('reads %j as %p fils', (decimal, amount) => {
  expect(amountOrNull(decimal, KWD)).toBe(amount);
});

it.each(['0', '-1', '12.5005', 'free'])('takes %j for no amount of an answer', (decimal) => {
  expect(() => positiveAmount(decimal, KWD, request)).toThrow(UNEXPECTED);
});

it('knows the currencies that there are', () => {
  expect(currencyNamed('KWD', request)).toBe(KWD);
  expect(() => currencyNamed('Riyal', request)).toThrow(UNEXPECTED);
});

it('writes numbers as short as they are exact', () => {
  expect(JSON.stringify(wireNumber(money(12_500, KWD)))).toBe('12.5');
  expect(JSON.stringify(wireNumber(money(99_999_999_999_999, KWD)))).toBe('99999999999.999');
});
