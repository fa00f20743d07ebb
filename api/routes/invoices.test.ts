import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { unreachable } from '../testing/gateway.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
afterEach(() => {
  api.gateway.failure = null;
});

const count = async (): Promise<number> =>
  (await api.pool.query<{ count: number }>('select count(*) as count from invoices')).rows[0]?.count ?? -1;

describe('POST /v1/invoices', () => {
  it('makes an invoice with everything in it', async () => {
    const due_at = new Date(Date.now() + 86_400_000).toISOString();
    const { status, headers, json } = await api.call('POST', '/v1/invoices', {
      body: {
        amount: 6_000_000,
        currency: 'VND',
        reference: 'order-17',
        description: 'Two lamps',
        due_at,
        customer: { name: 'Lan', email: 'lan@example.com', phone: '+84901234567' },
        items: [{ name: 'Lamp', quantity: 2, unit_amount: 3_000_000 }],
        metadata: { basket: '9' },
        return_urls: { success: 'https://shop.example/thanks' },
      },
    });
    expect(status).toBe(201);
    expect(json).toMatchObject({
      object: 'invoice',
      mode: 'sandbox',
      status: 'open',
      amount: 6_000_000,
      currency: 'VND',
      display: 'VND 6,000,000',
      amounts: {
        due: { amount: 6_000_000, display: 'VND 6,000,000' },
        received: { amount: 0, display: 'VND 0' },
        remaining: { amount: 6_000_000 },
        excess: { amount: 0 },
        late: { amount: 0 },
      },
      reference: 'order-17',
      due_at,
      payments: [],
    });
    expect(headers.get('location')).toBe(`/v1/invoices/${String(json.id)}`);
    expect(api.gateway.opened).toContain(json.id);
    const read = await api.call('GET', `/v1/invoices/${String(json.id)}`);
    expect(read.json).toEqual(json);
  });
});

describe('POST /v1/invoices with bad input', () => {
  const refused = async (body: unknown): Promise<readonly unknown[]> => {
    const before = await count();
    const { status, headers, json } = await api.call('POST', '/v1/invoices', { body });
    expect(status).toBe(422);
    expect(headers.get('content-type')).toMatch('application/problem+json');
    expect(json).toMatchObject({
      type: `${api.url}/docs/errors#validation_failed`,
      status: 422,
      code: 'validation_failed',
      request_id: headers.get('request-id'),
    });
    expect(await count()).toBe(before);
    return json.errors as readonly unknown[];
  };
  const one = { amount: 150_000, currency: 'VND' };

  it.each([
    ['zero', 0, 'not_positive'],
    ['a negative amount', -5, 'not_positive'],
    ['a fraction', 12.5, 'not_integer'],
    ['text', '150000', 'invalid_type'],
    ['null', null, 'invalid_type'],
    ['more than the maximum', 100_000_000_000_000, 'too_large'],
  ])('refuses %s as amount', async (_name, amount, code) => {
    expect(await refused({ ...one, amount })).toEqual([
      {
        pointer: '/amount',
        code,
        detail: expect.any(String),
        expected: expect.stringContaining('whole number'),
      },
    ]);
  });

  it.each(['1e400', '9007199254740993'])(
    'refuses %s, an amount that a number cannot hold exactly',
    async (amount) => {
      expect(await refused(`{"amount":${amount},"currency":"VND"}`)).toMatchObject([
        { pointer: '/amount', code: 'too_large' },
      ]);
    },
  );

  it('refuses a field that is there twice: which one is meant would be a guess', async () => {
    expect(await refused('{"amount":1000,"currency":"VND","amount":9000}')).toEqual([
      { pointer: '/amount', code: 'repeated', detail: 'is given more than once', expected: 'one value' },
    ]);
  });

  it('names all fields at fault at once', async () => {
    const errors = await refused({
      amount: -1,
      currency: 'VNX',
      descripton: 'x',
      items: [{ name: '', quantity: 0 }],
      customer: { email: 'nobody', phone: 'x' },
      return_urls: { success: 'javascript:alert(1)' },
      due_at: 'tomorrow',
      metadata: { size: 1 },
    });
    expect(errors).toMatchObject([
      { pointer: '/amount' },
      { pointer: '/currency', code: 'unknown_currency' },
      { pointer: '/due_at', code: 'invalid_format' },
      { pointer: '/customer/email' },
      { pointer: '/customer/phone' },
      { pointer: '/items/0/name', code: 'too_short' },
      { pointer: '/items/0/quantity', code: 'not_positive' },
      { pointer: '/items/0/unit_amount', code: 'required' },
      { pointer: '/metadata/size', code: 'invalid_type' },
      { pointer: '/return_urls/success', code: 'invalid_format' },
      {
        pointer: '/descripton',
        code: 'unknown_field',
        detail: 'is not a field of this request; did you mean "description"?',
      },
    ]);
  });

  it('says what a lower-case currency should be', async () => {
    expect(await refused({ ...one, currency: 'vnd' })).toMatchObject([
      { pointer: '/currency', detail: 'is not a currency code in use; did you mean "VND"?' },
    ]);
  });

  it.each([
    ['in 30 seconds', 30],
    ['in 367 days', 367 * 86_400],
  ])('refuses a due time %s', async (_name, ahead_s) => {
    const due_at = new Date(Date.now() + ahead_s * 1000).toISOString();
    expect(await refused({ ...one, due_at })).toMatchObject([{ pointer: '/due_at' }]);
  });

  it('refuses a day that the calendar does not have', async () => {
    expect(await refused({ ...one, due_at: '2027-02-30T00:00:00Z' })).toMatchObject([
      { pointer: '/due_at', code: 'invalid_format' },
    ]);
  });

  it('refuses a description of 256 characters, counting characters and not bytes', async () => {
    expect(await refused({ ...one, description: 'đ'.repeat(256) })).toMatchObject([
      { pointer: '/description', code: 'too_long' },
    ]);
    const { status } = await api.call('POST', '/v1/invoices', {
      body: { ...one, description: 'đ'.repeat(255) },
    });
    expect(status).toBe(201);
  });

  it('refuses more than 50 metadata fields and 100 items', async () => {
    const metadata = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'x']));
    const items = Array.from({ length: 101 }, () => ({ name: 'x', quantity: 1, unit_amount: 1 }));
    expect(await refused({ ...one, metadata, items })).toMatchObject([
      { pointer: '/items', code: 'too_long' },
      { pointer: '/metadata', code: 'too_long' },
    ]);
  });

  it('refuses what looks like a card number, wherever it stands', async () => {
    const card = 'card 4111 1111 1111 1111';
    const errors = await refused({
      ...one,
      description: card,
      reference: '5555-5555-5555-4444',
      metadata: { note: card },
    });
    expect(errors).toMatchObject([
      { pointer: '/reference', code: 'card_number' },
      { pointer: '/description', code: 'card_number' },
      { pointer: '/metadata/note', code: 'card_number' },
    ]);
  });

  it('refuses names that reach the prototype', async () => {
    const body = '{"amount":1,"currency":"VND","__proto__":{"admin":true},"metadata":{"constructor":"x"}}';
    expect(await refused(body)).toMatchObject([
      { pointer: '/__proto__', code: 'forbidden_field' },
      { pointer: '/metadata/constructor', code: 'forbidden_field' },
    ]);
  });

  it('refuses NUL characters and halves of surrogate pairs', async () => {
    const body = '{"amount":1,"currency":"VND","description":"a\\u0000b","metadata":{"k":"\\ud800"}}';
    expect(await refused(body)).toMatchObject([
      { pointer: '/description', code: 'unsupported_characters' },
      { pointer: '/metadata/k', code: 'unsupported_characters' },
    ]);
  });

  it('refuses a body that is a list', async () => {
    expect(await refused([])).toMatchObject([{ pointer: '', detail: 'must be an object' }]);
  });
});

