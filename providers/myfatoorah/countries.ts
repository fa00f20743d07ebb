/**
 * The countries of MyFatoorah's portal accounts: currency, calling code, clock. Names and codes as in the
 * documentation's "ISO Lookups"; that times are the account's local time is inferred (README, "Assumed").
 */
import { currency, type Currency } from '../../domain/currency.ts';

export const COUNTRIES = ['KWT', 'SAU', 'ARE', 'QAT', 'BHR', 'OMN', 'JOD', 'EGY'] as const;
export type Country = (typeof COUNTRIES)[number];

interface CountryFacts {
  readonly currency: Currency;
  /** How answers name the currency, besides its ISO code. */
  readonly labels: readonly string[];
  readonly calling_code: string;
  /** Hours that local clocks are ahead of UTC, at least and at most over the year. */
  readonly utc_offset_h: readonly [number, number];
}

const facts = (
  code: string,
  label: string,
  calling_code: string,
  utc_offset_h: readonly [number, number],
): CountryFacts => ({ currency: currency(code), labels: [code, label], calling_code, utc_offset_h });

export const COUNTRY_FACTS: Readonly<Record<Country, CountryFacts>> = {
  KWT: facts('KWD', 'KD', '+965', [3, 3]),
  SAU: facts('SAR', 'SR', '+966', [3, 3]),
  ARE: facts('AED', 'UAED', '+971', [4, 4]),
  QAT: facts('QAR', 'QR', '+974', [3, 3]),
  BHR: facts('BHD', 'BD', '+973', [3, 3]),
  OMN: facts('OMR', 'OR', '+968', [4, 4]),
  JOD: facts('JOD', 'JD', '+962', [3, 3]),
  EGY: facts('EGP', 'LE', '+20', [2, 3]),
};

const HOUR_MS = 60 * 60 * 1000;

/** A moment as the account's clock shows it, `2026-10-02T10:15:00`; in doubt the later reading, so nobody is cut off. */
export function localTime(moment_ms: number, country: Country): string {
  const [, most] = COUNTRY_FACTS[country].utc_offset_h;
  return new Date(moment_ms + most * HOUR_MS).toISOString().slice(0, 19);
}

/** `October 2, 2026` and `10:15:00.000` on the account's clock, in milliseconds; in doubt the later moment. Null if unreadable. */
export function localMoment(date: string | null, time: string | null, country: Country): number | null {
  if (date === null || time === null) return null;
  if (!/^[A-Z][a-z]{2,8} \d{1,2}, \d{4}$/.test(date) || !/^\d\d:\d\d:\d\d(\.\d{1,7})?$/.test(time))
    return null;
  const clock = Date.parse(`${date} ${time.slice(0, 8)} UTC`);
  const [least] = COUNTRY_FACTS[country].utc_offset_h;
  return Number.isNaN(clock) ? null : clock - least * HOUR_MS;
}

/** `2026-10-01T10:20:03` on the account's clock as RFC 3339 UTC; null when unreadable or when the clock is ambiguous. */
export function localTimestamp(value: string | null, country: Country): string | null {
  if (value === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?$/.test(value)) return null;
  const [least, most] = COUNTRY_FACTS[country].utc_offset_h;
  const clock = Date.parse(`${value.slice(0, 19)}Z`);
  return Number.isNaN(clock) || least !== most ? null : new Date(clock - least * HOUR_MS).toISOString();
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
