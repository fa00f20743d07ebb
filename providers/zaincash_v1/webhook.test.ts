import type { IncomingWebhook, ProviderAccount } from '../contract.ts';
import { signHs256 } from '../jwt.ts';
import { acknowledge, parseWebhook, verifyWebhook } from './webhook.ts';
import type { ZainCashV1Credentials } from './wire.ts';

const account: ProviderAccount<ZainCashV1Credentials> = {
  id: 'acc_1',
  base_url: 'https://api.zaincash.iq',
  credentials: { msisdn: '9647800000001', merchant_id: '5ffa00', secret: '$2y$10$secret' },
};
const RECEIVED_AT = 1_790_841_660_000;
/** The claims of a return, as the documentation lists them. */
const RETURN = {
  status: 'success',
  orderid: 'pay_01',
  id: '652f6d1e5c1b2a0012ab34cd',
  iat: 1790841600,
  exp: 1790856000,
};

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const passedOn = (claims: object, secret = '$2y$10$secret'): Uint8Array =>
  bytes({ token: signHs256({ ...claims }, secret) });
const verdict = (body: Uint8Array, received_at = RECEIVED_AT) => {
  const webhook: IncomingWebhook = {
    method: 'POST',
    path: '/webhooks/zaincash_v1/acc_1',
    headers: {},
    body,
    received_at,
  };
  return verifyWebhook(account, webhook);
};

it('accepts the token of a return that a merchant passes on', () => {
  expect(verdict(passedOn(RETURN))).toEqual({ ok: true });
});

it('refuses what another secret signed, what is over, and what is no token', () => {
  expect(verdict(passedOn(RETURN, 'guess'))).toEqual({ ok: false, reason: 'bad_signature' });
  expect(verdict(bytes({ token: 'a.b.c' }))).toEqual({ ok: false, reason: 'bad_signature' });
  expect(verdict(passedOn(RETURN), 1_790_860_000_000)).toEqual({ ok: false, reason: 'stale_timestamp' });
  for (const body of [{}, { token: '' }, { token: 1 }, [], RETURN]) {
    expect(verdict(bytes(body))).toEqual({ ok: false, reason: 'missing_signature' });
  }
});

it.each(['success', 'failed', 'pending'])('takes a return that says %s as a hint and no more', (status) => {
  expect(parseWebhook(passedOn({ ...RETURN, status }))).toEqual({
    event_key: `${RETURN.id}:${status}`,
    provider_payment_id: RETURN.id,
    reference: 'pay_01',
    reading: null,
  });
});

it.each([[{ token: 'a.b.c' }], [{ token: signHs256({ status: 'success' }, 's') }], [{}], ['token']])(
  'cannot read %j',
  (body) => {
    expect(() => parseWebhook(bytes(body))).toThrow(/invalid_request/);
  },
);

it('acknowledges with 200', () => {
  expect(acknowledge().status).toBe(200);
});
