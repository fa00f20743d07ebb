/** Reads the bodies that the Tamara simulator takes. Mandatory fields as in the API reference. */
import { webUrl } from '../../sandbox/html.ts';
import { sumFrom } from './sandbox-money.ts';
import type { Sum } from './sandbox-money.ts';

export type Body = Readonly<Record<string, unknown>>;

/** A refusal: `{message, errors: [{error_code}]}`. */
export class Refused extends Error {
  readonly status: 400 | 404 | 409;
  readonly code: string;
  /** What the error says besides, as with a webhook that is registered already. */
  readonly data: Body | undefined;

  constructor(status: 400 | 404 | 409, code: string, message: string, data?: Body) {
    super(message);
    this.status = status;
    this.code = code;
    this.data = data;
  }
}

export interface NewOrder {
  reference: string;
  readonly number: string;
  readonly description: string;
  readonly total: Sum;
  readonly paymentType: string;
  readonly instalments: number | null;
  readonly urls: {
    readonly success: string;
    readonly failure: string;
    readonly cancel: string;
    readonly notification: string | null;
  };
  readonly lifetimeMinutes: number;
  /** The rest of the body, which the order's details repeat. */
  readonly body: Body;
}

/** The body as an object; without one, an empty object. */
export function parseBody(rawBody: Buffer): Body {
  if (rawBody.length === 0) return {};
  try {
    return asBody(JSON.parse(rawBody.toString('utf8')));
  } catch {
    throw new Refused(400, 'invalid_json', 'Invalid request');
  }
}

export function asBody(value: unknown): Body {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value));
}

const PAYMENT_TYPES = ['PAY_BY_INSTALMENTS', 'PAY_NOW', 'PAY_BY_LATER'];

export function parseOrder(body: Body): NewOrder {
  const reference = text(body, 'order_reference_id', 255);
  const total = amountOf(body, 'total_amount');
  for (const name of ['tax_amount', 'shipping_amount']) {
    if (sumFrom(body[name])?.currency !== total.currency) throw missing(name);
  }
  const description = text(body, 'description', 256);
  if (!['SA', 'AE', 'BH', 'KW', 'OM'].includes(text(body, 'country_code', 2))) throw missing('country_code');
  const consumer = asBody(body['consumer']);
  for (const name of ['first_name', 'last_name', 'phone_number', 'email']) text(consumer, name, 255);
  const address = asBody(body['shipping_address']);
  for (const name of ['first_name', 'last_name', 'line1', 'city', 'country_code']) text(address, name, 255);
  checkItems(body['items'], total);
  const urls = asBody(body['merchant_url']);
  const paymentType = PAYMENT_TYPES.find((type) => type === (body['payment_type'] ?? PAYMENT_TYPES[0]));
  if (paymentType === undefined) throw missing('payment_type');
  const minutes = body['expires_in_minutes'] ?? 30;
  if (typeof minutes !== 'number' || !Number.isInteger(minutes) || minutes < 5 || minutes > 1440)
    throw missing('expires_in_minutes');
  const number = body['order_number'];
  return {
    reference,
    number: typeof number === 'string' && number !== '' ? number : reference,
    total,
    description,
    paymentType,
    instalments: typeof body['instalments'] === 'number' ? body['instalments'] : null,
    urls: {
      success: url(urls, 'success'),
      failure: url(urls, 'failure'),
      cancel: url(urls, 'cancel'),
      notification: (urls['notification'] ?? '') === '' ? null : url(urls, 'notification'),
    },
    lifetimeMinutes: minutes,
    body,
  };
}

function checkItems(items: unknown, total: Sum): void {
  if (!Array.isArray(items) || items.length === 0) throw missing('items');
  for (const item of items.map(asBody)) {
    for (const name of ['name', 'reference_id', 'type', 'sku']) text(item, name, 255);
    if (typeof item['quantity'] !== 'number' || item['quantity'] <= 0) throw missing('items.quantity');
    if (sumFrom(item['total_amount'])?.currency !== total.currency) throw missing('items.total_amount');
  }
}

/** An amount of more than nothing. */
export function amountOf(body: Body, name: string): Sum {
  const sum = sumFrom(body[name]);
  if (sum === null || sum.minor <= 0) throw missing(name);
  return sum;
}

/** `total_amount` in the order's own currency, in minor units. */
export function amountIn(currency: string, body: Body): number {
  const sum = amountOf(body, 'total_amount');
  if (sum.currency !== currency) throw missing('total_amount.currency');
  return sum.minor;
}

export function text(body: Body, name: string, max: number): string {
  const value = body[name];
  if (typeof value !== 'string' || value === '' || value.length > max) throw missing(name);
  return value;
}

export function url(body: Body, name: string): string {
  const value = text(body, name, 1024);
  if (webUrl(value) === null) throw missing(name);
  return value;
}

export function missing(name: string): Refused {
  return new Refused(400, `${name.replace('.', '_')}_is_invalid`, `${name} is missing or invalid`);
}
