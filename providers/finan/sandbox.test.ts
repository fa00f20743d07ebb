import { QRPay } from 'vietnam-qr-pay';
import { startSandbox } from '../../sandbox/index.ts';
import type { RunningSandbox, SandboxProvider } from '../../sandbox/index.ts';
import { control, TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { finanSignature } from './sandbox-signature.ts';

let sandbox: RunningSandbox;
let merchant: TestMerchant;
let finan: SandboxProvider;

beforeAll(async () => {
  sandbox = await startSandbox({ seed: 'finan-test', webhookTimeoutMs: 150 });
  merchant = await TestMerchant.start();
  const provider = sandbox.providers['finan'];
  if (provider === undefined) throw new Error('finan is missing');
  finan = provider;
});

afterAll(async () => {
  await sandbox.stop();
  await merchant.stop();
});

beforeEach(async () => {
  await control(sandbox.controlUrl, 'DELETE /finan');
  await control(sandbox.controlUrl, 'PUT /finan/webhook_url', { url: merchant.url('/hooks/finan?shop=7') });
  merchant.received.length = 0;
  merchant.answer = 200;
});

const secret = (): string => finan.credentials['secret'] ?? '';
const nowS = (): string => String(Math.floor(Date.now() / 1000));

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly data: Record<string, unknown>;
}

interface CallOptions {
  readonly payload?: string;
  /** The bytes to send when they differ from what is signed. */
  readonly sent?: string;
  readonly headers?: Record<string, string>;
}

/** A signed call; `path` is relative to the base URL. */
async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const timestamp = options.headers?.['x-timestamp'] ?? nowS();
  const payload = options.payload ?? '';
  const response = await fetch(finan.base_url + path, {
    method,
    headers: {
      'content-type': 'application/json',
      'x-client-id': finan.credentials['client_id'] ?? '',
      'x-timestamp': timestamp,
      'x-signature': finanSignature(secret(), { method, path, payload, timestamp }),
      ...options.headers,
    },
    ...(method === 'GET' ? {} : { body: options.sent ?? payload }),
  });
  const body = toRecord(await response.json());
  return { status: response.status, body, data: toRecord(body['data']) };
}

const order = {
  payment_method: 'bank_transfer',
  amount: 6_000_000,
  reference_id: 'ord-1',
  reference_type: 'order',
  description: 'thanh toan don hang',
  items: [{ name: 'So Ban Hang', price: 3_000_000, quantity: 2, amount: 6_000_000 }],
  customer: { name: 'Nguyen Van A', email: 'a@example.com' },
};

const create = (body: object): Promise<Answer> =>
  call('POST', '/api/v1/payments', { payload: JSON.stringify(body) });

async function created(body: object = order): Promise<string> {
  const { status, data } = await create(body);
  expect(status).toBe(201);
  return String(data['payment_request_id']);
}

const pay = (id: string, body: object = {}) =>
  control(sandbox.controlUrl, `POST /finan/payments/${id}/pay?wait=true`, body);
const read = async (id: string) => (await call('GET', `/api/v1/payments/${id}`)).data;
const advance = (seconds: number) => control(sandbox.controlUrl, 'POST /finan/clock', { advance_s: seconds });

