/** Amounts as people write them: `25,000`, `12.5`. */
import { currency, isCurrency } from '../../domain/currency.ts';
import { MoneyError, parseDecimal, toDecimal } from '../../domain/money.ts';
import { invalidFields } from '../problem.ts';

/** Minor units, more than 0. Throws `Problem` with this pointer. */
export function amountFrom(text: string, code: string, pointer: string): number {
  if (!isCurrency(code)) {
    const expected = 'one of the currencies offered';
    throw invalidFields([
      { pointer: '/currency', code: 'unknown_currency', detail: 'is not known', expected },
    ]);
  }
  try {
    const { amount } = parseDecimal(text.trim().replace(/,/g, ''), currency(code));
    if (amount > 0) return amount;
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
  }
  const expected = `an amount in ${code} of more than 0, such as ${decimal(1_000_000, code)}`;
  throw invalidFields([{ pointer, code: 'invalid_amount', detail: `must be ${expected}`, expected }]);
}

/** Without decimals that are all zero. */
export function decimal(amount: number, code: string): string {
  return toDecimal({ amount, currency: currency(code) }).replace(/\.0+$/, '');
}
