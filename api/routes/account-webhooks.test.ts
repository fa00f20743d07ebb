/** Registration of webhooks over the API, at the simulators of the providers that have a call for it. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { createProviderHttp } from '../../providers/http.ts';
import { connectorFor, connectors } from '../../providers/index.ts';
import { tabbySimulator } from '../../providers/tabby/sandbox.ts';
import { tamaraSimulator } from '../../providers/tamara/sandbox.ts';
import { createTokenStore } from '../../providers/token-store.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type Answer, type TestApi } from '../testing/api.ts';

let api: TestApi;
let tabby: RunningSimulator;
let tamara: RunningSimulator;
const texts: string[] = [];
const calls: string[] = [];
const providerHttp = createProviderHttp({ onExchange: ({ operation }) => void calls.push(operation) });

beforeAll(async () => {
  api = await startTestApi({ connectors, providerHttp });
  tabby = await tabbySimulator.start({
    seed: 'webhooks',
    credentials: { webhook_secret: 'canary-of-tabby' },
  });
  tamara = await tamaraSimulator.start({
    seed: 'webhooks',
    credentials: { notification_token: 'canary-of-tamara' },
  });
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await tabby.stop();
  await tamara.stop();
  await providerHttp.close();
  await api.stop();
});
beforeEach(() => {
  tabby.reset();
  tamara.reset();
  calls.length = 0;
});

let labels = 0;
async function linked(provider: string, credentials: unknown, base_url: string): Promise<string> {
  const body = { provider, label: `webhooks ${(labels += 1)}`, credentials, base_url };
  const { json, text } = await api.call('POST', '/v1/provider_accounts', { body });
  if (typeof json['id'] !== 'string') throw new Error(text);
  return json['id'];
}
const at = (simulator: RunningSimulator) => linked(simulator.name, simulator.credentials, simulator.baseUrl);
const path = (id: string) => `/v1/provider_accounts/${id}/webhooks`;
const call = async (...args: Parameters<TestApi['call']>): Promise<Answer> => {
  const answer = await api.call(...args);
  texts.push(answer.text);
  return answer;
};
const register = (id: string) => call('POST', `${path(id)}/register`, { body: {} });
const show = (id: string) => call('GET', path(id));

const listOf = async (simulator: RunningSimulator): Promise<unknown[]> => {
  const { secret_key, merchant_code } = simulator.credentials;
  const headers = { authorization: `Bearer ${secret_key}`, 'x-merchant-code': String(merchant_code) };
  return (await fetch(`${simulator.baseUrl}/api/v1/webhooks`, { headers })).json() as Promise<unknown[]>;
};

/** Has the simulator's customer pay, and says how our API answered the webhooks that this caused. */
async function webhooksOf(simulator: RunningSimulator): Promise<(number | undefined)[]> {
  const connector = connectorFor(simulator.name);
  const [method] = connector.manifest.methods;
  const { provider_payment_id } = await connector.createPayment(
    {
      account: {
        id: 'acc_1',
        base_url: simulator.baseUrl,
        credentials: connector.credentials.parse(simulator.credentials),
      },
      http: providerHttp,
      tokens: createTokenStore(Date.now),
      now: Date.now,
      signal: AbortSignal.timeout(10_000),
    },
    {
      reference: 'pay_01',
      idempotency_key: 'inv_01:create',
      method: method?.method ?? '',
      money: money(20_000, currency('SAR')),
      description: null,
      customer: { name: 'Sara A', email: 'otp.success@tabby.ai', phone: '500000001' },
      items: [],
      // Nothing listens there: what comes, comes because it was registered.
      webhook_url: 'http://127.0.0.1:9/elsewhere',
      return_urls: {
        success: 'https://shop.example.com/s',
        failure: 'https://shop.example.com/f',
        cancel: 'https://shop.example.com/c',
      },
    },
  );
  simulator.payments.pay(provider_payment_id, {});
  await simulator.webhooks.idle();
  const attempts = simulator.webhooks
    .attempts()
    .filter(({ payment_id }) => payment_id === provider_payment_id);
  return attempts.flatMap(({ response }) => (response === null ? [] : [response.status]));
}

