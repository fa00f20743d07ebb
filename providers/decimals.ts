/** Decimals of answers as minor units, exactly or not at all. */
import { isCurrency, type Currency } from '../domain/currency.ts';
import { MoneyError, parseDecimal, toDecimal, type Money } from '../domain/money.ts';
import { unexpectedAnswer } from './answers.ts';
import { exactly } from './check-request.ts';
import type { ProviderRequest } from './http.ts';

/** Minor units, or null for what is not an exact decimal of the currency. */
export function amountOrNull(decimal: string, currency: Currency): number | null {
  try {
    return parseDecimal(decimal, currency).amount;
  } catch (error) {
    if (error instanceof MoneyError) return null;
    throw error;
  }
}

/** Minor units; anything but an exact positive amount is an unexpected answer. */
export function positiveAmount(decimal: string, currency: Currency, request: ProviderRequest): number {
  const amount = amountOrNull(decimal, currency);
  if (amount !== null && amount > 0) return amount;
  throw unexpectedAnswer(request, `has an amount that is not an exact one in ${currency}`);
}

/** The currency of an answer; one that there is not is an unexpected answer. */
export function currencyNamed(code: string, request: ProviderRequest): Currency {
  if (isCurrency(code)) return code;
  throw unexpectedAnswer(request, 'has an amount in an unknown currency');
}

/** The exact decimal as a JSON number: 15 digits at most, so it prints as it was written. */
export function wireNumber(money: Money): number {
  return exactly(() => Number(toDecimal(money)));
}
