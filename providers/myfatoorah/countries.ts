/**
 * The countries of MyFatoorah's portal accounts: currency, calling code. Names and codes as in the documentation's
 * "ISO Lookups". And the one clock of all of them.
 */
import { currency, type Currency } from '../../domain/currency.ts';

export const COUNTRIES = ['KWT', 'SAU', 'ARE', 'QAT', 'BHR', 'OMN', 'JOD', 'EGY'] as const;
export type Country = (typeof COUNTRIES)[number];

interface CountryFacts {
  readonly currency: Currency;
  /** How answers name the currency, besides its ISO code. */
  readonly labels: readonly string[];
  readonly calling_code: string;
}

const facts = (code: string, label: string, calling_code: string): CountryFacts => ({
  currency: currency(code),
  labels: [code, label],
  calling_code,
});

export const COUNTRY_FACTS: Readonly<Record<Country, CountryFacts>> = {
  KWT: facts('KWD', 'KD', '+965'),
  SAU: facts('SAR', 'SR', '+966'),
  ARE: facts('AED', 'UAED', '+971'),
  QAT: facts('QAR', 'QR', '+974'),
  BHR: facts('BHD', 'BD', '+973'),
  OMN: facts('OMR', 'OR', '+968'),
  JOD: facts('JOD', 'JD', '+962'),
  EGY: facts('EGP', 'LE', '+20'),
};

/** Kuwait has no summer time. "All myfatoorah gateway is set to Asia/Kuwait", says the PHP library, whatever the country. */
const KUWAIT_MS = 3 * 60 * 60 * 1000;

/** A moment as MyFatoorah's clock shows it: `2026-10-02T10:15:00`. */
export function localTime(moment_ms: number): string {
  return new Date(moment_ms + KUWAIT_MS).toISOString().slice(0, 19);
}

/** `October 2, 2026` and `10:15:00.000` on MyFatoorah's clock, in milliseconds; null if unreadable. */
export function localMoment(date: string | null, time: string | null): number | null {
  if (date === null || time === null) return null;
  if (!/^[A-Z][a-z]{2,8} \d{1,2}, \d{4}$/.test(date) || !/^\d\d:\d\d:\d\d(\.\d{1,7})?$/.test(time))
    return null;
  const clock = Date.parse(`${date} ${time.slice(0, 8)} UTC`);
  return Number.isNaN(clock) ? null : clock - KUWAIT_MS;
}

/** `2026-10-01T10:20:03` on MyFatoorah's clock as RFC 3339 UTC; null when unreadable. */
export function localTimestamp(value: string | null): string | null {
  if (value === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/.test(value)) return null;
  const clock = Date.parse(`${value.slice(0, 19)}Z`);
  return Number.isNaN(clock) ? null : new Date(clock - KUWAIT_MS).toISOString();
}

/** A phone as MyFatoorah takes it, country code apart and at most 11 digits; null for what does not fit. */
export function splitPhone(
  phone: string | undefined,
  country: Country,
): { readonly code: string; readonly number: string } | null {
  const plain = (phone ?? '').replace(/[\s().-]/g, '').replace(/^00/, '+');
  if (!plain.startsWith('+')) {
    return /^\d{3,11}$/.test(plain) ? { code: COUNTRY_FACTS[country].calling_code, number: plain } : null;
  }
  const home = Object.values(COUNTRY_FACTS).find(({ calling_code }) => plain.startsWith(calling_code));
  const number = home ? plain.slice(home.calling_code.length) : '';
  return home && /^\d{3,11}$/.test(number) ? { code: home.calling_code, number } : null;
}
