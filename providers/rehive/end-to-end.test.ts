/** The connector against the simulator, over HTTP; the simulator's own books are the judge. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import type { CreatePayment, IncomingWebhook, MoneyOperation, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { rehive } from './connector.ts';
import { rehiveSimulator } from './sandbox.ts';
import type { RehiveCredentials } from './wire.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;
const http = createProviderHttp();

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await rehiveSimulator.start({ seed: 'end-to-end', webhookUrl: merchant.url() });
});
afterAll(async () => {
  await http.close();
  await simulator.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await simulator.webhooks.idle();
  simulator.reset();
  simulator.settings['envelope'] = true;
  merchant.received.length = 0;
});

const context = (signal = new AbortController().signal): ProviderContext<RehiveCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: simulator.baseUrl,
    credentials: rehive.credentials.parse(simulator.credentials),
  },
  http,
  tokens: createTokenStore(Date.now),
  now: Date.now,
  signal,
});
const order: CreatePayment = {
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'hosted',
  money: money(10_000, currency('USD')),
  description: 'Order 1001',
  customer: { email: 'sara@example.com' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/rehive/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
};
const create = async () => (await rehive.createPayment(context(), order)).provider_payment_id;
const known = (provider_payment_id: string) => ({ provider_payment_id, method: 'hosted' });
const read = (id: string) => rehive.readPayment(context(), known(id));
const find = () => rehive.findPayment?.(context(), { reference: 'pay_01', method: 'hosted' });
const bytes = (text: string) => new TextEncoder().encode(text);
const verdicts = () =>
  merchant.received.map(({ path, headers, body }) => {
    const flat = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
    const webhook: IncomingWebhook = {
      method: 'POST',
      path,
      headers: Object.fromEntries(flat),
      body: bytes(body),
      received_at: Date.now(),
    };
    return rehive.verifyWebhook(context().account, webhook);
  });
const claims = () => merchant.received.map(({ body }) => rehive.parseWebhook(bytes(body)));
const booked = (kind: string) => simulator.ledger.lines().filter((line) => line.kind === kind);

it.each([true, false])('takes a payment: created, paid, announced, read (envelope: %p)', async (envelope) => {
  simulator.settings['envelope'] = envelope;
  const { provider_payment_id: id, next_action } = await rehive.createPayment(context(), order);
  expect((await fetch(next_action.redirect_url ?? '')).status).toBe(200);
  expect(await read(id)).toMatchObject({ status: 'pending', receipts: [], reference: 'pay_01' });
  simulator.payments.pay(id, {});
  await simulator.webhooks.idle();
  expect(verdicts().every(({ ok }) => ok)).toBe(true);
  expect(claims()).toContainEqual(expect.objectContaining({ provider_payment_id: id, reference: 'pay_01' }));
  const [received] = booked('money_received');
  expect(await read(id)).toMatchObject({
    status: 'paid',
    receipts: [{ key: received?.transfer_id, amount: 10_000 }],
  });
  expect(booked('payment_created')).toMatchObject([
    { reference: 'pay_01', idempotency_key: 'inv_01:create:pay_01', amount: 10_000, currency: 'USD' },
  ]);
});

it('counts part payments and too much money exactly', async () => {
  const id = await create();
  simulator.payments.pay(id, { amount: 2_500 });
  const partly = await read(id);
  expect(partly).toMatchObject({ status: 'pending', receipts: [{ amount: 2_500 }] });
  simulator.payments.pay(id, { amount: 9_000 });
  const whole = await read(id);
  expect(whole).toMatchObject({ status: 'paid', receipts: [partly.receipts[0], { amount: 9_000 }] });
});

it('says that a payment failed or ran out', async () => {
  const failed = await create();
  simulator.payments.fail(failed, null);
  expect(await read(failed)).toMatchObject({ status: 'failed', failure: { code: 'failed' } });
  const other = { ...order, reference: 'pay_02', idempotency_key: 'inv_02:create:pay_02' };
  const { provider_payment_id: id } = await rehive.createPayment(context(), other);
  await simulator.clock.advance(24 * 3600 + 1, () => simulator.webhooks.idle());
  expect(await read(id)).toMatchObject({ status: 'expired', receipts: [] });
});

it('ends an unpaid payment, and finds out that one was paid in the meantime', async () => {
  const id = await create();
  expect(await rehive.expirePayment?.(context(), known(id))).toMatchObject({ status: 'canceled' });
  expect(await rehive.expirePayment?.(context(), known(id))).toMatchObject({ status: 'canceled' });
  const other = { ...order, reference: 'pay_02', idempotency_key: 'inv_02:create:pay_02' };
  const { provider_payment_id: paid } = await rehive.createPayment(context(), other);
  simulator.payments.pay(paid, {});
  expect(await rehive.expirePayment?.(context(), known(paid))).toMatchObject({
    status: 'paid',
    receipts: [{ amount: 10_000 }],
  });
});

it('gives all copies of a webhook one key and refuses a forged one', async () => {
  const id = await create();
  simulator.payments.pay(id, { amount: 1 });
  await simulator.webhooks.idle();
  merchant.received.length = 0;
  simulator.webhooks.arm({ do: 'double', copies: 3 }, 1);
  simulator.payments.pay(id, {});
  await simulator.webhooks.idle();
  expect(claims()).toHaveLength(3);
  expect(new Set(claims().map(({ event_key }) => event_key)).size).toBe(1);
  simulator.payments.sendWebhook(id, { forge: true });
  await simulator.webhooks.idle();
  expect(verdicts().filter(({ ok }) => !ok)).toEqual([{ ok: false, reason: 'bad_signature' }]);
});

it('finds a payment again whose answer never came, with its link, and makes no second one', async () => {
  expect(await find()).toBeNull();
  simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation: 'create', probability: 1 });
  const failing = rehive.createPayment(context(AbortSignal.timeout(300)), order);
  await expect(failing).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
  const found = await find();
  expect(found).toMatchObject({ status: 'pending', next_action: { type: 'redirect' } });
  expect(await create()).toBe(found?.provider_payment_id);
  expect(booked('payment_created')).toHaveLength(1);
});

describe('refunds', () => {
  const operation = (id: string, amount: number, operation_key: string): MoneyOperation => ({
    ...known(id),
    money: money(amount, currency('USD')),
    operation_key,
    reason: 'Torn',
  });
  const refund = (id: string, amount: number, key: string, signal?: AbortSignal) =>
    rehive.refundPayment?.(context(signal), operation(id, amount, key));
  const settled = () => simulator.clock.advance(2, () => simulator.webhooks.idle());
  const paid = async (): Promise<string> => {
    const id = await create();
    simulator.payments.pay(id, {});
    return id;
  };

  it('go back in parts and are read with our keys', async () => {
    const id = await paid();
    expect(await refund(id, 2_500, 'inv_01:refund:1')).toMatchObject({ amount: 2_500, status: 'pending' });
    await refund(id, 7_500, 'inv_01:refund:2');
    await settled();
    expect((await read(id)).refunds).toMatchObject([
      { reference: 'inv_01:refund:1', amount: 2_500, status: 'succeeded' },
      { reference: 'inv_01:refund:2', amount: 7_500, status: 'succeeded' },
    ]);
    expect(booked('money_refunded')).toMatchObject([
      { amount: 2_500, idempotency_key: 'inv_01:refund:1' },
      { amount: 7_500, idempotency_key: 'inv_01:refund:2' },
    ]);
    await expect(refund(id, 1, 'inv_01:refund:3')).rejects.toMatchObject({
      failure: { kind: 'invalid_request' },
    });
  });

  it('happen once, even when the answer is lost and the key is forgotten after a day', async () => {
    const id = await paid();
    simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation: 'refund', probability: 1 });
    await expect(refund(id, 2_500, 'inv_01:refund:1', AbortSignal.timeout(300))).rejects.toMatchObject({
      failure: { kind: 'unknown_outcome' },
    });
    await simulator.clock.advance(25 * 3600, () => simulator.webhooks.idle());
    expect(await refund(id, 2_500, 'inv_01:refund:1')).toMatchObject({ status: 'succeeded' });
    expect(booked('refund_requested')).toHaveLength(1);
  });

  it('can fail afterwards', async () => {
    const id = await paid();
    simulator.settings['refunds_fail'] = true;
    await refund(id, 2_500, 'inv_01:refund:1');
    await settled();
    simulator.settings['refunds_fail'] = false;
    expect((await read(id)).refunds).toMatchObject([{ status: 'failed', amount: 2_500 }]);
    expect(booked('money_refunded')).toEqual([]);
  });
});
