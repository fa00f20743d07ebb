import { createApiKey, revokeApiKey } from '../db/api-keys.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { PEPPER, startTestApi, WEBHOOK_SECRET, type TestApi } from './testing/api.ts';

const ENDED = Object.assign(new Error('5 NOT_FOUND: workflow execution already completed'), { code: 5 });

let api: TestApi;
let workers = true;
/** Milliseconds that the API's clock is ahead. */
let ahead = 0;
/** What the engine says instead of moving a clock. */
let refusal: Error | null = null;
const jumps: { workflow: string; by_ms: number }[] = [];
beforeAll(async () => {
  api = await startTestApi({
    now: () => Date.now() + ahead,
    fastForward: async (workflow, by_ms) => {
      if (refusal !== null) throw refusal;
      if (by_ms === 1000) throw ENDED;
      jumps.push({ workflow, by_ms });
      return 'settled';
    },
    probes: [
      { name: 'database', check: async () => undefined },
      {
        name: 'workers',
        check: async () => {
          if (!workers) throw new Error('no worker polls the task queue');
        },
      },
    ],
  });
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const newInvoice = async (fields: object = {}): Promise<string> => {
  const { json } = await api.call('POST', '/v1/invoices', {
    body: { amount: 150_000, currency: 'VND', ...fields },
  });
  return String(json.id);
};

describe('API keys', () => {
  const statusWith = async (authorization: string | undefined): Promise<number> => {
    const headers: Record<string, string> =
      authorization === undefined ? {} : { Authorization: authorization };
    return (await api.call('GET', '/v1/payment_services', { key: null, headers })).status;
  };

  it('are taken as Bearer and as the user name of Basic', async () => {
    const { key } = api.merchant;
    expect(key).toMatch(/^sk_sandbox_[0-9a-z]{26}_[\w-]{43}$/);
    expect(await statusWith(`Bearer ${key}`)).toBe(200);
    expect(await statusWith(`Basic ${Buffer.from(`${key}:`).toString('base64')}`)).toBe(200);
  });

  it('are refused when missing, malformed, unknown, with another secret or another mode, always alike', async () => {
    const { key } = api.merchant;
    const changed = key.slice(0, -1) + (key.endsWith('A') ? 'B' : 'A');
    const wrong = [
      undefined,
      'Bearer',
      'Bearer sk_sandbox_x',
      `Bearer ${key}x`,
      `Bearer ${key.slice(0, 11)}01jd0000000000000000000000${key.slice(37)}`,
      // The last character holds two bits that are not part of the secret, so the first is changed too.
      `Bearer ${changed.slice(0, 38)}${changed[38] === 'A' ? 'B' : 'A'}${changed.slice(39)}`,
      `Bearer ${key.replace('sk_sandbox_', 'sk_live_')}`,
      `Digest ${key}`,
    ];
    for (const authorization of wrong) expect(await statusWith(authorization)).toBe(401);
    const answer = await api.call('GET', '/v1/payment_services', { key: null });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.json.code).toBe('unauthenticated');
  });

  it('end within ten seconds of being revoked', async () => {
    const { id, key } = await createApiKey(api.pool, {
      merchant_id: api.merchant.id,
      mode: 'sandbox',
      label: 'second',
      pepper: PEPPER,
    });
    expect(await statusWith(`Bearer ${key}`)).toBe(200);
    await revokeApiKey(api.pool, id);
    ahead += 10_001;
    expect(await statusWith(`Bearer ${key}`)).toBe(401);
  });
});

describe('every answer', () => {
  it('carries a request id, or a sane one that came with the request', async () => {
    const own = await api.call('GET', '/healthz');
    expect(own.headers.get('request-id')).toMatch(/^req_[0-9a-z]{26}$/);
    const given = await api.call('GET', '/healthz', { headers: { 'X-Request-Id': 'proxy-12345678' } });
    expect(given.headers.get('request-id')).toBe('proxy-12345678');
    const odd = await api.call('GET', '/healthz', { headers: { 'X-Request-Id': 'a b"c' } });
    expect(odd.headers.get('request-id')).toMatch(/^req_/);
  });

  it('has security headers, no fingerprint and no CORS', async () => {
    const { headers } = await api.call('GET', '/healthz', { headers: { Origin: 'https://evil.example' } });
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('strict-transport-security')).toContain('max-age');
    expect(headers.has('x-powered-by')).toBe(false);
    expect(headers.has('etag')).toBe(false);
    expect(headers.has('access-control-allow-origin')).toBe(false);
  });

  it('is 404 with the nearest address, 405 with the methods that are, 400 for a broken path', async () => {
    expect(await api.call('POST', '/v1/invoice')).toMatchObject({
      status: 404,
      json: { code: 'unknown_route', detail: 'there is no such address; did you mean /v1/invoices?' },
    });
    const wrong = await api.call('DELETE', `/v1/invoices/${await newInvoice()}`);
    expect(wrong).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
    expect(wrong.headers.get('allow')).toBe('GET, HEAD');
    expect(await api.call('GET', '/v1/invoices/%E0%A4%A')).toMatchObject({
      status: 400,
      json: { code: 'malformed_request' },
    });
  });

  it('is 503 with Retry-After while the database is away', async () => {
    const broken = jest.spyOn(api.dependencies.pool, 'query').mockImplementation(() => {
      throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
    });
    const answer = await api.call('GET', '/v1/payments/pay_01jd0000000000000000000000');
    broken.mockRestore();
    expect(answer).toMatchObject({ status: 503, json: { code: 'temporarily_unavailable' } });
    expect(answer.headers.get('retry-after')).toBe('2');
  });

  it('is a bare 500 for a mistake of ours, which is logged with its stack', async () => {
    await api.call('GET', '/v1/payment_services');
    const broken = jest.spyOn(api.dependencies.pool, 'query').mockImplementation(() => {
      throw new Error('a bug with canary-bug');
    });
    const answer = await api.call('GET', '/v1/payment_services');
    broken.mockRestore();
    expect(answer).toMatchObject({ status: 500, json: { code: 'internal_error' } });
    expect(answer.text).not.toContain('canary-bug');
    const line = api.log.find((entry) => entry.includes('canary-bug'));
    expect(line).toContain(String(answer.json.request_id));
    expect(line).toContain('"stack"');
  });
});

