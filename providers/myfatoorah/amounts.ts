/** Money at the edge: minor units inside, decimals outside, always in the currency of the account's country. */
import type { Currency } from '../../domain/currency.ts';
import { MoneyError, parseDecimal, toDecimal, type Money } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import { exactly, refused } from '../check-request.ts';
import type { ProviderRequest } from '../http.ts';
import { COUNTRY_FACTS, type Country } from './countries.ts';

/** The exact decimal as a JSON number: 14 digits at most, so it prints as it was written. */
export function wireNumber(money: Money): number {
  return exactly(() => Number(toDecimal(money)));
}

/** Captures and refunds are in the account's own currency; another display currency would need a rate. */
export function inAccountCurrency(country: Country, { currency }: Money): void {
  const ours = COUNTRY_FACTS[country].currency;
  if (currency !== ours) throw refused('unsupported_currency', `this MyFatoorah account takes ${ours} only`);
}

/** An amount of the wire in minor units; anything but an exact positive amount is an unexpected answer. */
export function positiveAmount(decimal: string, currency: Currency, request: ProviderRequest): number {
  const amount = amountOrNull(decimal, currency);
  if (amount === null || amount <= 0) {
    throw unexpectedAnswer(request, `has an amount that is not an exact one in ${currency}`);
  }
  return amount;
}

/** Minor units, or null for what is not an exact decimal of the currency. */
export function amountOrNull(decimal: string, currency: Currency): number | null {
  try {
    return parseDecimal(decimal, currency).amount;
  } catch (error) {
    if (error instanceof MoneyError) return null;
    throw error;
  }
}
