import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type Script, type ScriptedServer } from '../scripted-server.ts';
import { createTokenStore } from '../token-store.ts';
import { zaincash } from './connector.ts';
import type { ZainCashCredentials } from './wire.ts';

const NOW = Date.parse('2025-12-22T07:49:28.000Z');
const BASE = '/api/v2/payment-gateway/transaction';
const ID = '9da792d5-f818-4e98-9fb6-6c0b13902c8b';

/** The answers of the guide. */
const TOKEN = {
  access_token: 'access_token',
  scope: 'reverse:write payment:write payment:read ',
  token_type: 'Bearer',
  expires_in: 86399,
};
const CREATED = {
  status: 'SUCCESS',
  transactionDetails: {
    transactionId: ID,
    orderId: 'pay_01',
    amount: { currency: 'IQD', value: 500 },
  },
  redirectUrl: 'https://pg-api-uat.zaincash.iq/transaction/pay?id=transactionId&token=token_value',
  expiryTime: '2025-12-22T08:04:27.402+00:00',
  createdAt: '2025-12-22T07:49:28.540+00:00',
};
const INQUIRY = {
  status: 'OTP_SENT',
  transactionDetails: {
    transactionId: ID,
    operationId: null,
    externalReferenceId: 'd8594f04-cfcc-4fc3-b901-01513cc697bc',
    orderId: 'pay_01',
    amount: { currency: 'IQD', value: 500, feeValue: 0 },
  },
  customer: { phone: '9647800000002' },
  timeStamps: {
    expiryTime: '2025-12-22T08:04:27.403+00:00',
    createdAt: '2025-12-22T07:49:28.540+00:00',
    updatedAt: '2025-12-22T07:49:29.003+00:00',
    completedAt: null,
  },
};
const PAID = {
  ...INQUIRY,
  status: 'SUCCESS',
  timeStamps: { ...INQUIRY.timeStamps, completedAt: '2025-12-22T07:52:00.000+00:00' },
};
const REVERSED = {
  id: 252,
  customerId: 2096310,
  operationId: 1253032369964175,
  referenceId: 'fd7b9848-2e9e-4ab3-b2d6-9b9d0bb2e2ba',
  reversalReferenceId: '89da0fa7-040c-4101-9d90-66c301019312',
  status: 'COMPLETED',
  customerMsisdn: '964XXXXXXXXXX',
  merchantMsisdn: '964XXXXXXXXXX',
  merchantId: 'c2984b73ae4c48bb86ad5a19ce0ae362',
  reason: 'example reason ',
  amount: 500,
  createdAt: '2025-12-22T07:58:17.734+00:00',
  updatedAt: '2025-12-22T07:58:17.734+00:00',
};
const EXISTS = {
  code: 'EXTERNAL_REFERENCE_ALREADY_EXISTS',
  message: 'External reference already exists',
  transactionDetails: { transactionId: ID },
};