describe('the log', () => {
  it('has one line per request with ids and times, and no secret or personal data', async () => {
    const from = api.log.length;
    const canaries = {
      description: 'canary-description',
      reference: 'canary-reference',
      customer: { name: 'Canary Name', email: 'canary@example.com', phone: '+84900000001' },
      metadata: { canary: 'canary-metadata' },
    };
    const key = { headers: { 'Idempotency-Key': 'canary-key' } };
    const made = await api.call('POST', '/v1/invoices', {
      ...key,
      body: { amount: 1, currency: 'VND', ...canaries },
    });
    await api.call('POST', '/v1/invoices', { body: { amount: -1, ...canaries } });
    await api.call('GET', '/v1/payment_services?currency=canary-query');
    await api.call('POST', `/webhooks/bazaar/${api.merchant.account}`, {
      key: null,
      body: { event: 'canary-event' },
      headers: { 'X-Secret': WEBHOOK_SECRET },
    });
    const broken = jest.spyOn(api.dependencies.pool, 'query').mockImplementation(() => {
      throw Object.assign(new Error('refused'), {
        detail: 'Failing row contains (canary-row)',
        headers: { a: 'canary-header' },
      });
    });
    await api.call('GET', '/v1/payments/pay_01jd0000000000000000000000');
    broken.mockRestore();

    const lines = api.log.slice(from);
    const all = lines.join('');
    expect(all.toLowerCase()).not.toContain('canary');
    expect(all).not.toContain('84900000001');
    expect(all).not.toContain(api.merchant.key.slice(38));
    const requests = lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
    expect(requests).toHaveLength(5);
    expect(requests[0]).toMatchObject({
      request_id: made.headers.get('request-id'),
      method: 'POST',
      route: '/v1/invoices',
      status: 201,
      ms: expect.any(Number),
      merchant_id: api.merchant.id,
      invoice_id: made.json.id,
    });
  });
});

