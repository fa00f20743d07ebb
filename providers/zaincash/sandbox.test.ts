import { createHmac, randomUUID } from 'node:crypto';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { zaincashSimulator } from './sandbox.ts';

const BASE = '/api/v2/payment-gateway/transaction';
let simulator: RunningSimulator;
let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await zaincashSimulator.start({ seed: 'zaincash-test', webhookUrl: merchant.url() });
});
afterAll(async () => {
  await simulator.stop();
  await merchant.stop();
});
beforeEach(() => {
  simulator.reset();
  merchant.received.length = 0;
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function token(change: Record<string, string> = {}): Promise<Answer> {
  const { client_id = '', client_secret = '' } = simulator.credentials;
  const response = await fetch(`${simulator.baseUrl}/oauth2/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id,
      client_secret,
      scope: 'payment:read payment:write reverse:write ',
      ...change,
    }),
  });
  return { status: response.status, body: toRecord(await response.json()) };
}

async function call(method: string, path: string, body?: unknown, scope?: string): Promise<Answer> {
  const { access_token } = (await token(scope === undefined ? {} : { scope })).body;
  const response = await fetch(simulator.baseUrl + BASE + path, {
    method,
    headers: { authorization: `Bearer ${String(access_token)}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: toRecord(await response.json()) };
}

const order = {
  language: 'en',
  externalReferenceId: 'd8594f04-cfcc-4fc3-b901-01513cc697bc',
  orderId: 'moi-21323123vc',
  serviceType: 'Delivery',
  amount: { value: '500', currency: 'IQD' },
  customer: { phone: '9647800000002' },
  redirectUrls: { successUrl: 'https://shop.example/ok?o=1', failureUrl: 'https://shop.example/no' },
};
const init = (change: object = {}): Promise<Answer> => call('POST', '/init', { ...order, ...change });
const idOf = ({ body }: Answer): string => String(toRecord(body['transactionDetails'])['transactionId']);
const inquire = (id: string): Promise<Answer> => call('GET', `/inquiry/${id}`);
const kinds = (): string[] => simulator.ledger.lines().map(({ kind }) => kind);

/** The claims of a token, after its signature was checked by hand. */
function claimsOf(jwt: string): Record<string, unknown> {
  const [head, body = '', signature] = jwt.split('.');
  const expected = createHmac('sha256', simulator.credentials['api_key'] ?? '').update(`${head}.${body}`);
  expect(signature).toBe(expected.digest('base64url'));
  return toRecord(JSON.parse(Buffer.from(body, 'base64url').toString()));
}

async function submit(url: string, fields: Record<string, string>): Promise<Response> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
}

describe('POST /oauth2/token', () => {
  it('answers as the guide shows', async () => {
    expect(await token()).toEqual({
      status: 200,
      body: {
        access_token: expect.any(String),
        scope: 'payment:read payment:write reverse:write',
        token_type: 'Bearer',
        expires_in: 86399,
      },
    });
  });

  it.each([
    [401, 'invalid_client', { client_secret: 'x' }],
    [401, 'invalid_client', { client_id: 'x' }],
    [400, 'invalid_scope', { scope: 'everything' }],
    [400, 'invalid_scope', { scope: 'payment:read everything' }],
    [400, 'unsupported_grant_type', { grant_type: 'password' }],
  ])('refuses with %s %s', async (status, error, change: Record<string, string>) => {
    expect(await token(change)).toEqual({ status, body: { error } });
  });

  it('gives tokens that end, and that are good for their scopes only', async () => {
    const { access_token } = (await token()).body;
    const get = async (bearer: string): Promise<number> => {
      const headers = { authorization: `Bearer ${bearer}` };
      return (await fetch(`${simulator.baseUrl}${BASE}/inquiry/x`, { headers })).status;
    };
    expect(await get(String(access_token))).toBe(400);
    await simulator.clock.advance(86_399, () => simulator.webhooks.idle());
    expect(await get(String(access_token))).toBe(401);
    expect(await get('made-up')).toBe(401);
    expect((await call('POST', '/reverse', {}, 'payment:read')).status).toBe(403);
    expect((await call('GET', '/inquiry/x', undefined, 'payment:write')).status).toBe(403);
  });

  it('create with either scope for payments, the one that the guide names and the one that its name suggests', async () => {
    const create = async (scope: string): Promise<number> => {
      return (await call('POST', '/init', { ...order, externalReferenceId: randomUUID() }, scope)).status;
    };
    expect(await create('payment:read')).toBe(200);
    expect(await create('payment:write')).toBe(200);
    expect(await create('reverse:write')).toBe(403);
  });
});

describe('transactions', () => {
  it('have texts for amounts when told so, in answers and events alike', async () => {
    simulator.settings['amounts_as_text'] = true;
    const made = await init();
    simulator.settings['amounts_as_text'] = false;
    const text = { currency: 'IQD', value: '500', feeValue: '0' };
    expect(toRecord(made.body['transactionDetails'])['amount']).toEqual(text);
    simulator.payments.pay(idOf(made), {});
    await simulator.webhooks.idle();
    expect(toRecord((await inquire(idOf(made))).body['transactionDetails'])).toMatchObject({
      amount: text,
      operationId: expect.stringMatching(/^\d+$/),
    });
    const event = String(merchant.bodies().at(-1)?.['webhook_token']);
    expect(toRecord(claimsOf(event)['data'])['amount']).toEqual(text);
  });

  it('are made as the guide shows, with numbers for amounts', async () => {
    const { status, body } = await init();
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        status: 'SUCCESS',
        transactionDetails: {
          transactionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          externalReferenceId: order.externalReferenceId,
          orderId: order.orderId,
          amount: { currency: 'IQD', value: 500 },
        },
        redirectUrl: expect.stringContaining(`${simulator.baseUrl}/transaction/pay?id=`),
        expiryTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00$/),
        createdAt: expect.any(String),
      },
    });
    const lifetime = Date.parse(String(body['expiryTime'])) - Date.parse(String(body['createdAt']));
    expect(lifetime).toBe(15 * 60 * 1000);
  });

  it('are inquired as the guide shows', async () => {
    const id = idOf(await init());
    expect((await inquire(id)).body).toMatchObject({
      status: 'PENDING',
      transactionDetails: {
        transactionId: id,
        operationId: null,
        amount: { currency: 'IQD', value: 500, feeValue: 0 },
      },
      customer: { phone: '9647800000002' },
      timeStamps: { completedAt: null },
    });
  });

  it('are made once per externalReferenceId', async () => {
    const id = idOf(await init());
    expect(await init({ externalReferenceId: order.externalReferenceId.toUpperCase() })).toMatchObject({
      status: 400,
      body: { code: 'EXTERNAL_REFERENCE_ALREADY_EXISTS', transactionDetails: { transactionId: id } },
    });
    expect(kinds()).toEqual(['payment_created']);
  });

  it.each([
    [{ language: 'fr' }],
    [{ externalReferenceId: 'ord-1' }],
    [{ orderId: '' }],
    [{ serviceType: undefined }],
    [{ amount: { value: '500.5', currency: 'IQD' } }],
    [{ amount: { value: 0, currency: 'IQD' } }],
    [{ amount: { value: 500, currency: 'USD' } }],
    [{ customer: { phone: '07800000002' } }],
    [{ redirectUrls: { successUrl: 'https://shop.example' } }],
  ])('are refused with %j', async (change) => {
    expect((await init(change)).status).toBe(400);
    expect(kinds()).toEqual([]);
  });

  it('take the language in title case, the amount as a number, and need no phone', async () => {
    expect(
      (await init({ language: 'Ku', amount: { value: 500, currency: 'IQD' }, customer: undefined })).status,
    ).toBe(200);
    expect((await call('POST', '/init', '{"lang')).status).toBe(400);
  });

  it('are unknown with 404', async () => {
    expect(await inquire(order.externalReferenceId)).toMatchObject({
      status: 404,
      body: { code: 'PAYMENT_GATEWAY_TRANSACTION_NOT_FOUND' },
    });
  });

  it('expire without a webhook', async () => {
    const id = idOf(await init());
    await simulator.clock.advance(900, () => simulator.webhooks.idle());
    expect((await inquire(id)).body['status']).toBe('EXPIRED');
    expect(merchant.received).toEqual([]);
    expect(kinds()).toEqual(['payment_created', 'payment_expired']);
  });
});

