import { signHs256 } from '../jwt.ts';
import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import type { ZainCashCredentials } from './wire.ts';

const account: ProviderAccount<ZainCashCredentials> = {
  id: 'acc_1',
  base_url: 'https://pg-api.zaincash.iq',
  credentials: { client_id: 'c', client_secret: 'client-secret', api_key: 'api-key' },
};
const RECEIVED_AT = Date.parse('2026-03-17T10:00:05Z');

/** The claims of the guide. */
const EVENT = {
  eventType: 'STATUS_CHANGED',
  eventId: '812691e6-b433-4ffc-888c-d11e21c14994',
  timestamp: '2023-10-27T10:15:30.000+00:00',
  data: {
    transactionId: '6fc49988-c618-4ee4-880b-d5a169693296',
    merchantReferenceId: '6fc49988-c618-4ee4-880b-d5a169693296',
    customerMsisdn: '9647XXXXXXXX',
    orderId: 'moi-21323123vc',
    operationId: 1252738043970122,
    serviceType: 'Delivery',
    language: 'ar',
    errorMessage: null,
    previousStatus: 'PENDING',
    currentStatus: 'SUCCESS',
    amount: { currency: 'IQD', value: 5000, feeValue: 0 },
  },
};

/** The token of the guide's curl example; which key signed it is not told. */
const GUIDE_TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJldmVudFR5cGUiOiJTVEFUVVNfQ0hBTkdFRCIsImV2ZW50SWQiOiJ0ZXN0LWV2ZW50LTEyMzQ1Ii' +
  'widGltZXN0YW1wIjoiMjAyNi0wMy0xN1QxMDowMDowMCswMDowMCIsImRhdGEiOnsidHJhbnNhY3Rpb25JZCI6InRlc3QtdHJhbnNhY3Rpb24tMTIzI' +
  'iwibWVyY2hhbnRSZWZlcmVuY2VJZCI6InRlc3QtdHJhbnNhY3Rpb24tMTIzIiwiY3VzdG9tZXJNc2lzZG4iOiI5NjQ3ODAwMDAwMDAwIiwib3JkZXJJ' +
  'ZCI6Im9yZGVyLTEyMyIsIm9wZXJhdGlvbklkIjoxMjM0NTY3ODkwLCJzZXJ2aWNlVHlwZSI6IkRlbGl2ZXJ5IiwibGFuZ3VhZ2UiOiJlbiIsImVycm9' +
  'yTWVzc2FnZSI6bnVsbCwicHJldmlvdXNTdGF0dXMiOiJQRU5ESU5HIiwiY3VycmVudFN0YXR1cyI6IlNVQ0NFU1MiLCJhbW91bnQiOnsiY3VycmVuY3' +
  'kiOiJJUUQiLCJ2YWx1ZSI6NTAwMCwiZmVlVmFsdWUiOjB9fX0.Owg3gE-w0txtc4CRTPej_HIdH0ffsoedLglw_eTHIbE';

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const bodyOf = (event: object, key = 'api-key', name = 'webhook_token'): Uint8Array =>
  bytes({ [name]: signHs256({ ...event }, key) });
const incoming = (body: Uint8Array): IncomingWebhook => ({
  method: 'POST',
  path: '/webhooks/zaincash/acc_1',
  headers: { 'content-type': 'application/json' },
  body,
  received_at: RECEIVED_AT,
});
const verdict = (body: Uint8Array) => verifyWebhook(account, incoming(body));

describe('verifyWebhook', () => {
  it('accepts what the API key signed, under either name, however old the event is', () => {
    expect(verdict(bodyOf(EVENT))).toEqual({ ok: true });
    expect(verdict(bodyOf(EVENT, 'api-key', 'token'))).toEqual({ ok: true });
  });

  it.each([
    ['the client secret', bodyOf(EVENT, 'client-secret')],
    ['nobody we know', bytes({ webhook_token: GUIDE_TOKEN })],
    ['nobody at all', bytes({ webhook_token: GUIDE_TOKEN.replace(/[^.]+$/, '') })],
  ])('refuses what was signed by %s', (_, body) => {
    expect(verdict(body)).toEqual({ ok: false, reason: 'bad_signature' });
  });

  it('refuses a token that has ended', () => {
    const event = { ...EVENT, exp: RECEIVED_AT / 1000 - 3600 };
    expect(verdict(bodyOf(event))).toEqual({ ok: false, reason: 'stale_timestamp' });
  });

  it.each([[{}], [{ webhook_token: '' }], [{ webhook_token: 5 }], [[]], [null], [EVENT]])(
    'misses a token in %j',
    (body) => {
      expect(verdict(bytes(body))).toEqual({ ok: false, reason: 'missing_signature' });
    },
  );
});

describe('parseWebhook', () => {
  it('believes a payment that succeeded', () => {
    expect(parseWebhook(bodyOf(EVENT))).toEqual({
      event_key: '812691e6-b433-4ffc-888c-d11e21c14994',
      provider_payment_id: '6fc49988-c618-4ee4-880b-d5a169693296',
      reference: 'moi-21323123vc',
      reading: {
        provider_payment_id: '6fc49988-c618-4ee4-880b-d5a169693296',
        reference: 'moi-21323123vc',
        currency: 'IQD',
        status: 'paid',
        receipts: [
          {
            key: '6fc49988-c618-4ee4-880b-d5a169693296',
            amount: 5_000_000,
            paid_at: '2023-10-27T10:15:30.000Z',
            fee: 0,
          },
        ],
        provider_status: 'SUCCESS',
        failure: null,
        next_action: null,
        expires_at: null,
      },
    });
  });

  it("reads the token of the guide's curl example", () => {
    expect(parseWebhook(bytes({ token: GUIDE_TOKEN }))).toMatchObject({
      event_key: 'test-event-12345',
      provider_payment_id: 'test-transaction-123',
      reference: 'order-123',
      reading: { status: 'paid', receipts: [{ amount: 5_000_000, paid_at: '2026-03-17T10:00:00.000Z' }] },
    });
  });

  it('says why a payment failed', () => {
    const data = { ...EVENT.data, currentStatus: 'FAILED', errorMessage: 'Error!' };
    expect(parseWebhook(bodyOf({ ...EVENT, data })).reading).toMatchObject({
      status: 'failed',
      receipts: [],
      failure: { code: 'FAILED', message: 'Error!' },
    });
  });

  it.each(['REFUND_COMPLETED', 'REFUND_FAILED', 'SOMETHING_NEW'])('looks again after %s', (eventType) => {
    expect(parseWebhook(bodyOf({ ...EVENT, eventType }))).toEqual({
      event_key: EVENT.eventId,
      provider_payment_id: EVENT.data.transactionId,
      reference: EVENT.data.orderId,
      reading: null,
    });
    expect(parseWebhook(bodyOf({ ...EVENT, eventType, data: 'unknown' }))).toMatchObject({
      provider_payment_id: null,
      reading: null,
    });
  });

  it.each([
    ['no event', { hello: 1 }],
    ['an event without an id', { ...EVENT, eventId: '' }],
    ['a change without an amount', { ...EVENT, data: { ...EVENT.data, amount: null } }],
    ['another currency', { ...EVENT, data: { ...EVENT.data, amount: { currency: 'USD', value: 5000 } } }],
  ])('cannot read %s', (_, event) => {
    expect(() => parseWebhook(bodyOf(event))).toThrow(/invalid_request/);
  });
});

it('acknowledges with 200', () => {
  expect(acknowledge().status).toBe(200);
});