let server: ScriptedServer;
const http = createProviderHttp();
beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (credentials: Partial<ZainCashCredentials> = {}): ProviderContext<ZainCashCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/`,
    credentials: { client_id: 'client', client_secret: 's/cret', api_key: 'key', ...credentials },
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
  money: money(500_000, currency('IQD')),
  description: 'Order 1001',
  customer: { phone: '+964 780 000 0002' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/zaincash/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});
const payment = { provider_payment_id: ID, method: 'wallet' };
const refund = {
  ...payment,
  money: money(500_000, currency('IQD')),
  operation_key: 'inv_01:refund:1',
  reason: 'too small',
};

/** Tokens are given as asked for; the n-th call of `path` gets the n-th script, the last one for ever. */
function scripts(byPath: Readonly<Record<string, readonly Script[]>>): void {
  const asked = new Map<string, number>();
  server.script = (request, response, socket) => {
    if (request.path === '/oauth2/token') return answering(200, TOKEN)(request, response, socket);
    const list =
      Object.entries(byPath).find(([path]) => request.path.startsWith(`${BASE}/${path}`))?.[1] ?? [];
    const count = asked.get(request.path) ?? 0;
    asked.set(request.path, count + 1);
    (list[Math.min(count, list.length - 1)] ?? answering(500, {}))(request, response, socket);
  };
}
const paths = (): string[] => server.requests.map(({ path }) => path.replace(`${BASE}/`, ''));
const lost: Script = (_, __, socket) => socket.destroy();

describe('createPayment', () => {
  it('gets a token with the two scopes it needs, and sends the documented body', async () => {
    scripts({ init: [answering(200, CREATED)] });
    await zaincash.createPayment(context({ service_type: 'JAWS', language: 'ku' }), order());
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/oauth2/token',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials&client_id=client&client_secret=s%2Fcret&scope=payment%3Aread+payment%3Awrite',
      },
      {
        method: 'POST',
        path: `${BASE}/init`,
        headers: { authorization: 'Bearer access_token', 'content-type': 'application/json' },
        body:
          '{"language":"ku","externalReferenceId":"336c0775-b67d-5e0e-b3dc-ce48946a063a","orderId":"pay_01","serviceType":"JAWS",' +
          '"amount":{"value":"500","currency":"IQD"},"customer":{"phone":"9647800000002"},' +
          '"redirectUrls":{"successUrl":"https://sarraf.example/return/t1","failureUrl":"https://sarraf.example/return/t1/failure"}}',
      },
    ]);
  });

  it('gives the link exactly as it came, until the moment that ZainCash names', async () => {
    scripts({ init: [answering(200, CREATED)] });
    expect(await zaincash.createPayment(context(), order())).toEqual({
      provider_payment_id: ID,
      expires_at: '2025-12-22T08:04:27.402Z',
      next_action: { type: 'redirect', redirect_url: CREATED.redirectUrl },
    });
  });

  it('falls back: Arabic, the description, no phone that is none of theirs', async () => {
    scripts({ init: [answering(200, { ...CREATED, expiryTime: 'soon' })] });
    const made = await zaincash.createPayment(context(), order({ customer: { phone: '+49 30 1' } }));
    expect(made.expires_at).toBe('2025-12-22T08:04:28.000Z');
    const body: unknown = JSON.parse(server.requests[1]?.body ?? '');
    expect(body).toMatchObject({
      language: 'ar',
      serviceType: 'Order 1001',
    });
    expect(body).not.toHaveProperty('customer');
  });

  it('repeats a request whose answer was lost, and takes the payment that the first one made', async () => {
    scripts({ init: [lost, answering(400, EXISTS)], inquiry: [answering(200, INQUIRY)] });
    expect(await zaincash.createPayment(context(), order())).toEqual({
      provider_payment_id: ID,
      expires_at: '2025-12-22T08:04:27.403Z',
      next_action: { type: 'redirect' },
    });
    expect(paths()).toEqual(['/oauth2/token', 'init', 'init', `inquiry/${ID}`]);
    expect(server.requests[1]?.body).toBe(server.requests[2]?.body);
  });

  it('has another name on record for the repetition, which is no second payment', async () => {
    scripts({ init: [lost, answering(400, EXISTS)], inquiry: [answering(200, INQUIRY)] });
    const operations: string[] = [];
    const own = context();
    const noting: typeof own.http = {
      send: (request) => {
        operations.push(request.operation);
        return own.http.send(request);
      },
    };
    await zaincash.createPayment({ ...own, http: noting }, order());
    expect(operations.filter((name) => name.includes('create'))).toEqual([
      'create_payment',
      'repeat_create_payment',
    ]);
  });

  it('takes the payment of an earlier sending even if it cannot be read now', async () => {
    scripts({ init: [answering(400, EXISTS)], inquiry: [answering(503, {})] });
    expect(await zaincash.createPayment(context(), order())).toMatchObject({
      provider_payment_id: ID,
      expires_at: '2025-12-22T08:04:28.000Z',
    });
  });

  it.each([
    ['lost again', lost],
    ['refused for its load', answering(503, {})],
    ['refused for its data', answering(400, { message: 'no' })],
    ['refused as known, without saying which', answering(400, { ...EXISTS, transactionDetails: null })],
  ])('leaves the outcome unknown when the repetition is %s', async (_, second) => {
    scripts({ init: [lost, second] });
    expect(await failureOf(zaincash.createPayment(context(), order()))).toMatchObject({
      kind: 'unknown_outcome',
    });
    expect(paths()).toEqual(['/oauth2/token', 'init', 'init']);
  });

  it('does not repeat what was clearly refused', async () => {
    scripts({ init: [answering(400, { code: 'BAD_REQUEST', message: 'orderId must not be blank' })] });
    expect(await failureOf(zaincash.createPayment(context(), order()))).toEqual({
      kind: 'invalid_request',
      code: 'BAD_REQUEST',
      message: 'orderId must not be blank',
    });
    expect(paths()).toEqual(['/oauth2/token', 'init']);
  });

  it.each([
    ['another amount', { amount: { currency: 'IQD', value: 501 } }],
    ['another currency', { amount: { currency: 'USD', value: 500 } }],
    ['another reference', { externalReferenceId: 'd8594f04-cfcc-4fc3-b901-01513cc697bc' }],
  ])('does not believe an answer about %s', async (_, change) => {
    const wrong = { ...CREATED, transactionDetails: { ...CREATED.transactionDetails, ...change } };
    scripts({ init: [answering(200, wrong)] });
    expect(await failureOf(zaincash.createPayment(context(), order()))).toMatchObject({
      kind: 'unknown_outcome',
      code: 'unexpected_answer',
    });
  });
});

describe('tokens', () => {
  it('are kept for the next call', async () => {
    scripts({ inquiry: [answering(200, INQUIRY)] });
    const shared = context();
    await zaincash.readPayment(shared, payment);
    await zaincash.readPayment(shared, payment);
    expect(paths()).toEqual(['/oauth2/token', `inquiry/${ID}`, `inquiry/${ID}`]);
  });

  it('are renewed once after a 401', async () => {
    scripts({ inquiry: [answering(401, {}), answering(200, INQUIRY)] });
    expect((await zaincash.readPayment(context(), payment)).status).toBe('pending');
    expect(paths()).toEqual(['/oauth2/token', `inquiry/${ID}`, '/oauth2/token', `inquiry/${ID}`]);
  });

  it('are not asked for a third time', async () => {
    scripts({ inquiry: [answering(401, {})] });
    expect((await failureOf(zaincash.readPayment(context(), payment))).kind).toBe('bad_credentials');
    expect(paths()).toHaveLength(4);
  });

  it.each([
    [400, { error: 'invalid_scope' }, 'bad_credentials', 'invalid_scope'],
    [401, { error: 'invalid_client' }, 'bad_credentials', 'invalid_client'],
    [500, 'oops', 'unavailable', 'http_500'],
  ])('that are refused with %s end the call before anything was sent', async (status, body, kind, code) => {
    server.script = answering(status, body);
    expect(await failureOf(zaincash.createPayment(context(), order()))).toMatchObject({ kind, code });
    expect(server.requests).toHaveLength(1);
  });
});

describe('readPayment', () => {
  const read = async (body: unknown, status = 200) => {
    scripts({ inquiry: [answering(status, body)] });
    return zaincash.readPayment(context(), payment);
  };

  it.each([
    ['PENDING', 'pending'],
    ['OTP_SENT', 'pending'],
    ['CUSTOMER_AUTHENTICATION_REQUIRED', 'pending'],
    ['FAILED', 'failed'],
    ['EXPIRED', 'expired'],
    ['SOMETHING_NEW', 'pending'],
  ])('reads %s as %s, without money', async (status, expected) => {
    expect(await read({ ...INQUIRY, status })).toMatchObject({
      status: expected,
      receipts: [],
      provider_status: status,
      reference: 'pay_01',
    });
  });

  it('reads SUCCESS as one receipt of the whole amount', async () => {
    expect(await read(PAID)).toEqual({
      provider_payment_id: ID,
      reference: 'pay_01',
      currency: 'IQD',
      status: 'paid',
      receipts: [{ key: ID, amount: 500_000, paid_at: '2025-12-22T07:52:00.000Z', fee: 0 }],
      provider_status: 'SUCCESS',
      failure: null,
      next_action: null,
      expires_at: '2025-12-22T08:04:27.403Z',
    });
  });

  it('reads REFUNDED as paid and given back', async () => {
    expect(await read({ ...PAID, status: 'REFUNDED' })).toMatchObject({
      status: 'paid',
      receipts: [{ key: ID, amount: 500_000 }],
      refunds: [{ key: `${ID}:reverse`, reference: null, amount: 500_000, status: 'succeeded' }],
    });
  });

  it.each(['500', '500.00', 500])('reads the amount %j', async (value) => {
    const details = { ...PAID.transactionDetails, amount: { currency: 'IQD', value } };
    expect((await read({ ...PAID, transactionDetails: details })).receipts[0]?.amount).toBe(500_000);
  });

  it.each([0, -500, '5e2', 1e21, '', null, '500.0001'])('does not guess the amount %j', async (value) => {
    const details = { ...PAID.transactionDetails, amount: { currency: 'IQD', value } };
    expect(await failureOf(read({ ...PAID, transactionDetails: details }))).toMatchObject({
      kind: 'unavailable',
      code: 'unexpected_answer',
    });
  });

  it('does not believe an answer about another transaction', async () => {
    const details = { ...PAID.transactionDetails, transactionId: 'another' };
    expect((await failureOf(read({ ...PAID, transactionDetails: details }))).code).toBe('unexpected_answer');
  });

  it.each([
    [403, { message: 'PAYMENT_GATEWAY_UNAUTHORIZED' }, 'not_found', 'PAYMENT_GATEWAY_UNAUTHORIZED'],
    [403, { message: 'Access is denied' }, 'bad_credentials', 'http_403'],
    [
      404,
      { error: { code: 'PAYMENT_GATEWAY_TRANSACTION_NOT_FOUND' } },
      'not_found',
      'PAYMENT_GATEWAY_TRANSACTION_NOT_FOUND',
    ],
    [400, { errorCode: 'BAD_UUID', message: 'no UUID' }, 'invalid_request', 'BAD_UUID'],
    [429, {}, 'rate_limited', 'http_429'],
    [502, '<html>', 'unavailable', 'http_502'],
  ])('maps %s %j to %s', async (status, body, kind, code) => {
    expect(await failureOf(read(body, status))).toMatchObject({ kind, code });
  });
});

describe('refundPayment', () => {
  const reverse = () => zaincash.refundPayment?.(context(), refund);
  const refunded = answering(200, { ...PAID, status: 'REFUNDED' });
  const done = { key: `${ID}:reverse`, reference: null, amount: 500_000, status: 'succeeded' };

  it('reads first and then reverses, with a token of its own for that', async () => {
    scripts({ inquiry: [answering(200, PAID)], reverse: [answering(200, REVERSED)] });
    expect(await reverse()).toEqual(done);
    expect(paths()).toEqual(['/oauth2/token', `inquiry/${ID}`, '/oauth2/token', 'reverse']);
    expect(server.requests[2]?.body).toContain('scope=reverse%3Awrite');
    expect(server.requests[3]?.body).toBe(`{"transactionId":"${ID}","reason":"too small"}`);
  });

  it('asks for nothing when the payment is refunded already', async () => {
    scripts({ inquiry: [refunded] });
    expect(await reverse()).toEqual(done);
    expect(paths()).toEqual(['/oauth2/token', `inquiry/${ID}`]);
  });

  it('leaves the outcome unknown when the answer is lost, and never sends it again itself', async () => {
    scripts({ inquiry: [answering(200, PAID)], reverse: [lost] });
    expect((await failureOf(reverse())).kind).toBe('unknown_outcome');
    expect(paths().filter((path) => path === 'reverse')).toHaveLength(1);
  });

  it('looks again when it is refused: another hand may have been faster', async () => {
    scripts({ inquiry: [answering(200, PAID), refunded], reverse: [answering(400, {})] });
    expect(await reverse()).toEqual(done);
    scripts({ inquiry: [answering(200, PAID)], reverse: [answering(400, { code: 'TOO_LATE' })] });
    expect(await failureOf(reverse())).toMatchObject({ kind: 'invalid_request', code: 'TOO_LATE' });
  });

  it.each([
    ['FAILED', 'failed'],
    ['PROCESSING', 'pending'],
  ])('says %s as %s', async (status, expected) => {
    scripts({ inquiry: [answering(200, PAID)], reverse: [answering(200, { ...REVERSED, status })] });
    expect((await reverse())?.status).toBe(expected);
  });

  it('does not believe a reversal of another amount', async () => {
    scripts({ inquiry: [answering(200, PAID)], reverse: [answering(200, { ...REVERSED, amount: 400 })] });
    expect((await failureOf(reverse())).kind).toBe('unknown_outcome');
  });
});