describe('GET /v1/payment_services', () => {
  it('lists what is linked, with its limits', async () => {
    const { status, json } = await api.call('GET', '/v1/payment_services');
    expect(status).toBe(200);
    expect(json).toMatchObject({
      object: 'list',
      data: [
        {
          id: 'bazaar.qr',
          provider: 'bazaar',
          method: 'qr',
          title: 'Bazaar QR',
          flow: 'qr_code',
          provider_account: api.merchant.account,
          currencies: [
            { currency: 'VND', min: 10_000, max: 50_000_000, step: 1 },
            { currency: 'IQD', min: 250_000, max: 5_000_000_000, step: 1000 },
          ],
          lifetime_s: 1800,
          available: true,
          unavailable_reason: null,
        },
        { id: 'bazaar.phone', requires: ['customer.phone', 'customer.name'] },
      ],
    });
  });

  it('says for an invoice, or an amount, which are available and why not', async () => {
    const reasons = async (query: string): Promise<unknown> =>
      (
        (await api.call('GET', `/v1/payment_services?${query}`)).json.data as {
          unavailable_reason: unknown;
        }[]
      ).map(({ unavailable_reason }) => unavailable_reason);
    const invoice = await newInvoice({ amount: 5_000 });
    const tooSmall = { code: 'amount_too_small', detail: 'bazaar.qr takes at least VND 10,000' };
    expect(await reasons(`invoice=${invoice}`)).toEqual([tooSmall, null]);
    expect(await reasons('currency=VND&amount=5000')).toEqual([tooSmall, null]);
    expect(await reasons('currency=IQD&amount=250500')).toMatchObject([
      { code: 'amount_not_representable' },
      { code: 'currency_not_supported' },
    ]);
    await api.pool.query(`update invoices set status = 'paid' where id = $1`, [invoice]);
    expect(await reasons(`invoice=${invoice}`)).toMatchObject([
      { code: 'invoice_not_payable' },
      { code: 'invoice_not_payable' },
    ]);
  });

  it.each([
    ['amount=1e3&currency=VND', '?amount', 'invalid_format'],
    ['amount=1000', '?currency', 'required'],
    ['currency=VND&currency=XAF', '?currency', 'repeated'],
    ['curency=VND', '?curency', 'unknown_field'],
    ['invoice=inv_01jd0000000000000000000000&currency=VND', '?invoice', 'conflict'],
  ])('refuses ?%s', async (query, pointer, code) => {
    expect(await api.call('GET', `/v1/payment_services?${query}`)).toMatchObject({
      status: 422,
      json: { errors: [{ pointer, code }] },
    });
  });
});

describe('POST /v1/invoices/{id}/test_clock', () => {
  it("moves the clock of the invoice's workflow", async () => {
    const id = await newInvoice();
    const { status, json } = await api.call('POST', `/v1/invoices/${id}/test_clock`, {
      body: { advance_s: 86_400 },
    });
    expect(status).toBe(200);
    expect(json).toMatchObject({ advanced_s: 86_400, settled: true, invoice: { id } });
    expect(jumps).toContainEqual({ workflow: `invoice/${id}`, by_ms: 86_400_000 });
  });

  it('is for the sandbox only, up to 90 days, and only while something is in flight', async () => {
    const id = await newInvoice();
    const path = `/v1/invoices/${id}/test_clock`;
    const live = await api.addMerchant('live');
    expect(await api.call('POST', path, { key: live.key, body: { advance_s: 60 } })).toMatchObject({
      status: 403,
      json: { code: 'sandbox_only' },
    });
    expect(await api.call('POST', path, { body: { advance_s: 91 * 86_400 } })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/advance_s', code: 'too_large' }] },
    });
    expect(await api.call('POST', path, { body: { advance_s: 1 } })).toMatchObject({
      status: 409,
      json: { code: 'invoice_not_in_flight' },
    });
  });

  it('says so where the engine does not let clocks be moved', async () => {
    const path = `/v1/invoices/${await newInvoice()}/test_clock`;
    refusal = Object.assign(new Error('not enabled'), { code: 12 });
    const { status, json } = await api.call('POST', path, { body: { advance_s: 60 } });
    refusal = null;
    expect({ status, code: json.code }).toEqual({ status: 501, code: 'test_clock_unavailable' });
    expect(json.detail).toContain('frontend.WorkflowTimeSkippingEnabled=true');
  });
});

