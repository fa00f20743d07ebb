/** The simulator by itself, over HTTP, as the documentation shows the API. */
import { createHmac } from 'node:crypto';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import { tamaraSimulator } from './sandbox.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await tamaraSimulator.start({ seed: 'test' });
});
afterAll(async () => {
  await simulator.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await simulator.webhooks.idle();
  simulator.reset();
  merchant.received.length = 0;
});

const sar = (amount: number | string) => ({ amount, currency: 'SAR' });
/** The sample of the page "Create Checkout Session". */
const SAMPLE = {
  order_reference_id: 'ord_1001',
  order_number: '1001',
  total_amount: sar(340),
  description: 'Order 1001',
  country_code: 'SA',
  payment_type: 'PAY_BY_INSTALMENTS',
  instalments: 3,
  locale: 'en_US',
  items: [
    {
      reference_id: 'sku1',
      type: 'Physical',
      name: 'T-shirt',
      sku: 'sku1',
      quantity: 1,
      unit_price: sar(340),
      total_amount: sar(340),
    },
  ],
  consumer: { first_name: 'Sara', last_name: 'A', phone_number: '500000001', email: 'sara@example.com' },
  shipping_address: {
    first_name: 'Sara',
    last_name: 'A',
    line1: 'King Fahd Rd 1',
    city: 'Riyadh',
    country_code: 'SA',
  },
  tax_amount: sar(0),
  shipping_amount: sar(0),
  merchant_url: {
    success: 'https://shop.example/s',
    failure: 'https://shop.example/f',
    cancel: 'https://shop.example/c',
  },
  platform: 'custom',
  is_mobile: false,
  expires_in_minutes: 30,
};
const SHIPPING = {
  shipped_at: '2020-03-31T19:19:52.677Z',
  shipping_company: 'DHL',
  tracking_number: '100',
  tracking_url: 'https://shipping.com/tracking?id=123456',
};

async function api(line: string, body?: unknown, token = simulator.credentials['api_token'] ?? '') {
  const [method = '', path = ''] = line.split(' ');
  const response = await fetch(simulator.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Record<string, unknown> };
}
const checkout = async (over: object = {}): Promise<string> =>
  String((await api('POST /checkout', { ...SAMPLE, ...over })).body['order_id']);
const approved = async (over: object = {}): Promise<string> => {
  const id = await checkout(over);
  simulator.payments.pay(id, {});
  return id;
};

it('takes an order through its whole life', async () => {
  const created = await api('POST /checkout', SAMPLE);
  const id = String(created.body['order_id']);
  expect(created).toMatchObject({ status: 200, body: { status: 'new', checkout_url: expect.any(String) } });
  simulator.payments.pay(id, {});
  expect((await api(`POST /orders/${id}/authorise`)).body).toMatchObject({
    order_id: id,
    status: 'authorised',
    payment_type: 'PAY_BY_INSTALMENTS',
    auto_captured: false,
    authorized_amount: sar(340),
  });
  const capture = { order_id: id, total_amount: sar('300.00'), shipping_info: SHIPPING };
  const { body: captured } = await api('POST /payments/capture', capture);
  expect(captured).toMatchObject({ status: 'partially_captured', captured_amount: sar(300) });
  expect((await api(`POST /orders/${id}/cancel`, { total_amount: sar(40) })).body).toMatchObject({
    status: 'updated',
    canceled_amount: sar(40),
  });
  const refund = { total_amount: sar(100.5), comment: 'Refund Test', merchant_refund_id: 'm1' };
  expect((await api(`POST /payments/simplified-refund/${id}`, refund)).body).toMatchObject({
    status: 'partially_refunded',
    capture_id: captured['capture_id'],
    refunded_amount: sar(100.5),
  });
  const { body: order } = await api('GET /merchants/orders/reference-id/ord_1001');
  expect(order).toEqual((await api(`GET /orders/${id}`)).body);
  expect(order).toMatchObject({
    captured_amount: sar(300),
    canceled_amount: sar(40),
    refunded_amount: sar(100.5),
    transactions: {
      captures: [{ shipping_info: SHIPPING, refunded_amount: sar(100.5) }],
      refunds: [{ merchant_refund_id: 'm1', total_amount: sar(100.5) }],
    },
  });
  expect(simulator.ledger.lines().map(({ kind, amount }) => [kind, amount])).toEqual([
    ['payment_created', 340],
    ['money_authorized', 340],
    ['money_received', 300],
    ['authorization_released', 40],
    ['money_refunded', 100.5],
  ]);
});

