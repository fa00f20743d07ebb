/** The connector against the simulator, over HTTP. The simulator's books are the judge. */
// oxlint-disable no-restricted-imports -- the one place where the two sides meet
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import type { CreatePayment, IncomingWebhook, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { zaincash } from './connector.ts';
import { zaincashSimulator } from './sandbox.ts';
import { zainCashCredentials, type ZainCashCredentials } from './wire.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;
let context: ProviderContext<ZainCashCredentials>;
const real = createProviderHttp();
/** Calls that hang are given up after this long. */
let timeout_ms = 5_000;
const http = { send: (request: Parameters<typeof real.send>[0]) => real.send({ ...request, timeout_ms }) };

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await zaincashSimulator.start({ webhookUrl: merchant.url() });
});
afterAll(async () => {
  await simulator.stop();
  await merchant.stop();
  await real.close();
});
beforeEach(() => {
  simulator.reset();
  merchant.received.length = 0;
  timeout_ms = 5_000;
  context = {
    account: {
      id: 'acc_1',
      base_url: simulator.baseUrl,
      credentials: zainCashCredentials.parse(simulator.credentials),
    },
    http,
    tokens: createTokenStore(() => simulator.clock.now()),
    now: () => simulator.clock.now(),
    signal: new AbortController().signal,
  };
});

