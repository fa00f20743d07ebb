import { currency } from '../domain/currency.ts';
import { oneOf, optionalMoment, optionalText, secret, text, webUrl, wholeUnits } from './fields.ts';

it('reads whole units as minor units of the currency', () => {
  expect(wholeUnits(currency('VND')).parse(5000)).toBe(5000);
  expect(wholeUnits(currency('IQD')).parse(25000)).toBe(25_000_000);
});

it.each([0, -1, 1.5, '5000', 2 ** 53, Infinity, NaN, null])('takes %p for no amount', (value) => {
  expect(wholeUnits(currency('VND')).safeParse(value).success).toBe(false);
});

it('refuses whole units that are too large in minor units', () => {
  expect(wholeUnits(currency('IQD')).safeParse(99_999_999_999_999).success).toBe(false);
});

it.each([
  ['2026-10-01T10:16:10.000Z', '2026-10-01T10:16:10.000Z'],
  ['2026-10-01T17:16:10+07:00', '2026-10-01T10:16:10.000Z'],
  ['2026-10-01T10:16:10', null],
  ['2026-10-01', null],
  ['2026-99-01T10:16:10Z', null],
  [1790000000, null],
  [undefined, null],
])('reads the moment %p as %p', (value, expected) => {
  expect(optionalMoment.parse(value)).toBe(expected);
});

it('refuses ids that Postgres or a log could not keep', () => {
  expect(text().parse('PAY-001')).toBe('PAY-001');
  for (const bad of ['', 'a\u0000b', 'a\nb', 'x'.repeat(201), 1, null]) {
    expect(text().safeParse(bad).success).toBe(false);
  }
});

it('reads missing, empty and unreadable optional text as null', () => {
  for (const value of [undefined, null, '', 7, 'a\u0000']) expect(optionalText().parse(value)).toBeNull();
  expect(optionalText().parse('x')).toBe('x');
});

it('lets only http and https through to the customer', () => {
  expect(webUrl.safeParse('https://pay.example/1').success).toBe(true);
  for (const bad of ['javascript:alert(1)', 'data:text/html,x', '/pay', '']) {
    expect(webUrl.safeParse(bad).success).toBe(false);
  }
});

it('trims a pasted secret and refuses one with spaces or line breaks inside', () => {
  expect(secret.parse(' k3y\n')).toBe('k3y');
  expect(secret.safeParse('a\r\nx-evil: 1').success).toBe(false);
});

it('takes one object or a list of exactly one', () => {
  expect(oneOf(text()).parse('a')).toBe('a');
  expect(oneOf(text()).parse(['a'])).toBe('a');
  expect(oneOf(text()).safeParse([]).success).toBe(false);
  expect(oneOf(text()).safeParse(['a', 'b']).success).toBe(false);
});
