/** The fields that requests are made of, each with its limits in one place. */
import { z } from 'zod';
import type { Mode } from '../db/merchants.ts';
import { AUTHORIZATION_ENDS } from '../domain/authorization.ts';
import { allCurrencies, isCurrency, type Currency } from '../domain/currency.ts';
import { MAX_AMOUNT } from '../domain/money.ts';
import { looksLikeCardNumber } from '../domain/card-number.ts';
import { nearest } from './did-you-mean.ts';
import { checked, type JsonForm, type Refusal } from './field-errors.ts';

export const DESCRIPTION_MAX = 255;
const CARD_NUMBER: Refusal = {
  code: 'card_number',
  detail: 'contains what looks like a card number; card data is never accepted here',
  expected: 'text without card numbers',
};

/** An integer from `min` to `max`, with a sentence for every way of being wrong. `what`: `minor units, such as 150000`. */
function wholeNumber(min: number, max: number, what: string) {
  const expected = `a whole number of ${what}, from ${min} to ${max}`;
  return (value: unknown): Refusal | null => {
    const no = (code: string, detail: string): Refusal => ({ code, detail, expected });
    if (value === undefined) return no('required', 'is missing');
    if (typeof value === 'string')
      return no('invalid_type', 'must be a number without quotation marks, not a string');
    if (typeof value !== 'number') return no('invalid_type', 'must be a number');
    if (value > max) return no('too_large', `must be at most ${max}`);
    if (value < 0 && min >= 0) return no('not_positive', 'must not be negative');
    if (!Number.isInteger(value))
      return no('not_integer', `must be a whole number of ${what}, without decimals`);
    if (value === 0 && min === 1) return no('not_positive', 'must be more than zero');
    if (value < min) return no('too_small', `must be at least ${min}`);
    return null;
  };
}

const numberForm = (minimum: number, maximum: number, description: string): JsonForm => ({
  type: 'integer',
  minimum,
  maximum,
  description,
});
const AMOUNT = numberForm(1, MAX_AMOUNT, 'Minor units of the currency.');

export const amount = () =>
  checked<number>(wholeNumber(1, MAX_AMOUNT, 'minor units of the currency'), AMOUNT);

/** The same, left out by who wants the default. */
export const optionalAmount = () => {
  const refuse = wholeNumber(1, MAX_AMOUNT, 'minor units of the currency');
  return checked<number | undefined>(
    (value) => (value === undefined ? null : refuse(value)),
    AMOUNT,
  ).optional();
};

export const integer = (min: number, max: number, what: string) =>
  checked<number>(wholeNumber(min, max, what), numberForm(min, max, `Whole ${what}.`));

/** The same, or left out to leave it as it is, or null to take it away. */
export const changedInteger = (min: number, max: number, what: string) => {
  const refuse = wholeNumber(min, max, what);
  const form = numberForm(min, max, `Whole ${what}; null takes it away.`);
  return checked<number | null | undefined>(
    (value) => {
      if (value === null || value === undefined) return null;
      const refusal = refuse(value);
      return refusal && { ...refusal, expected: `${refusal.expected}; or null for the provider's default` };
    },
    { ...form, type: ['integer', 'null'] },
  ).optional();
};

export const currencyCode = () =>
  checked<Currency>(
    (value) => {
      const expected = 'an ISO 4217 currency code in use, such as VND, XAF, IQD or SAR';
      if (value === undefined) return { code: 'required', detail: 'is missing', expected };
      if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
      if (isCurrency(value)) return null;
      const meant = isCurrency(value.toUpperCase())
        ? value.toUpperCase()
        : nearest(value.slice(0, 8), allCurrencies());
      const hint = meant === null ? '' : `; did you mean "${meant}"?`;
      return { code: 'unknown_currency', detail: `is not a currency code in use${hint}`, expected };
    },
    { type: 'string', pattern: '^[A-Z]{3}$', description: 'An ISO 4217 currency code in use.' },
  );

/** Codes that the runtime knows the name of and that are no country. */
const NO_COUNTRIES = ['EU', 'EZ', 'UN', 'XA', 'XB', 'ZZ'];
const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