const order = (reference = 'pay_01'): CreatePayment => ({
  reference,
  idempotency_key: `inv_01:create:${reference}`,
  method: 'wallet',
  money: money(25_000_000, currency('IQD')),
  description: 'Order 1001',
  customer: { phone: '07800000002' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/zaincash/acc_1',
  return_urls: returnAddresses('https://shop.example/ok'),
});
const create = async (request = order()) => {
  const made = await zaincash.createPayment(context, request);
  return { ...made, provider_payment_id: made.provider_payment_id, method: 'wallet' };
};
const effects = () =>
  simulator.ledger.lines().map(({ kind, reference, amount }) => [kind, reference, amount]);
async function webhooks(count: number): Promise<IncomingWebhook[]> {
  await merchant.waitFor(count);
  return merchant.received.map(({ path, body }) => ({
    method: 'POST',
    path,
    headers: {},
    body: Buffer.from(body),
    received_at: Date.now(),
  }));
}
const verdicts = (received: IncomingWebhook[]) =>
  received.map((webhook) => zaincash.verifyWebhook(context.account, webhook));

it('creates, is paid on the hosted page, believes the webhook and reads the same', async () => {
  const payment = await create();
  const page = payment.next_action.redirect_url ?? '';
  const submit = (fields: Record<string, string>) =>
    fetch(page, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
  await submit({ phone: '9647800000002', pin: '1111' });
  expect((await submit({ step: 'otp', otp: '111111' })).headers.get('location')).toContain(
    'https://shop.example/ok',
  );

  const received = await webhooks(1);
  expect(verdicts(received)).toEqual([{ ok: true }]);
  const claim = zaincash.parseWebhook(received[0]?.body ?? new Uint8Array());
  const reading = await zaincash.readPayment(context, payment);
  const facts = { provider_payment_id: payment.provider_payment_id, reference: 'pay_01', status: 'paid' };
  expect(claim.reading).toMatchObject(facts);
  expect(reading).toMatchObject({ ...facts, receipts: [{ amount: 25_000_000 }] });
  expect(claim.reading?.receipts).toEqual(reading.receipts);
  expect(effects()).toEqual([
    ['payment_created', 'pay_01', 25_000],
    ['money_received', 'pay_01', 25_000],
  ]);
});

it('learns that a payment failed, and that another has expired', async () => {
  const [failed, expired] = [await create(), await create(order('pay_02'))];
  simulator.payments.fail(failed.provider_payment_id, 'Insufficient balance');
  const [webhook] = await webhooks(1);
  expect(zaincash.parseWebhook(webhook?.body ?? new Uint8Array()).reading).toMatchObject({
    status: 'failed',
    failure: { message: 'Insufficient balance' },
  });
  expect(Date.parse(expired.expires_at) - simulator.clock.now()).toBeLessThanOrEqual(900_000);
  await simulator.clock.advance(900, () => simulator.webhooks.idle());
  expect((await zaincash.readPayment(context, failed)).status).toBe('failed');
  expect((await zaincash.readPayment(context, expired)).status).toBe('expired');
});

it('tells a forged webhook from true ones that come twice', async () => {
  const payment = await create();
  simulator.webhooks.arm({ do: 'double', copies: 3 }, 1);
  simulator.payments.pay(payment.provider_payment_id, {});
  simulator.payments.sendWebhook(payment.provider_payment_id, { forge: true });
  const received = await webhooks(4);
  const claims = received.map(({ body }) => zaincash.parseWebhook(body).event_key);
  expect(new Set(claims).size).toBe(1);
  const answers = verdicts(received);
  expect(answers.filter(({ ok }) => ok)).toHaveLength(3);
  expect(answers.filter(({ ok }) => !ok)).toEqual([{ ok: false, reason: 'bad_signature' }]);
});

it.each([
  ['hangs', { kind: 'hang_after_accept' }],
  ['resets', { kind: 'reset_after_accept' }],
  ['sends half of it', { kind: 'truncate' }],
  ['answers 500', { kind: 'status', status: 500, after_accept: true }],
] as const)('makes one payment when ZainCash accepts and then %s', async (_, fault) => {
  timeout_ms = 300;
  simulator.faults.arm(fault, { times: 1, operation: 'create', probability: 1 });
  const payment = await create();
  expect(effects()).toEqual([['payment_created', 'pay_01', 25_000]]);
  expect(simulator.payments.find(payment.provider_payment_id)?.reference).toBe('pay_01');
  // The link is told once. The webhook carries our reference all the same, so the money is not lost.
  expect(payment.next_action).toEqual({ type: 'redirect' });
});

it('makes one payment, with its link, when the request never arrived', async () => {
  simulator.faults.arm({ kind: 'reset' }, { times: 1, operation: 'create', probability: 1 });
  expect((await create()).next_action.redirect_url).toContain(simulator.baseUrl);
  expect(effects()).toHaveLength(1);
});

it('makes one payment of the same request sent twenty times at once', async () => {
  const made = await Promise.all(
    Array.from({ length: 20 }, () =>
      zaincash.createPayment({ ...context, signal: new AbortController().signal }, order()),
    ),
  );
  expect(new Set(made.map(({ provider_payment_id }) => provider_payment_id)).size).toBe(1);
  expect(effects()).toHaveLength(1);
});

it('gets a new token when its own has run out at ZainCash', async () => {
  const payment = await create();
  // Our clock stands still, so only the 401 can tell.
  const fixed = Date.now();
  const stale = { ...context, tokens: createTokenStore(() => fixed) };
  await zaincash.readPayment(stale, payment);
  await simulator.clock.advance(90_000, () => simulator.webhooks.idle());
  expect((await zaincash.readPayment(stale, payment)).status).toBe('expired');
});

describe('a refund', () => {
  const operation = (provider_payment_id: string) => ({
    provider_payment_id,
    method: 'wallet',
    money: money(25_000_000, currency('IQD')),
    operation_key: 'inv_01:refund:1',
    reason: null,
  });
  const refunds = () => effects().filter(([kind]) => kind === 'money_refunded').length;

  it('gives the money back once, however often it is asked for', async () => {
    const { provider_payment_id: id } = await create();
    simulator.payments.pay(id, {});
    const first = await zaincash.refundPayment?.(context, operation(id));
    expect(first).toMatchObject({ amount: 25_000_000, status: 'succeeded' });
    expect(await zaincash.refundPayment?.(context, operation(id))).toEqual(first);
    expect(await zaincash.readPayment(context, { provider_payment_id: id, method: 'wallet' })).toMatchObject({
      status: 'paid',
      refunds: [first],
    });
    expect(refunds()).toBe(1);
    const received = await webhooks(2);
    expect(verdicts(received)).toEqual([{ ok: true }, { ok: true }]);
    expect(zaincash.parseWebhook(received[1]?.body ?? new Uint8Array()).reading).toBeNull();
  });

  it('gives it back once although the first answer was lost', async () => {
    const { provider_payment_id: id } = await create();
    simulator.payments.pay(id, {});
    timeout_ms = 300;
    simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation: 'refund', probability: 1 });
    const lost: unknown = await zaincash
      .refundPayment?.(context, operation(id))
      .catch((error: unknown) => error);
    expect(lost instanceof ProviderError && lost.failure.kind).toBe('unknown_outcome');
    expect(await zaincash.refundPayment?.(context, operation(id))).toMatchObject({ status: 'succeeded' });
    expect(refunds()).toBe(1);
  });

  it('is refused for a part, and for a payment without money', async () => {
    const { provider_payment_id: id } = await create();
    await expect(zaincash.refundPayment?.(context, operation(id))).rejects.toThrow(/PENDING/);
    simulator.payments.pay(id, {});
    const part = { ...operation(id), money: money(1_000_000, currency('IQD')) };
    await expect(zaincash.refundPayment?.(context, part)).rejects.toThrow(/whole payment/);
    expect(refunds()).toBe(0);
  });
});

it('is refused with wrong credentials before anything happens', async () => {
  const { account } = context;
  const wrong = {
    ...context,
    account: { ...account, credentials: { ...account.credentials, client_secret: 'x' } },
  };
  await expect(zaincash.createPayment(wrong, order())).rejects.toThrow(/bad_credentials/);
  expect(effects()).toEqual([]);
});
