/** What merchants send to the ZainCash v2 simulator, checked. */
import { webUrl } from '../../sandbox/html.ts';
import type { Order } from './sandbox-transactions.ts';

/** Answered with 400. */
export class BadRequest extends Error {}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

type Fields = Readonly<Record<string, unknown>>;

export function parseBody(rawBody: Buffer): Fields {
  try {
    return fieldsOf(JSON.parse(rawBody.toString('utf8')));
  } catch {
    throw new BadRequest('Malformed JSON request');
  }
}

/** `transaction/init`: every field of the guide's table is required, except the customer's phone. */
export function parseOrder(body: Fields): Order {
  const language = words(body, 'language');
  if (!/^(en|ar|ku)$/i.test(language)) throw new BadRequest('language must be En, Ar or Ku');
  const amount = fieldsOf(body['amount']);
  if (amount['currency'] !== 'IQD') throw new BadRequest('amount.currency must be IQD');
  const urls = fieldsOf(body['redirectUrls']);
  return {
    language: language.toLowerCase(),
    externalReferenceId: uuid(body, 'externalReferenceId'),
    orderId: words(body, 'orderId'),
    serviceType: words(body, 'serviceType'),
    amount: dinars(amount['value']),
    phone: phone(fieldsOf(body['customer'])['phone']),
    successUrl: url(urls, 'successUrl'),
    failureUrl: url(urls, 'failureUrl'),
  };
}

export function uuid(body: Fields, name: string): string {
  const text = words(body, name);
  if (!UUID.test(text)) throw new BadRequest(`${name} must be a valid UUID`);
  return text;
}

export function words(body: Fields, name: string): string {
  const value = body[name];
  if (typeof value !== 'string' || value.trim() === '') throw new BadRequest(`${name} must not be blank`);
  if (value.length > 512) throw new BadRequest(`${name} is too long`);
  return value;
}

/** "string / number" */
function dinars(value: unknown): number {
  const amount = typeof value === 'string' && /^\d+(\.0+)?$/.test(value) ? Number(value) : value;
  if (typeof amount !== 'number' || !Number.isSafeInteger(amount) || amount <= 0)
    throw new BadRequest('amount.value must be a positive whole number');
  return amount;
}

function phone(value: unknown): string | null {
  if (value === undefined || value === null || value === '') return null;
  if (typeof value !== 'string' || !/^964\d{10}$/.test(value))
    throw new BadRequest('customer.phone must be in international format');
  return value;
}

function url(urls: Fields, name: string): string {
  const text = words(urls, name);
  if (webUrl(text) === null) throw new BadRequest(`redirectUrls.${name} must be a URL`);
  return text;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
