import { createApiKey } from '../../db/api-keys.ts';
import { connectors } from '../../providers/index.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { PEPPER, startTestApi, type Answer, type TestApi, type TestMerchant } from '../testing/api.ts';

const PATH = '/v1/provider_accounts';
/** Every secret of these tests has this word in it. */
const CANARY = 'canary';
const FINAN = { client_id: 'canary-client', secret: 'canary-finan-secret' };
const TABBY = {
  secret_key: 'sk_test_canary',
  merchant_code: 'canary-shop',
  webhook_header: 'X-Canary-Header',
  webhook_secret: 'canary-webhook-secret',
};
const HERE = 'http://127.0.0.1:9';

let api: TestApi;
let live: TestMerchant;
const texts: string[] = [];

beforeAll(async () => {
  api = await startTestApi({ connectors });
  live = await api.addMerchant('live');
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const call = async (...args: Parameters<TestApi['call']>): Promise<Answer> => {
  const answer = await api.call(...args);
  texts.push(answer.text);
  return answer;
};
let labels = 0;
const label = () => `account ${(labels += 1)}`;
const create = (body: object, key?: string, headers: Record<string, string> = {}): Promise<Answer> =>
  call('POST', PATH, { body: { label: label(), ...body }, headers, ...(key ? { key } : {}) });
const finan = (more: object = {}) => ({ provider: 'finan', credentials: FINAN, base_url: HERE, ...more });
const made = async (body: object = finan()): Promise<string> => {
  const { status, json, text } = await create(body);
  if (status !== 201) throw new Error(text);
  return String(json['id']);
};
const errorsOf = ({ json }: Answer) =>
  (json['errors'] as { pointer: string; code: string; detail: string; expected: string }[]) ?? [];

describe('linking an account', () => {
  it('stores it sealed and shows everything but the credentials', async () => {
    const answer = await create(finan({ label: 'the shop' }));
    expect(answer.status).toBe(201);
    const id = String(answer.json['id']);
    expect(answer.headers.get('location')).toBe(`${PATH}/${id}`);
    expect(answer.json).toEqual({
      object: 'provider_account',
      id: expect.stringMatching(/^pacc_/),
      mode: 'sandbox',
      provider: 'finan',
      label: 'the shop',
      enabled: true,
      base_url: HERE,
      credentials: { set: ['client_id', 'secret'], unset: ['account_id'] },
      previous_credentials: [],
      revision: 1,
      max_concurrent: null,
      max_per_second: null,
      health: { state: 'closed', since: null, retry_at: null, forced: null },
      performance: [],
      webhook_url: `${api.url}/webhooks/finan/${id}`,
      created_at: expect.any(String),
      updated_at: answer.json['created_at'],
      rotated_at: null,
      settlement_days: 1,
      settlement_file: null,
    });
    expect((await call('GET', `${PATH}/${id}`)).json).toEqual(answer.json);
    const { rows } = await api.pool.query('select credentials from provider_accounts where id = $1', [id]);
    expect(rows[0].credentials.toString('latin1')).not.toContain(CANARY);
    expect(api.sealer.open(rows[0].credentials, id)).toEqual(FINAN);
  });

  it('calls it main when it gets no label, and refuses a second one of that label', async () => {
    const first = await call('POST', PATH, { body: finan() });
    expect(first.json).toMatchObject({ label: 'main' });
    const second = await call('POST', PATH, { body: finan() });
    expect(second).toMatchObject({ status: 409, json: { code: 'provider_account_exists' } });
    expect(errorsOf(second)).toMatchObject([{ pointer: '/label', code: 'taken' }]);
    const other = { provider: 'fapshi', credentials: { apiuser: 'canary-user', apikey: 'canary-key' } };
    expect((await call('POST', PATH, { body: other })).status).toBe(201);
  });

  it('names every wrong field and says what each credential is', async () => {
    const answer = await create({
      provider: 'tabby',
      credentials: {
        secret_key: 'canary with blanks',
        webhook_header: 'no!',
        webhook_secret: 7,
        secret: CANARY,
      },
      label: '',
      environment: 'test',
      color: 'red',
    });
    expect(answer).toMatchObject({ status: 422, json: { code: 'validation_failed' } });
    const errors = Object.fromEntries(errorsOf(answer).map((error) => [error.pointer, error]));
    expect(Object.keys(errors).sort()).toEqual([
      '/color',
      '/credentials/merchant_code',
      '/credentials/secret',
      '/credentials/secret_key',
      '/credentials/webhook_header',
      '/credentials/webhook_secret',
      '/environment',
      '/label',
    ]);
    expect(errors['/credentials/merchant_code']).toMatchObject({
      code: 'required',
      expected: expect.stringContaining('Merchant code of the store at Tabby'),
    });
    expect(errors['/credentials/secret_key']?.expected).toContain('Secret key of the store');
  });

  it.each([
    ['no provider', {}, '/provider', 'required'],
    ['a provider that is nearly one', { provider: 'tabi' }, '/provider', 'unknown_provider'],
    ['a provider from the prototype', { provider: 'constructor' }, '/provider', 'unknown_provider'],
    ['no credentials', { provider: 'finan' }, '/credentials', 'required'],
    [
      'credentials that are no object',
      { provider: 'finan', credentials: 'canary' },
      '/credentials',
      'invalid_type',
    ],
  ])('refuses %s', async (_, body, pointer, code) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)).toContainEqual(expect.objectContaining({ pointer, code }));
  });

  it('makes one account for one Idempotency-Key, and stores no secret with it', async () => {
    const headers = { 'Idempotency-Key': 'link-1' };
    const body = finan({ label: 'once' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(body, undefined, headers)));
    const again = await create(body, undefined, headers);
    expect(new Set([...answers, again].map(({ text }) => text)).size).toBe(1);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe(`${PATH}/${String(again.json['id'])}`);
    const otherSecret = { ...body, credentials: { ...FINAN, secret: 'canary-other' } };
    expect(await create(otherSecret, undefined, headers)).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    const { rows } = await api.pool.query(`select * from idempotency_keys where key = 'link-1'`);
    expect(JSON.stringify(rows)).not.toContain(CANARY);
    expect(rows).toHaveLength(1);
  });

  it('does not leave the key behind when the label was taken', async () => {
    const headers = { 'Idempotency-Key': 'link-2' };
    await create(finan({ label: 'taken' }));
    expect((await create(finan({ label: 'taken' }), undefined, headers)).status).toBe(409);
    expect((await create(finan({ label: 'free' }), undefined, headers)).status).toBe(201);
  });
});

