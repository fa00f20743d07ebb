import { createApiKey } from '../../db/api-keys.ts';
import { SCOPES, type Scope } from '../../domain/scopes.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { OPERATOR_KEY, PEPPER, startTestApi, type Answer, type TestApi } from '../testing/api.ts';

let api: TestApi;
/** Milliseconds that the API's clock is ahead. */
let ahead = 0;
beforeAll(async () => {
  api = await startTestApi({ now: () => Date.now() + ahead });
}, ENGINES_TIMEOUT_MS);
afterEach(() => {
  ahead = 0;
});
afterAll(() => api.stop());

const create = (body: object, key = api.merchant.key, headers = {}): Promise<Answer> =>
  api.call('POST', '/v1/api_keys', { key, body, headers });
const keyWith = async (...scopes: Scope[]): Promise<string> => {
  const label = `only ${scopes.join(' ')} ${Math.random()}`;
  const { key } = await createApiKey(api.pool, {
    merchant_id: api.merchant.id,
    mode: 'sandbox',
    label,
    pepper: PEPPER,
    scopes,
  });
  return key;
};
const works = async (key: unknown): Promise<boolean> =>
  (await api.call('GET', '/v1/payment_services', { key: String(key) })).status === 200;

describe('an API key', () => {
  it('is made with some scopes, and its secret is shown this one time', async () => {
    const made = await create({ label: 'reports', scopes: ['read'] });
    expect(made).toMatchObject({
      status: 201,
      json: { object: 'api_key', mode: 'sandbox', label: 'reports', scopes: ['read'], status: 'active' },
    });
    const { id, secret, prefix } = made.json;
    expect(secret).toMatch(/^sk_sandbox_[0-9a-z]{26}_[\w-]{43}$/);
    expect(String(secret).startsWith(`${String(prefix)}_`)).toBe(true);
    expect(made.headers.get('location')).toBe(`/v1/api_keys/${String(id)}`);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(await works(secret)).toBe(true);
    for (const path of [`/v1/api_keys/${String(id)}`, '/v1/api_keys']) {
      const { text } = await api.call('GET', path);
      expect(text).toContain(String(id));
      expect(text).not.toContain(String(secret).slice(-43));
    }
    expect(api.log.join('\n')).not.toContain(String(secret).slice(-43));
    const { rows } = await api.pool.query<{ row: string }>('select api_keys::text as row from api_keys');
    expect(JSON.stringify(rows)).not.toContain(String(secret).slice(-43));
  });

  it.each([
    ['read', 'GET', '/v1/invoices'],
    ['create', 'POST', '/v1/invoices'],
    ['capture', 'POST', '/v1/payments/pay_01jd0000000000000000000000/capture'],
    ['refund', 'POST', '/v1/refunds'],
    ['admin', 'PATCH', '/v1/merchant'],
  ] as const)('without the scope %s is refused with 403: %s %s', async (scope, method, path) => {
    const others = SCOPES.filter((other) => other !== scope);
    const answer = await api.call(method, path, { key: await keyWith(...others) });
    expect(answer).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
    expect(answer.json.detail).toContain(`"${scope}"`);
    expect(answer.headers.get('www-authenticate')).toContain(`scope="${scope}"`);
    expect((await api.call(method, path, { key: await keyWith(scope) })).status).not.toBe(403);
  });

  it('hands out no scope that it does not have itself', async () => {
    const key = await keyWith('admin', 'read');
    const granted = await create({ label: 'more', scopes: ['read', 'refund'] }, key);
    expect(granted).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
    expect(granted.json.detail).toMatch(/scope "refund"$/);
    expect((await create({ label: 'the same' }, key)).json.scopes).toEqual(['read', 'admin']);
    const strong = (await create({ label: 'strong' })).json;
    const path = `/v1/api_keys/${String(strong.id)}`;
    expect(await api.call('POST', `${path}/rotate`, { key, body: {} })).toMatchObject({ status: 403 });
    const weaker = await api.call('PATCH', path, { key, body: { scopes: ['read', 'refund'] } });
    expect(weaker).toMatchObject({ status: 200, json: { scopes: ['read', 'refund'] } });
    const back = await api.call('PATCH', path, { key, body: { scopes: ['read', 'create'] } });
    expect(back).toMatchObject({ status: 403 });
  });

  it('is one of two of its label at most, also when twenty are asked for at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => create({ label: 'crowd' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(answers.find(({ status }) => status !== 201)).toMatchObject({
      status: 409,
      json: { code: 'too_many_api_keys' },
    });
    const other = await create({ label: 'lonely' });
    const moved = await api.call('PATCH', `/v1/api_keys/${String(other.json.id)}`, {
      body: { label: 'crowd' },
    });
    expect(moved).toMatchObject({ status: 409, json: { code: 'too_many_api_keys' } });
  });

  it('is replaced: both work for an overlap, then the new one alone', async () => {
    const old = (await create({ label: 'shop', scopes: ['read', 'create'] })).json;
    const path = `/v1/api_keys/${String(old.id)}`;
    const rotated = await api.call('POST', `${path}/rotate`, { body: { overlap_s: 3600 } });
    expect(rotated).toMatchObject({
      status: 201,
      json: { label: 'shop', scopes: ['read', 'create'], replaces: old.id, expires_at: null },
    });
    expect([await works(old.secret), await works(rotated.json.secret)]).toEqual([true, true]);
    expect((await api.call('GET', path)).json.status).toBe('active');
    ahead = 3_601_000;
    expect([await works(old.secret), await works(rotated.json.secret)]).toEqual([false, true]);
    expect((await api.call('GET', path)).json.status).toBe('expired');
  });

  it('is replaced at once with an overlap of nothing, also when there are two', async () => {
    const [first, second] = [(await create({ label: 'twin' })).json, (await create({ label: 'twin' })).json];
    const full = await api.call('POST', `/v1/api_keys/${String(first.id)}/rotate`, { body: {} });
    expect(full).toMatchObject({ status: 409, json: { code: 'too_many_api_keys' } });
    const now = await api.call('POST', `/v1/api_keys/${String(first.id)}/rotate`, { body: { overlap_s: 0 } });
    expect(now.status).toBe(201);
    expect(await works(first.secret)).toBe(false);
    expect(await works(second.secret)).toBe(true);
    const again = await api.call('POST', `/v1/api_keys/${String(first.id)}/rotate`, { body: {} });
    expect(again).toMatchObject({ status: 409, json: { code: 'api_key_ended' } });
  });

  it('ends at once when it is revoked, and stays revoked', async () => {
    const { id, secret } = (await create({ label: 'gone' })).json;
    expect(await works(secret)).toBe(true);
    const revoke = () => api.call('POST', `/v1/api_keys/${String(id)}/revoke`);
    const first = await revoke();
    expect(first).toMatchObject({ status: 200, json: { status: 'revoked' } });
    expect(await works(secret)).toBe(false);
    expect((await revoke()).json.revoked_at).toBe(first.json.revoked_at);
    const changed = await api.call('PATCH', `/v1/api_keys/${String(id)}`, { body: { label: 'back' } });
    expect(changed).toMatchObject({ status: 409, json: { code: 'api_key_ended' } });
  });

  it('ends when it expires', async () => {
    const expires_at = new Date(Date.now() + 120_000).toISOString();
    const { secret } = (await create({ label: 'short', expires_at })).json;
    expect(await works(secret)).toBe(true);
    ahead = 121_000;
    expect(await works(secret)).toBe(false);
  });

  it('is made once however often the request is repeated, and a repetition shows no secret', async () => {
    const headers = { 'Idempotency-Key': 'one key' };
    const answers = await Promise.all([1, 2, 3].map(() => create({ label: 'once' }, undefined, headers)));
    expect(new Set(answers.map(({ json }) => json.id)).size).toBe(1);
    expect(answers.filter(({ json }) => json.secret !== null)).toHaveLength(1);
    const late = await create({ label: 'once' }, undefined, headers);
    expect(late.headers.get('idempotent-replayed')).toBe('true');
    const shown = answers.map(({ json }) => String(json.secret)).find((secret) => secret.startsWith('sk_'));
    const { rows } = await api.pool.query('select from idempotency_keys where answer_body::text like $1', [
      `%${shown?.slice(-43)}%`,
    ]);
    expect(rows).toEqual([]);
  });

  it('says when it was used last, a while later', async () => {
    const { id, secret } = (await create({ label: 'used' })).json;
    const read = async () => (await api.call('GET', `/v1/api_keys/${String(id)}`)).json.last_used_at;
    await api.keyUses.flush();
    expect(await read()).toBeNull();
    expect(await works(secret)).toBe(true);
    expect(await read()).toBeNull();
    await api.keyUses.flush();
    expect(Date.parse(String(await read()))).toBeGreaterThan(Date.now() - 60_000);
  });

  it.each([
    [{ scopes: [] }, '/scopes', 'too_short'],
    [{ scopes: ['read', 'write'] }, '/scopes', 'unknown_scope'],
    [{ scopes: ['read', 'read'] }, '/scopes', 'repeated'],
    [{ scopes: 'read' }, '/scopes', 'invalid_type'],
    [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at', 'too_early'],
    [{ label: '' }, '/label', 'too_short'],
    [{ mode: 'live' }, '/mode', 'unknown_field'],
  ])('is not made of %j', async (body, pointer, code) => {
    const answer = await create(body);
    expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer, code }] } });
  });
});

