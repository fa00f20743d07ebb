/** The connector against the simulator, over HTTP. The simulator's books are the judge. */
// oxlint-disable no-restricted-imports -- the one place where the two sides meet
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import type { CreatePayment, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { zaincashV1 } from './connector.ts';
import { zaincashV1Simulator } from './sandbox.ts';
import { zainCashV1Credentials, type ZainCashV1Credentials } from './wire.ts';

let simulator: RunningSimulator;
let context: ProviderContext<ZainCashV1Credentials>;
const real = createProviderHttp();
const http = {
  send: (request: Parameters<typeof real.send>[0]) => real.send({ ...request, timeout_ms: 500 }),
};

beforeAll(async () => {
  simulator = await zaincashV1Simulator.start();
  context = {
    account: {
      id: 'acc_1',
      base_url: simulator.baseUrl,
      credentials: zainCashV1Credentials.parse(simulator.credentials),
    },
    http,
    tokens: createTokenStore(Date.now),
    now: Date.now,
    signal: new AbortController().signal,
  };
});
afterAll(async () => {
  await simulator.stop();
  await real.close();
});
beforeEach(() => simulator.reset());

const order: CreatePayment = {
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'wallet',
  money: money(25_000_000, currency('IQD')),
  description: 'Order 1001',
  customer: {},
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/zaincash_v1/acc_1',
  return_urls: returnAddresses('https://shop.example/return'),
};
const create = async () => ({ ...(await zaincashV1.createPayment(context, order)), method: 'wallet' });
const effects = () =>
  simulator.ledger.lines().map(({ kind, reference, amount }) => [kind, reference, amount]);

it('creates, is paid on the page, takes the return for a hint and reads the money', async () => {
  const payment = await create();
  const page = payment.next_action.redirect_url ?? '';
  const submit = (fields: Record<string, string>) =>
    fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await submit({ phonenumber: '9647800000002', pin: '1111' });
  const back = new URL((await submit({ step: 'otp', otp: '111111' })).headers.get('location') ?? '');

  const body = Buffer.from(JSON.stringify({ token: back.searchParams.get('token') }));
  const webhook = { method: 'POST', path: '/', headers: {}, body, received_at: Date.now() };
  expect(zaincashV1.verifyWebhook(context.account, webhook)).toEqual({ ok: true });
  expect(zaincashV1.parseWebhook(body)).toMatchObject({
    provider_payment_id: payment.provider_payment_id,
    reference: 'pay_01',
    reading: null,
  });
  expect(await zaincashV1.readPayment(context, payment)).toMatchObject({
    status: 'paid',
    reference: 'pay_01',
    receipts: [{ key: payment.provider_payment_id, amount: 25_000_000 }],
  });
  expect(effects()).toEqual([
    ['payment_created', 'pay_01', 25_000],
    ['money_received', 'pay_01', 25_000],
  ]);
});

it('learns by reading alone that a payment failed, was cancelled or has run out', async () => {
  const [failed, canceled, expired] = [await create(), await create(), await create()];
  simulator.payments.fail(failed.provider_payment_id, 'Not enough credit on balance');
  expect(await zaincashV1.readPayment(context, failed)).toMatchObject({
    status: 'failed',
    failure: { message: 'Not enough credit on balance' },
  });
  expect(await zaincashV1.expirePayment?.(context, canceled)).toMatchObject({
    status: 'canceled',
    receipts: [],
  });
  await simulator.clock.advance(4 * 60 * 60, () => Promise.resolve());
  expect((await zaincashV1.readPayment(context, expired)).status).toBe('failed');
  expect(effects().map(([kind]) => kind)).toContain('payment_canceled');
});

it('finds a payment paid that it wanted to end', async () => {
  const payment = await create();
  simulator.payments.pay(payment.provider_payment_id, {});
  expect(await zaincashV1.expirePayment?.(context, payment)).toMatchObject({ status: 'paid' });
  expect(effects()).toHaveLength(2);
});

it.each([
  ['hangs', { kind: 'hang_after_accept' }],
  ['resets', { kind: 'reset_after_accept' }],
  ['sends half of it', { kind: 'truncate' }],
] as const)(
  'leaves the outcome unknown when ZainCash accepts and then %s, and does not try again',
  async (_, fault) => {
    simulator.faults.arm(fault, { times: 1, operation: 'create', probability: 1 });
    await expect(create()).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
    expect(effects()).toEqual([['payment_created', 'pay_01', 25_000]]);
  },
);

it('believes no return that another secret signed', async () => {
  const { account } = context;
  const other = await zaincashV1Simulator.start({ seed: 'another' });
  const token = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpZCI6IjEiLCJzdGF0dXMiOiJzdWNjZXNzIn0.c2ln';
  const webhook = {
    method: 'POST',
    path: '/',
    headers: {},
    body: Buffer.from(JSON.stringify({ token })),
    received_at: Date.now(),
  };
  expect(zaincashV1.verifyWebhook(account, webhook)).toEqual({ ok: false, reason: 'bad_signature' });
  const stranger = {
    ...account,
    credentials: { ...account.credentials, secret: other.credentials['secret'] ?? '' },
  };
  await other.stop();
  await expect(zaincashV1.createPayment({ ...context, account: stranger }, order)).rejects.toMatchObject({
    failure: { kind: 'bad_credentials' },
  });
  expect(effects()).toEqual([]);
});
