/** The registration of webhooks against the simulator, over HTTP; the simulator's own list is the judge. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import type { ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { tabby } from './connector.ts';
import { tabbySimulator } from './sandbox.ts';
import type { TabbyCredentials } from './wire.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;
const http = createProviderHttp();

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await tabbySimulator.start({ seed: 'registration' });
});
afterAll(async () => {
  await http.close();
  await simulator.stop();
  await merchant.stop();
});
beforeEach(() => {
  simulator.reset();
  merchant.received.length = 0;
});

const context = (
  changes: Record<string, string> = {},
  signal = new AbortController().signal,
): ProviderContext<TabbyCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: simulator.baseUrl,
    credentials: tabby.credentials.parse({ ...simulator.credentials, ...changes }),
  },
  http,
  tokens: createTokenStore(Date.now),
  now: Date.now,
  signal,
});
const target = (path = '/webhooks/tabby/acc_1', known_id: string | null = null) => ({
  url: merchant.url(path),
  known_id,
});
const register = (...[where, how]: [ReturnType<typeof target>?, ProviderContext<TabbyCredentials>?]) =>
  tabby.registerWebhook?.(how ?? context(), where ?? target());
const headers = () => ({
  authorization: `Bearer ${simulator.credentials['secret_key']}`,
  'x-merchant-code': String(simulator.credentials['merchant_code']),
});
const registered = async (): Promise<{ url: string; header?: { title: string; value: string } }[]> =>
  (await fetch(`${simulator.baseUrl}/api/v1/webhooks`, { headers: headers() })).json() as Promise<never>;
const registerByHand = (url: string) =>
  fetch(`${simulator.baseUrl}/api/v1/webhooks`, {
    method: 'POST',
    headers: headers(),
    body: JSON.stringify({ url, header: { title: 'X-Mine', value: 'v' } }),
  });

it('registers our URL with the header of the account, once however often it is asked', async () => {
  const first = await register();
  const second = await register();
  expect(first).toEqual({ id: expect.any(String), url: target().url, events: null, standing: 'current' });
  expect(second).toEqual(first);
  const { webhook_header: title, webhook_secret: value } = simulator.credentials;
  expect(await registered()).toMatchObject([{ url: target().url, header: { title, value } }]);
});

it('finds the registration whose answer was lost', async () => {
  simulator.faults.arm(
    { kind: 'hang_after_accept' },
    { times: 1, operation: 'register_webhook', probability: 1 },
  );
  await expect(register(target(), context({}, AbortSignal.timeout(300)))).rejects.toMatchObject({
    failure: { kind: 'unknown_outcome' },
  });
  expect(await register()).toMatchObject({ standing: 'current' });
  expect(await registered()).toHaveLength(1);
});

it('changes an old URL and an old secret in place', async () => {
  const old = await register(target('/before/webhooks/tabby/acc_1'));
  expect(await tabby.findWebhooks?.(context(), target())).toMatchObject([{ standing: 'outdated' }]);
  expect(await register()).toMatchObject({ id: old?.id, standing: 'current' });
  const rotated = context({ webhook_secret: 'a-new-secret' });
  expect(await tabby.findWebhooks?.(rotated, target())).toMatchObject([{ standing: 'outdated' }]);
  expect(await register(target(), rotated)).toMatchObject({ id: old?.id, standing: 'current' });
  expect(await registered()).toMatchObject([{ url: target().url, header: { value: 'a-new-secret' } }]);
});

it('leaves the webhooks of others alone and keeps one of several of its own', async () => {
  await registerByHand('https://other.example/hook?token=secret');
  await registerByHand(target().url);
  await registerByHand(target().url);
  const found = await register();
  expect((await registered()).map(({ url }) => url)).toEqual([
    'https://other.example/hook?token=secret',
    target().url,
  ]);
  expect(await tabby.findWebhooks?.(context(), target())).toEqual([
    { id: expect.any(String), url: 'https://other.example/hook', events: null, standing: 'other' },
    found,
  ]);
});

it('says that there is no room, and that the credentials are wrong', async () => {
  for (const name of ['a', 'b', 'c', 'd']) await registerByHand(`https://other.example/${name}`);
  await expect(register()).rejects.toMatchObject({ failure: { kind: 'invalid_request', code: 'bad_data' } });
  const wrong = context({ secret_key: 'sk_test_wrong' });
  await expect(register(target(), wrong)).rejects.toMatchObject({ failure: { kind: 'bad_credentials' } });
});

it('gets what it registered for: webhooks at our URL with a proof that holds', async () => {
  await register();
  const { provider_payment_id } = await tabby.createPayment(context(), {
    reference: 'pay_01',
    idempotency_key: 'k',
    method: 'installments',
    money: money(12_500, currency('KWD')),
    description: null,
    customer: { name: 'Sara', email: 'otp.success@tabby.ai', phone: '+965 9000 0001' },
    items: [],
    webhook_url: target().url,
    return_urls: {
      success: 'https://shop.example.com/s',
      failure: 'https://shop.example.com/f',
      cancel: 'https://shop.example.com/c',
    },
  });
  simulator.payments.pay(provider_payment_id, {});
  await simulator.webhooks.idle();
  const [webhook] = merchant.received;
  expect(webhook?.path).toBe('/webhooks/tabby/acc_1');
  const flat = Object.entries(webhook?.headers ?? {}).map(([name, value]) => [name, String(value)]);
  const incoming = {
    method: 'POST',
    path: webhook?.path ?? '',
    headers: Object.fromEntries(flat) as Record<string, string>,
    body: new TextEncoder().encode(webhook?.body),
    received_at: Date.now(),
  };
  expect(tabby.verifyWebhook(context().account, incoming)).toEqual({ ok: true });
});
