/** The business that invoices belong to, as far as creating one needs to know it. */
import type { ProviderError } from '../../domain/provider-error.ts';
import { isFailure } from '../answers.ts';
import { refused } from '../check-request.ts';
import type { ProviderContext } from '../contract.ts';
import { business, call, type RehiveCredentials, type RehiveCurrency } from './wire.ts';

/**
 * The currency of the business's invoices; null where there is no such call, which is in the generated types and not in
 * the documentation of invoices.
 */
export async function currencyOfBusiness(
  context: ProviderContext<RehiveCredentials>,
): Promise<RehiveCurrency | null> {
  try {
    const { data } = await call(
      context,
      { operation: 'read_business', method: 'GET', path: '', mutates: false },
      business,
    );
    return data.currency;
  } catch (error) {
    if (isFailure(error, 'not_found') || isFailure(error, 'invalid_request')) return null;
    throw error;
  }
}

/** The refusal of a payment that the business cannot take. */
export const otherCurrency = ({ code, divisibility }: RehiveCurrency): ProviderError =>
  refused('unsupported_currency', `this Rehive business takes ${code} with ${divisibility} decimals only`);
