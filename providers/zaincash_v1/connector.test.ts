import { createHmac } from 'node:crypto';
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type ScriptedServer } from '../scripted-server.ts';
import { createTokenStore } from '../token-store.ts';
import { zaincashV1 } from './connector.ts';
import type { ZainCashV1Credentials } from './wire.ts';

const NOW = 1_790_841_600_000;
const SECRET = '$2y$10$secret';
const ID = '652f6d1e5c1b2a0012ab34cd';

/** The answer of ZainCash to an init, as an integrator has printed it, with our reference in it. */
const TRANSACTION = {
  source: 'web',
  type: 'MERCHANT_PAYMENT',
  amount: '25000',
  to: '5ffa00000000000000000000',
  serviceType: 'Order 1001',
  lang: 'en',
  orderId: 'pay_01',
  currencyConversion: {},
  referenceNumber: '3KUTQO',
  redirectUrl: 'https://shop.example.com/zc/return',
  credit: false,
  status: 'pending',
  reversed: false,
  createdAt: '2026-10-01T08:00:00.635Z',
  updatedAt: '2026-10-01T08:00:00.635Z',
  id: ID,
};

let server: ScriptedServer;
const http = createProviderHttp();
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (
  credentials: Partial<ZainCashV1Credentials> = {},
): ProviderContext<ZainCashV1Credentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/`,
    credentials: { msisdn: '9647800000001', merchant_id: '5ffa00', secret: SECRET, ...credentials },
  },
  http,
  tokens: createTokenStore(() => NOW),
  now: () => NOW,
  signal: new AbortController().signal,
});
const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'wallet',
  money: money(25_000_000, currency('IQD')),
  description: 'Order 1001',
  customer: {},
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/zaincash_v1/acc_1',
  return_urls: returnAddresses('https://shop.example.com/zc/return'),
  ...over,
});
const payment = { provider_payment_id: ID, method: 'wallet' };

/** The form of the n-th request, with the token's claims once its signature was checked by hand. */
function sent(index = 0): { form: Record<string, string>; claims: unknown } {
  const { token = '', ...form } = Object.fromEntries(new URLSearchParams(server.requests[index]?.body ?? ''));
  const [head = '', body = '', signature] = token.split('.');
  expect(signature).toBe(createHmac('sha256', SECRET).update(`${head}.${body}`).digest('base64url'));
  expect(Buffer.from(head, 'base64url').toString()).toBe('{"alg":"HS256","typ":"JWT"}');
  return { form, claims: JSON.parse(Buffer.from(body, 'base64url').toString()) };
}

describe('createPayment', () => {
  it('sends the documented claims in a signed token', async () => {
    server.script = answering(200, TRANSACTION);
    await zaincashV1.createPayment(context({ language: 'en' }), order());
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/transaction/init',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      },
    ]);
    expect(sent()).toEqual({
      form: { merchantId: '5ffa00', lang: 'en' },
      claims: {
        amount: 25000,
        serviceType: 'Order 1001',
        msisdn: '9647800000001',
        orderId: 'pay_01',
        redirectUrl: 'https://shop.example.com/zc/return',
        iat: 1790841600,
        exp: 1790856000,
      },
    });
  });

  it('sends the customer to the payment page, for four hours', async () => {
    server.script = answering(200, TRANSACTION);
    expect(await zaincashV1.createPayment(context(), order())).toEqual({
      provider_payment_id: ID,
      expires_at: '2026-10-01T12:00:00.000Z',
      next_action: { type: 'redirect', redirect_url: `${server.url}/transaction/pay?id=${ID}` },
    });
  });

  it('falls back: Arabic, a word for the service', async () => {
    server.script = answering(200, TRANSACTION);
    await zaincashV1.createPayment(context(), order({ description: null }));
    expect(sent(0)).toMatchObject({ form: { lang: 'ar' }, claims: { serviceType: 'Payment' } });
  });

  it.each([
    [200, { err: { msg: 'Invalid merchant' } }, 'bad_credentials', 'Invalid merchant'],
    [200, { err: { msg: 'invalid signature' } }, 'bad_credentials', 'invalid signature'],
    [200, { err: { msg: 'amount must be at least 250' } }, 'invalid_request', 'amount must be at least 250'],
    [200, { err: { msg: 'Merchant not found' } }, 'bad_credentials', 'Merchant not found'],
    [200, { err: 'no' }, 'invalid_request', 'no'],
    [400, { err: { msg: 'no' } }, 'invalid_request', 'no'],
    [503, 'busy', 'unavailable', 'the provider answered 503 to create_payment'],
    [500, { err: { msg: 'oops' } }, 'unknown_outcome', 'oops'],
    [200, '<html>', 'unknown_outcome', 'the answer to create_payment is not the JSON that was expected'],
    [200, { status: 'pending' }, 'unknown_outcome', 'the answer to create_payment has unexpected fields: id'],
    [
      200,
      { ...TRANSACTION, amount: '250' },
      'unknown_outcome',
      'the answer to create_payment names another amount',
    ],
    [
      200,
      { ...TRANSACTION, orderId: 'x' },
      'unknown_outcome',
      'the answer to create_payment names another order',
    ],
  ])('maps %s %j to %s', async (status, body, kind, message) => {
    server.script = answering(status, body);
    expect(await failureOf(zaincashV1.createPayment(context(), order()))).toMatchObject({ kind, message });
  });
});

describe('readPayment', () => {
  const read = (over: object) => {
    server.script = answering(200, { ...TRANSACTION, ...over });
    return zaincashV1.readPayment(context(), payment);
  };

  it('asks with id and wallet in a signed token', async () => {
    await read({});
    expect(server.requests[0]?.path).toBe('/transaction/get');
    expect(sent()).toEqual({
      form: { merchantId: '5ffa00' },
      claims: { id: ID, msisdn: '9647800000001', iat: 1790841600, exp: 1790856000 },
    });
  });

  it.each([
    ['pending', 'pending'],
    ['pending_otp', 'pending'],
    ['failed', 'failed'],
    ['cancel', 'canceled'],
    ['cancelled', 'canceled'],
    ['something new', 'pending'],
  ])('reads %s as %s, without money', async (status, expected) => {
    expect(await read({ status })).toMatchObject({ status: expected, receipts: [], reference: 'pay_01' });
  });

  it.each(['completed', 'success', 'COMPLETED'])(
    'reads %s as one receipt of the whole amount',
    async (status) => {
      expect(await read({ status, operationId: '1', updatedAt: '2026-10-01T08:05:00.000Z' })).toEqual({
        provider_payment_id: ID,
        reference: 'pay_01',
        currency: 'IQD',
        status: 'paid',
        receipts: [{ key: ID, amount: 25_000_000, paid_at: '2026-10-01T08:05:00.000Z', fee: null }],
        provider_status: status,
        failure: null,
        next_action: null,
        expires_at: null,
      });
    },
  );

  it('says why it failed, and brings the link back while it can be paid', async () => {
    expect((await read({ status: 'failed', due: 'Not enough credit on balance' })).failure).toEqual({
      code: 'failed',
      message: 'Not enough credit on balance',
    });
    expect((await read({})).next_action?.redirect_url).toBe(`${server.url}/transaction/pay?id=${ID}`);
  });

  it('reads a number as well as text, for the amount and for the order', async () => {
    expect(await read({ status: 'completed', amount: 25000, orderId: 7 })).toMatchObject({
      reference: '7',
      receipts: [{ amount: 25_000_000 }],
    });
  });

  it.each([
    ['paid without an amount', { status: 'completed', amount: undefined }],
    ['an amount that is none', { status: 'completed', amount: '1e9' }],
    ['another transaction', { id: '652f6d1e5c1b2a0012ab34ce' }],
  ])('does not believe %s', async (_, over) => {
    expect(await failureOf(read(over))).toMatchObject({ kind: 'unavailable', code: 'unexpected_answer' });
  });
});

describe('expirePayment', () => {
  const expire = () => zaincashV1.expirePayment?.(context(), payment);

  it.each([
    ['says nothing of use', answering(200, { success: 0, msg: 'ok' })],
    ['says nothing at all', answering(200, '')],
    ['is refused', answering(200, { err: { msg: 'already paid' } })],
  ])('cancels like the page and reads what is true, when the cancel %s', async (_, cancel) => {
    server.script = (request, response, socket) =>
      (request.path === '/transaction/cancel'
        ? cancel
        : answering(200, { ...TRANSACTION, status: 'completed' }))(request, response, socket);
    expect(await expire()).toMatchObject({ status: 'paid', receipts: [{ amount: 25_000_000 }] });
    expect(server.requests.map(({ path, body }) => [path, body.replace(/token=[^&]+&/, '')])).toEqual([
      ['/transaction/cancel', `id=${ID}&type=MERCHANT_PAYMENT`],
      ['/transaction/get', 'merchantId=5ffa00'],
    ]);
  });
});