describe('the hosted page', () => {
  it('asks for number and PIN, then for the OTP, and goes back with a signed token', async () => {
    const created = await init();
    const page = String(created.body['redirectUrl']);
    expect(await (await fetch(page)).text()).toContain('500 IQD');
    expect(await (await submit(page, { phone: '9647800000002', pin: '0000' })).text()).toContain(
      'Wrong number or PIN',
    );
    expect(await (await submit(page, { phone: '9647800000002', pin: '1111' })).text()).toContain('OTP');
    expect((await inquire(idOf(created))).body['status']).toBe('OTP_SENT');
    expect(await (await submit(page, { step: 'otp', otp: '000000' })).text()).toContain('Wrong OTP');
    const back = await submit(page, { step: 'otp', otp: '111111' });
    expect(back.status).toBe(303);
    const target = new URL(back.headers.get('location') ?? '');
    expect(target.href).toContain('https://shop.example/ok?o=1&token=');
    expect(claimsOf(target.searchParams.get('token') ?? '')).toMatchObject({
      eventType: 'STATUS_CHANGED',
      data: { transactionId: idOf(created), currentStatus: 'SUCCESS', amount: { value: 500 } },
    });
    expect(kinds()).toEqual(['payment_created', 'money_received']);
  });

  it.each(['cancel', 'decline'])('goes to failureUrl after %s, and is over', async (step) => {
    const created = await init();
    const page = String(created.body['redirectUrl']);
    const back = await submit(page, { step });
    expect(back.headers.get('location')).toContain('https://shop.example/no?token=');
    expect((await inquire(idOf(created))).body['status']).toBe('FAILED');
    expect(await (await submit(page, { phone: '9647800000002', pin: '1111' })).text()).not.toContain(
      'OTP that came',
    );
    expect(kinds()).toEqual(['payment_created', 'attempt_failed']);
  });

  it('opens with its own token only', async () => {
    const page = String((await init()).body['redirectUrl']);
    expect((await fetch(page.replace(/token=.*/, 'token=x'))).status).toBe(404);
  });
});

