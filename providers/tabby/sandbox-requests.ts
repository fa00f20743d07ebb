/**
 * Reads the bodies that Tabby's simulator takes. Field names and limits as in Tabby's OpenAPI document. What it calls required
 * is more than Tabby insists on: the guide asks whether a customer is eligible with amount, currency, e-mail and phone
 * alone, and Tabby's own plugins leave out categories, names and references.
 */

export type Body = Readonly<Record<string, unknown>>;

/** Answered with 400 `bad_data`: one sentence, or the field that is wrong. */
export class BadData extends Error {
  readonly field: string | null;

  constructor(message: string, field: string | null = null) {
    super(message);
    this.field = field;
  }
}

/** Decimals of the three currencies that there are. */
export const DECIMALS: ReadonlyMap<string, number> = new Map([
  ['AED', 2],
  ['SAR', 2],
  ['KWD', 3],
]);

export interface CheckoutOrder {
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly buyer: { readonly name: string; readonly email: string; readonly phone: string };
  readonly reference: string | null;
  /** `payment` as it came; `order` without its reference, `meta` and the rest are given back. */
  readonly sent: Body;
  readonly urls: { readonly success: string; readonly cancel: string; readonly failure: string };
  readonly merchantCode: string;
  readonly lang: string;
}

export interface MoveOrder {
  readonly amount: number;
  /** `reference_id`; without one nothing makes the call safe to repeat. */
  readonly key: string | null;
  readonly reason: string | null;
  /** The whole body, of which amounts and items are repeated. */
  readonly sent: Body;
}

export function parseBody(rawBody: Buffer): Body {
  let value: unknown;
  try {
    value = JSON.parse(rawBody.toString('utf8'));
  } catch {
    throw new BadData('could not decode request');
  }
  const body = objectOrNull(value);
  if (body === null) throw new BadData('could not decode request');
  return body;
}

export function parseCheckout(body: Body): CheckoutOrder {
  const payment = object(body['payment'], '$.payment');
  const currency = text(payment, 'currency', '$.payment');
  if (!DECIMALS.has(currency)) throw new BadData('', '$.payment.currency');
  const buyer = object(payment['buyer'], '$.payment.buyer');
  const order = payment['order'] == null ? {} : object(payment['order'], '$.payment.order');
  checkItems(order, currency);
  const urls = objectOrNull(body['merchant_urls']) ?? {};
  const lang = optionalText(body, 'lang', '$');
  if (lang !== null && lang !== 'en' && lang !== 'ar') throw new BadData('', '$.lang');
  return {
    amount: minorUnits(payment['amount'], currency, '$.payment.amount'),
    currency,
    description: optionalText(payment, 'description', '$.payment'),
    buyer: {
      name: optionalText(buyer, 'name', '$.payment.buyer') ?? '',
      email: text(buyer, 'email', '$.payment.buyer'),
      phone: phone(text(buyer, 'phone', '$.payment.buyer')),
    },
    reference: optionalText(order, 'reference_id', '$.payment.order'),
    sent: payment,
    urls: {
      success: optionalText(urls, 'success', '$.merchant_urls') ?? '',
      cancel: optionalText(urls, 'cancel', '$.merchant_urls') ?? '',
      failure: optionalText(urls, 'failure', '$.merchant_urls') ?? '',
    },
    merchantCode: text(body, 'merchant_code', '$'),
    lang: lang ?? 'en',
  };
}

function checkItems(order: Body, currency: string): void {
  const items: unknown = order['items'] ?? [];
  if (!Array.isArray(items)) throw new BadData('', '$.payment.order.items');
  items.forEach((entry: unknown, index) => {
    const path = `$.payment.order.items[${index}]`;
    const item = object(entry, path);
    text(item, 'title', path);
    optionalText(item, 'category', path);
    const { quantity } = item;
    if (typeof quantity !== 'number' || !Number.isInteger(quantity) || quantity < 1) {
      throw new BadData('', `${path}.quantity`);
    }
    minorUnits(item['unit_price'], currency, `${path}.unit_price`, 0);
  });
}

export function parseMove(body: Body, currency: string): MoveOrder {
  return {
    amount: minorUnits(body['amount'], currency, '$.amount'),
    key: optionalText(body, 'reference_id', '$'),
    reason: optionalText(body, 'reason', '$'),
    sent: body,
  };
}

export function parseReference(body: Body): string {
  return text(object(body['order'], '$.order'), 'reference_id', '$.order');
}

/** `{url, header: {title, value}}` of a webhook's registration. */
export function parseHook(body: Body): { url: URL; header: { title: string; value: string } | null } {
  const url = text(body, 'url', '$');
  if (!URL.canParse(url)) throw new BadData('', '$.url');
  const header = objectOrNull(body['header']);
  const title = header === null ? null : text(header, 'title', '$.header');
  if (title !== null && !/^[A-Za-z0-9-]+$/.test(title)) throw new BadData('', '$.header.title');
  return {
    url: new URL(url),
    header: header === null || title === null ? null : { title, value: text(header, 'value', '$.header') },
  };
}

/** "Up to 2 decimals for AED and SAR, up to 3 decimals for KWD", as a text. */
function minorUnits(value: unknown, currency: string, path: string, min = 1): number {
  const digits = DECIMALS.get(currency) ?? 2;
  const match = typeof value === 'string' ? /^(\d{1,10})(?:\.(\d+))?$/.exec(value) : null;
  const fraction = match?.[2] ?? '';
  if (match === null || fraction.length > digits) throw new BadData('', path);
  const units = Number((match[1] ?? '') + fraction.padEnd(digits, '0'));
  if (units < min) throw new BadData('', path);
  return units;
}

/** `+971500000001`, `971500000001`, `500000001` and `0500000001` are all taken, written with spaces, too, as Odoo does. */
function phone(value: string): string {
  const digits = value.replaceAll(/[\s().-]/g, '');
  if (!/^\+?\d{8,15}$/.test(digits)) throw new BadData('', '$.payment.buyer.phone');
  return digits;
}

function objectOrNull(value: unknown): Body | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  return Object.fromEntries(Object.entries(value));
}

function object(value: unknown, path: string): Body {
  const found = objectOrNull(value);
  if (found === null) throw new BadData('', path);
  return found;
}

function optionalText(body: Body, name: string, path: string): string | null {
  const value = body[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || value.length > 255) throw new BadData('', `${path}.${name}`);
  return value;
}

function text(body: Body, name: string, path: string): string {
  const value = optionalText(body, name, path);
  if (value === null) throw new BadData('', `${path}.${name}`);
  return value;
}