const isCountry = (code: string): boolean =>
  /^[A-Z]{2}$/.test(code) && !NO_COUNTRIES.includes(code) && countryNames.of(code) !== undefined;

/** A country, by its ISO 3166-1 code of two letters. */
export const countryCode = () =>
  checked<string>(
    (value) => {
      const expected = 'an ISO 3166-1 code of two capital letters, such as VN, CM, IQ or SA';
      if (value === undefined) return { code: 'required', detail: 'is missing', expected };
      if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
      const upper = value.slice(0, 8).toUpperCase();
      // Former and colloquial codes have another one that counts: UK is GB.
      const present = isCountry(upper) ? new Intl.Locale(`und-${upper}`).region : undefined;
      if (present === value) return null;
      const hint = present === undefined ? '' : `; did you mean "${present}"?`;
      return { code: 'unknown_country', detail: `is not the code of a country${hint}`, expected };
    },
    { type: 'string', pattern: '^[A-Z]{2}$', description: 'A country, as ISO 3166-1 has it in two letters.' },
  );

/** Minor units as query parameters carry them: decimal digits. */
export const amountText = (min: 0 | 1) =>
  checked<string>(
    (value) => {
      const expected = `a whole number of minor units, from ${min} to ${MAX_AMOUNT}`;
      const isNumber = typeof value === 'string' && /^(?:0|[1-9]\d{0,14})$/.test(value);
      return isNumber && Number(value) >= min && Number(value) <= MAX_AMOUNT
        ? null
        : { code: 'invalid_format', detail: `must be ${expected}`, expected };
    },
    {
      type: 'string',
      pattern: '^(?:0|[1-9][0-9]{0,14})$',
      description: `A whole number of minor units, from ${min}.`,
    },
  );

/** Text of 1 to `max` characters that does not look like card data. */
export const text = (max: number) =>
  checked<string>(
    (value) => {
      const expected = `text of 1 to ${max} characters`;
      if (value === undefined) return { code: 'required', detail: 'is missing', expected };
      if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
      if (value.trim() === '') return { code: 'too_short', detail: 'must not be empty', expected };
      const length = characters(value);
      if (length > max)
        return { code: 'too_long', detail: `must have at most ${max} characters, not ${length}`, expected };
      return looksLikeCardNumber(value) ? CARD_NUMBER : null;
    },
    { type: 'string', minLength: 1, maxLength: max },
  );

/** Left out, or text like `text(max)`. */
export const optionalText = (max: number) => text(max).optional();

/** Characters as people count them, roughly: code points, as Postgres counts them too. */
export function characters(value: string): number {
  return [...value].length;
}

const matching = (pattern: RegExp, max: number, expected: string) =>
  checked<string>(
    (value) => {
      if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
      if (value.length > max || !pattern.test(value))
        return { code: 'invalid_format', detail: `must be ${expected}`, expected };
      return null;
    },
    { type: 'string', maxLength: max, pattern: pattern.source, description: `${capital(expected)}.` },
  );

const capital = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** One of some words, with a hint at the one that was meant. `what`: `a provider`. */
export const oneOf = <const Word extends string>(words: readonly Word[], code: string, what: string) =>
  checked<Word>(
    (value) => {
      const expected = `one of ${words.join(', ')}`;
      if (value === undefined) return { code: 'required', detail: 'is missing', expected };
      if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
      if (words.some((word) => word === value)) return null;
      const meant = nearest(value.slice(0, 64), words);
      const hint = meant === null ? '' : `; did you mean "${meant}"?`;
      return { code, detail: `is not ${what}${hint}`, expected };
    },
    { type: 'string', enum: words },
  );

/** What becomes of authorized money that nobody has captured when its authorization is about to end. */
export const authorizationEnd = () =>
  oneOf(AUTHORIZATION_ENDS, 'unknown_authorization_end', 'a way to end an authorization');

/** What becomes of money that comes late or beyond what was owed. */
export const moneyPolicy = () => oneOf(['accept', 'refund', 'hold'], 'unknown_policy', 'a policy');

export const flag = () =>
  checked<boolean>(
    (value) =>
      typeof value === 'boolean'
        ? null
        : { code: 'invalid_type', detail: 'must be true or false', expected: 'true or false' },
    { type: 'boolean' },
  );

