import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { tabbySimulator } from './sandbox.ts';

let tabby: RunningSimulator;
let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await TestMerchant.start();
  tabby = await tabbySimulator.start({ seed: 'tabby-test', webhookUrl: merchant.url() });
});
afterAll(async () => {
  await tabby.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await tabby.webhooks.idle();
  tabby.reset();
  tabby.settings['expire_webhooks'] = false;
  merchant.received.length = 0;
});

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${tabby.baseUrl}/api${path}`, {
    method,
    headers: {
      authorization: `Bearer ${tabby.credentials['secret_key']}`,
      'x-merchant-code': tabby.credentials['merchant_code'] ?? '',
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, answer: toRecord(await response.json()) };
}

/** The example of the documentation. */
const PAYMENT = {
  amount: '340.00',
  currency: 'SAR',
  description: 'Order 1001',
  buyer: { name: 'Sara', email: 'otp.success@tabby.ai', phone: '+966500000001' },
  shipping_address: { city: 'Riyadh', address: 'King Fahd Rd 1', zip: '11564' },
  order: {
    reference_id: 'ord_1001',
    tax_amount: '0.00',
    shipping_amount: '0.00',
    discount_amount: '0.00',
    items: [
      { reference_id: 'sku1', title: 'T-shirt', quantity: 1, unit_price: '340.00', category: 'Clothes' },
    ],
  },
  buyer_history: { registered_since: '2024-01-01T00:00:00Z', loyalty_level: 0 },
  order_history: [],
  meta: { tenant: '7' },
};
const checkout = (over: object = {}) => ({
  payment: { ...PAYMENT, ...over },
  lang: 'en',
  merchant_code: tabby.credentials['merchant_code'],
  merchant_urls: {
    success: 'https://shop.example.com/s',
    cancel: 'https://shop.example.com/c',
    failure: 'https://shop.example.com/f',
  },
});
const created = async (over: object = {}): Promise<string> =>
  String(toRecord((await call('POST', '/v2/checkout', checkout(over))).answer['payment'])['id']);
const authorized = async (): Promise<string> => {
  const id = await created();
  tabby.payments.pay(id, {});
  return id;
};
const error = (errorType: string, text?: string) =>
  expect.objectContaining({ status: 'error', errorType, ...(text === undefined ? {} : { error: text }) });

it('wants the secret key as a bearer token and the right merchant code', async () => {
  const answers = [
    await call('GET', '/v2/payments', undefined, { authorization: '' }),
    await call('GET', '/v2/payments', undefined, { authorization: 'Bearer sk_test_x' }),
    await call('POST', '/v2/checkout', { ...checkout(), merchant_code: 'other' }),
  ];
  expect(answers).toEqual([
    { status: 401, answer: error('not_authorized', 'missing Bearer scheme') },
    { status: 401, answer: error('not_authorized', 'invalid secret key') },
    { status: 403, answer: error('no_permission') },
  ]);
});

it('makes the session of the documentation', async () => {
  const { status, answer } = await call('POST', '/v2/checkout', checkout());
  expect(status).toBe(200);
  expect(answer).toMatchObject({
    status: 'created',
    payment: {
      status: 'CREATED',
      amount: '340.00',
      currency: 'SAR',
      is_test: true,
      order: { reference_id: 'ord_1001' },
      meta: { tenant: '7' },
    },
    configuration: {
      available_products: { installments: [{ web_url: expect.stringContaining('/checkout?sessionId=') }] },
      products: { installments: { type: 'installments', is_available: true, rejection_reason: null } },
    },
    merchant_urls: { success: 'https://shop.example.com/s' },
  });
  expect(await call('GET', `/v2/checkout/${String(answer['id'])}`)).toMatchObject({ status: 200, answer });
});

it('answers whether a customer is eligible by amount, currency, e-mail and phone alone', async () => {
  const { email, phone } = PAYMENT.buyer;
  const payment = { amount: '340', currency: 'SAR', buyer: { email, phone } };
  const { answer } = await call('POST', '/v2/checkout', { ...checkout(), payment });
  expect(answer).toMatchObject({ status: 'created', token: null, payment: { order: { items: [] } } });
});

it('takes the public key for a session and for nothing else', async () => {
  const authorization = `Bearer ${tabby.credentials['secret_key']?.replace('sk_', 'pk_')}`;
  const { status, answer } = await call('POST', '/v2/checkout', checkout(), { authorization });
  expect([status, answer['status']]).toEqual([200, 'created']);
  const id = String(toRecord(answer['payment'])['id']);
  expect((await call('GET', `/v2/payments/${id}`, undefined, { authorization })).status).toBe(401);
});

it('draws the link as a QR code', async () => {
  const { answer } = await call('POST', '/v2/checkout', checkout());
  const products = toRecord(toRecord(answer['configuration'])['available_products']);
  const [first] = products['installments'] as { qr_code: string }[];
  const drawn = await fetch(first?.qr_code ?? '');
  expect([drawn.status, drawn.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
  expect(await drawn.text()).toContain('<svg');
});

it('answers 200 when pre-scoring refuses', async () => {
  const buyer = { ...PAYMENT.buyer, phone: '+966 50 000 0002' };
  expect(await call('POST', '/v2/checkout', checkout({ buyer }))).toMatchObject({
    status: 200,
    answer: {
      status: 'rejected',
      payment: { status: 'REJECTED' },
      configuration: {
        available_products: {},
        products: { installments: { is_available: false, rejection_reason: 'not_available' } },
      },
    },
  });
});

it('takes English and Arabic, and names no other language', async () => {
  for (const lang of ['en', 'ar'])
    expect((await call('POST', '/v2/checkout', { ...checkout(), lang })).status).toBe(200);
  expect(await call('POST', '/v2/checkout', { ...checkout(), lang: 'fr' })).toMatchObject({
    status: 400,
    answer: { errors: [{ field: '$.lang' }] },
  });
});

it.each([
  [{ currency: 'USD' }, '$.payment.currency'],
  [{ amount: 340 }, '$.payment.amount'],
  [{ amount: '340.001' }, '$.payment.amount'],
  [{ amount: '0.00' }, '$.payment.amount'],
  [{ description: 'x'.repeat(256) }, '$.payment.description'],
  [{ order: 'ord_1001' }, '$.payment.order'],
  [{ order: { items: {} } }, '$.payment.order.items'],
  [{ order: { items: [{ title: 'Cap', unit_price: '1' }] } }, '$.payment.order.items[0].quantity'],
  [{ buyer: { name: 'Sara', phone: '500000001' } }, '$.payment.buyer.email'],
])('refuses %j and names the field', async (over, field) => {
  expect(await call('POST', '/v2/checkout', checkout(over))).toEqual({
    status: 400,
    answer: {
      status: 'error',
      errorType: 'bad_data',
      error: `${field} is not valid`,
      errors: [{ field, code: 'invalid_value', message: '' }],
    },
  });
});

it('captures, closes and refunds as the statuses page says', async () => {
  const id = await authorized();
  const part = await call('POST', `/v2/payments/${id}/captures`, { amount: '100', reference_id: 'c1' });
  expect(part.answer).toMatchObject({
    status: 'AUTHORIZED',
    captures: [{ amount: '100.00', reference_id: 'c1' }],
  });
  const again = await call('POST', `/v2/payments/${id}/captures`, { amount: '100', reference_id: 'c1' });
  expect(again.answer['captures']).toHaveLength(1);
  const tooSoon = await call('POST', `/v2/payments/${id}/refunds`, { amount: '1', reference_id: 'r1' });
  expect(tooSoon).toEqual({
    status: 400,
    answer: error('bad_data', 'can not refund payment that has no captures and not closed'),
  });
  const whole = await call('POST', `/v2/payments/${id}/captures`, { amount: '240.00', reference_id: 'c2' });
  expect(whole.answer['status']).toBe('CLOSED');
  expect(await call('POST', `/v2/payments/${id}/close`)).toEqual({
    status: 400,
    answer: error('bad_data', 'already closed'),
  });
  const back = await call('POST', `/v2/payments/${id}/refunds`, { amount: '340.00', reference_id: 'r1' });
  expect(back.answer).toMatchObject({
    status: 'CLOSED',
    refunds: [{ amount: '340.00', reference_id: 'r1' }],
  });
  const more = await call('POST', `/v2/payments/${id}/refunds`, { amount: '0.01', reference_id: 'r2' });
  expect(more.status).toBe(400);
});

it('repeats what a capture named, and takes one without a reference as one of its own', async () => {
  const id = await authorized();
  const items = [{ title: 'T-shirt', quantity: 1, unit_price: '100.00' }];
  const named = { amount: '100', reference_id: 'c1', tax_amount: '15.00', items };
  for (const body of [named, { amount: '50' }, { amount: '50' }]) {
    expect((await call('POST', `/v1/payments/${id}/captures`, body)).status).toBe(200);
  }
  expect((await call('GET', `/v2/payments/${id}`)).answer['captures']).toMatchObject([
    { amount: '100.00', tax_amount: '15.00', shipping_amount: '0.00', items },
    { amount: '50.00', reference_id: null, items: [] },
    { amount: '50.00', reference_id: null },
  ]);
});

it('knows no other payments', async () => {
  const unknown = '11111111-1111-4111-8111-111111111111';
  expect(await call('GET', `/v2/payments/${unknown}`)).toEqual({
    status: 404,
    answer: error('not_found', 'no such payment'),
  });
  expect(await call('GET', '/v2/payments/x')).toEqual({
    status: 400,
    answer: error('bad_data', 'invalid payment id'),
  });
  const open = await created();
  expect(await call('POST', `/v2/payments/${open}/captures`, { amount: '1', reference_id: 'c' })).toEqual({
    status: 400,
    answer: error('bad_data', 'could not capture not authorized payments'),
  });
});

it('lists what is authorized or closed, newest first, twenty at a time', async () => {
  await created();
  const first = await authorized();
  const second = await authorized();
  const { answer } = await call('GET', '/v2/payments?limit=50');
  expect(answer).toMatchObject({
    payments: [{ id: second }, { id: first }],
    pagination: { limit: 20, offset: 0, total_count: 2 },
  });
  expect((await call('GET', '/v2/payments?offset=1')).answer['payments']).toMatchObject([{ id: first }]);
  expect((await call('GET', '/v2/payments?created_at__lte=2020-01-23')).answer['payments']).toEqual([]);
  expect((await call('GET', '/v2/payments?status=bogus')).status).toBe(400);
});

it('lists payments of one status, written either way', async () => {
  const open = await created();
  await authorized();
  for (const status of ['CREATED', 'created'])
    expect((await call('GET', `/v2/payments?status=${status}`)).answer).toMatchObject({
      payments: [{ id: open, status: 'CREATED' }],
      pagination: { total_count: 1 },
    });
});

it('changes the reference and tells so', async () => {
  const id = await authorized();
  await call('PUT', `/v2/payments/${id}`, { order: { reference_id: '1001_updated' } });
  await tabby.webhooks.idle();
  expect(merchant.bodies().at(-1)).toMatchObject({
    status: 'authorized',
    order: { reference_id: '1001_updated' },
  });
});

it('sends lower-case statuses with the header, and tries again after a minute unless it is 200', async () => {
  merchant.answer = 201;
  await authorized();
  await tabby.webhooks.idle();
  merchant.answer = 200;
  await tabby.clock.advance(61, () => tabby.webhooks.idle());
  await tabby.clock.advance(3600, () => tabby.webhooks.idle());
  expect(merchant.bodies().map(({ status }) => status)).toEqual(['authorized', 'authorized']);
  expect(merchant.received[0]?.headers['x-tabby-token']).toBe(tabby.credentials['webhook_secret']);
});

it.each([
  [false, []],
  [true, ['expired']],
])('tells of expired payments only when asked (%p)', async (wanted, statuses) => {
  tabby.settings['expire_webhooks'] = wanted;
  const id = await created();
  await tabby.clock.advance(20 * 60 + 1, () => tabby.webhooks.idle());
  expect(() => tabby.payments.pay(id, {})).toThrow('its page has closed');
  await tabby.clock.advance(10 * 60, () => tabby.webhooks.idle());
  expect((await call('GET', `/v2/payments/${id}`)).answer['status']).toBe('EXPIRED');
  expect(merchant.bodies().map(({ status }) => status)).toEqual(statuses);
});

it('cancels a session', async () => {
  const { answer } = await call('POST', '/v2/checkout', checkout());
  const session = String(answer['id']);
  expect((await call('POST', `/v2/checkout/${session}/cancel`)).status).toBe(200);
  expect((await call('POST', `/v2/checkout/${session}/cancel`)).status).toBe(400);
});

it('registers at most four webhooks, each with a header of its own', async () => {
  const hook = { url: merchant.url('/registered'), header: { title: 'X-Mine', value: 'v1' } };
  const { answer } = await call('POST', '/v1/webhooks', hook);
  const id = String(answer['id']);
  expect(answer).toMatchObject(hook);
  await call('PUT', `/v1/webhooks/${id}`, { ...hook, header: { title: 'X-Mine', value: 'v2' } });
  await authorized();
  await tabby.webhooks.idle();
  expect(merchant.received).toMatchObject([{ path: '/registered', headers: { 'x-mine': 'v2' } }]);
  for (let count = 0; count < 3; count += 1) await call('POST', '/v1/webhooks', hook);
  expect((await call('POST', '/v1/webhooks', hook)).status).toBe(400);
  expect((await call('GET', '/v1/webhooks')).answer['items']).toHaveLength(4);
  expect(await call('DELETE', `/v1/webhooks/${id}`)).toEqual({ status: 200, answer: { status: 'ok' } });
  expect(await call('GET', `/v1/webhooks/${id}`)).toMatchObject({ status: 404 });
  expect((await call('GET', '/v1/webhooks', undefined, { 'x-merchant-code': 'x' })).status).toBe(403);
});