it.each([
  ['POST /orders/ID/cancel', { total_amount: sar(340) }],
  ['POST /payments/capture', { total_amount: sar(340), shipping_info: SHIPPING }],
  ['POST /payments/simplified-refund/ID', { total_amount: sar(340), comment: 'x' }],
])('answers 409 to %s before anything is authorised', async (line, body) => {
  const id = await approved();
  const answer = await api(line.replace('ID', id), { order_id: id, ...body });
  expect(answer).toMatchObject({ status: 409, body: { errors: [{ error_code: expect.any(String) }] } });
});

it('gives money back by the older call that names captures, all of them or none', async () => {
  const id = await approved();
  await api(`POST /orders/${id}/authorise`);
  const capture = async (amount: number) =>
    String(
      (
        await api('POST /payments/capture', {
          order_id: id,
          total_amount: sar(amount),
          shipping_info: SHIPPING,
        })
      ).body['capture_id'],
    );
  const [first, second] = [await capture(100), await capture(240)];
  const refund = (...entries: readonly [string, number][]) =>
    api('POST /payments/refund', {
      order_id: id,
      refunds: entries.map(([capture_id, amount]) => ({ capture_id, total_amount: sar(amount) })),
    });
  expect((await refund([first, 50], [second, 240.01])).status).toBe(409);
  expect((await refund([first, 50], [first, 51])).status).toBe(400);
  expect((await refund(['none', 1])).status).toBe(404);
  expect((await refund()).status).toBe(400);
  expect(simulator.ledger.lines().filter(({ kind }) => kind === 'money_refunded')).toEqual([]);

  expect(await refund([second, 240], [first, 50])).toMatchObject({
    status: 200,
    body: { order_id: id, refunds: [{ capture_id: second }, { capture_id: first }] },
  });
  expect((await api(`GET /orders/${id}`)).body).toMatchObject({
    status: 'partially_refunded',
    refunded_amount: sar(290),
    transactions: { captures: [{ refunded_amount: sar(50) }, { refunded_amount: sar(240) }] },
  });
});

it('offers its types of payment in its own countries and currencies only', async () => {
  const types = (query: string) => api(`GET /checkout/payment-types?${query}`);
  const offer = [
    expect.objectContaining({ name: 'PAY_BY_INSTALMENTS', min_limit: { amount: 0.1, currency: 'KWD' } }),
  ];
  expect((await types('country=KW')).body).toEqual(expect.arrayContaining(offer));
  expect((await types('country=SA&currency=SAR&order_value=340')).status).toBe(200);
  expect((await types('country=SA&currency=XAF')).status).toBe(400);
  expect((await types('country=CM')).status).toBe(400);
});

it('says before the checkout that a customer will be offered something', async () => {
  const customer = { country: 'SA', order_value: sar(340), phone_number: '500000001', is_vip: false };
  const { body } = await api('POST /checkout/payment-options-pre-check', customer);
  expect(body).toMatchObject({ has_available_payment_options: true, single_checkout_enabled: false });
  const order = { total_amount: sar(340), country_code: 'SA', items: null };
  expect((await api('POST /checkout/credit-pre-check', order)).body).toEqual(
    (await api('GET /checkout/payment-types?country=SA&currency=SAR&order_value=340')).body,
  );
  expect(await api('POST /checkout/payment-options-pre-check', { ...customer, country: 'DE' })).toMatchObject(
    {
      status: 400,
      body: { errors: [{ error_code: 'country_is_invalid' }] },
    },
  );
});