describe('the host of an account', () => {
  it.each([
    ['fapshi', { apiuser: 'u', apikey: 'k' }, {}, 'https://sandbox.fapshi.com'],
    ['fapshi', { apiuser: 'u', apikey: 'k' }, { environment: 'sandbox' }, 'https://sandbox.fapshi.com'],
    ['tabby', TABBY, { region: 'SA' }, 'https://api.tabby.sa'],
    ['tabby', TABBY, { region: 'ae' }, 'https://api.tabby.ai'],
    ['finan', FINAN, { base_url: 'https://Proxy.Example.com/finan/' }, 'https://proxy.example.com/finan'],
    ['finan', FINAN, { base_url: 'http://localhost:8091' }, 'http://localhost:8091'],
  ])('of %s in the sandbox', async (provider, credentials, wanted, base_url) => {
    const answer = await create({ provider, credentials, ...wanted });
    expect(answer.json).toMatchObject({ base_url, mode: 'sandbox' });
  });

  it.each([
    ['KWT', 'https://api.myfatoorah.com'],
    ['SAU', 'https://api-sa.myfatoorah.com'],
    ['EGY', 'https://api-eg.myfatoorah.com'],
  ])('of MyFatoorah follows from the country %s in the credentials', async (country, base_url) => {
    const credentials = { token: 'canary-token', country, webhook_secret: 'canary-secret' };
    const answer = await create({ provider: 'myfatoorah', credentials }, live.key);
    expect(answer.json).toMatchObject({ base_url, mode: 'live' });
    const sandbox = await create({ provider: 'myfatoorah', credentials });
    expect(sandbox.json).toMatchObject({ base_url: 'https://apitest.myfatoorah.com' });
    const other = country === 'QAT' ? 'KWT' : 'QAT';
    const contradiction = await create({ provider: 'myfatoorah', credentials, region: other }, live.key);
    expect(errorsOf(contradiction)).toMatchObject([{ pointer: '/region', code: 'conflict' }]);
  });

  it.each([
    ['tabby', TABBY, {}, '/region', 'required'],
    ['tabby', TABBY, { region: 'KSA' }, '/region', 'unknown_region'],
    ['tabby', TABBY, { region: 'constructor' }, '/region', 'unknown_region'],
    ['finan', FINAN, {}, '/base_url', 'required'],
    ['finan', FINAN, { region: 'VN' }, '/region', 'not_supported'],
    ['finan', FINAN, { environment: 'live' }, '/environment', 'wrong_mode'],
    ['finan', FINAN, { base_url: HERE, environment: 'sandbox' }, '/environment', 'conflict'],
    [
      'fapshi',
      { apiuser: 'u', apikey: 'k' },
      { base_url: 'https://live.fapshi.com' },
      '/base_url',
      'wrong_mode',
    ],
    ['finan', FINAN, { base_url: 'http://proxy.example.com' }, '/base_url', 'https_required'],
    ['finan', FINAN, { base_url: 'https://10.0.0.1' }, '/base_url', 'address_not_allowed'],
    ['finan', FINAN, { base_url: 'http://169.254.169.254/latest' }, '/base_url', 'address_not_allowed'],
  ])(
    'of %s in the sandbox is not guessed and not everything: %#',
    async (provider, credentials, wanted, pointer, code) => {
      const answer = await create({ provider, credentials, ...wanted });
      expect(answer.status).toBe(422);
      expect(errorsOf(answer)).toMatchObject([{ pointer, code }]);
    },
  );

  it.each([
    'http://api.example.com',
    'ftp://api.example.com',
    'https://user:canary@api.example.com',
    'https://api.example.com/?a=b',
    'https://api.example.com/#x',
    'https://127.0.0.1',
    'https://127.1',
    'https://0x7f000001',
    'https://2130706433',
    'https://017700000001',
    'https://0.0.0.0',
    'https://10.1.2.3',
    'https://169.254.169.254',
    'https://[::1]',
    'https://[::ffff:7f00:1]',
    'https://[fe80::1]',
    'https://[fd00:ec2::254]',
    'https://localhost',
    'https://LOCALHOST./',
    'https://db',
    'https://metadata.google.internal',
    'https://sandbox.fapshi.com',
    'https://sandbox.fapshi.com.:443/x',
    'not a url',
  ])('of a live account is never %s', async (base_url) => {
    const credentials = { apiuser: 'canary-user', apikey: 'canary-key' };
    const answer = await create({ provider: 'fapshi', credentials, base_url }, live.key);
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)).toMatchObject([{ pointer: '/base_url' }]);
  });

  it('of a live account is the live one; stored credentials are never taken along to another', async () => {
    const credentials = { apiuser: 'canary-user', apikey: 'canary-key' };
    const answer = await create({ provider: 'fapshi', credentials }, live.key);
    expect(answer.json).toMatchObject({ mode: 'live', base_url: 'https://live.fapshi.com' });
    const id = String(answer.json['id']);
    const change = (base_url: string) =>
      call('PATCH', `${PATH}/${id}`, { body: { base_url }, key: live.key });
    expect((await change('https://live.fapshi.com/v2')).json).toMatchObject({
      base_url: 'https://live.fapshi.com/v2',
      revision: 2,
    });
    expect(errorsOf(await change('https://1.1.1.1/x'))).toMatchObject([
      { pointer: '/base_url', code: 'credentials_needed' },
    ]);
    const elsewhere = await create(
      { provider: 'fapshi', label: 'proxy', credentials, base_url: 'https://1.1.1.1/x' },
      live.key,
    );
    expect(elsewhere.json).toMatchObject({ base_url: 'https://1.1.1.1/x' });
    expect((await change('https://10.0.0.1')).status).toBe(422);
  });
});

