/** Rehive's integers and our minor units: each currency of Rehive has a divisibility of its own. Nothing rounds. */
import { isCurrency, minorUnitDigits, type Currency } from '../../domain/currency.ts';
import { money, MoneyError, type Money } from '../../domain/money.ts';
import { unexpectedAnswer } from '../answers.ts';
import type { ProviderRequest } from '../http.ts';
import type { RehiveCurrency } from './wire.ts';

/** The amount as an integer of `divisibility` decimals; throws `MoneyError` when it cannot be exact. */
export function toUnits({ amount, currency }: Money, { divisibility }: RehiveCurrency): number {
  return shifted(amount, divisibility - minorUnitDigits(currency));
}

/** An integer of `divisibility` decimals as money; throws `MoneyError` when our minor units cannot hold it. */
export function fromUnits(units: number, { code, divisibility }: RehiveCurrency): Money {
  const currency = currencyOf(code);
  return money(shifted(units, minorUnitDigits(currency) - divisibility), currency);
}

/** An amount of an answer; one that our minor units cannot hold makes the answer unreadable. */
export function ours<T>(request: ProviderRequest, convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (error instanceof MoneyError)
      throw unexpectedAnswer(request, `has an amount we cannot hold: ${error.message}`);
    throw error;
  }
}

/** Throws `MoneyError` for a currency of Rehive's own making (crypto, loyalty points). */
function currencyOf(code: string): Currency {
  if (isCurrency(code)) return code;
  throw new MoneyError(`${code.slice(0, 32)} is not an ISO 4217 currency`);
}

function shifted(amount: number, digits: number): number {
  const scale = 10n ** BigInt(Math.abs(digits));
  const exact = BigInt(amount);
  if (digits < 0 && exact % scale !== 0n) {
    throw new MoneyError(`${amount} has more decimals than there is room for`);
  }
  const result = Number(digits < 0 ? exact / scale : exact * scale);
  if (!Number.isSafeInteger(result)) throw new MoneyError(`${amount} is too large to be exact`);
  return result;
}
