import { Webhook } from 'standardwebhooks';
import { openSecrets } from '../endpoint-secrets.ts';
import { newId } from '../../db/ids.ts';
import { ENDPOINTS_MAX, findEndpoint } from '../../db/webhook-endpoints.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type Answer, type TestApi, type TestMerchant } from '../testing/api.ts';

let api: TestApi;
let live: TestMerchant;
let other: TestMerchant;
beforeAll(async () => {
  api = await startTestApi();
  live = await api.addMerchant('live');
  other = await api.addMerchant();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const SHOP = 'https://shop.example.com/hooks?shop=7';
const create = (body: unknown, headers: Record<string, string> = {}, key?: string): Promise<Answer> =>
  api.call('POST', '/v1/webhook_endpoints', { body, headers, ...(key === undefined ? {} : { key }) });
const made = async (body: Record<string, unknown> = {}): Promise<string> => {
  const { status, json, text } = await create({ url: SHOP, ...body });
  if (status !== 201) throw new Error(text);
  return String(json.id);
};
const errorsOf = ({ json }: Answer) =>
  (json.errors as { pointer: string; code: string }[]).map(({ pointer, code }) => [pointer, code]);
const owner = () => ({ merchant_id: api.merchant.id, mode: 'sandbox' }) as const;
afterEach(() => api.pool.query('update webhook_endpoints set deleted_at = now()'));

describe('POST /v1/webhook_endpoints', () => {
  it('makes an endpoint for everything and shows its secret this once', async () => {
    const { status, json, headers } = await create({ url: SHOP });
    expect(status).toBe(201);
    const { id, secret, ...rest } = json;
    expect(rest).toMatchObject({
      object: 'webhook_endpoint',
      mode: 'sandbox',
      url: SHOP,
      description: null,
      event_types: ['*'],
      api_version: '2026-11-01',
      alias: null,
      enabled: true,
      disabled: null,
      failing: null,
      previous_secrets: [],
    });
    expect(headers.get('location')).toBe(`/v1/webhook_endpoints/${String(id)}`);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(() => new Webhook(String(secret))).not.toThrow();
    const { json: read } = await api.call('GET', `/v1/webhook_endpoints/${String(id)}`);
    expect(read).toEqual({ id, ...rest });
    expect((await api.call('GET', '/v1/webhook_endpoints')).json.data).toEqual([read]);
  });

  it('keeps the secret sealed: neither the database nor the log has it in plain text, repetitions show it all the same', async () => {
    const headers = { 'Idempotency-Key': 'make-1' };
    const first = await create({ url: SHOP }, headers);
    const secret = String(first.json.secret);
    const again = await create({ url: SHOP }, headers);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.json).toEqual(first.json);
    expect((await create({ url: `${SHOP}&x=1` }, headers)).json.code).toBe('idempotency_key_reused');
    const { rows } = await api.pool.query(
      `select e::text as row from webhook_endpoints e union all select k::text from idempotency_keys k`,
    );
    expect(JSON.stringify(rows)).not.toContain(secret.slice(6));
    expect(api.log.join('')).not.toContain(secret.slice(6));

    await api.call('POST', `/v1/webhook_endpoints/${String(first.json.id)}/rotate_secret`);
    expect((await create({ url: SHOP }, headers)).json.secret).toBeNull();
  });

  it.each([
    [{}, '/url', 'required'],
    [{ url: 7 }, '/url', 'invalid_type'],
    [{ url: 'ftp://shop.example.com' }, '/url', 'invalid_format'],
    [{ url: 'https://user:pw@shop.example.com' }, '/url', 'invalid_format'],
    [{ url: 'https://shop.example.com/#x' }, '/url', 'invalid_format'],
    [{ url: 'http://shop.example.com' }, '/url', 'https_required'],
    [{ url: 'https://10.0.0.7/' }, '/url', 'address_not_allowed'],
    [{ url: 'https://169.254.169.254/latest' }, '/url', 'address_not_allowed'],
    [{ url: 'https://[::ffff:10.0.0.1]/' }, '/url', 'address_not_allowed'],
    [{ url: 'https://0x0a.1/' }, '/url', 'address_not_allowed'],
    [{ url: 'https://db.internal/' }, '/url', 'address_not_allowed'],
    [{ url: SHOP, event_types: [] }, '/event_types', 'too_short'],
    [{ url: SHOP, event_types: ['invoice.payd'] }, '/event_types/0', 'unknown_type'],
    [{ url: SHOP, event_types: ['inv*'] }, '/event_types/0', 'unknown_type'],
    [{ url: SHOP, api_version: '2020-01-01' }, '/api_version', 'unknown_version'],
    [{ url: SHOP, alias: 'stripe' }, '/alias', 'unknown_alias'],
    [{ url: SHOP, secret: 'whsec_mine' }, '/secret', 'unknown_field'],
  ])('refuses %j and points to the field', async (body, pointer, code) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)).toEqual([[pointer, code]]);
  });

  it('takes loopback in the sandbox where the installation allows it, and never live', async () => {
    expect((await create({ url: 'http://127.0.0.1:4000/hooks' })).status).toBe(201);
    const refused = await create({ url: 'http://127.0.0.1:4000/hooks' }, {}, live.key);
    expect(errorsOf(refused)).toEqual([['/url', 'address_not_allowed']]);
    const plain = await create({ url: 'http://shop.example.com' }, {}, live.key);
    expect(errorsOf(plain)).toEqual([['/url', 'https_required']]);
  });

  it('allows as many as an event can be sent to', async () => {
    for (let count = 0; count < ENDPOINTS_MAX; count += 1) await made();
    const refused = await create({ url: SHOP }, { 'Idempotency-Key': 'one-more' });
    expect(refused).toMatchObject({ status: 409, json: { code: 'too_many_webhook_endpoints' } });
    await api.pool.query('update webhook_endpoints set deleted_at = now()');
    expect((await create({ url: SHOP }, { 'Idempotency-Key': 'one-more' })).status).toBe(201);
  });
});