describe('GET /qr/{payment}', () => {
  it('draws the code as SVG and PNG for pages of others, cacheable until the payment expires', async () => {
    const made = await api.call('POST', `/v1/invoices/${await newInvoice()}/payments`, {
      body: { payment_service: 'bazaar.qr' },
    });
    const id = String(made.json.id);
    const svg = await api.call('GET', `/qr/${id}.svg`, { key: null });
    expect(svg).toMatchObject({ status: 200 });
    expect(svg.headers.get('content-type')).toBe('image/svg+xml; charset=utf-8');
    expect(svg.text).toMatch(/^<svg/);
    expect(svg.headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    const [, seconds] = /^public, max-age=(\d+)$/.exec(svg.headers.get('cache-control') ?? '') ?? [];
    expect(Number(seconds)).toBeGreaterThan(1700);
    expect(Number(seconds)).toBeLessThanOrEqual(1800);
    const png = await api.call('GET', `/qr/${id}.png`, { key: null });
    expect(png.headers.get('content-type')).toBe('image/png');
    expect(png.text.slice(1, 4)).toBe('PNG');
    await api.pool.query(`update payments set status = 'expired' where id = $1`, [id]);
    expect((await api.call('GET', `/qr/${id}.svg`, { key: null })).status).toBe(404);
  });

  it('is the picture of a provider that draws its own, and only as what it is', async () => {
    const made = await api.call('POST', `/v1/invoices/${await newInvoice()}/payments`, {
      body: { payment_service: 'bazaar.qr' },
    });
    const id = String(made.json.id);
    const picture = Buffer.from('89504e470d0a1a0a', 'hex');
    const action = { type: 'qr_code', qr_image: `data:image/png;base64,${picture.toString('base64')}` };
    await api.pool.query('update payments set next_action = $2 where id = $1', [id, action]);
    const shown = await api.call('GET', `/v1/payments/${id}`);
    expect(shown.json.next_action).toMatchObject({ qr: { png_url: `${api.url}/qr/${id}.png` } });
    const png = await fetch(`${api.url}/qr/${id}.png`);
    expect([png.status, png.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(Buffer.from(await png.arrayBuffer())).toEqual(picture);
    expect((await fetch(`${api.url}/qr/${id}.svg`)).status).toBe(404);
  });

  it('knows no other payments and formats', async () => {
    for (const file of [
      'pay_01jd0000000000000000000000.svg',
      'x.svg',
      'pay_01jd0000000000000000000000.gif',
    ]) {
      expect((await api.call('GET', `/qr/${file}`, { key: null })).status).toBe(404);
    }
  });
});

describe('health', () => {
  it('is up without a key, and ready only when every check passes', async () => {
    expect(await api.call('GET', '/healthz', { key: null })).toMatchObject({
      status: 200,
      json: { status: 'ok' },
    });
    expect(await api.call('GET', '/readyz', { key: null })).toMatchObject({
      status: 200,
      json: {
        status: 'ready',
        checks: [{ name: 'database', ok: true, ms: expect.any(Number) }, { ok: true }],
      },
    });
    workers = false;
    expect(await api.call('GET', '/readyz', { key: null })).toMatchObject({
      status: 503,
      json: {
        status: 'not_ready',
        checks: [{ ok: true }, { name: 'workers', ok: false, error: 'no worker polls the task queue' }],
      },
    });
    workers = true;
  });
});

it.each(['/v1/merchant', '/v1/routing', '/v1/api_keys/key_01jd0000000000000000000000'])(
  '%s takes no parameters, and says so',
  async (path) => {
    expect(await api.call('GET', `${path}?format=csv`)).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '?format', code: 'unknown_field', expected: 'none at all' }] },
    });
  },
);

describe('the error catalogue', () => {
  it('is where the type of every problem leads', async () => {
    const { json } = await api.call('GET', '/v1/nothing');
    const [page = '', code = ''] = String(json.type).split('#');
    const response = await fetch(page);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain(`id="${code}"`);
  });
});
