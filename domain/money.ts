/**
 * Amounts are integers in minor units, with a currency. Nothing here rounds: what cannot be
 * represented exactly is refused with a `MoneyError`, so no amount is ever guessed.
 */
import { minorUnitDigits, type Currency } from './currency.ts';

/** An exact amount: `amount` is a safe integer in minor units of `currency`. */
export interface Money {
  readonly amount: number;
  readonly currency: Currency;
}

/** The largest amount of one invoice, in minor units. Sums of thousands of them stay safe integers. */
export const MAX_AMOUNT = 99_999_999_999_999;

/** An amount that is not representable where it was needed. The message is fit for a merchant. */
export class MoneyError extends Error {
  override readonly name = 'MoneyError';
}

/** Builds a `Money`; throws `MoneyError` unless `amount` is a safe integer. Zero and negatives are allowed. */
export function money(amount: number, currency: Currency): Money {
  if (!Number.isSafeInteger(amount)) throw new MoneyError(`${amount} is not an exact amount in minor units`);
  return { amount, currency };
}

/** Adds exactly; throws `MoneyError` when the sum leaves the safe integers. */
export function addAmounts(amounts: Iterable<number>): number {
  let sum = 0;
  for (const amount of amounts) {
    sum += amount;
    if (!Number.isSafeInteger(sum)) throw new MoneyError('the sum of these amounts is too large to be exact');
  }
  return sum;
}

/**
 * The amount in whole units of the currency, for rails without decimals (dinars at Iraqi rails, đồng, francs).
 * Throws `MoneyError` when there is a fraction.
 */
export function toWholeUnits({ amount, currency }: Money): number {
  const scale = 10 ** minorUnitDigits(currency);
  if (amount % scale !== 0) {
    throw new MoneyError(
      `the amount must be whole ${currency}: a multiple of ${scale} in minor units, not ${amount}`,
    );
  }
  return amount / scale;
}

/** Whole units of the currency as `Money`; throws `MoneyError` for a fraction or an unsafe number. */
export function fromWholeUnits(units: number, currency: Currency): Money {
  if (!Number.isSafeInteger(units)) throw new MoneyError(`${units} is not a whole number of ${currency}`);
  return money(units * 10 ** minorUnitDigits(currency), currency);
}

/** The amount as a plain decimal with all its minor digits: `12.500` (KWD), `25000.000` (IQD), `5000` (XAF). */
export function toDecimal({ amount, currency }: Money): string {
  const digits = minorUnitDigits(currency);
  const sign = amount < 0 ? '-' : '';
  const padded = String(Math.abs(amount)).padStart(digits + 1, '0');
  return digits === 0 ? sign + padded : `${sign}${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

/**
 * Reads a plain decimal (`"12.5"`, `"100"`, `"25000.00"`) as minor units. Surplus digits are accepted only
 * when they are zeros; no exponent, no thousands separators, no white space. Throws `MoneyError` otherwise.
 */
export function parseDecimal(text: string, currency: Currency): Money {
  const match = /^(-?)(\d{1,16})(?:\.(\d{1,12}))?$/.exec(text);
  if (!match) throw new MoneyError(`"${text.slice(0, 40)}" is not a plain decimal amount`);
  const [, sign, whole = '', fraction = ''] = match;
  const digits = minorUnitDigits(currency);
  if (/[1-9]/.test(fraction.slice(digits))) {
    throw new MoneyError(`${text} has more than the ${digits} decimals of ${currency}`);
  }
  const minor = Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
  return money(sign === '-' && minor !== 0 ? -minor : minor, currency);
}

/** As people read it, in English notation: `VND 6,000,000`, `KWD 12.500`, `IQD 25,000`. */
export function display(value: Money): string {
  const [whole = '', fraction] = toDecimal(value).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  // Nobody writes the fils of the Iraqi dinar; they are shown only when there are some.
  const shown =
    fraction !== undefined && !(value.currency === 'IQD' && /^0+$/.test(fraction)) ? `.${fraction}` : '';
  return `${value.currency} ${grouped}${shown}`;
}