describe('an endpoint', () => {
  it('is changed in what is given alone', async () => {
    const id = await made({ description: 'Orders', event_types: ['invoice.*'], alias: 'furatpay' });
    const path = `/v1/webhook_endpoints/${id}`;
    const changed = await api.call('PATCH', path, { body: { event_types: ['*', 'refund.*', '*'] } });
    expect(changed.json).toMatchObject({
      event_types: ['*', 'refund.*'],
      description: 'Orders',
      alias: 'furatpay',
    });
    const cleared = await api.call('PATCH', path, {
      body: { description: null, alias: null, enabled: false },
    });
    expect(cleared.json).toMatchObject({
      description: null,
      alias: null,
      enabled: false,
      disabled: { reason: 'requested' },
    });
    expect((await api.call('GET', '/v1/webhook_endpoints?enabled=true')).json.data).toEqual([]);
    const enabled = await api.call('PATCH', path, { body: { enabled: true } });
    expect(enabled.json).toMatchObject({ enabled: true, disabled: null });
    const wrong = await api.call('PATCH', path, { body: { url: 'http://10.0.0.1', enabled: 'yes' } });
    expect(errorsOf(wrong)).toEqual([
      ['/url', 'address_not_allowed'],
      ['/enabled', 'invalid_type'],
    ]);
  });

  it('is nobody else’s', async () => {
    const id = await made();
    const path = `/v1/webhook_endpoints/${id}`;
    for (const key of [other.key, live.key]) {
      for (const [method, where, body] of [
        ['GET', path, undefined],
        ['PATCH', path, {}],
        ['DELETE', path, undefined],
        ['POST', `${path}/rotate_secret`, {}],
        ['POST', `${path}/test`, {}],
        ['POST', `${path}/resend`, { since: '2026-01-01T00:00:00Z' }],
      ] as const) {
        const answer = await api.call(method, where, { body, key });
        expect([method, where, answer.status]).toEqual([method, where, 404]);
      }
    }
    expect((await api.call('GET', path)).status).toBe(200);
  });

  it('is gone when it is deleted', async () => {
    const id = await made();
    const path = `/v1/webhook_endpoints/${id}`;
    expect((await api.call('DELETE', path)).json).toEqual({ object: 'webhook_endpoint', id, deleted: true });
    for (const method of ['GET', 'DELETE']) expect((await api.call(method, path)).status).toBe(404);
    expect((await api.call('PUT', path)).headers.get('allow')).toBe('GET, HEAD, PATCH, DELETE');
  });
});