describe('webhooks and reversals', () => {
  it('tell of the payment in a token signed with the API key', async () => {
    const id = idOf(await init());
    simulator.payments.pay(id, {});
    await simulator.webhooks.idle();
    const [body] = merchant.bodies();
    expect(Object.keys(body ?? {})).toEqual(['webhook_token']);
    expect(claimsOf(String(body?.['webhook_token']))).toEqual({
      eventType: 'STATUS_CHANGED',
      eventId: expect.any(String),
      timestamp: expect.stringMatching(/\+00:00$/),
      data: {
        transactionId: id,
        merchantReferenceId: order.externalReferenceId,
        customerMsisdn: '9647800000002',
        orderId: order.orderId,
        operationId: expect.any(Number),
        serviceType: 'Delivery',
        language: 'en',
        errorMessage: null,
        previousStatus: 'OTP_SENT',
        currentStatus: 'SUCCESS',
        amount: { currency: 'IQD', value: 500, feeValue: 0 },
      },
    });
  });

  it('are answered as the guide shows, and move money each time they are asked for', async () => {
    const id = idOf(await init());
    expect((await call('POST', '/reverse', { transactionId: id, reason: 'r' })).status).toBe(400);
    simulator.payments.pay(id, {});
    const reverse = (reason: string) => call('POST', '/reverse', { transactionId: id, reason });
    expect((await reverse(' ')).status).toBe(400);
    expect(await reverse('too small')).toMatchObject({
      status: 200,
      body: { status: 'COMPLETED', referenceId: id, amount: 500, reason: 'too small' },
    });
    expect((await inquire(id)).body['status']).toBe('REFUNDED');
    await reverse('too small');
    expect(kinds()).toEqual(['payment_created', 'money_received', 'money_refunded', 'money_refunded']);
    await simulator.webhooks.idle();
    const events = merchant.bodies().map((body) => claimsOf(String(body['webhook_token']))['eventType']);
    expect(events).toEqual(['STATUS_CHANGED', 'REFUND_COMPLETED', 'REFUND_COMPLETED']);
  });
});
