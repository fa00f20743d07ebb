import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { webhookSignature } from './sandbox-webhook.ts';
import { furatPaySimulator } from './sandbox.ts';

let furatpay: RunningSimulator;
let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await TestMerchant.start();
  furatpay = await furatPaySimulator.start({ seed: 'furatpay-test', webhookUrl: merchant.url() });
});
afterAll(async () => {
  await furatpay.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await furatpay.webhooks.idle();
  furatpay.reset();
  merchant.received.length = 0;
});

async function call(method: string, path: string, body?: unknown, key = furatpay.credentials['api_key']) {
  const response = await fetch(furatpay.baseUrl + path, {
    method,
    headers: { 'x-api-key': key ?? '', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, body: toRecord(await response.json()) };
}

/** What the plugin sends, texts of blanks included. */
const invoice = (over: object = {}) => ({
  code: '1001',
  number: '1001',
  order_number: '1001',
  customer_id: furatpay.credentials['customer_id'],
  currency_id: 3,
  base_currency_id: 3,
  rate_id: -1,
  rate: 1,
  at: '2026-10-01 10:15:00',
  due_at: '2026-10-01 10:15:00',
  terms: 'due_on_recept',
  subject: 'Web Payment',
  customer_notes: '   ',
  attachments: [],
  discount: 0,
  discount_type: 'percentage',
  subtotal: '25000.00',
  total: '25000.00',
  status: 'pending',
  items: [{ item: 'T-shirt', description: ' ', rate: 25000, quantity: 1, discount: 0 }],
  meta_data: {},
  ...over,
});
const created = async (): Promise<string> => String((await call('POST', '/invoice', invoice())).body['id']);
const request = (invoice_id: string, payment_service_id: number) =>
  call('POST', '/public/invoice/pay', { payment_service_id, invoice_id });
const statusOf = async (id: string) => (await call('GET', `/invoice/${id}`)).body['status'];

it('takes the invoice of the newer plugin, which brings its customer along under a code', async () => {
  const newer = { number: 1001, customer_id: 'wc_sara', customer_notes: '', subtotal: 25_000, total: 25_000 };
  const customer = { display_name: 'Sara A', email: 'sara@example.com', phone_no: '', type: 'individual' };
  const { status, body } = await call('POST', '/invoice', invoice({ ...newer, customer }));
  expect([status, body['number'], body['total']]).toEqual([201, 1001, 25_000]);
  expect((await call('POST', '/invoice', invoice(newer))).status).toBe(201);
});

it.each([
  ['code without the customer', { customer_id: 'wc_ali' }],
  ['UUID', { customer_id: '7c7c0000-0000-4000-8000-000000000001', customer: { display_name: 'Ali' } }],
])('knows no customer by another %s', async (_, change) => {
  const answer = await call('POST', '/invoice', invoice(change));
  expect(answer).toEqual({ status: 404, body: { message: 'Customer not found' } });
});

it('refuses a wrong key with a message', async () => {
  expect(await call('GET', '/invoice/x', undefined, 'nobody')).toEqual({
    status: 401,
    body: { message: 'Unauthorized' },
  });
});

it('lists the linked services in pages', async () => {
  const { body } = await call(
    'GET',
    '/payment_service/linked/list?limit=3&offset=0&status=production,testing',
  );
  expect(body['data']).toMatchObject([
    { name: 'First Iraqi Bank (FIB)' },
    { id: 2, name: 'FastPay' },
    { id: 3, name: 'QiCard' },
  ]);
  const rest = await call('GET', '/payment_service/linked/list?limit=3&offset=3&status=production,testing');
  expect(rest.body['data']).toMatchObject([{ name: 'ZainCash' }, { id: 5, name: 'PayTabs' }]);
  const live = await call('GET', '/payment_service/linked/list?limit=3&offset=0&status=production');
  expect(live.body['data']).toEqual([]);
});

it('takes the invoice of the plugin and repeats it with an id', async () => {
  const { status, body } = await call('POST', '/invoice', invoice());
  expect(status).toBe(201);
  expect(body).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    order_number: '1001',
    total: 25_000,
    status: 'pending',
  });
  expect(furatpay.ledger.lines()).toMatchObject([
    { kind: 'payment_created', reference: '1001', amount: 25_000, currency: 'IQD' },
  ]);
});