describe('reading accounts', () => {
  it('lists them in pages, the newest first, forwards and back', async () => {
    const shop = await api.addMerchant();
    const ids = [shop.account];
    for (const name of ['b', 'c', 'd', 'e']) {
      const { json } = await create(finan({ label: name }), shop.key);
      ids.unshift(String(json['id']));
    }
    const page = async (query: string) => {
      const { json } = await call('GET', `${PATH}?${query}`, { key: shop.key });
      const data = json['data'] as { id: string }[];
      return { object: json['object'], ids: data.map(({ id }) => id), has_more: json['has_more'] };
    };
    expect(await page('')).toEqual({ object: 'list', ids, has_more: false });
    expect(await page('limit=2')).toMatchObject({ ids: ids.slice(0, 2), has_more: true });
    expect(await page(`limit=2&starting_after=${ids[1]}`)).toMatchObject({
      ids: ids.slice(2, 4),
      has_more: true,
    });
    expect(await page(`limit=2&starting_after=${ids[3]}`)).toMatchObject({
      ids: ids.slice(4),
      has_more: false,
    });
    expect(await page(`limit=2&ending_before=${ids[4]}`)).toMatchObject({
      ids: ids.slice(2, 4),
      has_more: true,
    });
    expect(await page(`limit=2&ending_before=${ids[2]}`)).toMatchObject({
      ids: ids.slice(0, 2),
      has_more: false,
    });
    expect(await page(`starting_after=${ids[4]}`)).toMatchObject({ ids: [], has_more: false });
    await call('PATCH', `${PATH}/${ids[0]}`, { key: shop.key, body: { enabled: false } });
    expect(await page('enabled=false')).toMatchObject({ ids: [ids[0]] });
    expect(await page('provider=finan&enabled=true')).toMatchObject({ ids: ids.slice(1, 4) });
  });

  it.each([
    ['limit=0', '?limit'],
    ['limit=101', '?limit'],
    ['limit=2.5', '?limit'],
    ['provider=tabi', '?provider'],
    ['enabled=yes', '?enabled'],
    ['starting_after=pacc_1', '?starting_after'],
    ['starting_after=pacc_01jd0000000000000000000000', '?starting_after'],
    ['colour=red', '?colour'],
    ['limit=1&limit=2', '?limit'],
  ])('refuses %s', async (query, pointer) => {
    const answer = await call('GET', `${PATH}?${query}`);
    expect(answer.status).toBe(422);
    expect(errorsOf(answer)).toMatchObject([{ pointer }]);
  });

  it('refuses two cursors at once, and a cursor of another merchant', async () => {
    const id = await made();
    const both = await call('GET', `${PATH}?starting_after=${id}&ending_before=${id}`);
    expect(errorsOf(both)).toMatchObject([{ pointer: '?ending_before', code: 'conflict' }]);
    const foreign = await call('GET', `${PATH}?starting_after=${live.account}`);
    expect(errorsOf(foreign)).toMatchObject([{ code: 'unknown_cursor' }]);
  });

  it('shows that credentials cannot be decrypted, and nothing more', async () => {
    const id = await made();
    const sealed = api.sealer.seal(FINAN, 'pacc_another');
    await api.pool.query('update provider_accounts set credentials = $2 where id = $1', [id, sealed]);
    expect(await call('GET', `${PATH}/${id}`)).toMatchObject({ status: 200, json: { credentials: null } });
  });
});

