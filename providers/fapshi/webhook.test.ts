import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import type { FapshiCredentials } from './wire.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';

const account = (webhook_secret?: string): ProviderAccount<FapshiCredentials> => ({
  id: 'acc_1',
  base_url: 'https://live.fapshi.com',
  credentials: { apiuser: 'u', apikey: 'k', webhook_secret },
});
const webhook = (headers: Record<string, string>): IncomingWebhook => ({
  method: 'POST',
  path: '/webhooks/fapshi/acc_1',
  headers,
  body: new Uint8Array(),
  received_at: 0,
});
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('verifyWebhook', () => {
  it('compares the secret from the dashboard', () => {
    const verify = (headers: Record<string, string>) => verifyWebhook(account('s3cret'), webhook(headers));
    expect(verify({ 'x-wh-secret': 's3cret' })).toEqual({ ok: true });
    expect(verify({ 'x-wh-secret': 's3cre' })).toEqual({ ok: false, reason: 'bad_signature' });
    expect(verify({})).toEqual({ ok: false, reason: 'missing_signature' });
  });

  it('lets a hint pass when no secret is set', () => {
    expect(verifyWebhook(account(), webhook({}))).toEqual({ ok: true });
  });
});

describe('parseWebhook', () => {
  const body = { transId: 'Ab12Cd34', status: 'SUCCESSFUL', amount: 5000, externalId: 'pay_01', userId: 'u' };
  const claim = {
    event_key: 'Ab12Cd34:SUCCESSFUL',
    provider_payment_id: 'Ab12Cd34',
    reference: 'pay_01',
    reading: null,
  };

  it('tells which transaction to look at and believes nothing else', () => {
    expect(parseWebhook(bytes(body))).toEqual(claim);
    expect(parseWebhook(bytes([body]))).toEqual(claim);
  });

  it('tells events of one transaction apart by status', () => {
    expect(parseWebhook(bytes({ ...body, status: 'EXPIRED' })).event_key).toBe('Ab12Cd34:EXPIRED');
  });

  it('falls back to userId for the reference', () => {
    expect(parseWebhook(bytes({ ...body, externalId: null, userId: 'pay_02' })).reference).toBe('pay_02');
  });

  it.each([{}, { transId: 'a/../b', status: 'FAILED' }, { transId: 'Ab12Cd34' }, [], null, 'x'])(
    'refuses %j',
    (value) => {
      expect(() => parseWebhook(bytes(value))).toThrow(
        expect.objectContaining({ failure: expect.objectContaining({ kind: 'invalid_request' }) }),
      );
    },
  );
});

it('acknowledges with 200', () => {
  expect(acknowledge().status).toBe(200);
});
