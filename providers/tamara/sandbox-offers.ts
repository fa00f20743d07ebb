/** What the Tamara simulator offers a customer before there is an order: the same to everybody. */
import type { Reply } from '../../sandbox/http-server.ts';
import { reply } from './sandbox-json.ts';
import { json } from './sandbox-money.ts';
import { amountOf, missing } from './sandbox-requests.ts';
import type { Body } from './sandbox-requests.ts';

/** Which currency a country has. */
const CURRENCIES: Readonly<Record<string, string>> = {
  SA: 'SAR',
  AE: 'AED',
  BH: 'BHD',
  KW: 'KWD',
  OM: 'OMR',
};

/** The same offer for each country, whatever the order's value; without a currency, that of the country. */
export function paymentTypes(query: URLSearchParams): Reply {
  const own = CURRENCIES[query.get('country') ?? ''];
  if (own === undefined) throw missing('country');
  const currency = query.get('currency') ?? own;
  if (!Object.values(CURRENCIES).includes(currency)) throw missing('currency');
  const limits = { min_limit: json(100, currency), max_limit: json(500_000_000, currency) };
  const type = (name: string, description: string, counts: readonly number[]): unknown => ({
    name,
    description,
    ...limits,
    supported_instalments: counts.map((instalments) => ({ instalments, ...limits })),
  });
  return reply(200, [
    type('PAY_BY_INSTALMENTS', 'Split your purchase into instalments', [2, 3, 4]),
    type('PAY_NOW', 'Pay in full', []),
  ]);
}

/** Whether a customer will be offered anything: here always. Its phone numbers decide nothing before the checkout. */
export function paymentOptions(body: Body): Reply {
  if (!Object.keys(CURRENCIES).some((country) => country === body['country'])) throw missing('country');
  amountOf(body, 'order_value');
  return reply(200, {
    has_available_payment_options: true,
    single_checkout_enabled: false,
    available_payment_labels: [
      {
        payment_type: 'PAY_BY_INSTALMENTS',
        instalment: 4,
        description_en: 'Split in 4',
        description_ar: 'قسمها على 4',
      },
      { payment_type: 'PAY_NOW', instalment: 0, description_en: 'Pay now', description_ar: 'ادفع الآن' },
    ],
  });
}