describe('an operator', () => {
  const call = (method: string, path: string, body?: object, headers = {}): Promise<Answer> =>
    api.call(method, path, { key: OPERATOR_KEY, headers, ...(body ? { body } : {}) });

  it('makes merchants and their first keys, live and sandbox apart', async () => {
    const merchant = await call('POST', '/v1/merchants', { name: 'Bazaar Ltd' });
    expect(merchant).toMatchObject({
      status: 201,
      json: { object: 'merchant', name: 'Bazaar Ltd', branding: {} },
    });
    const id = String(merchant.json.id);
    expect((await call('GET', `/v1/merchants/${id}`)).json).toEqual(merchant.json);
    const live = await call('POST', `/v1/merchants/${id}/api_keys`, { mode: 'live' });
    const sandbox = await call('POST', `/v1/merchants/${id}/api_keys`, { mode: 'sandbox', scopes: ['read'] });
    expect(live.json).toMatchObject({ merchant: id, mode: 'live', scopes: [...SCOPES] });
    const seen = await api.call('GET', '/v1/api_keys', { key: String(live.json.secret) });
    expect((seen.json.data as { id: string }[]).map((key) => key.id)).toEqual([live.json.id]);
    expect(await works(sandbox.json.secret)).toBe(true);
  });

  it('makes a merchant once with one Idempotency-Key', async () => {
    const headers = { 'Idempotency-Key': 'merchant-1' };
    const names = ['Once', 'Once', 'Once'];
    const made = await Promise.all(names.map((name) => call('POST', '/v1/merchants', { name }, headers)));
    expect(new Set(made.map(({ json }) => json.id)).size).toBe(1);
    const other = await call('POST', '/v1/merchants', { name: 'Other' }, headers);
    expect(other).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
  });

  it('lists merchants in pages', async () => {
    for (const name of ['Page A', 'Page B', 'Page A']) await call('POST', '/v1/merchants', { name });
    const first = await call('GET', '/v1/merchants?name=Page%20A&limit=1');
    expect(first.json).toMatchObject({ object: 'list', has_more: true, data: [{ name: 'Page A' }] });
    const [{ id } = { id: '' }] = first.json.data as { id: string }[];
    const second = await call('GET', `/v1/merchants?name=Page%20A&limit=1&starting_after=${id}`);
    expect(second.json).toMatchObject({ has_more: false, data: [{ name: 'Page A' }] });
  });

  it('is nobody with another key, and no merchant with this one', async () => {
    for (const key of [null, `${OPERATOR_KEY}x`, 'sk_operator_', api.merchant.key])
      expect((await api.call('GET', '/v1/merchants', { key })).status).toBe(401);
    expect((await call('GET', '/v1/invoices')).status).toBe(401);
  });
});
