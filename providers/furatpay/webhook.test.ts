import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { acknowledge, parseWebhook, signature, verifyWebhook } from './webhook.ts';
import type { FuratPayCredentials } from './wire.ts';

const account: ProviderAccount<FuratPayCredentials> = {
  id: 'acc_1',
  base_url: 'https://api.furatpay.com/v1',
  credentials: { api_key: 'k', customer_id: 'c', webhook_secret: 'testsecret' },
};
const SENT_S = 1_767_225_600;
const SIGNATURE = 'fd844df8dc3c85491a71bc2bd099340096a8f7101ae80489955efba466320b5d';
const BODY = {
  type: 'INVOICE_PAID',
  data: { id: 'inv-1', code: 'CODE1', order_number: '1001', status: 'paid' },
};
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const webhook = (over: {
  headers?: Record<string, string>;
  body?: unknown;
  received_at?: number;
}): IncomingWebhook => ({
  method: 'POST',
  path: '/webhooks/furatpay/acc_1',
  headers: over.headers ?? { 'x-timestamp': String(SENT_S), 'x-signature': SIGNATURE },
  body: bytes(over.body ?? BODY),
  received_at: over.received_at ?? SENT_S * 1000,
});

describe('verifyWebhook', () => {
  it('accepts the known vector', () => {
    expect(verifyWebhook(account, webhook({}))).toEqual({ ok: true });
  });

  it('accepts ids that come as numbers, as PHP joins them', () => {
    const body = { ...BODY, data: { ...BODY.data, order_number: 1001 } };
    expect(verifyWebhook(account, webhook({ body }))).toEqual({ ok: true });
  });

  it('takes milliseconds, too', () => {
    const timestamp = `${SENT_S}000`;
    const proof = signature('testsecret', { id: 'inv-1', code: 'CODE1', order_number: '1001', timestamp });
    const headers = { 'x-timestamp': timestamp, 'x-signature': proof };
    expect(verifyWebhook(account, webhook({ headers }))).toEqual({ ok: true });
  });

  it.each([
    ['another invoice', { id: 'inv-2' }],
    ['another code', { code: 'CODE2' }],
    ['another order', { order_number: '1002' }],
    ['no order', { order_number: undefined }],
  ])('refuses a body about %s', (_, change) => {
    const body = { ...BODY, data: { ...BODY.data, ...change } };
    expect(verifyWebhook(account, webhook({ body }))).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('refuses digits moved from the order number into the timestamp', () => {
    const body = { ...BODY, data: { ...BODY.data, order_number: '100' } };
    const headers = { 'x-timestamp': `1${SENT_S}`, 'x-signature': SIGNATURE };
    expect(verifyWebhook(account, webhook({ body, headers }))).toEqual({
      ok: false,
      reason: 'bad_signature',
    });
  });

  it.each([
    ['missing_signature', {}],
    ['missing_signature', { 'x-signature': SIGNATURE }],
    ['bad_signature', { 'x-timestamp': 'yesterday', 'x-signature': SIGNATURE }],
    ['bad_signature', { 'x-timestamp': String(SENT_S), 'x-signature': SIGNATURE.toUpperCase() }],
  ])('says %s', (reason, headers) => {
    expect(verifyWebhook(account, webhook({ headers }))).toEqual({ ok: false, reason });
  });

  it('refuses a true signature that is more than a day old', () => {
    const day_ms = 24 * 60 * 60 * 1000;
    expect(verifyWebhook(account, webhook({ received_at: SENT_S * 1000 + day_ms }))).toEqual({ ok: true });
    expect(verifyWebhook(account, webhook({ received_at: SENT_S * 1000 + day_ms + 1 }))).toEqual({
      ok: false,
      reason: 'stale_timestamp',
    });
  });

  it.each([[[]], ['x'], [{ type: 'INVOICE_PAID' }]])('refuses the body %j', (body) => {
    expect(verifyWebhook(account, webhook({ body }))).toEqual({ ok: false, reason: 'bad_signature' });
  });
});

describe('parseWebhook', () => {
  it('believes nothing but which invoice to look at, because the status is not signed', () => {
    expect(parseWebhook(bytes(BODY))).toEqual({
      event_key: 'inv-1:INVOICE_PAID:paid',
      provider_payment_id: 'inv-1',
      reference: '1001',
      reading: null,
    });
  });

  it('tells events of one invoice apart', () => {
    const updated = { type: 'INVOICE_UPDATED', data: { ...BODY.data, status: 'expired' } };
    expect(parseWebhook(bytes(updated)).event_key).toBe('inv-1:INVOICE_UPDATED:expired');
  });
});

it('acknowledges as the plugin does', () => {
  expect(acknowledge()).toEqual({ status: 200, body: { success: true } });
});