describe('the webhooks of an account at Tabby', () => {
  it('are shown as not registered, then registered once however often it is asked', async () => {
    const id = await at(tabby);
    const url = `${api.url}/webhooks/tabby/${id}`;
    expect((await show(id)).json).toMatchObject({
      object: 'provider_account_webhooks',
      provider_account: id,
      url,
      registration: 'api',
      registered: [],
      registered_problem: null,
      steps: [{ step: 1, text: expect.stringContaining(`${path(id)}/register`) }],
    });
    const first = await register(id);
    expect(first).toMatchObject({
      status: 200,
      json: { url, registered: [{ url, standing: 'current' }], steps: [] },
    });
    expect((await register(id)).json).toEqual(first.json);
    expect((await show(id)).json).toEqual(first.json);
    expect(await listOf(tabby)).toMatchObject([{ url, header: { value: 'canary-of-tabby' } }]);
  });

  it('come to the registered URL and prove themselves', async () => {
    const id = await at(tabby);
    await register(id);
    expect(await webhooksOf(tabby)).toEqual([200]);
    const { rows } = await api.pool.query('select state from webhook_events where account_id = $1', [id]);
    expect(rows).toMatchObject([{ state: 'received' }]);
  });

  it('are registered once by many at once', async () => {
    const id = await at(tabby);
    const answers = await Promise.all(Array.from({ length: 6 }, () => register(id)));
    expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 409)).toEqual(
      [],
    );
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    expect(await listOf(tabby)).toHaveLength(1);
    expect((await register(id)).status).toBe(200);
  });

  it('wait for a registration under way, and not for one that was left behind', async () => {
    const id = await at(tabby);
    const underWay = (when: string) =>
      api.pool.query('update provider_accounts set registering_until = now() + $2::interval where id = $1', [
        id,
        when,
      ]);
    await underWay('1 minute');
    const refused = await register(id);
    expect(refused).toMatchObject({ status: 409, json: { code: 'provider_account_changed' } });
    expect(refused.headers.get('retry-after')).toBe('2');
    expect(await listOf(tabby)).toEqual([]);
    await underWay('-1 second');
    expect((await register(id)).status).toBe(200);
  });

  it('are outdated after a rotation, and work with both secrets until they are registered again', async () => {
    const id = await at(tabby);
    await register(id);
    const body = { credentials: { webhook_secret: 'canary-of-tabby-2' } };
    await api.call('POST', `/v1/provider_accounts/${id}/rotate`, { body });
    expect((await show(id)).json).toMatchObject({ registered: [{ standing: 'outdated' }] });
    expect(await webhooksOf(tabby)).toEqual([200]);
    await register(id);
    expect(await listOf(tabby)).toMatchObject([{ header: { value: 'canary-of-tabby-2' } }]);
    expect(await webhooksOf(tabby)).toEqual([200]);
  });

  it('are told of also while Tabby cannot be asked, and are not registered then', async () => {
    const gone = await tabbySimulator.start({ seed: 'gone' });
    const id = await at(gone);
    await gone.stop();
    expect(await show(id)).toMatchObject({
      status: 200,
      json: { registered: null, registered_problem: { code: 'provider_unavailable' }, steps: [{ step: 1 }] },
    });
    const refused = await register(id);
    expect(refused).toMatchObject({ status: 503, json: { code: 'provider_unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('5');
  });

  it('are not registered with wrong credentials, and the next attempt may begin at once', async () => {
    const id = await linked('tabby', { ...tabby.credentials, secret_key: 'sk_test_canary' }, tabby.baseUrl);
    for (let count = 0; count < 2; count += 1) {
      expect(await register(id)).toMatchObject({
        status: 502,
        json: { code: 'provider_credentials_rejected' },
      });
    }
  });

  it('are registered again after an answer that was lost, and once', async () => {
    const id = await at(tabby);
    tabby.faults.arm(
      { kind: 'reset_after_accept' },
      { times: 1, operation: 'register_webhook', probability: 1 },
    );
    expect(await register(id)).toMatchObject({ status: 503, json: { code: 'webhook_unconfirmed' } });
    expect(await register(id)).toMatchObject({
      status: 200,
      json: { registered: [{ standing: 'current' }] },
    });
    expect(await listOf(tabby)).toHaveLength(1);
  });
});

describe('the webhooks of an account at Tamara', () => {
  it('are registered once, remembered, and come', async () => {
    const id = await at(tamara);
    expect((await show(id)).json).toMatchObject({ registered: [] });
    const first = await register(id);
    expect(first.json).toMatchObject({
      url: `${api.url}/webhooks/tamara/${id}`,
      registered: [
        { events: expect.arrayContaining(['order_approved', 'order_refunded']), standing: 'current' },
      ],
    });
    expect((await register(id)).json).toEqual(first.json);
    expect((await show(id)).json).toEqual(first.json);
    expect(calls).toEqual(['register_webhook', 'read_webhook', 'read_webhook']);
    expect(await webhooksOf(tamara)).toContain(200);
    const { rows } = await api.pool.query('select body from webhook_events where account_id = $1', [id]);
    expect(JSON.parse(rows[0].body)).toMatchObject({ event_type: 'order_approved' });
  });
});

describe('the webhooks of an account elsewhere', () => {
  it.each([
    ['finan', { client_id: 'c', secret: 'canary-finan' }, 'secret'],
    ['fapshi', { apiuser: 'canary-u', apikey: 'canary-k' }, 'webhook_secret'],
    ['furatpay', { api_key: 'canary-k', customer_id: 'c', webhook_secret: 'canary-s' }, 'webhook_secret'],
    ['rehive', { token: 'canary-t', business_id: 'b', webhook_secret: 'canary-s' }, 'webhook_secret'],
    ['myfatoorah', { token: 'canary-t', country: 'KWT', webhook_secret: 'canary-s' }, 'webhook_secret'],
    ['zaincash', { client_id: 'c', client_secret: 'canary-c', api_key: 'canary-a' }, 'api_key'],
    ['fib', { client_id: 'c', client_secret: 'canary-c' }, 'client_secret'],
  ])(
    'are set up by hand at %s: URL, steps, and which secret goes where',
    async (provider, credentials, secret) => {
      const id = await linked(provider, credentials, 'http://127.0.0.1:9');
      const url = `${api.url}/webhooks/${provider}/${id}`;
      const answer = await register(id);
      expect(answer).toMatchObject({
        status: 200,
        json: { url, registered: null, registered_problem: null },
      });
      const steps = answer.json['steps'] as { step: number; text: string }[];
      expect(steps.map(({ step }) => step)).toEqual(steps.map((_, index) => index + 1));
      expect(steps.some(({ text }) => text.includes(url))).toBe(true);
      const set = Object.hasOwn(credentials, secret);
      expect(answer.json['secrets']).toEqual([{ credential: secret, place: expect.any(String), set }]);
      expect((await show(id)).json).toEqual(answer.json);
      expect(calls).toEqual([]);
    },
  );

  it('take no fields in the request', async () => {
    const id = await at(tabby);
    const answer = await call('POST', `${path(id)}/register`, { body: { url: 'https://evil.example' } });
    expect(answer).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '/url', code: 'unknown_field' }] },
    });
  });
});

it('refuses to call this machine unless the installation allows it', async () => {
  const strict = createProviderHttp({ reach: 'public' });
  const id = await at(tabby);
  const other = await startTestApi({ connectors, pool: api.pool, sealer: api.sealer, providerHttp: strict });
  const answer = await fetch(`${other.url}${path(id)}/register`, {
    method: 'POST',
    headers: { authorization: `Bearer ${api.merchant.key}` },
  });
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({
    code: 'provider_refused',
    detail: expect.stringContaining('address'),
  });
  await strict.close();
  await other.stop();
});

it('has shown and logged no secret in all of this', () => {
  expect(texts.length).toBeGreaterThan(30);
  expect([...texts, ...api.log].filter((text) => text.includes('canary'))).toEqual([]);
});