describe('a body that is not JSON of the right kind', () => {
  const send = async (body: unknown, headers: Record<string, string> = {}) => {
    const { status, json } = await api.call('POST', '/v1/invoices', { body, headers });
    return { status, code: json.code, detail: json.detail };
  };

  it('is located', async () => {
    expect(await send('{\n  "amount": ,\n}')).toEqual({
      status: 400,
      code: 'invalid_json',
      detail: 'the body is not valid JSON: line 2, column 13: expected a value',
    });
  });

  it('is refused when it is not UTF-8', async () => {
    expect(await send(Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject({ status: 400, code: 'invalid_json' });
  });

  it('is refused with another content type, or with none', async () => {
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(await send('amount=1', form)).toMatchObject({ status: 415, code: 'unsupported_media_type' });
    const latin = { 'Content-Type': 'application/json; charset=latin1' };
    expect(await send('{}', latin)).toMatchObject({ status: 415 });
    expect(await send('{}', { 'Content-Encoding': 'gzip' })).toMatchObject({ status: 415 });
  });

  it('is refused above 64 KB', async () => {
    const body = JSON.stringify({ description: 'x'.repeat(65 * 1024) });
    expect(await send(body)).toMatchObject({ status: 413, code: 'body_too_large' });
  });

  it('is refused when nested more than 32 deep, also 30,000 deep', async () => {
    expect(await send(`${'['.repeat(33)}${']'.repeat(33)}`)).toMatchObject({
      status: 400,
      code: 'nesting_too_deep',
    });
    expect(await send('['.repeat(30_000))).toMatchObject({ status: 400, code: 'nesting_too_deep' });
    expect(await send(`${'['.repeat(32)}${']'.repeat(32)}`)).toMatchObject({ status: 422 });
  });
});

describe('GET /v1/invoices/{id}', () => {
  it('answers an unknown id, a malformed one, and that of another merchant or mode alike', async () => {
    const { json } = await api.call('POST', '/v1/invoices', { body: { amount: 1, currency: 'VND' } });
    const id = String(json.id);
    const [other, live] = await Promise.all([api.addMerchant(), api.addMerchant('live')]);
    await api.pool.query('update api_keys set merchant_id = $1 where merchant_id = $2', [
      api.merchant.id,
      live.id,
    ]);
    const answers = await Promise.all([
      api.call('GET', `/v1/invoices/${id}`, { key: other.key }),
      api.call('GET', `/v1/invoices/${id}`, { key: live.key }),
      api.call('GET', '/v1/invoices/inv_01jd0000000000000000000000'),
      api.call('GET', '/v1/invoices/1%20or%201=1'),
      api.call('POST', `/v1/invoices/${id}/cancel`, { key: other.key }),
      api.call('POST', `/v1/invoices/${id}/test_clock`, { key: other.key, body: { advance_s: 60 } }),
      api.call('POST', `/v1/invoices/${id}/payments`, {
        key: other.key,
        body: { payment_service: 'bazaar.qr' },
      }),
      api.call('GET', `/v1/payment_services?invoice=${id}`, { key: other.key }),
    ]);
    for (const {
      status,
      json: { request_id: _id, ...body },
    } of answers) {
      expect(status).toBe(404);
      expect(body).toEqual({
        type: `${api.url}/docs/errors#not_found`,
        title: 'Not found',
        status: 404,
        code: 'not_found',
        detail: 'there is no such invoice',
      });
    }
    expect((await api.call('GET', `/v1/invoices/${id}`)).json.status).toBe('open');
  });
});

describe('POST /v1/invoices while the workflow engine is down', () => {
  const body = { amount: 1000, currency: 'VND' };

  it('answers 503 and, when repeated with the same key, goes on with the same invoice', async () => {
    const headers = { 'Idempotency-Key': 'engine-down' };
    api.gateway.failure = unreachable();
    const first = await api.call('POST', '/v1/invoices', { body, headers });
    expect(first.status).toBe(503);
    expect(first.headers.get('retry-after')).toBe('2');
    expect(first.json).toMatchObject({ code: 'temporarily_unavailable' });
    const again = await api.call('POST', '/v1/invoices', { body, headers });
    expect(again.status).toBe(503);
    api.gateway.failure = null;
    const third = await api.call('POST', '/v1/invoices', { body, headers });
    expect(third.status).toBe(201);
    expect(third.json.id).toBe(first.json.resource_id);
    expect(api.gateway.opened.filter((id) => id === third.json.id)).toHaveLength(1);
  });

  it('names the stored invoice when there is no key', async () => {
    api.gateway.failure = unreachable();
    const { status, headers, json } = await api.call('POST', '/v1/invoices', { body });
    expect(status).toBe(503);
    const read = await api.call('GET', headers.get('location') ?? '');
    expect(read.json.id).toBe(json.resource_id);
  });
});

describe('POST /v1/invoices/{id}/cancel', () => {
  const newInvoice = async (): Promise<string> => {
    const { json } = await api.call('POST', '/v1/invoices', { body: { amount: 1, currency: 'VND' } });
    return String(json.id);
  };
  const defaultCancel = (): TestApi['gateway']['onCancel'] => api.gateway.onCancel;

  it('answers the canceled invoice, and again when repeated', async () => {
    const id = await newInvoice();
    const first = await api.call('POST', `/v1/invoices/${id}/cancel`, { body: { reason: 'out of stock' } });
    expect(first).toMatchObject({ status: 200, json: { id, status: 'canceled' } });
    expect(await api.call('POST', `/v1/invoices/${id}/cancel`)).toMatchObject({ status: 200 });
  });

  it('answers 409 when money has come, and 503 when a provider cannot say', async () => {
    const id = await newInvoice();
    const before = defaultCancel();
    api.gateway.onCancel = async () => {
      await api.pool.query(`update invoices set status = 'paid' where id = $1`, [id]);
      return { outcome: 'not_cancelable' };
    };
    expect(await api.call('POST', `/v1/invoices/${id}/cancel`)).toMatchObject({
      status: 409,
      json: { code: 'invoice_not_cancelable', detail: 'the invoice cannot be canceled: it is paid' },
    });
    api.gateway.onCancel = async () => ({ outcome: 'unconfirmed' });
    expect(await api.call('POST', `/v1/invoices/${await newInvoice()}/cancel`)).toMatchObject({
      status: 503,
      json: { code: 'provider_unconfirmed' },
    });
    api.gateway.onCancel = before;
  });

  it('sends a cancellation again that the engine has dropped', async () => {
    const id = await newInvoice();
    const before = defaultCancel();
    const dropped = Object.assign(new Error('9 FAILED_PRECONDITION: task failure'), { code: 9 });
    let attempts = 0;
    api.gateway.onCancel = (invoice) => (++attempts < 3 ? Promise.reject(dropped) : before(invoice));
    expect(await api.call('POST', `/v1/invoices/${id}/cancel`)).toMatchObject({ status: 200 });
    api.gateway.onCancel = before;
  });
});
