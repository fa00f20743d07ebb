import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { signHs256 } from '../jwt.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import type { TamaraCredentials } from './wire.ts';

const NOW = 1_790_824_800_000;
const KEY = 'f2a9c1d0-notification';
const account: ProviderAccount<TamaraCredentials> = {
  id: 'acc_1',
  base_url: 'https://api.tamara.co',
  credentials: { api_token: 't', notification_token: KEY, address_line: 'King Fahd Rd 1', city: 'Riyadh' },
};
const token = (key = KEY, at_s = NOW / 1000) => signHs256({ exp: at_s + 900, iat: at_s, iss: 'Tamara' }, key);
const webhook = (over: Partial<IncomingWebhook>): IncomingWebhook => ({
  method: 'POST',
  path: '/webhooks/tamara/acc_1',
  headers: {},
  body: new Uint8Array(),
  received_at: NOW,
  ...over,
});
const verdict = (over: Partial<IncomingWebhook>) => verifyWebhook(account, webhook(over));
const inQuery = (value: string) => `/webhooks/tamara/acc_1?tamaraToken=${value}`;
const bearer = (value: string) => ({ authorization: `Bearer ${value}` });

describe('verifyWebhook', () => {
  it('takes the token from the query, from the header, or from both', () => {
    expect(verdict({ path: inQuery(token()) })).toEqual({ ok: true });
    expect(verdict({ headers: bearer(token()) })).toEqual({ ok: true });
    expect(verdict({ path: inQuery(token()), headers: bearer(token()) })).toEqual({ ok: true });
  });

  it('refuses a webhook without a token', () => {
    expect(verdict({})).toEqual({ ok: false, reason: 'missing_signature' });
  });

  it('refuses when one of two tokens is false', () => {
    const forged = token('another key');
    const refused = { ok: false, reason: 'bad_signature' };
    expect(verdict({ path: inQuery(token()), headers: bearer(forged) })).toEqual(refused);
    expect(verdict({ path: inQuery(forged), headers: bearer(token()) })).toEqual(refused);
    expect(verdict({ path: `${inQuery(token())}&tamaraToken=${forged}` })).toEqual(refused);
  });

  it('computes nothing but HS256, whatever the token names', () => {
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const [, claims = '', signature = ''] = token().split('.');
    for (const unsigned of [
      `${part({ alg: 'none' })}.${claims}.`,
      `${part({ alg: 'HS384' })}.${claims}.${signature}`,
    ]) {
      expect(verdict({ headers: bearer(unsigned) })).toEqual({ ok: false, reason: 'bad_signature' });
    }
  });

  it('refuses a token that ran out, or is not valid yet', () => {
    const stale = { ok: false, reason: 'stale_timestamp' };
    expect(verdict({ headers: bearer(token(KEY, NOW / 1000 - 1_000)) })).toEqual(stale);
    expect(verdict({ headers: bearer(token(KEY, NOW / 1000 + 1_000)) })).toEqual(stale);
  });
});

describe('parseWebhook', () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  /** From the page "Getting started with webhooks". */
  const head = {
    order_id: '4fdb781f-5e13-4ae2-9dc6-3ee49e3878a3',
    order_reference_id: '4464602579098',
    order_number: '90001860',
  };
  const key = (value: object) => parseWebhook(bytes({ ...head, ...value })).event_key;

  it('tells which order to look at and believes nothing else', () => {
    expect(parseWebhook(bytes({ ...head, event_type: 'order_approved', data: [] }))).toEqual({
      event_key: '4fdb781f-5e13-4ae2-9dc6-3ee49e3878a3:approved:',
      provider_payment_id: '4fdb781f-5e13-4ae2-9dc6-3ee49e3878a3',
      reference: '4464602579098',
      reading: null,
    });
  });

  it.each([
    [
      'order_captured',
      { capture_id: '14c594f8', captured_amount: { amount: 300, currency: 'SAR' } },
      '14c594f8',
    ],
    ['order_refunded', { refund_id: 'c172e227', capture_id: '14c594f8', comment: 'Refund Test' }, 'c172e227'],
    [
      'order_canceled',
      { cancel_id: 'a1d769af', canceled_amount: { amount: 300, currency: 'SAR' } },
      'a1d769af',
    ],
    ['order_declined', { declined_reason: 'DECLINE REASON HERE' }, ''],
  ])('gives %s a key of its own', (event_type, data, part) => {
    expect(key({ event_type, data })).toBe(`${head.order_id}:${event_type.slice(6)}:${part}`);
  });

  it('gives both messages of one approval the same key', () => {
    expect(key({ order_status: 'approved', data: [] })).toBe(key({ event_type: 'order_approved', data: [] }));
  });

  it.each([[{ ...head }], [{ order_id: 7, event_type: 'x' }], [[]], [null]])('refuses %j', (value) => {
    expect(() => parseWebhook(bytes(value))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ kind: 'invalid_request' }) }),
    );
  });
});

it('acknowledges with 200', () => {
  expect(acknowledge().status).toBe(200);
});
