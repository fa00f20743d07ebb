import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { rehiveSimulator } from './sandbox.ts';

let rehive: RunningSimulator;
let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await TestMerchant.start();
  rehive = await rehiveSimulator.start({ seed: 'rehive-test', webhookUrl: merchant.url() });
});
afterAll(async () => {
  await rehive.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await rehive.webhooks.idle();
  rehive.reset();
  Object.assign(rehive.settings, { envelope: true, refund_delay_ms: 1_000, refunds_fail: false });
  merchant.received.length = 0;
});

const business = () => `/manager/businesses/${rehive.credentials['business_id']}`;

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(`${rehive.baseUrl}${business()}${path}`, {
    method,
    headers: {
      authorization: `Token ${rehive.credentials['token']}`,
      'content-type': 'application/json',
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer = toRecord(await response.json());
  return { status: response.status, headers: response.headers, answer, data: toRecord(answer['data']) };
}

const order = (over: object = {}) => ({
  request_reference: 'MY_ECOMMERCE_REFERENCE',
  request_amount: 10_000,
  description: 'Online payment for clothes',
  status: 'initiated',
  return_url: 'https://my-ecommerce-store.com/order/1',
  ...over,
});
const created = async (over: object = {}): Promise<string> =>
  String((await call('POST', '/invoices/', order(over))).data['id']);
const read = async (id: string) => (await call('GET', `/invoices/${id}/`)).data;
const advance = (seconds: number) => rehive.clock.advance(seconds, () => rehive.webhooks.idle());
const sent = () => merchant.bodies().map((body) => toRecord(body['data'])['status']);

it('wants the token, the business and the slash at the end', async () => {
  const refused = { status: 'error', message: expect.any(String) };
  expect(await call('GET', '/invoices/', undefined, { authorization: 'Token x' })).toMatchObject({
    status: 401,
    answer: refused,
  });
  const bearer = { authorization: `Bearer ${rehive.credentials['token']}` };
  expect((await call('GET', '/invoices/', undefined, bearer)).status).toBe(401);
  expect(await call('GET', '/invoices')).toMatchObject({ status: 404, answer: refused });
  expect((await call('GET', '/../other/invoices/')).status).toBe(404);
});

it('tells the currency of the business', async () => {
  expect((await call('GET', '/')).data).toMatchObject({ currency: { code: 'USD', divisibility: 2 } });
});

it('makes the invoice of the documentation', async () => {
  const { status, data } = await call('POST', '/invoices/', order());
  expect(status).toBe(201);
  expect(data).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    request_reference: 'MY_ECOMMERCE_REFERENCE',
    request_currency: { code: 'USD', divisibility: 2 },
    request_amount: 10_000,
    status: 'initiated',
    redirect_url: expect.stringContaining('/checkout/?request='),
    payment_processor_quotes: [],
    refunded: false,
    created: expect.any(Number),
  });
});

it('answers bare when told so', async () => {
  rehive.settings['envelope'] = false;
  expect((await call('POST', '/invoices/', order())).answer).toMatchObject({ request_amount: 10_000 });
});

it.each([
  ['request_amount', { request_amount: undefined }],
  ['request_amount', { request_amount: '10000' }],
  ['request_amount', { request_amount: 0 }],
  ['status', { status: 'paid' }],
  ['return_url', { return_url: 'shop' }],
  ['expiration_date', { expiration_date: 1_790_845_200 }],
])('refuses a wrong %s and names the field', async (field, change) => {
  expect(await call('POST', '/invoices/', order(change))).toMatchObject({
    status: 400,
    answer: { status: 'error', message: expect.any(String), data: { [field]: [expect.any(String)] } },
  });
});

describe('an idempotency key', () => {
  const post = (key: string, over: object = {}) =>
    call('POST', '/invoices/', order(over), { 'idempotency-key': key });

  it('gets the first answer again, marked as such, for a day', async () => {
    const first = await post('k1');
    const again = await post('k1', { request_amount: 1 });
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.answer).toEqual(first.answer);
    expect((await post('k2')).data['id']).not.toBe(first.data['id']);
    await advance(24 * 3600 + 1);
    expect((await post('k1')).data['id']).not.toBe(first.data['id']);
  });

  it('has fewer than 100 characters', async () => {
    expect((await post('k'.repeat(100))).status).toBe(400);
    expect((await post('k'.repeat(99))).status).toBe(201);
  });
});

it('lists invoices in pages, newest first, and by reference', async () => {
  for (let index = 0; index < 16; index += 1) await created({ request_reference: `r${index}` });
  const first = (await call('GET', '/invoices/')).data;
  expect(first).toMatchObject({ count: 16, next: expect.stringContaining('page=2'), previous: null });
  expect((await call('GET', '/invoices/?page=2')).data).toMatchObject({
    next: null,
    results: [{ request_reference: 'r0' }],
  });
  expect((await call('GET', '/invoices/?request_reference=r7')).data).toMatchObject({ count: 1 });
});

