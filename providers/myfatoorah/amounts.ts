/** The currency of an account: that of its country, whatever is asked. */
import type { Money } from '../../domain/money.ts';
import { refused } from '../check-request.ts';
import { COUNTRY_FACTS, type Country } from './countries.ts';

/** Captures and refunds are in the account's own currency; another display currency would need a rate. */
export function inAccountCurrency(country: Country, { currency }: Money): void {
  const ours = COUNTRY_FACTS[country].currency;
  if (currency !== ours) throw refused('unsupported_currency', `this MyFatoorah account takes ${ours} only`);
}
