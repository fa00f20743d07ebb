/** The registration of webhooks against the simulator, over HTTP. */
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import type { ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { tamara } from './connector.ts';
import { tamaraSimulator } from './sandbox.ts';
import type { TamaraCredentials } from './wire.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;
const operations: string[] = [];
const http = createProviderHttp({ onExchange: ({ operation }) => void operations.push(operation) });

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await tamaraSimulator.start({ seed: 'registration' });
});
afterAll(async () => {
  await http.close();
  await simulator.stop();
  await merchant.stop();
});
beforeEach(() => {
  simulator.reset();
  operations.length = 0;
});

const context = (
  changes: Record<string, string> = {},
  signal = new AbortController().signal,
): ProviderContext<TamaraCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: simulator.baseUrl,
    credentials: tamara.credentials.parse({ ...simulator.credentials, ...changes }),
  },
  http,
  tokens: createTokenStore(Date.now),
  now: Date.now,
  signal,
});
const target = (known_id: string | null = null, path = '/webhooks/tamara/acc_1') => ({
  url: merchant.url(path),
  known_id,
});
const register = (
  known_id: string | null = null,
  path?: string,
  how: ProviderContext<TamaraCredentials> = context(),
) => tamara.registerWebhook?.(how, target(known_id, path));
const api = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
  const response = await fetch(simulator.baseUrl + path, {
    method,
    headers: { authorization: `Bearer ${simulator.credentials['api_token']}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return response.status === 204 ? {} : ((await response.json()) as Record<string, unknown>);
};

it('registers our URL for all events', async () => {
  const made = await register();
  expect(made).toMatchObject({ url: target().url, standing: 'current' });
  expect(await api('GET', `/webhooks/${made?.id}`)).toMatchObject({
    url: target().url,
    events: expect.arrayContaining(['order_approved', 'order_captured', 'order_refunded']),
  });
});

it('does nothing the second time when it knows the registration', async () => {
  const made = await register();
  expect(await register(made?.id)).toEqual(made);
  expect(operations).toEqual(['register_webhook', 'read_webhook']);
});

it('finds the registration whose answer was lost', async () => {
  simulator.faults.arm(
    { kind: 'hang_after_accept' },
    { times: 1, operation: 'register_webhook', probability: 1 },
  );
  await expect(register(null, undefined, context({}, AbortSignal.timeout(300)))).rejects.toMatchObject({
    failure: { kind: 'unknown_outcome' },
  });
  expect(await register()).toMatchObject({ standing: 'current' });
  expect(operations).toEqual(['register_webhook', 'register_webhook', 'read_webhook']);
});

it('changes an old URL and missing events in place', async () => {
  const old = await register(null, '/before/webhooks/tamara/acc_1');
  expect(await tamara.findWebhooks?.(context(), target(old?.id))).toMatchObject([{ standing: 'outdated' }]);
  expect(await register(old?.id)).toMatchObject({ id: old?.id, url: target().url, standing: 'current' });
  const few = { type: 'order', url: target().url, events: ['order_approved'], headers: {} };
  await api('PUT', `/webhooks/${old?.id}`, few);
  expect(await register(old?.id)).toMatchObject({ id: old?.id, standing: 'current' });
});

it('registers anew what was removed at Tamara, and shows nothing meanwhile', async () => {
  const made = await register();
  await api('DELETE', `/webhooks/${made?.id}`);
  expect(await tamara.findWebhooks?.(context(), target(made?.id))).toEqual([]);
  const again = await register(made?.id);
  expect(again?.id).not.toBe(made?.id);
  expect(await tamara.findWebhooks?.(context(), target(again?.id))).toEqual([again]);
});

it('shows nothing and asks nothing before anything was registered', async () => {
  expect(await tamara.findWebhooks?.(context(), target())).toEqual([]);
  expect(operations).toEqual([]);
});

it('says that the token is wrong', async () => {
  await expect(register(null, undefined, context({ api_token: 'wrong' }))).rejects.toMatchObject({
    failure: { kind: 'bad_credentials' },
  });
});
