import { exampleNumber, mobileNumber } from './phone-number.ts';

it.each([
  ['6 70 00 00 00', '+237670000000'],
  ['+237 670-000-000', '+237670000000'],
  ['00237670000000', '+237670000000'],
  ['237670000000', '+237670000000'],
  ['٦٧٠٠٠٠٠٠٠', '+237670000000'],
])('takes %s as a number of Cameroon', (typed, number) => {
  expect(mobileNumber(typed, ['CM'])).toBe(number);
});

it.each([
  '',
  '12345678',
  '2 22 00 00 00',
  '+33612345678',
  '67000000',
  '6700000000',
  'six',
  '+237',
  '670000000; drop',
])('takes "%s" for no mobile number of Cameroon', (typed) => {
  expect(mobileNumber(typed, ['CM'])).toBeNull();
});

it('tries the countries of a provider in their order, and leaves out the zero in front', () => {
  expect(mobileNumber('0501234567', ['AE', 'SA'])).toBe('+971501234567');
  expect(mobileNumber('+966 50 123 4567', ['AE', 'SA'])).toBe('+966501234567');
  expect(mobileNumber('0770 000 0000', ['IQ'])).toBe('+9647700000000');
});

it('wants the international form where it does not know how numbers look', () => {
  expect(mobileNumber('+27 82 000 0000', ['ZA'])).toBe('+27820000000');
  expect(mobileNumber('082 000 0000', ['ZA'])).toBeNull();
});

it('gives an example that it would take itself', () => {
  for (const country of ['CM', 'IQ', 'VN', 'AE', 'SA', 'KW', 'ZA'])
    expect(mobileNumber(exampleNumber([country]), [country])).not.toBeNull();
});
