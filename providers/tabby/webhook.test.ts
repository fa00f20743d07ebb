import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import type { TabbyCredentials } from './wire.ts';

const account: ProviderAccount<TabbyCredentials> = {
  id: 'acc_1',
  base_url: 'https://api.tabby.ai',
  credentials: {
    secret_key: 'sk_test_1',
    merchant_code: 'shopsa',
    webhook_header: 'X-Shop-Token',
    webhook_secret: 's3cret',
  },
};
const webhook = (headers: Record<string, string>): IncomingWebhook => ({
  method: 'POST',
  path: '/webhooks/tabby/acc_1',
  headers,
  body: new Uint8Array(),
  received_at: 0,
});
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('verifyWebhook', () => {
  it.each([
    ['s3cret', { ok: true }],
    ['s3cre', { ok: false, reason: 'bad_signature' }],
    ['S3CRET', { ok: false, reason: 'bad_signature' }],
    ['', { ok: false, reason: 'missing_signature' }],
  ])('answers to "%s" in the header that was registered', (value, verdict) => {
    expect(verifyWebhook(account, webhook({ 'x-shop-token': value }))).toEqual(verdict);
  });

  it('refuses the secret in another header', () => {
    expect(verifyWebhook(account, webhook({ authorization: 's3cret' }))).toEqual({
      ok: false,
      reason: 'missing_signature',
    });
  });
});

describe('parseWebhook', () => {
  const capture = {
    id: 'cap-uuid',
    amount: '340.00',
    created_at: '2026-10-01T10:21:00Z',
    reference_id: 'cap_1',
  };
  const body = {
    id: 'payment-uuid',
    created_at: '2026-10-01T10:15:00Z',
    expires_at: '2026-10-01T10:45:00Z',
    closed_at: null,
    status: 'authorized',
    is_test: true,
    is_expired: false,
    amount: '340.00',
    currency: 'SAR',
    order: { reference_id: 'ord_1001' },
    captures: [capture],
    refunds: [],
    meta: { tenant: '7' },
    token: '…',
  };
  const keyOf = (over: object): string => parseWebhook(bytes({ ...body, ...over })).event_key;

  it('tells which payment to look at and believes nothing else', () => {
    expect(parseWebhook(bytes(body))).toEqual({
      event_key: expect.stringMatching(/^payment-uuid:authorized:[0-9a-f]{32}$/),
      provider_payment_id: 'payment-uuid',
      reference: 'ord_1001',
      reading: null,
    });
  });

  it('gives each event a key of its own, and the same key to its copies', () => {
    const events: object[] = [
      {},
      { captures: [] },
      { captures: null, status: 'closed' },
      { status: 'closed' },
      { status: 'closed', refunds: [{ ...capture, id: 'ref-uuid' }] },
      { order: { reference_id: 'ord_1002' } },
    ];
    expect(new Set(events.map(keyOf)).size).toBe(events.length);
    expect(keyOf({ created_at: 'later', status: 'AUTHORIZED' })).toBe(keyOf({}));
  });

  it('does not mind the order of captures', () => {
    const two = [capture, { ...capture, id: 'another' }];
    expect(keyOf({ captures: two })).toBe(keyOf({ captures: [...two].reverse() }));
  });

  it('reads a dispute as a reason to look at its payment', () => {
    const dispute = { dispute_id: 'd-1', payment_id: 'payment-uuid', status: 'approved', amount: '10.00' };
    expect(parseWebhook(bytes(dispute))).toEqual({
      event_key: 'dispute:d-1:approved',
      provider_payment_id: 'payment-uuid',
      reference: null,
      reading: null,
    });
  });

  it.each([{}, [], null, 'x', { ...body, id: 'a\u0000b' }, { ...body, status: 7 }])('refuses %j', (value) => {
    expect(() => parseWebhook(bytes(value))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ kind: 'invalid_request' }) }),
    );
  });
});

it('acknowledges with 200', () => {
  expect(acknowledge().status).toBe(200);
});
