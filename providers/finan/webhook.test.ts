import { createHash } from 'node:crypto';
import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { finan } from './connector.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import { compactJson, signature, type FinanCredentials } from './wire.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);

describe('signature', () => {
  // Inputs of the first vector: Finan's "Generating signature" page.
  it.each([
    [
      'POST',
      '/api/v1/transfer/verify-otp',
      '{"id":"7fc5e181-aae3-4021-8ce0-6a53aa71990d","pass_code":"1828288371923881984"}',
      '10366e5abe3a5ce0a012745a3549128e7a7fb76cc36c15def43c9073715a9466',
    ],
    [
      'GET',
      '/api/v1/payments?reference_type=invoice&reference_id=INV-001',
      '',
      'a1efa4bad3f39c64b68bb8fc11cc91fd84fe04f9f1c435b6e95c10492253352e',
    ],
  ])('of %s %s is the known digest', (method, path, payload, expected) => {
    expect(signature('s3r3c_k3y', { method, path, payload, timestamp: '1724986946' })).toBe(expected);
  });
});

it('compacts JSON without touching strings, key order or the spelling of numbers', () => {
  const loose = '{\r\n\t"b" : "a \\" {  } \\\\" , "1" : [ 1.0 , 1e3 ] , "ü" : " x " }\n';
  expect(text(compactJson(bytes(loose)))).toBe('{"b":"a \\" {  } \\\\","1":[1.0,1e3],"ü":" x "}');
});

const account: ProviderAccount<FinanCredentials> = {
  id: 'acc_1',
  base_url: 'https://api.finan.one/open',
  credentials: { client_id: 'client-1', secret: 's3r3c_k3y' },
};
const PATH = '/webhooks/finan/acc_1';
const RECEIVED_AT = 1_790_824_800_000;

/** The body of Finan's page. */
const BODY =
  '{"id":"PAY-001","reference_id":"DH970422","payment_method":"bank_transfer",' +
  '"payment_request_id":"PR-550e8400-e29b-41d4-a716-446655440000","amount":6000000,"created_at":"2024-01-20T14:30:00Z"}';

const sign = (body: string, timestamp: string, secret = 's3r3c_k3y'): string =>
  createHash('sha256').update(`${secret}_POST_${PATH}_${body}_${timestamp}`).digest('hex');

function webhook(body: string, headers: Record<string, string>, over: Partial<IncomingWebhook> = {}) {
  return { method: 'POST', path: PATH, headers, body: bytes(body), received_at: RECEIVED_AT, ...over };
}
const signed = (timestamp = '1790824800', body = BODY): Record<string, string> => ({
  'x-client-id': 'client-1',
  'x-timestamp': timestamp,
  'x-signature': sign(body, timestamp),
});