it('is underpaid, then paid, and announces each status with the secret', async () => {
  const id = await created();
  rehive.payments.pay(id, { amount: 4_000 });
  expect(await read(id)).toMatchObject({
    status: 'underpaid',
    payment_processor_quotes: [{ amount: 10_000, total_paid: 4_000, status: 'underpaid' }],
  });
  rehive.payments.pay(id, {});
  await rehive.webhooks.idle();
  expect((await read(id))['status']).toBe('paid');
  expect((await call('GET', `/invoices/${id}/transactions/`)).data['results']).toMatchObject([
    { settled: true, details: { amount: 4_000 } },
    { settled: true, details: { amount: 6_000 } },
  ]);
  expect(sent()).toHaveLength(3);
  expect(new Set(sent())).toEqual(new Set(['processing', 'underpaid', 'paid']));
  const proofs = merchant.received.map(({ headers }) => headers.authorization);
  expect(new Set(proofs)).toEqual(new Set([`Secret ${rehive.credentials['webhook_secret']}`]));
  expect(() => rehive.payments.pay(id, { amount: 1 })).toThrow('is paid');
});

it('is overpaid, or late after the due date', async () => {
  const over = await created();
  rehive.payments.pay(over, { amount: 10_001 });
  expect((await read(over))['status']).toBe('overpaid');
  const late = await created({ due_date: rehive.clock.now() + 60_000 });
  await advance(61);
  rehive.payments.pay(late, {});
  expect((await read(late))['status']).toBe('late');
});

it('expires at its date, and takes late money only when it is pushed', async () => {
  const id = await created({ expiration_date: rehive.clock.now() + 3_600_000 });
  await advance(3_599);
  expect((await read(id))['status']).toBe('initiated');
  await advance(2);
  expect((await read(id))['status']).toBe('expired');
  expect(() => rehive.payments.pay(id, {})).toThrow('after_expiry');
  rehive.payments.pay(id, { after_expiry: true });
  expect((await read(id))['status']).toBe('paid');
});

it('is cancelled as long as it is unpaid', async () => {
  const [open, paid] = [await created(), await created()];
  rehive.payments.pay(paid, {});
  const cancel = (id: string) => call('PATCH', `/invoices/${id}/`, { status: 'cancelled' });
  expect(await cancel(open)).toMatchObject({ status: 200, data: { status: 'cancelled' } });
  expect((await cancel(open)).status).toBe(200);
  expect((await cancel(paid)).status).toBe(400);
  expect((await call('PATCH', `/invoices/${open}/`, { status: 'paid' })).status).toBe(400);
});

describe('refunds', () => {
  const refund = (id: string, amount: number, over: object = {}) =>
    call('POST', `/invoices/${id}/refunds/`, { amount, currency: 'USD', type: 'native', ...over });

  it('go back in parts, never more than came in', async () => {
    const id = await created();
    expect((await refund(id, 1)).status).toBe(400);
    rehive.payments.pay(id, {});
    expect(await refund(id, 4_000, { reason: 'Torn' })).toMatchObject({
      status: 201,
      data: { amount: 4_000, currency: 'USD', status: 'processing', reason: 'Torn', request: id },
    });
    expect((await refund(id, 6_001)).status).toBe(400);
    expect((await read(id))['refunded']).toBe(false);
    await refund(id, 6_000);
    await advance(2);
    expect((await call('GET', `/invoices/${id}/refunds/`)).data['results']).toMatchObject([
      { amount: 4_000, status: 'complete', currency: { code: 'USD' } },
      { amount: 6_000, status: 'complete' },
    ]);
    expect((await read(id))['refunded']).toBe(true);
    expect(rehive.ledger.lines().filter(({ kind }) => kind === 'money_refunded')).toHaveLength(2);
  });

  it('fail while the setting says so, and may then be made again', async () => {
    const id = await created();
    rehive.payments.pay(id, {});
    rehive.settings['refunds_fail'] = true;
    await refund(id, 10_000);
    await advance(2);
    expect((await call('GET', `/invoices/${id}/refunds/`)).data['results']).toMatchObject([
      { status: 'failed' },
    ]);
    rehive.settings['refunds_fail'] = false;
    expect((await refund(id, 10_000)).status).toBe(201);
  });

  it.each([
    ['currency', { currency: 'EUR' }],
    ['currency', { currency: undefined }],
    ['type', { type: 'bank' }],
  ])('are refused with a wrong %s', async (field, change) => {
    const id = await created();
    rehive.payments.pay(id, {});
    expect((await refund(id, 1, change)).data).toEqual({ [field]: [expect.any(String)] });
  });
});

it('lets a person pay on the page and sends the browser back', async () => {
  const id = await created();
  const page = String((await read(id))['redirect_url']);
  expect(await (await fetch(page)).text()).toContain('100.00 USD');
  const pay = async (amount: string) => {
    const response = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ amount }),
      redirect: 'manual',
    });
    return { status: response.status, location: response.headers.get('location') };
  };
  expect((await pay('much')).status).toBe(200);
  expect((await pay('99.99')).location).toContain('/checkout/?request=');
  expect(await pay('0.01')).toEqual({ status: 303, location: 'https://my-ecommerce-store.com/order/1' });
  expect((await read(id))['status']).toBe('paid');
});