it('shows an order by both paths, with every field that the official SDK reads', async () => {
  const discount = { name: 'Eid', amount: sar(10) };
  const id = await approved({ discount });
  expect((await api(`POST /orders/${id}/authorise`)).body).toHaveProperty('capture_id', null);
  const { body } = await api(`GET /merchants/orders/${id}`);
  expect((await api(`GET /orders/${id}`)).body).toEqual(body);
  expect(body).toMatchObject({
    consumer: { first_name: 'Sara', national_id: '', is_first_order: null },
    shipping_address: { line1: 'King Fahd Rd 1', line2: '', phone_number: '' },
    billing_address: { city: 'Riyadh', postal_code: '' },
    items: [
      { sku: 'sku1', unit_price: sar(340), tax_amount: sar(0), discount_amount: sar(0), image_url: '' },
    ],
    discount_amount: discount,
  });
  await simulator.clock.advance(21 * 24 * 3600, () => simulator.webhooks.idle());
  expect((await api(`GET /orders/${id}`)).body['transactions']).toMatchObject({
    captures: [{ total_amount: sar(340), shipping_info: { shipping_company: 'N/A', tracking_number: null } }],
  });
});

it('authorises once, and captures no more than there is', async () => {
  const id = await approved();
  expect((await api(`POST /orders/${id}/authorise`)).status).toBe(200);
  expect((await api(`POST /orders/${id}/authorise`)).status).toBe(409);
  const capture = { order_id: id, total_amount: sar(340.01), shipping_info: SHIPPING };
  expect((await api('POST /payments/capture', capture)).status).toBe(409);
});

it.each([
  ['total_amount', { total_amount: sar('12.345') }],
  ['consumer', { consumer: {} }],
  ['shipping_address', { shipping_address: undefined }],
  ['items', { items: [] }],
  ['expires_in_minutes', { expires_in_minutes: 4 }],
  ['merchant_url', { merchant_url: { success: 'x' } }],
])('refuses an order with a wrong %s', async (_, over) => {
  expect(await api('POST /checkout', { ...SAMPLE, ...over })).toMatchObject({ status: 400 });
  expect(simulator.ledger.lines()).toEqual([]);
});

it('answers 401 to a wrong token and 404 to an unknown order', async () => {
  expect((await api('POST /checkout', SAMPLE, 'wrong')).status).toBe(401);
  expect((await api('GET /orders/ff776045-513b-4cd7-8b4f-e60673daad84')).status).toBe(404);
  expect((await api('GET /merchants/orders/reference-id/none')).status).toBe(404);
});

it('sends registered webhooks, signed in query and header, with `data: []` when there is nothing to say', async () => {
  const registration = {
    type: 'order',
    url: merchant.url('/hooks?shop=1'),
    events: ['order_approved', 'order_captured'],
    headers: { 'X-Shop': '7' },
  };
  const { body: made } = await api('POST /webhooks', registration);
  expect((await api(`GET /webhooks/${String(made['webhook_id'])}`)).body).toMatchObject({
    url: registration.url,
  });
  const id = await approved();
  await api(`POST /orders/${id}/authorise`);
  await api('POST /payments/capture', { order_id: id, total_amount: sar(340), shipping_info: SHIPPING });
  await simulator.webhooks.idle();
  const head = { order_id: id, order_reference_id: 'ord_1001', order_number: '1001' };
  expect(merchant.bodies()).toEqual([
    { ...head, event_type: 'order_approved', data: [] },
    {
      ...head,
      event_type: 'order_captured',
      data: { capture_id: expect.any(String), captured_amount: sar(340) },
    },
  ]);
  const path = merchant.received[0]?.path ?? '';
  const headers = merchant.received[0]?.headers;
  const query = new URL(path, 'http://x').searchParams;
  const token = query.get('tamaraToken') ?? '';
  expect(query.get('shop')).toBe('1');
  expect(headers).toMatchObject({ authorization: `Bearer ${token}`, 'x-shop': '7' });
  const [input, signature] = [
    token.slice(0, token.lastIndexOf('.')),
    token.slice(token.lastIndexOf('.') + 1),
  ];
  const key = simulator.credentials['notification_token'] ?? '';
  expect(signature).toBe(createHmac('sha256', key).update(input).digest('base64url'));
  const claims: unknown = JSON.parse(Buffer.from(input.split('.')[1] ?? '', 'base64url').toString());
  const { exp, iat, iss } = claims as { exp: number; iat: number; iss: string };
  expect([exp - iat, iss]).toEqual([900, 'Tamara']);
  expect((await api(`DELETE /webhooks/${String(made['webhook_id'])}`)).status).toBe(200);
});

