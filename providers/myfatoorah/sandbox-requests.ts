/**
 * What the simulator accepts in request bodies. Names of fields are compared without case, as .NET reads JSON; what is
 * wrong is listed in `ValidationErrors`. The wording is the simulator's own where MyFatoorah's is not published.
 */
import type { Portal } from './sandbox-countries.ts';

export interface ValidationError {
  readonly Name: string;
  readonly Error: string;
}

/** A call answered with HTTP 400 and `IsSuccess: false`. */
export class Refusal extends Error {
  readonly validationErrors: readonly ValidationError[] | null;

  constructor(message: string, validationErrors: readonly ValidationError[] | null = null) {
    super(message);
    this.validationErrors = validationErrors;
  }
}

export interface InvoiceItem {
  readonly ItemName: string;
  readonly Quantity: number;
  readonly UnitPrice: number;
}

export interface InvoiceOrder {
  readonly value: number;
  readonly customerName: string;
  readonly customerEmail: string | null;
  readonly customerMobile: string | null;
  readonly callBackUrl: string | null;
  readonly errorUrl: string | null;
  readonly customerReference: string | null;
  readonly externalIdentifier: string | null;
  readonly userDefinedField: string | null;
  readonly expiresAt: number | null;
  readonly items: readonly InvoiceItem[];
  /** False: the money is only held until it is captured. */
  readonly autoCapture: boolean;
}

const URL_MAX = 254;
/** "^(?:(+)|(00)|(*)|())[0-9]{3,14}((#)|())$" and "its length is between 0 and 11". */
const MOBILE = /^(?:\+|00|\*)?[0-9]{3,14}#?$/;

/** The fields of a JSON object by their lower-case names. */
export class Fields {
  readonly errors: ValidationError[] = [];
  readonly #values: ReadonlyMap<string, unknown>;

  /** Throws `Refusal` when the body is not a JSON object. */
  constructor(rawBody: Buffer | Readonly<Record<string, unknown>>) {
    const value: unknown = Buffer.isBuffer(rawBody) ? parse(rawBody) : rawBody;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new Refusal('Invalid data', [{ Name: 'request', Error: 'a JSON object is required' }]);
    }
    this.#values = new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]));
  }

  value(name: string): unknown {
    return this.#values.get(name.toLowerCase());
  }

  /** A text or a number as text; null when missing or empty. */
  text(name: string): string | null {
    const value = this.value(name);
    if (value === undefined || value === null || value === '') return null;
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    this.wrong(name, `${name} must be a string`);
    return null;
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === null) this.wrong(name, `${name} is required`);
    return value ?? '';
  }

  /** What is found first about a field is what is said of it. */
  wrong(name: string, error: string): void {
    if (this.errors.some(({ Name }) => Name === name)) return;
    this.errors.push({ Name: name, Error: error });
  }

  /** Throws `Refusal` when anything was wrong. */
  check(): void {
    if (this.errors.length > 0) throw new Refusal('Invalid data', this.errors);
  }
}

/** The body of SendPayment or ExecutePayment; throws `Refusal`. */
export function parseOrder(fields: Fields, portal: Portal, localUrlsRefused: boolean): InvoiceOrder {
  const value = portal.units(fields.value('InvoiceValue'));
  if (value === null) fields.wrong('InvoiceValue', 'InvoiceValue must be a positive amount');
  checkCurrency(fields, 'DisplayCurrencyIso', portal);
  const mobile = fields.text('CustomerMobile');
  if (mobile !== null && (mobile.length > 11 || !MOBILE.test(mobile))) {
    fields.wrong('CustomerMobile', 'CustomerMobile is invalid');
  }
  const expiry = fields.text('ExpiryDate');
  const expiresAt = expiry === null ? null : portal.moment(expiry);
  if (expiry !== null && expiresAt === null) fields.wrong('ExpiryDate', 'ExpiryDate is invalid');
  const order = {
    value: value ?? 0,
    customerName: fields.text('CustomerName') ?? '',
    customerEmail: fields.text('CustomerEmail'),
    customerMobile: mobile,
    callBackUrl: url(fields, 'CallBackUrl', localUrlsRefused),
    errorUrl: url(fields, 'ErrorUrl', localUrlsRefused),
    customerReference: fields.text('CustomerReference'),
    externalIdentifier: fields.text('ExternalIdentifier'),
    userDefinedField: fields.text('UserDefinedField'),
    expiresAt,
    items: items(fields, portal, value),
    autoCapture: autoCapture(fields),
  };
  fields.check();
  return order;
}

/** Notes a currency that is not the account's. */
export function checkCurrency(fields: Fields, name: string, portal: Portal): void {
  const given = fields.text(name)?.toUpperCase() ?? portal.currency;
  if (given !== portal.currency && given !== portal.label) {
    fields.wrong(name, `this simulator shows amounts in ${portal.currency} only`);
  }
}

function url(fields: Fields, name: string, localUrlsRefused: boolean): string | null {
  const value = fields.text(name);
  if (value === null) return null;
  if (value.length > URL_MAX || !/^https?:/i.test(value) || !URL.canParse(value)) {
    fields.wrong(name, `${name} is invalid`);
  } else if (localUrlsRefused && /^(localhost|127\.|\[::1\])/.test(new URL(value).hostname)) {
    fields.wrong(name, `${name} must not be a local address`);
  }
  return value;
}

function items(fields: Fields, portal: Portal, value: number | null): InvoiceItem[] {
  const list = fields.value('InvoiceItems');
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) {
    fields.wrong('InvoiceItems', 'InvoiceItems must be a list');
    return [];
  }
  let sum = 0;
  const read = list.map((item: unknown): InvoiceItem => {
    const row = new Fields(typeof item === 'object' && item !== null ? { ...item } : {});
    const price = portal.units(row.value('UnitPrice'));
    const quantity = Number(row.value('Quantity'));
    if (price === null || !Number.isInteger(quantity) || quantity < 1 || row.text('ItemName') === null) {
      fields.wrong('InvoiceItems', 'each item needs ItemName, Quantity and UnitPrice');
    }
    sum += (price ?? 0) * quantity;
    return { ItemName: row.text('ItemName') ?? '', Quantity: quantity, UnitPrice: portal.number(price ?? 0) };
  });
  if (value !== null && sum !== value) {
    fields.wrong('InvoiceItems', 'the sum of the items must be equal to InvoiceValue');
  }
  return read;
}

function autoCapture(fields: Fields): boolean {
  const details = fields.value('ProcessingDetails');
  if (typeof details !== 'object' || details === null) return true;
  return new Fields({ ...details }).value('AutoCapture') !== false;
}

function parse(rawBody: Buffer): unknown {
  try {
    return JSON.parse(rawBody.toString('utf8'));
  } catch {
    return null;
  }
}