describe('changing an account', () => {
  it('changes label, host and switch; a new host is a new revision', async () => {
    const id = await made();
    const change = (body: object) => call('PATCH', `${PATH}/${id}`, { body });
    expect((await change({ label: 'renamed' })).json).toMatchObject({ label: 'renamed', revision: 1 });
    expect((await change({ base_url: `${HERE}/x/` })).json).toMatchObject({
      base_url: `${HERE}/x`,
      revision: 2,
    });
    expect((await change({ base_url: `${HERE}/x` })).json).toMatchObject({ revision: 2 });
    expect((await change({ enabled: false })).json).toMatchObject({ enabled: false, label: 'renamed' });
    expect((await change({})).json).toMatchObject({
      enabled: false,
      label: 'renamed',
      base_url: `${HERE}/x`,
    });
  });

  it('sets limits of its own for calls, leaves what is not named, and takes one away with null', async () => {
    const id = await made();
    const change = (body: object) => call('PATCH', `${PATH}/${id}`, { body });
    expect((await call('GET', `${PATH}/${id}`)).json).toMatchObject({
      max_concurrent: null,
      max_per_second: null,
    });
    expect((await change({ max_concurrent: 4, max_per_second: 10 })).json).toMatchObject({
      max_concurrent: 4,
      max_per_second: 10,
      revision: 1,
    });
    expect((await change({ label: 'limited' })).json).toMatchObject({
      max_concurrent: 4,
      max_per_second: 10,
    });
    expect((await change({ max_per_second: null })).json).toMatchObject({
      max_concurrent: 4,
      max_per_second: null,
    });
    expect((await call('GET', `${PATH}/${id}`)).json).toMatchObject({
      max_concurrent: 4,
      max_per_second: null,
    });
  });

  it.each([
    ['max_concurrent', 0, 'not_positive'],
    ['max_concurrent', 1001, 'too_large'],
    ['max_per_second', 0.5, 'not_integer'],
    ['max_per_second', -1, 'not_positive'],
    ['max_per_second', '10', 'invalid_type'],
  ])('refuses a %s of %p', async (field, value, code) => {
    const id = await made();
    const wrong = await call('PATCH', `${PATH}/${id}`, { body: { [field]: value } });
    expect(wrong.status).toBe(422);
    expect(errorsOf(wrong)).toMatchObject([
      { pointer: `/${field}`, code, expected: expect.stringContaining("null for the provider's default") },
    ]);
  });

  it('refuses a label that is taken, and fields that need a rotation or another account', async () => {
    const [one, other] = [await made(finan({ label: 'one' })), await made(finan({ label: 'other' }))];
    const taken = await call('PATCH', `${PATH}/${other}`, { body: { label: 'one' } });
    expect(taken).toMatchObject({ status: 409, json: { code: 'provider_account_exists' } });
    expect((await call('PATCH', `${PATH}/${one}`, { body: { label: 'one' } })).status).toBe(200);
    const wrong = await call('PATCH', `${PATH}/${one}`, {
      body: { credentials: FINAN, provider: 'tabby', enabled: 'no', label: null },
    });
    expect(
      errorsOf(wrong)
        .map(({ pointer }) => pointer)
        .toSorted(),
    ).toEqual(['/credentials', '/enabled', '/label', '/provider']);
  });

  it('offers no service of a disabled account, and says why', async () => {
    const shop = await api.addMerchant();
    const { json } = await create(finan(), shop.key);
    const id = String(json['id']);
    await call('PATCH', `${PATH}/${id}`, { body: { enabled: false }, key: shop.key });
    const services = (await call('GET', '/v1/payment_services', { key: shop.key })).json['data'];
    expect(services).toContainEqual(
      expect.objectContaining({
        provider_account: id,
        available: false,
        unavailable_reason: expect.objectContaining({ code: 'account_disabled' }),
      }),
    );
    const invoice = await call('POST', '/v1/invoices', {
      body: { amount: 200_000, currency: 'VND' },
      key: shop.key,
    });
    const payment = await call('POST', `/v1/invoices/${String(invoice.json['id'])}/payments`, {
      body: { payment_service: 'finan.bank_transfer' },
      key: shop.key,
    });
    expect(payment.status).toBe(422);
    expect(errorsOf(payment)).toMatchObject([{ pointer: '/provider_account', code: 'account_disabled' }]);
  });

  it('cannot be deleted', async () => {
    const answer = await call('DELETE', `${PATH}/${await made()}`);
    expect(answer).toMatchObject({ status: 405, json: { code: 'method_not_allowed' } });
    expect(answer.headers.get('allow')).toBe('GET, HEAD, PATCH');
  });
});

