import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { acknowledge, parseWebhook, verifyWebhook, webhookUrlOf } from './webhook.ts';
import type { FibCredentials } from './wire.ts';

const account = (over: Partial<FibCredentials> = {}, id = 'pacc_1'): ProviderAccount<FibCredentials> => ({
  id,
  base_url: 'https://fib.prod.fib.iq',
  credentials: { client_id: 'shop', client_secret: 's3cret', ...over },
});
const ENDPOINT = 'https://sarraf.example/webhooks/fib/pacc_1';
const at = (path: string): IncomingWebhook => ({
  method: 'POST',
  path,
  headers: {},
  body: new Uint8Array(),
  received_at: 0,
});
const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('the webhook URL of a payment', () => {
  const url = webhookUrlOf(account(), ENDPOINT, 'pay_01');
  const path = new URL(url).pathname;

  it('is our endpoint, our reference and an HMAC that can be computed by anyone with the secret', () => {
    // printf 'fib webhook url:pacc_1:pay_01' | openssl dgst -sha256 -hmac s3cret -binary | basenc --base64url
    expect(url).toBe(`${ENDPOINT}/pay_01/JdGHrm4q2pZAxAonPSR8mgEgO-mtfyybwhih5H7PqNQ`);
  });

  it('is believed as it is, and with a query behind it', () => {
    expect(verifyWebhook(account(), at(path))).toEqual({ ok: true });
    expect(verifyWebhook(account(), at(`${path}?x=1`))).toEqual({ ok: true });
  });

  it('is not believed for another payment, another account or another secret', () => {
    const refused = { ok: false, reason: 'bad_signature' };
    expect(verifyWebhook(account(), at(path.replace('pay_01', 'pay_02')))).toEqual(refused);
    expect(verifyWebhook(account({}, 'pacc_2'), at(path))).toEqual(refused);
    expect(verifyWebhook(account({ client_secret: 'other' }), at(path))).toEqual(refused);
  });

  it.each(['/webhooks/fib/pacc_1', '/webhooks/fib/pacc_1/pay_01', '/', '', '/webhooks/fib/pacc_1/pay_01/'])(
    'is missing in "%s"',
    (bare) => {
      expect(verifyWebhook(account(), at(bare))).toEqual({ ok: false, reason: 'missing_signature' });
    },
  );

  it('keeps a reference with odd characters in one segment', () => {
    const odd = new URL(webhookUrlOf(account(), `${ENDPOINT}/`, 'a/b c'));
    expect(odd.pathname).toMatch(/^\/webhooks\/fib\/pacc_1\/a%2Fb%20c\/[\w-]{43}$/);
    expect(verifyWebhook(account(), at(odd.pathname))).toEqual({ ok: true });
  });
});

describe('parseWebhook', () => {
  const id = '0f0a5d0e-1c58-4a86-8d61-1b2f0f2b7c11';
  const claim = {
    event_key: `${id}:PAID`,
    provider_payment_id: id,
    reference: null,
    reading: null,
  };

  it('tells which payment to look at and believes nothing else', () => {
    expect(parseWebhook(bytes({ id, status: 'PAID' }))).toEqual(claim);
  });

  it('takes the status as an object, too', () => {
    expect(parseWebhook(bytes({ id, status: { status: 'PAID', amount: { amount: 1 } } }))).toEqual(claim);
  });

  it.each([
    {},
    { id },
    { status: 'PAID' },
    { id: '../x', status: 'PAID' },
    { id, status: {} },
    { id: 5, status: 'PAID' },
    [],
    null,
  ])('refuses %j', (value) => {
    expect(() => parseWebhook(bytes(value))).toThrow(
      expect.objectContaining({ failure: expect.objectContaining({ kind: 'invalid_request' }) }),
    );
  });
});

it('acknowledges with 202', () => {
  expect(acknowledge().status).toBe(202);
});
