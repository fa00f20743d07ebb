/**
 * What Fapshi accepts in request bodies, and its wording when it does not. Messages are those of its own client
 * libraries where they have one. Optional fields may be empty strings: the official Go client always sends them all.
 * Sources: docs.fapshi.com, github.com/Fapshi/SDKs, github.com/fapshiinc/checkout (number ranges of the operators).
 */

export type Medium = 'mobile money' | 'orange money';

export interface LinkOrder {
  readonly amount: number;
  readonly email: string | null;
  readonly redirectUrl: string | null;
  readonly userId: string | null;
  readonly externalId: string | null;
  readonly message: string | null;
}

export interface PhoneOrder extends LinkOrder {
  readonly phone: string;
  readonly medium: Medium;
  readonly name: string | null;
}

export interface PayoutOrder extends LinkOrder {
  readonly phone: string | null;
  readonly medium: Medium | 'fapshi';
  readonly name: string | null;
}

/** A body that Fapshi answers with 400 and this message. */
export class InvalidRequest extends Error {}

export const TRANS_ID = /^[a-zA-Z0-9]{8,10}$/;
export const OWN_ID = /^[a-zA-Z0-9-_]{1,100}$/;
const PHONE = /^6\d{8}$/;
const MTN = /^6(7\d{7}|(5[0-4]|8[0-3])\d{6})$/;
const ORANGE = /^6(9\d{7}|(8[6-9]|5[5-9])\d{6}|40\d{6})$/;
const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const MINIMUM_XAF = 100;

/** A JSON object; throws `InvalidRequest` for anything else. */
export function parseBody(rawBody: Buffer): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(rawBody.toString('utf8'));
  } catch {
    throw new InvalidRequest('invalid JSON body');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidRequest('invalid type, object expected');
  }
  return Object.fromEntries(Object.entries(value));
}

export function parseLinkOrder(body: Readonly<Record<string, unknown>>): LinkOrder {
  const email = optionalText(body, 'email');
  if (email !== null && !EMAIL.test(email)) throw new InvalidRequest('invalid email');
  const redirectUrl = optionalText(body, 'redirectUrl');
  if (redirectUrl !== null && !URL.canParse(redirectUrl)) throw new InvalidRequest('invalid redirectUrl');
  return {
    amount: parseAmount(body['amount']),
    email,
    redirectUrl,
    userId: ownId(body, 'userId'),
    externalId: ownId(body, 'externalId'),
    message: optionalText(body, 'message'),
  };
}

export function parsePhoneOrder(body: Readonly<Record<string, unknown>>): PhoneOrder {
  const order = parseLinkOrder(body);
  const phone = parsePhone(body['phone']);
  const asked = optionalText(body, 'medium');
  if (asked !== null && asked !== 'mobile money' && asked !== 'orange money')
    throw new InvalidRequest('invalid medium');
  const medium = asked ?? mediumOf(phone);
  if (medium === null) throw new InvalidRequest('invalid phone number');
  return { ...order, phone, medium, name: optionalText(body, 'name') };
}

export function parsePayoutOrder(body: Readonly<Record<string, unknown>>): PayoutOrder {
  if (optionalText(body, 'medium') !== 'fapshi') return parsePhoneOrder(body);
  const order = parseLinkOrder(body);
  if (order.email === null) throw new InvalidRequest('email required');
  return { ...order, phone: null, medium: 'fapshi', name: optionalText(body, 'name') };
}

/** A phone number as people type it, without country code and spaces; null when it is no Cameroonian mobile number. */
export function normalizePhone(text: string): string | null {
  const digits = text.replaceAll(/\D/g, '').replace(/^237/, '');
  return PHONE.test(digits) ? digits : null;
}

/** The operator that a number belongs to, or null. */
export function mediumOf(phone: string): Medium | null {
  if (MTN.test(phone)) return 'mobile money';
  return ORANGE.test(phone) ? 'orange money' : null;
}

function parseAmount(value: unknown): number {
  if (value === undefined || value === null) throw new InvalidRequest('amount required');
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw new InvalidRequest('amount must be of type integer');
  }
  if (value < MINIMUM_XAF) throw new InvalidRequest(`amount cannot be less than ${MINIMUM_XAF} XAF`);
  return value;
}

function parsePhone(value: unknown): string {
  if (value === undefined || value === null || value === '')
    throw new InvalidRequest('phone number required');
  if (typeof value !== 'string') throw new InvalidRequest('phone must be of type string');
  if (!PHONE.test(value)) throw new InvalidRequest('invalid phone number');
  return value;
}

function optionalText(body: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = body[name];
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string') throw new InvalidRequest(`${name} must be of type string`);
  return value;
}

function ownId(body: Readonly<Record<string, unknown>>, name: string): string | null {
  const value = optionalText(body, name);
  if (value !== null && !OWN_ID.test(value)) throw new InvalidRequest(`invalid ${name}`);
  return value;
}
