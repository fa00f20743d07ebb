import { QRPay } from 'vietnam-qr-pay';
import { control, toRecord } from '../../sandbox/test-merchant.ts';
import { finanSignature } from './sandbox-signature.ts';
import { useFinan } from './sandbox-merchant.ts';

const shop = useFinan();
const { secret, nowS, call, order, create, created, pay, read, advance } = shop;

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
    const one = await call('GET', `/api/v1/bank-accounts/${shop.finan.credentials['account_id']}`);
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
    const answer = await control(shop.controlUrl, `POST /finan/payments/${await created()}/fail`);
    expect(answer.status).toBe(409);
  });
});
