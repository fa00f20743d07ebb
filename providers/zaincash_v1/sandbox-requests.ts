/** What merchants send to the ZainCash v1 simulator, checked; and the shape of its answers. */
import type { Reply } from '../../sandbox/http-server.ts';
import { openToken } from './sandbox-jwt.ts';
import type { Order } from './sandbox-transactions.ts';

export interface Merchant {
  readonly msisdn: string;
  readonly merchant_id: string;
  readonly secret: string;
}

/** Answered as `{"err":{"msg":…}}`, with 200: client code finds out by the missing `id`. */
export class Refusal extends Error {}

export function jsonReply(status: number, body: unknown): Reply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8' },
    body: JSON.stringify(body),
  };
}

/** A form, or JSON: both are in use. */
export function parseFields(rawBody: Buffer): Readonly<Record<string, unknown>> {
  const text = rawBody.toString('utf8');
  if (!text.trimStart().startsWith('{')) return Object.fromEntries(new URLSearchParams(text));
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
  } catch {
    return {};
  }
}

/** The claims of a call's token, which must be this merchant's. */
export function claimsOf(
  fields: Readonly<Record<string, unknown>>,
  merchant: Merchant,
): Readonly<Record<string, unknown>> {
  const { token, merchantId } = fields;
  if (typeof token !== 'string' || token === '') throw new Refusal('token is required');
  if (merchantId !== merchant.merchant_id) throw new Refusal('Invalid merchant');
  const claims = openToken(token, merchant.secret);
  if (typeof claims === 'string') throw new Refusal(claims);
  if (String(claims['msisdn']) !== merchant.msisdn) throw new Refusal('Invalid merchant wallet');
  return claims;
}

/** The order in the claims of `/transaction/init`. Numbers may come as text. */
export function parseOrder(claims: Readonly<Record<string, unknown>>, lang: unknown): Order {
  const amount = Number(claims['amount']);
  if (!Number.isSafeInteger(amount)) throw new Refusal('amount must be an integer');
  if (amount < 250) throw new Refusal('amount must be at least 250');
  const serviceType = words(claims, 'serviceType', 254);
  const orderId = words(claims, 'orderId', 512);
  const { redirectUrl } = claims;
  if (typeof redirectUrl !== 'string') throw new Refusal('redirectUrl is required');
  return { amount, serviceType, orderId, redirectUrl, lang: lang === 'ar' ? 'ar' : 'en' };
}

function words(claims: Readonly<Record<string, unknown>>, name: string, max: number): string {
  const value = claims[name];
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text === '') throw new Refusal(`${name} is required`);
  if (text.length > max) throw new Refusal(`${name} is too long`);
  return text;
}
