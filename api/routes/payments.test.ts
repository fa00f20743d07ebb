import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { createProviderAccount } from '../../db/merchants.ts';
import { returnToken } from '../return-token.ts';
import { PEPPER, startTestApi, type TestApi } from '../testing/api.ts';
import { answerPayment, deadline, unreachable } from '../testing/gateway.ts';

let api: TestApi;
let usual: TestApi['gateway']['onPayment'];
beforeAll(async () => {
  api = await startTestApi();
  usual = api.gateway.onPayment;
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
afterEach(() => {
  api.gateway.failure = null;
  api.gateway.onPayment = usual;
});

const newInvoice = async (fields: object = {}): Promise<string> => {
  const { json } = await api.call('POST', '/v1/invoices', {
    body: { amount: 150_000, currency: 'VND', ...fields },
  });
  return String(json.id);
};

const pay = (invoice: string, body: object = {}, key?: string) =>
  api.call('POST', `/v1/invoices/${invoice}/payments`, {
    body: { payment_service: 'bazaar.qr', ...body },
    ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
  });

const rows = async (invoice: string): Promise<number> => {
  const result = await api.pool.query<{ count: number }>(
    'select count(*) as count from payments where invoice_id = $1',
    [invoice],
  );
  return result.rows[0]?.count ?? -1;
};

describe('POST /v1/invoices/{id}/payments', () => {
  it('answers the payment with what the customer needs', async () => {
    const invoice = await newInvoice({ description: 'Lamp' });
    const { status, headers, json } = await pay(invoice);
    expect(status).toBe(201);
    const id = String(json.id);
    expect(headers.get('location')).toBe(`/v1/payments/${id}`);
    expect(json).toMatchObject({
      object: 'payment',
      invoice,
      payment_service: 'bazaar.qr',
      provider_account: api.merchant.account,
      status: 'pending',
      amount: 150_000,
      display: 'VND 150,000',
      received: { amount: 0, display: 'VND 0' },
      description: 'Lamp',
      next_action: {
        type: 'qr_code',
        qr: {
          payload: '00020101021238',
          svg_url: `${api.url}/qr/${id}.svg`,
          png_url: `${api.url}/qr/${id}.png`,
        },
        bank_transfer: { account_number: '001', amount: 150_000, display: 'VND 150,000', remark: 'INV1' },
      },
      failure: null,
    });
    expect((await api.call('GET', `/v1/payments/${id}`)).json).toEqual(json);
    expect((await api.call('GET', `/v1/invoices/${invoice}`)).json.payments).toEqual([json]);
  });

  it('takes a part of what remains, and no more than that', async () => {
    const invoice = await newInvoice();
    await api.pool.query('update invoices set amount_received = 100000 where id = $1', [invoice]);
    expect((await pay(invoice, { amount: 20_000 })).json.amount).toBe(20_000);
    expect((await pay(invoice)).json.amount).toBe(50_000);
    expect(await pay(invoice, { amount: 50_001 })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/amount', code: 'more_than_remains' }] },
    });
  });

  it('stores what goes to the provider: the own description, the merged customer, the items', async () => {
    const items = [{ name: 'Lamp', quantity: 1, unit_amount: 150_000 }];
    const invoice = await newInvoice({
      description: 'a'.repeat(60),
      customer: { name: 'Lan', phone: '+84901234567' },
      items,
      return_urls: { success: 'https://shop.example/a', failure: 'https://shop.example/b' },
    });
    const { json } = await pay(invoice, {
      description: 'short',
      customer: { name: 'Mai' },
      return_urls: { success: 'https://shop.example/c' },
    });
    const { rows: stored } = await api.pool.query('select request from payments where id = $1', [json.id]);
    expect(stored[0].request).toEqual({
      description: 'short',
      customer: { name: 'Mai', phone: '+84901234567' },
      items,
      return_urls: { success: 'https://shop.example/c', failure: 'https://shop.example/b' },
      return_url: `${api.url}/return/${returnToken(String(json.id), PEPPER)}`,
    });
  });

  it('refuses what the service cannot take, all at once, and stores nothing', async () => {
    const invoice = await newInvoice({ amount: 5_000, description: 'a'.repeat(60) });
    expect(await pay(invoice)).toMatchObject({
      status: 422,
      json: {
        errors: [
          { pointer: '/amount', code: 'amount_too_small', detail: 'bazaar.qr takes at least VND 10,000' },
          {
            pointer: '/description',
            code: 'too_long',
            detail: expect.stringContaining('this request may carry a shorter "description"'),
          },
        ],
      },
    });
    expect(await rows(invoice)).toBe(0);
  });

  it.each([
    ['too much', { amount: 50_000_001 }, '/amount', 'amount_too_large'],
    ['half a dinar', { amount: 250_500, currency: 'IQD' }, '/amount', 'amount_not_representable'],
    ['another currency', { amount: 5_000, currency: 'XAF' }, '/payment_service', 'currency_not_supported'],
  ])('refuses %s', async (_name, fields, pointer, code) => {
    const invoice = await newInvoice(fields);
    expect(await pay(invoice)).toMatchObject({ status: 422, json: { errors: [{ pointer, code }] } });
    expect(await rows(invoice)).toBe(0);
  });

  it('asks for the parts of the customer that the service needs', async () => {
    const invoice = await newInvoice({ customer: { name: 'Lan' } });
    expect(await pay(invoice, { payment_service: 'bazaar.phone' })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/customer/phone', code: 'required' }] },
    });
    const phone = { phone: '+84901234567' };
    expect((await pay(invoice, { payment_service: 'bazaar.phone', customer: phone })).status).toBe(201);
  });

  it('refuses an unknown service with the one that was meant', async () => {
    expect(await pay(await newInvoice(), { payment_service: 'bazar.qr' })).toMatchObject({
      status: 422,
      json: {
        errors: [
          {
            pointer: '/payment_service',
            code: 'unknown_payment_service',
            detail: expect.stringContaining('bazaar.qr'),
          },
        ],
      },
    });
  });

  it('refuses an invoice that has ended', async () => {
    const invoice = await newInvoice();
    await api.pool.query(`update invoices set status = 'expired' where id = $1`, [invoice]);
    expect(await pay(invoice)).toMatchObject({
      status: 409,
      json: { code: 'invoice_not_payable', detail: 'the invoice is expired' },
    });
    expect(await rows(invoice)).toBe(0);
  });

  it('wants to know which of several accounts, and takes only enabled ones of this merchant', async () => {
    const shop = await api.addMerchant();
    const second = await createProviderAccount(api.pool, api.sealer, {
      merchant_id: shop.id,
      mode: 'sandbox',
      provider: 'bazaar',
      label: 'second',
      base_url: 'http://127.0.0.1:9',
      credentials: { secret: 'x' },
    });
    const { json } = await api.call('POST', '/v1/invoices', {
      key: shop.key,
      body: { amount: 150_000, currency: 'VND' },
    });
    const payWith = (provider_account?: string) =>
      api.call('POST', `/v1/invoices/${String(json.id)}/payments`, {
        key: shop.key,
        body: { payment_service: 'bazaar.qr', provider_account },
      });
    expect(await payWith()).toMatchObject({
      status: 422,
      json: {
        errors: [{ pointer: '/provider_account', expected: expect.stringContaining(`${second} (second)`) }],
      },
    });
    expect(await payWith(second)).toMatchObject({ status: 201, json: { provider_account: second } });
    expect(await payWith(api.merchant.account)).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/provider_account', code: 'unknown_account' }] },
    });
    await api.pool.query('update provider_accounts set enabled = false where id = $1', [second]);
    expect(await payWith(second)).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/provider_account', code: 'account_disabled' }] },
    });
  });
});

