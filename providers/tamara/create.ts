/** A payment of ours as an order of Tamara. */
import type { Currency } from '../../domain/currency.ts';
import { checkRequest, refused } from '../check-request.ts';
import type { CreatedPayment, CreatePayment } from '../contract.ts';
import { toWire } from './amounts.ts';
import { manifest } from './manifest.ts';
import { call, checkout, type Context, type TamaraCredentials } from './wire.ts';

/** Country and dialling code of each currency; Tamara pays out in the currency of the country. */
const COUNTRIES: Readonly<Record<string, { readonly country: string; readonly dial: string }>> = {
  SAR: { country: 'SA', dial: '966' },
  AED: { country: 'AE', dial: '971' },
  BHD: { country: 'BH', dial: '973' },
  KWD: { country: 'KW', dial: '965' },
  OMR: { country: 'OM', dial: '968' },
};
const PAYMENT_TYPES: Readonly<Record<string, string>> = {
  instalments: 'PAY_BY_INSTALMENTS',
  pay_now: 'PAY_NOW',
};
/** Names and addresses of pages, in characters. */
const NAME_MAX = 255;

/** Opens a checkout; see `Connector.createPayment`. */
export async function createPayment(context: Context, request: CreatePayment): Promise<CreatedPayment> {
  const { lifetime_s } = checkRequest(manifest, request);
  const body = orderBody(context.account.credentials, request, lifetime_s / 60);
  const ends_at = context.now() + lifetime_s * 1000;
  const { data } = await call(
    context,
    { operation: 'create_payment', method: 'POST', path: '/checkout', body, mutates: true },
    checkout,
  );
  return {
    provider_payment_id: data.order_id,
    expires_at: new Date(ends_at).toISOString(),
    next_action: { type: 'redirect', redirect_url: data.checkout_url },
  };
}

type Body = Readonly<Record<string, unknown>>;

function orderBody(
  { address_line, city }: TamaraCredentials,
  request: CreatePayment,
  expires_in_minutes: number,
): Body {
  const { money, reference, description, customer, webhook_url, return_urls } = request;
  const { country, dial } = countryOf(money.currency);
  const names = namesOf(customer.name ?? '');
  const nothing = toWire({ amount: 0, currency: money.currency });
  return {
    order_reference_id: reference,
    order_number: reference,
    total_amount: toWire(money),
    tax_amount: nothing,
    shipping_amount: nothing,
    description: description ?? reference,
    country_code: country,
    payment_type: PAYMENT_TYPES[request.method],
    items: itemsOf(request),
    consumer: { ...names, phone_number: localPhone(customer.phone ?? '', dial), email: customer.email },
    shipping_address: { ...names, line1: address_line, city, country_code: country },
    merchant_url: { ...return_urls, notification: webhook_url },
    platform: 'sarraf',
    expires_in_minutes,
  };
}

function countryOf(code: Currency): { readonly country: string; readonly dial: string } {
  const found = COUNTRIES[code];
  if (!found) throw refused('unsupported_currency', `Tamara does not take ${code}`);
  return found;
}

/** Both names are wanted; who has one gets it twice. */
function namesOf(name: string): { readonly first_name: string; readonly last_name: string } {
  const [first = '', ...rest] = name.trim().slice(0, NAME_MAX).split(/\s+/);
  return { first_name: first, last_name: rest.join(' ') || first };
}

/** Digits without the country's own dialling code, as the documentation writes them: `500000001`. */
function localPhone(phone: string, dial: string): string {
  const digits = phone.replace(/[^\d+]/g, '').replace(/^00/, '+');
  if (digits.startsWith(`+${dial}`)) return digits.slice(dial.length + 1);
  return digits.replace(/\+/g, '').replace(/^0+/, '');
}

/** Items must add up to the total; those that do not (discounts, shipping) become one line. */
function itemsOf({ items, money, description, reference }: CreatePayment): readonly Body[] {
  const total = items.reduce((sum, { quantity, unit_amount }) => sum + quantity * unit_amount, 0);
  const fits =
    items.length > 0 && total === money.amount && items.every(({ unit_amount }) => unit_amount > 0);
  const lines = fits ? items : [{ name: description ?? reference, quantity: 1, unit_amount: money.amount }];
  return lines.map(({ name, quantity, unit_amount }, index) => ({
    reference_id: String(index + 1),
    type: 'Physical',
    name: name.slice(0, NAME_MAX),
    sku: String(index + 1),
    quantity,
    unit_price: toWire({ amount: unit_amount, currency: money.currency }),
    total_amount: toWire({ amount: unit_amount * quantity, currency: money.currency }),
  }));
}
