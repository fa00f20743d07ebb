import { CONFIGURATION_ACTIONS } from '../../domain/audit-trail.ts';
import { revokeApiKey } from '../../db/api-keys.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { OPERATOR_KEY, startTestApi, type TestApi, type TestMerchant } from '../testing/api.ts';

let api: TestApi;
let other: TestMerchant;
/** The id of the key that asks. */
let me: string;

beforeAll(async () => {
  api = await startTestApi();
  other = await api.addMerchant();
  me = `key_${api.merchant.key.split('_')[2]}`;
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

interface Entry {
  readonly id: string;
  readonly actor: { readonly type: string; readonly id: string | null };
  readonly action: string;
  readonly object_id: string;
  readonly invoice: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly sealed_in: number | null;
  readonly created_at: string;
}

const list = async (query = '', key = api.merchant.key): Promise<readonly Entry[]> => {
  const { status, json } = await api.call('GET', `/v1/audit_entries${query}`, { key });
  expect(status).toBe(200);
  return (json as { data: readonly Entry[] }).data;
};
const invoice = async (): Promise<string> => {
  const body = { currency: 'VND', amount: 50_000 };
  const { status, json } = await api.call('POST', '/v1/invoices', { body });
  expect(status).toBe(201);
  return (json as { id: string }).id;
};

const SECRET = 'canary-3f9c2b7e';
const account = (path = '') => `/v1/provider_accounts/${api.merchant.account}${path}`;

/** What is done, and what the trail says of it. */
const DONE: readonly [action: string, done: () => Promise<{ status: number }>, details: object][] = [
  [
    'provider_account.linked',
    () =>
      api.call('POST', '/v1/provider_accounts', {
        body: {
          provider: 'bazaar',
          label: 'second',
          credentials: { secret: SECRET },
          base_url: 'http://127.0.0.1:9',
        },
      }),
    { provider: 'bazaar', label: 'second', base_url: expect.stringContaining('127.0.0.1') as string },
  ],
  [
    'provider_account.changed',
    () => api.call('PATCH', account(), { body: { label: 'shop', enabled: false } }),
    { label: 'shop', enabled: false },
  ],
  [
    'provider_account.credentials_rotated',
    () => api.call('POST', account('/rotate'), { body: { credentials: { secret: SECRET }, overlap_s: 0 } }),
    { revision: 2, overlap_until: null },
  ],
  [
    'provider_account.breaker_set',
    () => api.call('POST', account('/breaker'), { body: { state: 'open', reason: 'maintenance' } }),
    { state: 'open', reason: 'maintenance' },
  ],
  [
    'merchant.policies_changed',
    () => api.call('PATCH', '/v1/merchant', { body: { late_money: 'hold' } }),
    { late_money: 'hold' },
  ],
  [
    'merchant.branding_changed',
    () =>
      api.call('PATCH', '/v1/merchant', {
        body: { branding: { display_name: 'A shop', support_url: `https://shop.example/${SECRET}` } },
      }),
    { branding: ['display_name', 'support_url'] },
  ],
  [
    'invoice.personal_data_erased',
    async () => {
      const id = await invoice();
      await api.pool.query(
        `update invoices set status = 'canceled', state = jsonb_set(state, '{canceled_at}', '"2026-01-01T00:00:00.000Z"') where id = $1`,
        [id],
      );
      return api.call('POST', `/v1/invoices/${id}/erase`, { body: {} });
    },
    {},
  ],
];

it.each(DONE)('has %s, by the key that asked, without secrets', async (action, done, details) => {
  const { status } = await done();
  expect(status).toBeLessThan(300);
  const [entry] = await list(`?action=${action}`);
  expect(entry).toMatchObject({ actor: { type: 'api_key', id: me }, action, details });
  expect(JSON.stringify(await list('?limit=100'))).not.toContain(SECRET);
});

it('has what an operator does past the API', async () => {
  const made = await api.addMerchant();
  await revokeApiKey(api.pool, `key_${made.key.split('_')[2]}`);
  const { rows } = await api.pool.query<{ action: string; actor_type: string }>(
    'select action, actor_type from audit_entries where merchant_id = $1 order by created_at',
    [made.id],
  );
  expect(rows).toEqual(
    [
      'merchant.created',
      'merchant.created',
      'api_key.created',
      'provider_account.linked',
      'api_key.revoked',
    ].map((action) => ({ action, actor_type: 'operator' })),
  );
});

it('has a merchant that was made over the API in the trails of both modes, once, and who made it', async () => {
  const operate = (path: string, body: object, headers = {}) =>
    api.call('POST', path, { key: OPERATOR_KEY, body, headers });
  const once = { 'Idempotency-Key': 'tea' };
  const made = await operate('/v1/merchants', { name: 'Tea' }, once);
  const again = await operate('/v1/merchants', { name: 'Tea' }, once);
  expect(again.json.id).toBe(made.json.id);
  for (const mode of ['live', 'sandbox']) {
    const { json } = await operate(`/v1/merchants/${String(made.json.id)}/api_keys`, { mode });
    const trail = await api.call('GET', '/v1/audit_entries?action=merchant.created', {
      key: String(json.secret),
    });
    expect(trail.json.data).toMatchObject([
      {
        action: 'merchant.created',
        actor: { type: 'operator', id: null },
        object_id: made.json.id,
        details: { name: 'Tea' },
      },
    ]);
  }
});

it('has an entry for each of two kinds of settings that were changed at once, and none for no change', async () => {
  const count = async (): Promise<number> => (await list('?limit=100')).length;
  const before = await count();
  await api.call('PATCH', '/v1/merchant', { body: {} });
  expect(await count()).toBe(before);
  const body = { excess_money: 'refund', branding: { color: '#00aa88' } };
  await api.call('PATCH', '/v1/merchant', { body });
  const actions = (await list('?limit=2')).map(({ action }) => action);
  expect(new Set(actions)).toEqual(new Set(['merchant.branding_changed', 'merchant.policies_changed']));
});

it('says nothing of what was refused', async () => {
  const before = (await list('?limit=100')).length;
  const [unknown, taken] = await Promise.all([
    api.call('POST', account('/breaker'), { body: { state: 'open' } }),
    api.call('PATCH', account(), { body: { label: 'second' } }),
  ]);
  expect([unknown.status, taken.status]).toEqual([422, 409]);
  expect((await list('?limit=100')).length).toBe(before);
});

it('has an invoice that was made a moment ago, sealed, under the key that made it', async () => {
  const id = await invoice();
  const [entry] = await list(`?object=${id}`);
  expect(entry).toMatchObject({
    action: 'invoice.created',
    object_id: id,
    invoice: id,
    actor: { type: 'api_key', id: me },
    details: { amount: 50_000, currency: 'VND' },
    sealed_in: expect.any(Number) as number,
  });
  const { status, json } = await api.call('GET', `/v1/audit_entries/${entry!.id}`);
  expect({ status, json }).toEqual({ status: 200, json: entry });
  const head = await api.call('GET', '/v1/audit_chain');
  expect(head.json).toMatchObject({
    object: 'audit_chain_head',
    merchant: api.merchant.id,
    sequence: entry!.sealed_in,
    hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    pin: expect.stringMatching(/^mer_\w+:\d+:[0-9a-f]{64}$/) as string,
  });
});

it('is narrowed by actor, action, object and time, and all that is given has to hold', async () => {
  const all = await list('?limit=100');
  expect(await list(`?limit=100&actor=${me}`)).toEqual(all.filter(({ actor }) => actor.id === me));
  expect(await list('?limit=100&actor_type=operator')).toEqual(
    all.filter(({ actor }) => actor.type === 'operator'),
  );
  expect(await list(`?object=${api.merchant.account}&action=provider_account.changed`)).toHaveLength(1);
  const middle = all[3]!.created_at;
  expect(await list(`?limit=100&created_gte=${middle}`)).toEqual(
    all.filter(({ created_at }) => created_at >= middle),
  );
  expect(await list('?created_gte=2100-01-01T00:00:00Z')).toEqual([]);
  for (const action of CONFIGURATION_ACTIONS) await list(`?action=${action}`);
});

it('comes in pages, the newest first, and as CSV', async () => {
  const all = await list('?limit=100');
  const ids = all.map(({ id }) => id);
  expect(ids).toEqual([...ids].sort().reverse());
  const rest = await list(`?limit=2&starting_after=${ids[1]}`);
  expect(rest.map(({ id }) => id)).toEqual(ids.slice(2, 4));
  const { text, headers } = await api.call('GET', '/v1/audit_entries?format=csv');
  expect(headers.get('content-disposition')).toContain('audit_entries.csv');
  const [head, ...rows] = text.trim().split('\r\n');
  expect(head).toBe('id,mode,actor_type,actor,action,object_id,invoice,details,sealed_in,created_at');
  expect(rows.map((row) => row.split(',')[0])).toEqual(ids);
});

it('is nobody else’s', async () => {
  const [mine] = await list();
  expect(await list(`?object=${mine!.object_id}`, other.key)).toEqual([]);
  const { status } = await api.call('GET', `/v1/audit_entries/${mine!.id}`, { key: other.key });
  expect(status).toBe(404);
  const cursor = await api.call('GET', `/v1/audit_entries?starting_after=${mine!.id}`, { key: other.key });
  expect(cursor.status).toBe(422);
});

it.each([
  ['actor_type=robot', '?actor_type', 'unknown_actor_type'],
  ['action=invoice.paid', '?action', 'unknown_action'],
  ['created_gte=yesterday', '?created_gte', 'invalid_format'],
  ['object=', '?object', 'invalid_format'],
])('refuses %s', async (query, pointer, code) => {
  const { status, json } = await api.call('GET', `/v1/audit_entries?${query}`);
  expect(status).toBe(422);
  expect(json).toMatchObject({ errors: [{ pointer, code }] });
});
