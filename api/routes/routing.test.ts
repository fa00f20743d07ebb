import { createProviderAccount } from '../../db/merchants.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type Answer, type TestApi } from '../testing/api.ts';
import { answerPayment } from '../testing/gateway.ts';

const QR = 'bazaar.qr';
const PHONE = 'bazaar.phone';
const UNAVAILABLE = { kind: 'unavailable', code: 'http_503', message: 'the bazaar is closed' };

let api: TestApi;
let usual: TestApi['gateway']['onPayment'];
beforeAll(async () => {
  api = await startTestApi();
  usual = api.gateway.onPayment;
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
afterEach(async () => {
  api.gateway.onPayment = usual;
  await api.pool.query('delete from routings');
});

const put = (rules: unknown, more: object = {}): Promise<Answer> =>
  api.call('PUT', '/v1/routing', { body: { rules, ...more } });
const rule = (more: object = {}, ...services: string[]) => ({
  currency: 'VND',
  services: (services.length === 0 ? [QR, PHONE] : services).map((payment_service) => ({ payment_service })),
  ...more,
});
const customer = { name: 'Lan', phone: '+84901234567' };
const newInvoice = async (fields: object = {}): Promise<string> => {
  const body = { amount: 150_000, currency: 'VND', customer, ...fields };
  return String((await api.call('POST', '/v1/invoices', { body })).json['id']);
};
const pay = (invoice: string, body: object = {}, key?: string): Promise<Answer> =>
  api.call('POST', `/v1/invoices/${invoice}/payments`, {
    body,
    ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }),
  });
const attempts = async (invoice: string) => {
  const { json } = await api.call('GET', `/v1/invoices/${invoice}`);
  return json['payments'] as { id: string; payment_service: string; status: string; routing: object }[];
};

describe('PUT /v1/routing', () => {
  it('replaces the rules, which are read as they are stored, and counts the revisions', async () => {
    expect((await api.call('GET', '/v1/routing')).json).toEqual({
      object: 'routing',
      mode: 'sandbox',
      revision: 0,
      rules: [],
      updated_at: null,
    });
    const stored = await put([
      rule({
        name: 'large',
        amount_gte: 1_000_000,
        countries: ['VN'],
        strategy: 'weighted',
        fallback: false,
      }),
      rule(),
    ]);
    expect(stored).toMatchObject({
      status: 200,
      json: {
        revision: 1,
        rules: [
          { name: 'large', amount_gte: 1_000_000, amount_lte: null, countries: ['VN'], fallback: false },
          { name: null, strategy: 'in_order', fallback: true, services: [{ weight: 1 }, { weight: 1 }] },
        ],
      },
    });
    expect((await api.call('GET', '/v1/routing')).json).toEqual(stored.json);
    // What was read can be sent back.
    const { rules, revision } = stored.json;
    expect(await put(rules, { revision })).toMatchObject({ status: 200, json: { revision: 2, rules } });
  });

  it('loses no change of somebody else', async () => {
    await put([rule()]);
    expect(await put([], { revision: 1 })).toMatchObject({ status: 200, json: { revision: 2, rules: [] } });
    expect(await put([rule()], { revision: 1 })).toMatchObject({
      status: 409,
      json: { code: 'routing_changed' },
    });
    expect(await put([rule()], { revision: 0 })).toMatchObject({ status: 409 });
  });

  it('belongs to one merchant and mode', async () => {
    await put([rule()]);
    for (const mode of ['sandbox', 'live'] as const) {
      const { key } = await api.addMerchant(mode);
      expect((await api.call('GET', '/v1/routing', { key })).json).toMatchObject({ mode, rules: [] });
    }
  });

  it.each([
    ['no rules', undefined, '/rules', 'required'],
    ['another currency', [rule({ currency: 'vnd' })], '/rules/0/currency', 'unknown_currency'],
    [
      'a currency that it does not take',
      [rule({ currency: 'XAF' }, QR)],
      '/rules/0/services/0/payment_service',
      'currency_not_supported',
    ],
    [
      'a range above all that it takes',
      [rule({ amount_gte: 99_999_999_999_999 }, QR)],
      '/rules/0/services/0/payment_service',
      'amount_too_large',
    ],
    ['no services', [{ currency: 'VND', services: [] }], '/rules/0/services', 'too_short'],
    [
      'an unknown service',
      [rule({}, 'bazaar.qrr')],
      '/rules/0/services/0/payment_service',
      'unknown_payment_service',
    ],
    ['the same one twice', [rule({}, QR, QR)], '/rules/0/services/1', 'duplicate'],
    ['an empty range', [rule({ amount_gte: 5, amount_lte: 4 })], '/rules/0/amount_lte', 'conflict'],
    ['no country', [rule({ countries: ['UK'] })], '/rules/0/countries/0', 'unknown_country'],
    ['a country twice', [rule({ countries: ['VN', 'VN'] })], '/rules/0/countries/1', 'duplicate'],
    ['no strategy', [rule({ strategy: 'weigted' })], '/rules/0/strategy', 'unknown_strategy'],
    ['a rule behind one that takes all', [rule(), rule({ amount_gte: 5 })], '/rules/1', 'unreachable'],
    ['an unknown field', [rule({ amount: 5 })], '/rules/0/amount', 'unknown_field'],
    [
      'weights of nothing',
      [{ currency: 'VND', strategy: 'weighted', services: [{ payment_service: QR, weight: 0 }] }],
      '/rules/0/services',
      'no_weight',
    ],
    [
      'a negative weight',
      [{ currency: 'VND', services: [{ payment_service: QR, weight: -1 }] }],
      '/rules/0/services/0/weight',
      'not_positive',
    ],
    [
      'an account of nobody',
      [{ currency: 'VND', services: [{ payment_service: QR, provider_account: 'pacc_x' }] }],
      '/rules/0/services/0/provider_account',
      'unknown_account',
    ],
  ])('refuses %s, names the field, and stores nothing', async (_what, rules, pointer, code) => {
    const { status, json } = await put(rules);
    expect(status).toBe(422);
    expect(json['errors']).toContainEqual({
      pointer,
      code,
      detail: expect.any(String),
      expected: expect.any(String),
    });
    expect((await api.call('GET', '/v1/routing')).json['revision']).toBe(0);
  });
});