describe('a payment that the provider does not take', () => {
  it.each([
    ['declined', 402, 'payment_declined'],
    ['invalid_request', 422, 'provider_refused'],
    ['bad_credentials', 502, 'provider_credentials_rejected'],
  ])('is answered by its kind: %s, and the same again with the same key', async (kind, status, code) => {
    const failure = { kind, code: 'P1', message: 'the bank said no' };
    api.gateway.onPayment = (id) => answerPayment(api.pool, id, { status: 'failed', failure });
    const invoice = await newInvoice();
    const first = await pay(invoice, {}, `failed-${kind}`);
    expect(first).toMatchObject({ status, json: { code, detail: 'the bank said no' } });
    const again = await pay(invoice, {}, `failed-${kind}`);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('content-type')).toMatch('application/problem+json');
    expect(await rows(invoice)).toBe(1);
  });

  it('is answered 503 when the provider is down; the same key then makes a new one', async () => {
    const invoice = await newInvoice();
    const failure = { kind: 'rate_limited', code: '429', message: 'slow down', retry_after_ms: 12_300 };
    api.gateway.onPayment = (id) => answerPayment(api.pool, id, { status: 'failed', failure });
    const first = await pay(invoice, {}, 'provider-down');
    expect(first).toMatchObject({ status: 503, json: { code: 'provider_unavailable' } });
    expect(first.headers.get('retry-after')).toBe('13');
    api.gateway.onPayment = usual;
    const second = await pay(invoice, {}, 'provider-down');
    expect(second).toMatchObject({ status: 201, json: { status: 'pending' } });
    expect(second.json.id).not.toBe(first.json.resource_id);
  });

  it('is answered 202 while its outcome is unknown; the same key goes on with the same one', async () => {
    const invoice = await newInvoice();
    api.gateway.onPayment = () => Promise.reject(deadline());
    const first = await pay(invoice, {}, 'slow');
    expect(first).toMatchObject({ status: 202, json: { status: 'requested', next_action: null } });
    expect(first.headers.get('retry-after')).toBe('5');
    api.gateway.onPayment = usual;
    const second = await pay(invoice, {}, 'slow');
    expect(second).toMatchObject({ status: 201, json: { id: first.json.id, status: 'pending' } });
    expect((await pay(invoice, {}, 'slow')).text).toBe(second.text);
    expect(await rows(invoice)).toBe(1);
  });

  it('is answered 409 when the invoice ended meanwhile', async () => {
    api.gateway.onPayment = async () => ({ outcome: 'not_payable' });
    expect(await pay(await newInvoice())).toMatchObject({
      status: 409,
      json: { code: 'invoice_not_payable' },
    });
  });

  it('is answered 503 when the workflow engine is down; the same key goes on with the same one', async () => {
    const invoice = await newInvoice();
    api.gateway.failure = unreachable();
    const first = await pay(invoice, {}, 'engine-down');
    expect(first).toMatchObject({ status: 503, json: { code: 'temporarily_unavailable' } });
    api.gateway.failure = null;
    const second = await pay(invoice, {}, 'engine-down');
    expect(second).toMatchObject({ status: 201, json: { id: first.json.resource_id } });
    expect(await rows(invoice)).toBe(1);
  });
});

describe('GET /v1/payments/{id}', () => {
  it('shows what to do next only while the customer can pay', async () => {
    const { json } = await pay(await newInvoice());
    expect(json.next_action).not.toBeNull();
    for (const status of ['paid', 'expired', 'canceled', 'failed']) {
      await api.pool.query('update payments set status = $2 where id = $1', [json.id, status]);
      const read = await api.call('GET', `/v1/payments/${String(json.id)}`);
      expect(read.json).toMatchObject({ status, next_action: null });
    }
  });

  it('does not show the payment of another merchant', async () => {
    const { json } = await pay(await newInvoice());
    const other = await api.addMerchant();
    const path = `/v1/payments/${String(json.id)}`;
    expect(await api.call('GET', path, { key: other.key })).toMatchObject({
      status: 404,
      json: { detail: 'there is no such payment' },
    });
    expect((await api.call('GET', path)).status).toBe(200);
  });
});