describe('POST /v1/webhook_endpoints/{id}/rotate_secret', () => {
  const rotate = (id: string, body: unknown = {}, headers = {}) =>
    api.call('POST', `/v1/webhook_endpoints/${id}/rotate_secret`, { body, headers });

  it('makes a new secret and keeps the old one for the overlap; 0 ends all of them', async () => {
    const id = await made();
    const first = await rotate(id);
    expect(first.json.previous_secrets).toHaveLength(1);
    const second = await rotate(id, { overlap_s: 60 });
    expect(second.json.previous_secrets).toHaveLength(2);
    const row = await findEndpoint(api.pool, owner(), id);
    expect(openSecrets(api.sealer, row!).map(({ secret }) => secret)).toEqual([
      second.json.secret,
      first.json.secret,
      expect.stringMatching(/^whsec_/),
    ]);
    expect((await rotate(id, { overlap_s: 0 })).json.previous_secrets).toEqual([]);
    expect(errorsOf(await rotate(id, { overlap_s: -1 }))).toEqual([['/overlap_s', 'not_positive']]);
  });

  it('is done once, however often it is asked for with one key', async () => {
    const id = await made();
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => rotate(id, {}, { 'Idempotency-Key': `rotate ${id}` })),
    );
    expect(new Set(answers.map(({ json }) => json.secret)).size).toBe(1);
    expect((await findEndpoint(api.pool, owner(), id))!.revision).toBe(2);
  });

  it('lets at most ten earlier secrets count', async () => {
    const id = await made();
    for (let count = 0; count < 10; count += 1) expect((await rotate(id)).status).toBe(200);
    expect(await rotate(id)).toMatchObject({ status: 409, json: { code: 'too_many_rotations' } });
    expect((await rotate(id, { overlap_s: 0 })).status).toBe(200);
  });
});

