/** The query parameters by which several lists are narrowed to a currency, a range of amounts and a range of times. */
import type { RangeFilter } from '../db/ranges.ts';
import type { ApiDependencies } from './dependencies.ts';
import { amountText, currencyCode, moment, oneOf } from './fields.ts';

/** Both ends are included. */
export const timeRange = {
  created_gte: moment().optional(),
  created_lte: moment().optional(),
};

export const moneyRange = {
  currency: currencyCode().optional(),
  amount_gte: amountText(0).optional(),
  amount_lte: amountText(0).optional(),
};

/** One of the providers that there are. */
export const providerName = (connectors: ApiDependencies['connectors']) =>
  oneOf(
    connectors.map(({ manifest }) => manifest.provider),
    'unknown_provider',
    'a provider',
  ).optional();

type Given = { readonly [Name in keyof RangeFilter]?: string | undefined };

/** What was given, as statements take it. */
export function rangeOf({ currency, amount_gte, amount_lte, created_gte, created_lte }: Given): RangeFilter {
  const amount = (text: string | undefined): number | null => (text === undefined ? null : Number(text));
  const time = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text));
  return {
    currency: currency ?? null,
    amount_gte: amount(amount_gte),
    amount_lte: amount(amount_lte),
    created_gte: time(created_gte),
    created_lte: time(created_lte),
  };
}