describe('a payment without a payment_service', () => {
  it('is refused when no rule could pick one, and when none matches', async () => {
    const invoice = await newInvoice();
    const REFUSED = { status: 422, json: { errors: [{ pointer: '/payment_service', code: 'required' }] } };
    expect(await pay(invoice)).toMatchObject(REFUSED);
    await put([rule({ amount_gte: 150_001 }), rule({ countries: ['IQ'] })]);
    expect(await pay(invoice)).toMatchObject(REFUSED);
    expect(await pay(invoice, { provider_account: api.merchant.account })).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/provider_account', code: 'conflict' }] },
    });
  });

  it('takes the first rule that matches amount and country, by the bounds themselves too', async () => {
    await put([
      rule({ name: 'small', amount_lte: 100_000 }, PHONE),
      rule({ name: 'Iraq', countries: ['IQ'] }, PHONE),
      rule({ name: 'rest' }, QR),
    ]);
    const nameOf = async (fields: object, body: object = {}) =>
      (await pay(await newInvoice(fields), body)).json['routing'];
    expect(await nameOf({ amount: 100_000 })).toMatchObject({ rule: { index: 0, name: 'small' } });
    expect(await nameOf({ amount: 100_001 })).toMatchObject({ rule: { index: 2, name: 'rest' } });
    expect(await nameOf({ customer: { ...customer, country: 'IQ' } })).toMatchObject({
      rule: { name: 'Iraq' },
    });
    expect(await nameOf({}, { customer: { country: 'IQ' } })).toMatchObject({ rule: { name: 'Iraq' } });
    expect(await nameOf({}, { amount: 50_000 })).toMatchObject({ rule: { name: 'small' } });
  });

  it('passes over what cannot take it, and says why', async () => {
    await put([rule()]);
    const small = await pay(await newInvoice({ amount: 5_000 }));
    expect(small.json).toMatchObject({
      payment_service: PHONE,
      routing: { attempt: 1, skipped: [{ payment_service: QR, code: 'amount_too_small' }] },
    });
    await put([rule({}, PHONE, QR)]);
    const nameless = await pay(await newInvoice({ customer: {} }));
    expect(nameless.json).toMatchObject({
      payment_service: QR,
      routing: { skipped: [{ payment_service: PHONE, code: 'required' }] },
    });
    expect(await pay(await newInvoice({ customer: {}, amount: 5_000 }))).toMatchObject({
      status: 422,
      json: {
        errors: [
          { pointer: '/payment_service', code: 'required' },
          { pointer: '/payment_service', code: 'amount_too_small' },
        ],
      },
    });
  });

  it('passes over a disabled account', async () => {
    const other = await createProviderAccount(api.pool, api.sealer, {
      merchant_id: api.merchant.id,
      mode: 'sandbox',
      provider: 'bazaar',
      label: 'second',
      base_url: 'http://127.0.0.1:9',
      credentials: { secret: 'x' },
    });
    const services = [other, api.merchant.account].map((provider_account) => ({
      payment_service: QR,
      provider_account,
    }));
    expect((await put([{ currency: 'VND', services }])).status).toBe(200);
    expect((await pay(await newInvoice())).json['provider_account']).toBe(other);
    await api.pool.query('update provider_accounts set enabled = false where id = $1', [other]);
    expect((await pay(await newInvoice())).json).toMatchObject({
      provider_account: api.merchant.account,
      routing: { skipped: [{ provider_account: other, code: 'account_disabled' }] },
    });
  });

  it('draws by weight, and a service without weight only replaces others', async () => {
    const services = [
      { payment_service: QR, weight: 0 },
      { payment_service: PHONE, weight: 3 },
    ];
    await put([{ currency: 'VND', strategy: 'weighted', services }]);
    for (let time = 0; time < 5; time += 1) {
      const { json } = await pay(await newInvoice());
      expect(json).toMatchObject({
        payment_service: PHONE,
        routing: { reason: 'drawn by its weight, 3 of 3' },
      });
    }
  });

  it('takes the service that does best, as it is shown at the services and at the account', async () => {
    const measure = (method: string, paid: number) =>
      api.pool.query(
        `insert into service_performance (account_id, method, measured_at, payments, failures, calls)
         values ($1, $2, now(), $3, '{"declined": 3}', '{"count": 9, "failed": 1, "p50_ms": 80, "p95_ms": 300}')`,
        [
          api.merchant.account,
          method,
          JSON.stringify({ requested: 110, created: 105, paid, ended: 100, open: 10 }),
        ],
      );
    await measure('qr', 60);
    await measure('phone', 90);
    await put([rule({ strategy: 'success_rate' })]);
    expect((await pay(await newInvoice())).json).toMatchObject({
      payment_service: PHONE,
      routing: { strategy: 'success_rate', reason: 'by success rate, 90 of 100 payments paid' },
    });
    const performance = {
      window_s: 3600,
      payments: { requested: 110, ended: 100 },
      creation_rate: 0.9545,
      success_rate: 0.9,
      failures: { declined: 3 },
      calls: { p50_ms: 80, p95_ms: 300 },
    };
    const { json } = await api.call('GET', '/v1/payment_services');
    const data = json['data'] as { provider_account: string }[];
    expect(data.filter(({ provider_account }) => provider_account === api.merchant.account)).toMatchObject([
      { id: QR, performance: { success_rate: 0.6 } },
      { id: PHONE, performance },
    ]);
    const account = await api.call('GET', `/v1/provider_accounts/${api.merchant.account}`);
    expect(account.json['performance']).toContainEqual(
      expect.objectContaining({ payment_service: PHONE, success_rate: 0.9 }),
    );
    await api.pool.query('delete from service_performance');
  });

  it('takes the service whose calls are answered soonest', async () => {
    const measure = (method: string, p50_ms: number) =>
      api.pool.query(
        `insert into service_performance (account_id, method, measured_at, payments, failures, calls)
         values ($1, $2, now(), '{"requested": 9, "created": 9, "paid": 9, "ended": 9, "open": 0}', '{}', $3)`,
        [api.merchant.account, method, JSON.stringify({ count: 9, failed: 0, p50_ms, p95_ms: p50_ms })],
      );
    await measure('qr', 900);
    await measure('phone', 120);
    await put([rule({ strategy: 'latency' })]);
    expect((await pay(await newInvoice())).json).toMatchObject({
      payment_service: PHONE,
      routing: { strategy: 'latency', reason: 'by latency, calls take 120 ms' },
    });
    await api.pool.query('delete from service_performance');
  });

  it('falls back once for each service while nothing happened, and each attempt knows the one before', async () => {
    await put([rule()]);
    const invoice = await newInvoice();
    api.gateway.onPayment = (id) => answerPayment(api.pool, id, { status: 'failed', failure: UNAVAILABLE });
    const refused = await pay(invoice, {}, 'both-down');
    expect(refused).toMatchObject({ status: 503, json: { code: 'provider_unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('5');
    const [first, second, ...more] = await attempts(invoice);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ payment_service: QR, routing: { attempt: 1, fallback_of: null } });
    expect(second).toMatchObject({ payment_service: PHONE, routing: { attempt: 2, fallback_of: first?.id } });
  });

  it('does not fall back where the rule forbids it', async () => {
    await put([rule({ fallback: false })]);
    const invoice = await newInvoice();
    api.gateway.onPayment = (id) => answerPayment(api.pool, id, { status: 'failed', failure: UNAVAILABLE });
    expect((await pay(invoice)).status).toBe(503);
    expect(await attempts(invoice)).toHaveLength(1);
  });

  it.each([
    ['declined', 402],
    ['invalid_request', 422],
    ['bad_credentials', 502],
    ['unknown_outcome', 422],
  ])('does not fall back from %s', async (kind, status) => {
    await put([rule()]);
    const invoice = await newInvoice();
    api.gateway.onPayment = (id) =>
      answerPayment(api.pool, id, { status: 'failed', failure: { ...UNAVAILABLE, kind } });
    expect((await pay(invoice)).status).toBe(status);
    expect(await attempts(invoice)).toHaveLength(1);
  });

  it('does not fall back from a call that was lost, even when it turned out to have had no effect', async () => {
    await put([rule()]);
    const invoice = await newInvoice();
    api.gateway.onPayment = (id) => answerPayment(api.pool, id, { status: 'unknown' });
    expect((await pay(invoice, {}, 'lost')).status).toBe(202);
    const failure = { ...UNAVAILABLE, code: 'never_created' };
    api.gateway.onPayment = (id) => answerPayment(api.pool, id, { status: 'failed', failure });
    expect((await pay(invoice, {}, 'lost')).status).toBe(503);
    expect(await attempts(invoice)).toHaveLength(1);
  });

  it('goes on with the next service where a request broke off between two attempts', async () => {
    await put([rule()]);
    const invoice = await newInvoice();
    api.gateway.onPayment = async (id) => {
      await answerPayment(api.pool, id, { status: 'failed', failure: UNAVAILABLE });
      throw new Error('the power fails');
    };
    expect((await pay(invoice, {}, 'broken-off')).status).toBe(500);
    api.gateway.onPayment = async (id) =>
      id === (await attempts(invoice))[0]?.id ? { outcome: 'answered' } : usual(id);
    // Two at once: one goes on, the other is told to wait or gets what the first one got.
    const both = await Promise.all([pay(invoice, {}, 'broken-off'), pay(invoice, {}, 'broken-off')]);
    const made = both.filter(({ status }) => status === 201);
    expect(made.length).toBeGreaterThan(0);
    for (const { json } of made) expect(json).toMatchObject({ payment_service: PHONE });
    expect((await attempts(invoice)).map(({ status }) => status)).toEqual(['failed', 'pending']);
    const again = await pay(invoice, {}, 'broken-off');
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.json).toEqual(made[0]?.json);
  });
});

describe('POST /v1/routing/preview', () => {
  const preview = (body: object): Promise<Answer> => api.call('POST', '/v1/routing/preview', { body });

  it('says what a payment would take, in order, and what it would not', async () => {
    await put([rule({ name: 'all' })]);
    expect(await preview({ currency: 'VND', amount: 5_000, customer })).toMatchObject({
      status: 200,
      json: {
        object: 'routing_preview',
        revision: 1,
        rule: { index: 0, name: 'all' },
        services: [{ payment_service: PHONE, provider_account: api.merchant.account }],
        skipped: [{ payment_service: QR, code: 'amount_too_small' }],
      },
    });
    expect((await api.pool.query(`select from payments where routing->>'rule_name' = 'all'`)).rowCount).toBe(
      0,
    );
    expect((await preview({ currency: 'IQD', amount: 5_000 })).status).toBe(422);
  });
});

it('the audit trail says which key changed the rules, and to what', async () => {
  await put([rule()]);
  const { json } = await api.call('GET', '/v1/audit_entries?action=routing.changed');
  const [latest] = json['data'] as { actor: { type: string }; object_id: string; details: object }[];
  expect(latest).toMatchObject({ actor: { type: 'api_key' }, details: { rules: [{ currency: 'VND' }] } });
});
