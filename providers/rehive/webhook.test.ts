import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import type { RehiveCredentials } from './wire.ts';

const account: ProviderAccount<RehiveCredentials> = {
  id: 'acc_1',
  base_url: 'https://business.services.rehive.com/api',
  credentials: { token: 't', business_id: 'b', webhook_secret: 'YOUR_SECRET' },
};
const webhook = (headers: Record<string, string>): IncomingWebhook => ({
  method: 'POST',
  path: '/webhooks/rehive/acc_1',
  headers,
  body: new Uint8Array(),
  received_at: 0,
});
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('verifyWebhook', () => {
  it.each([
    ['Secret YOUR_SECRET', { ok: true }],
    ['Secret YOUR_SECRE', { ok: false, reason: 'bad_signature' }],
    ['Token YOUR_SECRET', { ok: false, reason: 'bad_signature' }],
    ['YOUR_SECRET', { ok: false, reason: 'bad_signature' }],
    ['', { ok: false, reason: 'missing_signature' }],
  ])('answers to "%s"', (authorization, verdict) => {
    expect(verifyWebhook(account, webhook({ authorization }))).toEqual(verdict);
  });

  it('refuses a webhook without the header', () => {
    expect(verifyWebhook(account, webhook({}))).toEqual({ ok: false, reason: 'missing_signature' });
  });
});

describe('parseWebhook', () => {
  const data = {
    id: 'e7d7a5a2-9a97-4930-a992-589a6133488f',
    request_reference: 'pay_01',
    Primary_payment_processor: '',
    status: 'paid',
    updated: 1_790_841_600_000,
  };
  const claim = {
    event_key: 'e7d7a5a2-9a97-4930-a992-589a6133488f:paid:1790841600000',
    provider_payment_id: 'e7d7a5a2-9a97-4930-a992-589a6133488f',
    reference: 'pay_01',
    reading: null,
  };

  it('tells which invoice to look at and believes nothing else', () => {
    expect(parseWebhook(bytes({ data }))).toEqual(claim);
    expect(parseWebhook(bytes(data))).toEqual(claim);
  });

  it('reads what other webhooks of Rehive have around it', () => {
    const event = { id: '17', event: 'service_payment_requests.request.update', company: 'x', data };
    expect(parseWebhook(bytes(event))).toEqual(claim);
  });

  it.each([{}, { data: {} }, [], null, 'x', { data: { ...data, id: 'a\u0000b' } }])('refuses %j', (value) => {
    expect(() => parseWebhook(bytes(value))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ kind: 'invalid_request' }) }),
    );
  });
});

it('acknowledges with 200', () => {
  expect(acknowledge().status).toBe(200);
});