describe('an account of somebody else, or of the other mode', () => {
  const routes: readonly [string, string, object | null][] = [
    ['GET', '', null],
    ['PATCH', '', { label: 'mine' }],
    ['POST', '/rotate', { credentials: FINAN }],
    ['GET', '/webhooks', null],
    ['POST', '/webhooks/register', {}],
  ];
  it.each(routes)('is not there: %s %s', async (method, rest, body) => {
    const id = await made();
    const otherMode = {
      merchant_id: api.merchant.id,
      mode: 'live',
      label: `for ${method} ${rest}`,
      pepper: PEPPER,
    } as const;
    const strangers = [await api.addMerchant(), live, await createApiKey(api.pool, otherMode)];
    for (const { key } of strangers) {
      const answer = await call(method, `${PATH}/${id}${rest}`, { key, ...(body ? { body } : {}) });
      expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
    }
    const nobodys = `${PATH}/pacc_01jd0000000000000000000000${rest}`;
    const unknown = await call(method, nobodys, body ? { body } : {});
    expect(unknown.status).toBe(404);
    expect((await call(method, `${PATH}/${id}${rest}`, { key: null })).status).toBe(401);
  });
});

it('has shown and logged no secret in all of this', () => {
  expect(texts.length).toBeGreaterThan(100);
  const leaks = [...texts, ...api.log].filter((text) => text.toLowerCase().includes(CANARY));
  expect(leaks).toEqual([]);
});