it('takes a webhook without a type, as Tamara’s own client sends it, for one of orders', async () => {
  const registration = { url: merchant.url('/untyped'), events: ['order_approved'], headers: {} };
  const { body: made } = await api('POST /webhooks', registration);
  expect(made).toMatchObject({ webhook_id: expect.any(String), url: registration.url });
  expect((await api(`DELETE /webhooks/${String(made['webhook_id'])}`)).status).toBe(200);
});

it('registers a URL once, tells whose it is the second time, and changes it', async () => {
  const registration = {
    type: 'order',
    url: merchant.url('/hooks'),
    events: ['order_approved'],
    headers: {},
  };
  const { body: made } = await api('POST /webhooks', registration);
  const id = String(made['webhook_id']);
  expect(await api('POST /webhooks', registration)).toMatchObject({
    status: 400,
    body: { errors: [{ error_code: 'webhook_already_registered', data: { webhook_id: id } }] },
  });
  const changed = { ...registration, events: ['order_captured', 'order_refunded'] };
  expect(await api(`PUT /webhooks/${id}`, changed)).toMatchObject({ status: 200, body: { webhook_id: id } });
  expect((await api(`GET /webhooks/${id}`)).body).toMatchObject({ events: changed.events });
  expect((await api('GET /webhooks/list')).body).toEqual([expect.objectContaining({ webhook_id: id })]);
  for (const wrong of [{ type: 'payment' }, { events: [] }, { events: ['order_eaten'] }, { url: 'shop' }]) {
    expect((await api('POST /webhooks', { ...registration, ...wrong })).status).toBe(400);
  }
});

it.each([null, ''])('takes %p for a notification URL that there is not', async (notification) => {
  const merchant_url = { ...SAMPLE.merchant_url, notification };
  expect((await api('POST /checkout', { ...SAMPLE, merchant_url })).status).toBe(200);
});

it('tells the notification URL of the order in the older form, and tries again when it is refused', async () => {
  merchant.answer = 500;
  const id = await checkout({ merchant_url: { ...SAMPLE.merchant_url, notification: merchant.url('/n') } });
  simulator.payments.fail(id, 'limit');
  await simulator.webhooks.idle();
  merchant.answer = 200;
  await simulator.clock.advance(61, () => simulator.webhooks.idle());
  expect(merchant.bodies()).toHaveLength(2);
  expect(merchant.bodies()[1]).toMatchObject({
    order_status: 'declined',
    data: { declined_reason: 'limit' },
  });
});

it('sends the customer back from its page with the outcome', async () => {
  const { body } = await api('POST /checkout', SAMPLE);
  const form = new URLSearchParams({ do: 'approve' });
  const answer = await fetch(String(body['checkout_url']), {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  expect(answer.headers.get('location')).toBe(
    `https://shop.example/s?paymentStatus=approved&orderId=${String(body['order_id'])}`,
  );
});