/** The body of a request that takes none. */
export const noFields = z.strictObject({});

export const customer = () =>
  z.strictObject({
    name: optionalText(200),
    email: matching(/^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>"]+$/, 254, 'an email address').optional(),
    phone: matching(/^\+?\d(?:[ .()-]*\d){5,17}$/, 30, 'a phone number, such as +9647701234567').optional(),
    country: countryCode().optional(),
  });

export const items = () =>
  z
    .array(
      z.strictObject({
        name: text(255),
        quantity: integer(1, 1_000_000, 'pieces'),
        unit_amount: integer(0, MAX_AMOUNT, 'minor units of the currency'),
      }),
    )
    .max(100);

/** How much metadata there can be: fields, and characters of a name and of a value. */
export const METADATA_MAX = { fields: 50, name: 40, value: 500 } as const;

export const metadata = () =>
  z
    .record(z.string().min(1).max(METADATA_MAX.name), text(METADATA_MAX.value))
    .superRefine((value, context) => {
      if (Object.keys(value).length <= METADATA_MAX.fields) return;
      const expected = `at most ${METADATA_MAX.fields} fields`;
      context.addIssue({
        code: 'custom',
        message: `must have ${expected}`,
        params: { code: 'too_long', expected },
      });
    });

const webUrl = (mode: Mode) =>
  checked<string>(
    (value) => {
      const schemes = mode === 'live' ? 'https' : 'http or https';
      const expected = `an absolute ${schemes} URL of at most 2048 characters`;
      if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
      const url = value.length <= 2048 && URL.canParse(value) ? new URL(value) : null;
      if (mode === 'live' && url?.protocol === 'http:')
        return {
          code: 'https_required',
          detail: 'must be an https URL: http is for the sandbox only',
          expected,
        };
      if (url && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '') return null;
      return {
        code: 'invalid_format',
        detail: `must be ${expected}, without user name and password`,
        expected,
      };
    },
    {
      type: 'string',
      format: 'uri',
      maxLength: 2048,
      description: 'An absolute https URL; in the sandbox http, too.',
    },
  );

/** Where our page sends the customer on to; see `docs/checkout-and-return.md`. */
export const returnUrls = (mode: Mode) =>
  z.strictObject({
    success: webUrl(mode).optional(),
    failure: webUrl(mode).optional(),
    cancel: webUrl(mode).optional(),
  });

const RFC_3339 =
  /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** What is wrong with the form of a time; null when it is one that exists. */
function timeRefusal(value: unknown, expected: string): Refusal | null {
  if (typeof value !== 'string') return { code: 'invalid_type', detail: 'must be a string', expected };
  const [, year, month, day] = RFC_3339.exec(value) ?? [];
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const isTime = year !== undefined && Number(day) <= lastDay && !Number.isNaN(Date.parse(value));
  return isTime ? null : { code: 'invalid_format', detail: 'is not an RFC 3339 time with a zone', expected };
}

/** Any moment, as query parameters carry it. */
export const moment = () =>
  checked<string>(
    (value) =>
      timeRefusal(value, 'an RFC 3339 time, such as 2027-01-31T17:00:00Z; a + in its zone is written %2B'),
    { type: 'string', format: 'date-time' },
  );

/** A moment between `min_s` and `max_s` seconds from now. `now`: the wall clock in milliseconds. */
export const momentAhead = (now: () => number, min_s: number, max_s: number) =>
  checked<string>(
    (value) => {
      const expected = 'an RFC 3339 time, 1 minute to 366 days ahead, such as 2027-01-31T17:00:00Z';
      const refusal = timeRefusal(value, expected);
      if (refusal !== null) return refusal;
      const ahead_s = (Date.parse(String(value)) - now()) / 1000;
      if (ahead_s < min_s)
        return { code: 'too_early', detail: `must be at least ${min_s} seconds from now`, expected };
      if (ahead_s > max_s)
        return { code: 'too_late', detail: `must be at most ${max_s / 86_400} days from now`, expected };
      return null;
    },
    {
      type: 'string',
      format: 'date-time',
      description: `From ${min_s} seconds to ${max_s / 86_400} days from now.`,
    },
  );
