import { localeOf, writeAmount, writeMoment } from './locale.ts';

const plain = (text: string): string =>
  text.replace(/[\u200e\u200f\u061c]/g, '').replace(/[\u00a0\u202f]/g, ' ');

it.each([
  ['en-GB', '25000.000', 'IQD', 'IQD 25,000'],
  ['en-GB', '25000.500', 'IQD', 'IQD 25,000.500'],
  ['ar-IQ', '25000.000', 'IQD', '٢٥٬٠٠٠ د.ع.'],
  ['ar-AE', '12.500', 'KWD', '12.500 د.ك.'],
  ['ckb-IQ', '25000.000', 'IQD', '٢٥٬٠٠٠ د.ع.'],
  ['fr-CM', '5000', 'XAF', '5 000 XAF'],
  ['vi-VN', '6000000', 'VND', '6.000.000 ₫'],
])('%s writes %s %s as %s', (tag, decimal, currency, text) => {
  expect(plain(writeAmount(localeOf(null, [tag]), decimal, currency))).toBe(text);
});

it('writes the largest amount digit by digit', () => {
  expect(plain(writeAmount(localeOf('en', []), '99999999999.999', 'KWD'))).toBe('KWD 99,999,999,999.999');
});

it('takes the region from the browser and the language from the customer', () => {
  expect(localeOf('ar', ['fr-CM', 'ar-AE'])).toEqual({ language: 'ar', tag: 'ar-AE', dir: 'rtl' });
  expect(localeOf(null, ['ku-IQ'])).toEqual({ language: 'ckb', tag: 'ckb-IQ', dir: 'rtl' });
  expect(localeOf('xx', ['de-DE', 'vi'])).toEqual({ language: 'vi', tag: 'vi-VN', dir: 'ltr' });
  expect(localeOf(null, [])).toEqual({ language: 'en', tag: 'en-GB', dir: 'ltr' });
});

it('says the zone of a moment, and writes no months in Sorani', () => {
  expect(writeMoment(localeOf('en', []), '2026-11-28T12:03:00Z')).toBe('28 Nov 2026, 12:03 UTC');
  expect(plain(writeMoment(localeOf('ckb', []), '2026-11-28T12:03:00Z'))).toBe('٢٨/١١/٢٠٢٦، ١٢:٠٣ UTC');
});