it.each([
  ['total must be a positive number', { total: 0 }],
  ['total must be a positive number', { total: 'much' }],
  ['currency_id is unknown', { currency_id: 99 }],
  ['customer_id is required', { customer_id: '' }],
  ['number is required', { number: null }],
  ['items must not be empty', { items: [] }],
  ['order_number is required', { order_number: '' }],
])('refuses an invoice with "%s"', async (message, change) => {
  expect(await call('POST', '/invoice', invoice(change))).toEqual({ status: 400, body: { message } });
  expect(furatpay.ledger.lines()).toEqual([]);
});

it.each([
  [1, { readableCode: expect.any(String), qrCode: expect.stringMatching(/^data:image\/png;base64,/) }],
  [
    2,
    { data: { redirect_uri: expect.stringMatching(/^http/), qrUrl: expect.stringMatching(/^data:image/) } },
  ],
  [3, { formUrl: expect.stringMatching(/^http/) }],
  [4, { url: expect.stringMatching(/^http/) }],
  [5, { redirect_url: expect.stringMatching(/^http/), cart_amount: '25000.00', cart_currency: 'IQD' }],
])('answers a request for payment by service %i in the words of that service', async (service, answer) => {
  expect(await request(await created(), service)).toMatchObject({ status: 200, body: answer });
});

it('knows neither other services nor other invoices', async () => {
  expect((await request(await created(), 9)).status).toBe(404);
  expect((await request('nothing', 1)).status).toBe(404);
  expect((await call('GET', '/invoice/nothing')).status).toBe(404);
});

it('is paid once, after a payment was requested, and signs the webhook over its ids', async () => {
  const id = await created();
  expect(() => furatpay.payments.pay(id, {})).toThrow('no payment was requested');
  await request(id, 2);
  furatpay.payments.pay(id, {});
  await furatpay.webhooks.idle();
  expect(await statusOf(id)).toBe('paid');
  expect(() => furatpay.payments.pay(id, {})).toThrow('is paid');
  expect((await request(id, 2)).status).toBe(400);
  const [received] = merchant.received;
  const timestamp = String(received?.headers['x-timestamp']);
  expect(timestamp).toMatch(/^\d{10}$/);
  expect(received?.headers['x-signature']).toBe(
    webhookSignature(furatpay.credentials['webhook_secret'] ?? '', [id, '1001', '1001'], timestamp),
  );
  expect(merchant.bodies()).toMatchObject([{ type: 'INVOICE_PAID', data: { id, status: 'paid' } }]);
});

it('signs like the known vector', () => {
  expect(webhookSignature('testsecret', ['inv-1', 'CODE1', '1001'], '1767225600')).toBe(
    'fd844df8dc3c85491a71bc2bd099340096a8f7101ae80489955efba466320b5d',
  );
});

it('runs out 24 hours after the last request for payment, and takes late money only when it is pushed', async () => {
  const [id, untouched] = [await created(), await created()];
  await request(id, 1);
  await furatpay.clock.advance(24 * 3600 - 60, () => furatpay.webhooks.idle());
  expect(await statusOf(id)).toBe('pending');
  await furatpay.clock.advance(61, () => furatpay.webhooks.idle());
  expect([await statusOf(id), await statusOf(untouched)]).toEqual(['expired', 'pending']);
  expect(merchant.bodies()).toMatchObject([{ type: 'INVOICE_UPDATED', data: { id, status: 'expired' } }]);
  expect(() => furatpay.payments.pay(id, {})).toThrow('after_expiry');
  furatpay.payments.pay(id, { after_expiry: true });
  expect(await statusOf(id)).toBe('paid');
});

it('lets a person pay or decline on the page', async () => {
  const [id, other] = [await created(), await created()];
  const pageOf = async (unpaid: string) => String((await request(unpaid, 4)).body['url']);
  const decide = async (page: string, decision: string) =>
    (await fetch(page, { method: 'POST', body: new URLSearchParams({ decision }), redirect: 'manual' }))
      .status;
  const page = await pageOf(id);
  expect(await (await fetch(page)).text()).toContain('25,000 IQD');
  expect(await decide(page, 'pay')).toBe(303);
  expect(await decide(await pageOf(other), 'decline')).toBe(303);
  expect([await statusOf(id), await statusOf(other)]).toEqual(['paid', 'failed']);
});