describe('the signature check', () => {
  it('accepts a body sent with white space when the compacted form was signed', async () => {
    const payload = JSON.stringify(order);
    const { status } = await call('POST', '/api/v1/payments', {
      payload,
      sent: JSON.stringify(order, null, 2),
    });
    expect(status).toBe(201);
  });

  it.each([
    ['a signature of another secret', { 'x-signature': 'a'.repeat(64) }],
    ['a signature of another length', { 'x-signature': 'abc' }],
    ['an unknown client', { 'x-client-id': 'someone' }],
    ['a timestamp 31 s old', { 'x-timestamp': String(Math.floor(Date.now() / 1000) - 32) }],
    ['a timestamp 31 s ahead', { 'x-timestamp': String(Math.floor(Date.now() / 1000) + 40) }],
    ['a timestamp that is no number', { 'x-timestamp': '1e9' }],
    ['no signature', { 'x-signature': '' }],
  ])('refuses %s with 401 in the envelope', async (_what, headers) => {
    const { status, body } = await call('POST', '/api/v1/payments', {
      payload: JSON.stringify(order),
      headers,
    });
    expect(status).toBe(401);
    expect(body).toEqual({
      message: { content: expect.any(String) },
      code: 104001,
      request_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('refuses a changed body and a changed query', async () => {
    const payload = JSON.stringify(order);
    const tampered = await call('POST', '/api/v1/payments', {
      payload,
      sent: payload.replace('6000000', '6000001'),
    });
    expect(tampered.status).toBe(401);
    const timestamp = nowS();
    const signature = finanSignature(secret(), {
      method: 'GET',
      path: '/api/v1/payments',
      payload: '',
      timestamp,
    });
    const query = await call('GET', '/api/v1/payments?reference_id=ord-1', {
      headers: { 'x-timestamp': timestamp, 'x-signature': signature },
    });
    expect(query.status).toBe(401);
  });

  it('goes by the wall clock although the simulator clock has moved', async () => {
    await advance(3600);
    expect((await create(order)).status).toBe(201);
  });
});

describe('creating a payment request', () => {
  it('answers a bank transfer with a VietQR code, its own account number and remark', async () => {
    const { status, body, data } = await create(order);
    expect(status).toBe(201);
    expect(body).toMatchObject({ code: 102001, message: { content: 'Tạo thành công' } });
    expect(data).toMatchObject({
      payment_request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      payment_request_code: expect.stringMatching(/^PR[A-Z0-9]{6}$/),
      payment_url: '',
    });
    const detail = toRecord(data['bank_transfer_detail']);
    const qr = new QRPay(String(detail['qr_code']));
    expect(qr.isValid).toBe(true);
    expect(qr.amount).toBe('6000000');
    expect(qr.consumer.bankNumber).toBe(detail['account_number']);
    expect(qr.additionalData.purpose).toBe(detail['remark']);
    const other = toRecord((await create(order)).data['bank_transfer_detail']);
    expect(other['account_number']).not.toBe(detail['account_number']);
    expect(other['remark']).not.toBe(detail['remark']);
  });

  it('answers card and MoMo with a payment page and no bank details', async () => {
    const { data } = await create({ ...order, payment_method: 'card' });
    expect(data['payment_url']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/pay\/PR/);
    expect(data).not.toHaveProperty('bank_transfer_detail');
  });

  it('uses the bank account that account_id names', async () => {
    const { data } = await create({ ...order, account_id: '6f1d4d0a-52b7-4c0e-9d4b-0f4a3f3f9d21' });
    expect(data['bank_transfer_detail']).toMatchObject({ bank_name: 'Shinhan' });
  });

  it.each([
    ['payment_method is required', { payment_method: undefined }],
    ['payment_method must be one of', { payment_method: 'cash' }],
    ['amount is required', { amount: undefined }],
    ['amount is required', { amount: null }],
    ['customer.name is required', { customer: { name: null } }],
    ['amount must be an integer', { amount: 1000.5 }],
    ['amount must be an integer', { amount: '1000' }],
    ['amount must be greater than 0', { amount: 0 }],
    ['reference_id is required', { reference_id: undefined }],
    ['reference_id is required', { reference_id: '' }],
    ['description must not exceed 30', { description: 'x'.repeat(31) }],
    ['customer.name is required', { customer: { email: 'a@example.com' } }],
    ['items.0.quantity is required', { items: [{ name: 'a', price: 1, amount: 1 }] }],
    ['items.0.amount must be price * quantity', { items: [{ name: 'a', price: 1, quantity: 2, amount: 1 }] }],
    ['account_id must be a uuid', { account_id: 'mine' }],
    ['account_id is not one of your accounts', { account_id: '54957437-0cb5-4992-ad0e-76d26ba4ddc3' }],
  ])('refuses with "%s"', async (message, change) => {
    const { status, body } = await create({ ...order, ...change });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 104000, message: { content: expect.stringContaining(message) } });
  });

  it('takes null for what may be left out', async () => {
    const nothing = { description: null, customer: null, items: null, success_redirect_url: null };
    expect((await create({ ...order, ...nothing })).status).toBe(201);
    const customer = { name: 'Nguyen Van A', phone: null };
    expect((await create({ ...order, customer })).status).toBe(201);
  });

  it('refuses broken JSON and a body beyond the limit', async () => {
    const broken = await call('POST', '/api/v1/payments', { payload: '{"amount":' });
    expect(broken).toMatchObject({ status: 400, body: { code: 104000 } });
    const huge = await call('POST', '/api/v1/payments', { payload: `{"a":"${'x'.repeat(1024 * 1024)}"}` });
    expect(huge).toMatchObject({ status: 413, body: { code: 104013 } });
  });

  it('makes a second request when the reference is used again', async () => {
    expect(await created()).not.toBe(await created());
    const { body } = await call('GET', '/api/v1/payments?reference_id=ord-1');
    expect(body['data']).toHaveLength(2);
  });
});

describe('reading', () => {
  it('shows a request without where to pay it', async () => {
    const id = await created();
    const { status, body, data } = await call('GET', `/api/v1/payments/${id}`);
    expect(status).toBe(200);
    expect(body['code']).toBe(102000);
    expect(data).toEqual({
      payment_request_id: id,
      paid_amount: 0,
      status: 'unpaid',
      payment_method: 'bank_transfer',
      amount: 6_000_000,
      description: 'thanh toan don hang',
      reference_type: 'order',
      reference_id: 'ord-1',
      payments: [],
      customer: order.customer,
    });
  });

  it('lists by reference and type', async () => {
    const id = await created();
    await created({ ...order, reference_id: 'ord-2' });
    const found = await call('GET', '/api/v1/payments?reference_type=order&reference_id=ord-1');
    expect(found.body['data']).toEqual([expect.objectContaining({ payment_request_id: id })]);
    expect((await call('GET', '/api/v1/payments?reference_type=invoice')).body['data']).toEqual([]);
    expect((await call('GET', '/api/v1/payments')).body['data']).toHaveLength(2);
  });

  it('answers 404 for what it does not know', async () => {
    const { status, body } = await call('GET', '/api/v1/payments/54957437-0cb5-4992-ad0e-76d26ba4ddc3');
    expect(status).toBe(404);
    expect(body['code']).toBe(104004);
    expect((await call('GET', '/api/v1/refunds')).status).toBe(404);
  });

  it('lists bank accounts, with a static code each', async () => {
    const { body } = await call('GET', '/api/v1/bank-accounts');
    const accounts = Array.isArray(body['data']) ? body['data'].map(toRecord) : [];
    expect(accounts.map(({ bank_name }) => bank_name)).toEqual(['MB', 'Shinhan']);
    expect(new QRPay(String(accounts[0]?.['qr_code'])).isValid).toBe(true);
    const one = await call('GET', `/api/v1/bank-accounts/${finan.credentials['account_id']}`);
    expect(one.data).toMatchObject({ bank_name: 'MB' });
    const master = await call('GET', `/api/v1/master-bank-accounts?id=&account_number=0933450210`);
    expect(master.body['data']).toHaveLength(1);
  });
});

describe('paying by bank transfer', () => {
  it.each([
    [[1_000_000], 'partial_paid'],
    [[6_000_000], 'paid'],
    [[1_000_000, 5_000_000], 'paid'],
    [[6_000_001], 'extra_paid'],
  ])('turns transfers of %j into %s', async (amounts, status) => {
    const id = await created();
    for (const amount of amounts) await pay(id, { amount });
    const data = await read(id);
    const total = amounts.reduce((sum, amount) => sum + amount, 0);
    expect(data).toMatchObject({ status, paid_amount: total });
    expect(data['payments']).toEqual(
      amounts.map((amount) => ({
        id: expect.any(String),
        amount,
        method: 'bank_transfer',
        created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      })),
    );
  });

  it('pays what is due when no amount is said', async () => {
    const id = await created();
    await pay(id, { amount: 1_000_000 });
    expect((await pay(id)).body).toMatchObject({ status: 'paid', paid_amount: 6_000_000 });
  });

  it('takes money after the 30 minutes are over', async () => {
    const id = await created();
    await advance(31 * 60);
    expect((await pay(id)).status).toBe(200);
    expect(await read(id)).toMatchObject({ status: 'paid' });
  });

  it('knows no failed transfers', async () => {
    const answer = await control(sandbox.controlUrl, `POST /finan/payments/${await created()}/fail`);
    expect(answer.status).toBe(409);
  });
});

describe('webhooks', () => {
  it('sends one for each transfer, with its own id, signed over path and query of the URL', async () => {
    const id = await created();
    await pay(id, { amount: 1_000_000 });
    await pay(id, { amount: 5_000_000 });
    expect(merchant.bodies()).toEqual(
      [1_000_000, 5_000_000].map((amount) => ({
        id: expect.any(String),
        reference_id: 'ord-1',
        reference_type: 'order',
        payment_method: 'bank_transfer',
        payment_request_id: id,
        amount,
        created_at: expect.any(String),
      })),
    );
    expect(new Set(merchant.bodies().map(({ id: transfer }) => transfer)).size).toBe(2);
    for (const { path, headers, body } of merchant.received) {
      const timestamp = String(headers['x-timestamp']);
      expect(Math.abs(Number(timestamp) - Date.now() / 1000)).toBeLessThan(5);
      expect(headers['x-client-id']).toBe(finan.credentials['client_id']);
      expect(headers['x-signature']).toBe(
        finanSignature(secret(), { method: 'POST', path, payload: body, timestamp }),
      );
      expect(path).toBe('/hooks/finan?shop=7');
    }
  });

  it('tries again after 5, 10 and 15 minutes when the answer is not 200', async () => {
    merchant.answer = 500;
    await pay(await created());
    await advance(5 * 60 - 5);
    expect(merchant.received).toHaveLength(1);
    await advance(5);
    expect(merchant.received).toHaveLength(2);
    await advance(10 * 60);
    expect(merchant.received).toHaveLength(3);
    await advance(24 * 3600);
    expect(merchant.received).toHaveLength(4);
    expect(new Set(merchant.received.map(({ body }) => body)).size).toBe(1);
  });

  it('makes all repetitions when the clock jumps over them at once', async () => {
    merchant.answer = 503;
    await pay(await created());
    await advance(3600);
    expect(merchant.received).toHaveLength(4);
  });

  it('stops trying once the merchant has answered 200', async () => {
    merchant.answer = 201;
    await pay(await created());
    merchant.answer = 200;
    await advance(3600);
    expect(merchant.received).toHaveLength(2);
  });

  it('does not try again after a time-out, nor when no URL was set', async () => {
    merchant.answer = 'silence';
    await pay(await created());
    await control(sandbox.controlUrl, 'PUT /finan/webhook_url', { url: null });
    await pay(await created());
    await control(sandbox.controlUrl, 'PUT /finan/webhook_url', { url: merchant.url() });
    merchant.answer = 200;
    await advance(3600);
    expect(merchant.received).toHaveLength(1);
  });

  it('repeats a webhook on demand, and forges one for money that never came', async () => {
    const id = await created();
    const extra = (body: object) =>
      control(sandbox.controlUrl, `POST /finan/payments/${id}/webhooks?wait=true`, body);
    expect((await extra({})).status).toBe(409);
    await extra({ forge: true });
    expect(await read(id)).toMatchObject({ status: 'unpaid' });
    await pay(id);
    await extra({});
    const [forged, first, repeated] = merchant.received;
    expect(repeated?.body).toBe(first?.body);
    const timestamp = String(forged?.headers['x-timestamp']);
    const payload = forged?.body ?? '';
    expect(toRecord(JSON.parse(payload))).toMatchObject({ payment_request_id: id, amount: 6_000_000 });
    expect(forged?.headers['x-signature']).toMatch(/^[0-9a-f]{64}$/);
    expect(forged?.headers['x-signature']).not.toBe(
      finanSignature(secret(), { method: 'POST', path: forged?.path ?? '', payload, timestamp }),
    );
  });
});

describe('the payment page for card and MoMo', () => {
  const urls = {
    success_redirect_url: 'https://shop.example/ok?o=1',
    failure_redirect_url: 'https://shop.example/no',
  };

  async function page(change: object = {}): Promise<{ id: string; url: string }> {
    const { data } = await create({ ...order, payment_method: 'ewallet_momo', ...urls, ...change });
    return { id: String(data['payment_request_id']), url: String(data['payment_url']) };
  }

  const decide = (url: string, decision: string): Promise<Response> =>
    fetch(url, { method: 'POST', body: new URLSearchParams({ decision }), redirect: 'manual' });

  it('is a form that works without scripts', async () => {
    const { url } = await page({ merchant: { name: '<b>Shop</b>' } });
    const html = await (await fetch(url)).text();
    expect(html).toContain('6,000,000 VND');
    expect(html).toContain('<form method="post">');
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;b&gt;Shop');
  });

  it('pays, tells the merchant and sends the browser to the success URL', async () => {
    const { id, url } = await page();
    const response = await decide(url, 'pay');
    expect(response.status).toBe(303);
    expect(response.headers.get('location')).toBe(urls.success_redirect_url);
    expect(await read(id)).toMatchObject({ status: 'paid', payments: [{ method: 'ewallet_momo' }] });
    await merchant.waitFor(1);
    expect(merchant.bodies()).toEqual([expect.objectContaining({ payment_method: 'ewallet_momo' })]);
  });

  it('pays once although the form is sent twice', async () => {
    const { id, url } = await page();
    await decide(url, 'pay');
    await decide(url, 'pay');
    expect(await read(id)).toMatchObject({ status: 'paid', paid_amount: 6_000_000 });
  });

  it.each(['decline', 'leave'])(
    'sends the browser to the failure URL on %s and stays payable',
    async (decision) => {
      const { id, url } = await page();
      expect((await decide(url, decision)).headers.get('location')).toBe(urls.failure_redirect_url);
      expect(await read(id)).toMatchObject({ status: 'unpaid' });
      expect((await decide(url, 'pay')).headers.get('location')).toBe(urls.success_redirect_url);
    },
  );

  it('shows the result itself when there is nowhere to go back to', async () => {
    const { url } = await page({
      success_redirect_url: 'javascript:alert(1)',
      failure_redirect_url: undefined,
    });
    const response = await decide(url, 'pay');
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('Paid');
  });

  it('takes nothing after 30 minutes, unless the control API pushes it', async () => {
    const { id, url } = await page();
    await advance(30 * 60);
    expect(await (await decide(url, 'pay')).text()).toContain('expired');
    expect(await read(id)).toMatchObject({ status: 'unpaid' });
    expect((await pay(id)).status).toBe(409);
    expect((await pay(id, { after_expiry: true })).status).toBe(200);
    expect(await read(id)).toMatchObject({ status: 'paid' });
  });

  it('ends at once when the control API says so', async () => {
    const { id } = await page();
    await control(sandbox.controlUrl, `POST /finan/payments/${id}/expire`);
    expect((await pay(id)).status).toBe(409);
  });
});

describe("the customer's bank", () => {
  it('transfers the amount that is typed', async () => {
    const id = await created();
    const { body } = await control(sandbox.controlUrl, `GET /finan/payments/${id}`);
    const url = String(body['page_url']);
    expect(await (await fetch(url)).text()).toContain('value="6000000"');
    const transfer = (amount: string) =>
      fetch(url, { method: 'POST', body: new URLSearchParams({ amount }) });
    expect(await (await transfer('12.5')).text()).toContain('whole dong');
    expect(await (await transfer('2000000')).text()).toContain('partial_paid');
    expect(await read(id)).toMatchObject({ paid_amount: 2_000_000 });
  });
});