describe('deliveries', () => {
  const test = (id: string) => api.call('POST', `/v1/webhook_endpoints/${id}/test`, { body: {} });

  it('of a test event are listed, read, and sent again', async () => {
    const id = await made({ event_types: ['refund.*'] });
    const { status, json } = await test(id);
    expect(status).toBe(201);
    expect(json).toMatchObject({
      object: 'delivery',
      webhook_endpoint: id,
      event_type: 'webhook_endpoint.test',
      status: 'pending',
      attempt_count: 0,
      last_attempt: null,
      invoice: null,
    });
    expect(api.woken).toContainEqual({ endpoint_id: id, subject: json.event, reason: 'new' });
    const { attempts, ...read } = (await api.call('GET', `/v1/deliveries/${String(json.id)}`)).json;
    expect([read, attempts]).toEqual([json, []]);
    for (const query of [`webhook_endpoint=${id}`, `event=${String(json.event)}`, 'status=pending']) {
      const list = await api.call('GET', `/v1/deliveries?${query}`);
      expect([query, (list.json.data as { id: string }[]).map((one) => one.id)]).toEqual([query, [json.id]]);
    }
    expect((await api.call('GET', '/v1/deliveries?status=delivered')).json.data).toEqual([]);
    expect((await api.call('GET', '/v1/deliveries?format=csv')).text).toContain(String(json.id));
    expect((await api.call('GET', `/v1/events/${String(json.event)}`)).json).toMatchObject({
      type: 'webhook_endpoint.test',
      invoice: null,
      amount: null,
      data: { object: { object: 'webhook_endpoint', id } },
    });

    const path = `/v1/deliveries/${String(json.id)}/resend`;
    expect((await api.call('POST', path, { body: {} })).json).toMatchObject({ status: 'pending' });
    expect(api.woken.at(-1)).toEqual({ endpoint_id: id, subject: json.event, reason: 'resend' });
    expect((await api.call('POST', path, { body: {}, key: other.key })).status).toBe(404);
    await api.call('PATCH', `/v1/webhook_endpoints/${id}`, { body: { enabled: false } });
    expect((await api.call('GET', `/v1/deliveries/${String(json.id)}`)).json).toMatchObject({
      status: 'exhausted',
      reason: 'endpoint_disabled',
    });
    expect((await api.call('POST', path, { body: {} })).json.code).toBe('webhook_endpoint_disabled');
    expect((await test(id)).json.code).toBe('webhook_endpoint_disabled');
  });

  it('that failed since a time are sent again together, and no others', async () => {
    const id = await made();
    const ids: string[] = [];
    for (let count = 0; count < 4; count += 1) ids.push(String((await test(id)).json.id));
    const [old, given_up, failing, taken] = ids;
    await api.pool.query(
      `update deliveries set status = 'exhausted', reason = 'attempts_exhausted', next_attempt_at = null,
         created_at = case when id = $1 then now() - interval '2 days' else created_at end where id in ($1, $2)`,
      [old, given_up],
    );
    await api.pool.query(
      `update deliveries set tries = 3, next_attempt_at = now() + interval '2 hours' where id = $1`,
      [failing],
    );
    await api.pool.query(
      `update deliveries set status = 'delivered', next_attempt_at = null, delivered_at = now() where id = $1`,
      [taken],
    );
    const since = new Date(Date.now() - 86_400_000).toISOString();
    const { status, json } = await api.call('POST', `/v1/webhook_endpoints/${id}/resend`, {
      body: { since },
    });
    expect([status, json]).toEqual([
      200,
      { object: 'resend', webhook_endpoint: id, since, count: 2, has_more: false },
    ]);
    const { rows } = await api.pool.query<{ id: string }>(
      `select id from deliveries where endpoint_id = $1 and status = 'pending' and tries = 0 and next_attempt_at <= now() order by id`,
      [id],
    );
    expect(rows.map((row) => row.id)).toEqual([given_up, failing]);
    const missing = await api.call('POST', `/v1/webhook_endpoints/${id}/resend`, { body: {} });
    expect(missing.status).toBe(422);
  });

  it.each(['dlv', 'inv'] as const)('of an id %s_… that is not there is not found', async (prefix) => {
    expect((await api.call('GET', `/v1/deliveries/${newId(prefix)}`)).status).toBe(404);
  });
});

it('the audit trail says which key made, changed, rotated and deleted an endpoint, and no secret', async () => {
  const id = await made();
  await api.call('PATCH', `/v1/webhook_endpoints/${id}`, { body: { description: 'Shop 7', enabled: false } });
  await api.call('POST', `/v1/webhook_endpoints/${id}/rotate_secret`, { body: { overlap_s: 0 } });
  await api.call('DELETE', `/v1/webhook_endpoints/${id}`);
  const { json, text } = await api.call('GET', `/v1/audit_entries?object=${id}`);
  const entries = json.data as { action: string; actor: { type: string }; details: object }[];
  expect(entries.map(({ action, actor, details }) => [action, actor.type, details])).toEqual([
    ['webhook_endpoint.deleted', 'api_key', {}],
    ['webhook_endpoint.secret_rotated', 'api_key', { overlap_until: null }],
    ['webhook_endpoint.changed', 'api_key', { changed: ['description', 'enabled'] }],
    ['webhook_endpoint.created', 'api_key', { url: SHOP, event_types: ['*'] }],
  ]);
  expect(text).not.toContain('whsec_');
});
