/** Amounts as the API shows them: minor units, with what people read beside them. */
import { currency as asCurrency } from '../domain/currency.ts';
import { display } from '../domain/money.ts';

export interface ShownAmount {
  readonly amount: number;
  readonly display: string;
}

export function shown(amount: number, currency: string): ShownAmount {
  return { amount, display: display({ amount, currency: asCurrency(currency) }) };
}