describe('verifyWebhook', () => {
  it('accepts what the secret signed, up to 30 s early or late', () => {
    for (const timestamp of ['1790824770', '1790824800', '1790824830']) {
      expect(verifyWebhook(account, webhook(BODY, signed(timestamp)))).toEqual({ ok: true });
    }
  });

  it('accepts a spaced body whose compact form was signed', () => {
    const spaced = JSON.stringify(JSON.parse(BODY), null, 2);
    expect(verifyWebhook(account, webhook(spaced, signed()))).toEqual({ ok: true });
  });

  it('accepts a spaced body that was signed as it is', () => {
    const spaced = JSON.stringify(JSON.parse(BODY), null, 2);
    expect(verifyWebhook(account, webhook(spaced, signed('1790824800', spaced)))).toEqual({ ok: true });
  });

  it('refuses a signature whose timestamp is older or newer than 30 s', () => {
    for (const timestamp of ['1790824769', '1790824831', '0']) {
      const verdict = verifyWebhook(account, webhook(BODY, signed(timestamp)));
      expect(verdict).toEqual({ ok: false, reason: 'stale_timestamp' });
    }
  });

  it('refuses a timestamp that is not all digits, even when it was signed', () => {
    for (const timestamp of ['1790824800.0', ' 1790824800', '1.7908248e9', '+1790824800', '١٧٩٠٨٢٤٨٠٠']) {
      const verdict = verifyWebhook(account, webhook(BODY, signed(timestamp)));
      expect(verdict).toEqual({ ok: false, reason: 'bad_signature' });
    }
  });

  it('refuses a request without signature or timestamp', () => {
    for (const name of ['x-signature', 'x-timestamp']) {
      const headers = { ...signed(), [name]: '' };
      expect(verifyWebhook(account, webhook(BODY, headers))).toEqual({
        ok: false,
        reason: 'missing_signature',
      });
    }
  });

  it('refuses another body, another path and another secret', () => {
    const more = BODY.replace('6000000', '9000000');
    const others = [
      webhook(more, signed()),
      webhook(BODY, signed(), { path: '/webhooks/finan/acc_2' }),
      webhook(BODY, { ...signed(), 'x-signature': sign(BODY, '1790824800', 'guess') }),
      webhook(BODY, { ...signed(), 'x-signature': signed()['x-signature']?.toUpperCase() ?? '' }),
    ];
    for (const other of others) {
      expect(verifyWebhook(account, other)).toEqual({ ok: false, reason: 'bad_signature' });
    }
  });

  it('refuses a true signature that names another client', () => {
    const headers = { ...signed(), 'x-client-id': 'client-2' };
    expect(verifyWebhook(account, webhook(BODY, headers))).toEqual({ ok: false, reason: 'wrong_account' });
  });
});

describe('parseWebhook', () => {
  it('reads one transfer as one receipt and leaves the status open', () => {
    expect(parseWebhook(bytes(BODY))).toEqual({
      event_key: 'PAY-001',
      provider_payment_id: 'PR-550e8400-e29b-41d4-a716-446655440000',
      reference: 'DH970422',
      reading: {
        provider_payment_id: 'PR-550e8400-e29b-41d4-a716-446655440000',
        reference: 'DH970422',
        currency: 'VND',
        status: 'pending',
        receipts: [{ key: 'PAY-001', amount: 6000000, paid_at: '2024-01-20T14:30:00.000Z', fee: null }],
        provider_status: 'transfer_received',
        failure: null,
        next_action: null,
        expires_at: null,
      },
    });
  });

  it('reads money on a static QR code, which belongs to no payment request', () => {
    expect(parseWebhook(bytes('{"id":"PAY-9","amount":1000,"payment_request_id":""}'))).toEqual({
      event_key: 'PAY-9',
      provider_payment_id: null,
      reference: null,
      reading: null,
    });
  });

  it('reads an amount that is written as text, beside fields and names that nobody asked for', () => {
    const body =
      '{"new":{"a":[1]},"customer":{"name":"ساره"},"amount":"6000000","payment_request_id":"PR-1","id":"PAY-9"}';
    expect(parseWebhook(bytes(body)).reading?.receipts).toEqual([
      { key: 'PAY-9', amount: 6000000, paid_at: null, fee: null },
    ]);
  });

  it.each([
    '{"id":"PAY-1"}',
    '{"id":"PAY-1","amount":0}',
    '{"id":"PAY-1","amount":"5.000"}',
    '{"id":"PAY-1","amount":"5,000"}',
    '{"id":"PAY-1","amount":"-5000"}',
    '{"id":"PAY-1","amount":"99999999999999999999"}',
    '{"id":"PAY-1","amount":""}',
    '{"amount":1}',
    'x',
  ])('refuses %s', (body) => {
    expect(() => parseWebhook(bytes(body))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ kind: 'invalid_request' }) }),
    );
  });
});

it('acknowledges as documented', () => {
  const now = new Date('2024-01-20T14:30:05Z');
  expect(finan.acknowledge).toBe(acknowledge);
  expect(acknowledge(now)).toEqual({
    status: 200,
    body: { status: 'success', message: expect.any(String), timestamp: '2024-01-20T14:30:05.000Z' },
  });
});
