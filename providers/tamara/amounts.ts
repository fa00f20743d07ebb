/** Money at the edge: minor units inside, `{amount, currency}` with a decimal number outside. */
import { isCurrency, type Currency } from '../../domain/currency.ts';
import { MoneyError, parseDecimal, toDecimal, type Money } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import { exactly } from '../check-request.ts';
import type { ProviderRequest } from '../http.ts';
import type { WireAmount } from './wire.ts';

/** The exact decimal as a JSON number: 15 digits at most, so it prints as it was written. */
export function toWire(money: Money): { readonly amount: number; readonly currency: string } {
  return { amount: exactly(() => Number(toDecimal(money))), currency: money.currency };
}

/** The currency of an order; throws `ProviderError` when it is none we know. */
export function currencyOf({ currency }: WireAmount, request: ProviderRequest): Currency {
  if (isCurrency(currency)) return currency;
  throw unexpectedAnswer(request, 'has an amount in an unknown currency');
}

/** Minor units of `currency`, zero or more; missing is null. What is not exact or of another currency throws `ProviderError`. */
export function minorUnits(
  wire: WireAmount | null | undefined,
  currency: Currency,
  request: ProviderRequest,
): number | null {
  if (!wire) return null;
  if (wire.currency !== currency) throw unexpectedAnswer(request, 'has amounts in two currencies');
  const amount = exactOrNull(wire.amount, currency);
  if (amount === null || amount < 0) {
    throw unexpectedAnswer(request, `has an amount that is not an exact one in ${currency}`);
  }
  return amount;
}

/** The same for an amount that must be there and be more than nothing. */
export function positiveUnits(wire: WireAmount, currency: Currency, request: ProviderRequest): number {
  const amount = minorUnits(wire, currency, request);
  if (!amount) throw unexpectedAnswer(request, 'has an amount of nothing');
  return amount;
}

function exactOrNull(decimal: string, currency: Currency): number | null {
  try {
    return parseDecimal(decimal, currency).amount;
  } catch (error) {
    if (error instanceof MoneyError) return null;
    throw error;
  }
}
