/** Money at the edge: minor units inside, `{amount, currency}` with a decimal number outside. */
import type { Currency } from '../../domain/currency.ts';
import type { Money } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import { amountOrNull, wireNumber } from '../decimals.ts';
import type { ProviderRequest } from '../http.ts';
import type { WireAmount } from './wire.ts';

/** `{amount, currency}` with the decimal as a JSON number. */
export function toWire(money: Money): { readonly amount: number; readonly currency: string } {
  return { amount: wireNumber(money), currency: money.currency };
}

/** Minor units of `currency`, zero or more; missing is null. What is not exact or of another currency throws `ProviderError`. */
export function minorUnits(
  wire: WireAmount | null | undefined,
  currency: Currency,
  request: ProviderRequest,
): number | null {
  if (!wire) return null;
  if (wire.currency !== currency) throw unexpectedAnswer(request, 'has amounts in two currencies');
  const amount = amountOrNull(wire.amount, currency);
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
