/** The connector against the simulator, over HTTP; the simulator's own books are the judge. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import type { CreatePayment, IncomingWebhook, MoneyOperation, ProviderContext } from '../contract.ts';
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
  simulator = await tabbySimulator.start({ seed: 'end-to-end', webhookUrl: merchant.url() });
});
afterAll(async () => {
  await http.close();
  await simulator.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await simulator.webhooks.idle();
  simulator.reset();
  merchant.received.length = 0;
});

const context = (signal = new AbortController().signal): ProviderContext<TabbyCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: simulator.baseUrl,
    credentials: tabby.credentials.parse(simulator.credentials),
  },
  http,
  tokens: createTokenStore(Date.now),
  now: Date.now,
  signal,
});
const KWD = currency('KWD');
const order: CreatePayment = {
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'installments',
  money: money(12_500, KWD),
  description: 'Order 1001',
  customer: { name: 'Sara', email: 'otp.success@tabby.ai', phone: '+965 9000 0001' },
  items: [{ name: 'T-shirt', quantity: 2, unit_amount: 6_250 }],
  webhook_url: 'https://sarraf.example/webhooks/tabby/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
};
const create = async (over: Partial<CreatePayment> = {}) =>
  (await tabby.createPayment(context(), { ...order, ...over })).provider_payment_id;
const known = (provider_payment_id: string) => ({ provider_payment_id, method: 'installments' });
const read = (id: string) => tabby.readPayment(context(), known(id));
const find = () => tabby.findPayment?.(context(), { reference: 'pay_01', method: 'installments' });
const operation = (id: string, amount: number, operation_key: string): MoneyOperation => ({
  ...known(id),
  money: money(amount, KWD),
  operation_key,
  reason: null,
});
const capture = (id: string, amount: number, key: string, signal?: AbortSignal) =>
  tabby.capturePayment?.(context(signal), operation(id, amount, key));
const refund = (id: string, amount: number, key: string, signal?: AbortSignal) =>
  tabby.refundPayment?.(context(signal), operation(id, amount, key));
const release = (id: string) => tabby.voidPayment?.(context(), { ...known(id), operation_key: 'void_1' });
const authorized = async (): Promise<string> => {
  const id = await create();
  simulator.payments.pay(id, {});
  return id;
};
const hang = (name: string): void =>
  void simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation: name, probability: 1 });
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
    return tabby.verifyWebhook(context().account, webhook);
  });
const claims = () => merchant.received.map(({ body }) => tabby.parseWebhook(bytes(body)));
const booked = (kind: string) => simulator.ledger.lines().filter((line) => line.kind === kind);
const REFUSED = { failure: { kind: 'invalid_request' } };
const LOST = { failure: { kind: 'unknown_outcome' } };

it('takes a payment: created, authorized, announced, captured, read', async () => {
  const { provider_payment_id: id, next_action } = await tabby.createPayment(context(), order);
  expect((await fetch(next_action.redirect_url ?? '')).status).toBe(200);
  expect(await read(id)).toMatchObject({ status: 'pending', receipts: [], reference: 'pay_01' });
  simulator.payments.pay(id, {});
  await simulator.webhooks.idle();
  expect(verdicts()).toEqual([{ ok: true }]);
  expect(claims()).toMatchObject([{ provider_payment_id: id, reference: 'pay_01', reading: null }]);
  expect(await read(id)).toMatchObject({ status: 'authorized', authorized: 12_500, receipts: [] });
  expect(booked('money_received')).toEqual([]);
  const taken = await capture(id, 12_500, 'cap_1');
  const [received] = booked('money_received');
  expect(received).toMatchObject({ amount: '12.500', currency: 'KWD', idempotency_key: 'cap_1' });
  expect(taken).toMatchObject({ status: 'paid', receipts: [{ key: received?.transfer_id, amount: 12_500 }] });
  expect(await read(id)).toEqual(taken);
  await simulator.webhooks.idle();
  expect(merchant.bodies().map(({ status }) => status)).toEqual(['authorized', 'authorized', 'closed']);
  expect(new Set(claims().map(({ event_key }) => event_key)).size).toBe(3);
});

it('lets the customer pay, cancel or be refused on the page', async () => {
  const play = async (what: string, email: string) => {
    const customer = { ...order.customer, email };
    const created = await tabby.createPayment(context(), { ...order, customer });
    const answer = await fetch(created.next_action.redirect_url ?? '', {
      method: 'POST',
      body: new URLSearchParams({ do: what }),
      redirect: 'manual',
    });
    const { status } = await read(created.provider_payment_id);
    return [answer.headers.get('location')?.split('?')[0], status];
  };
  expect(await play('pay', 'otp.success@tabby.ai')).toEqual([order.return_urls.success, 'authorized']);
  expect(await play('cancel', 'otp.success@tabby.ai')).toEqual([order.return_urls.cancel, 'expired']);
  expect(await play('pay', 'otp.rejected@tabby.ai')).toEqual([order.return_urls.failure, 'failed']);
});

it('says that pre-scoring declined the customer', async () => {
  const customer = { ...order.customer, phone: '+96590000002' };
  await expect(create({ customer })).rejects.toMatchObject({
    failure: { kind: 'declined', code: 'not_available' },
  });
  expect(booked('payment_created')).toEqual([]);
});

it('says that a payment was rejected or ran out', async () => {
  const failed = await create();
  simulator.payments.fail(failed, null);
  expect(await read(failed)).toMatchObject({ status: 'failed', failure: { code: 'rejected' } });
  const late = await create({ reference: 'pay_02' });
  await simulator.clock.advance(30 * 60 + 1, () => simulator.webhooks.idle());
  expect(await read(late)).toMatchObject({ status: 'expired', receipts: [] });
});

it('captures in parts and gives the rest back', async () => {
  const id = await authorized();
  const partly = await capture(id, 5_000, 'cap_1');
  expect(partly).toMatchObject({ status: 'authorized', authorized: 12_500, receipts: [{ amount: 5_000 }] });
  await capture(id, 2_500, 'cap_2');
  await expect(capture(id, 5_001, 'cap_3')).rejects.toMatchObject(REFUSED);
  expect(await release(id)).toMatchObject({
    status: 'paid',
    receipts: [{ amount: 5_000 }, { amount: 2_500 }],
  });
  expect(booked('authorization_released')).toMatchObject([{ amount: '5.000' }]);
});

it('gives a whole authorization back, once', async () => {
  const id = await authorized();
  expect(await release(id)).toMatchObject({ status: 'canceled', receipts: [] });
  expect(await release(id)).toMatchObject({ status: 'canceled' });
  expect(booked('authorization_released')).toMatchObject([{ amount: '12.500' }]);
  const open = await create({ reference: 'pay_02' });
  await expect(release(open)).rejects.toMatchObject(REFUSED);
});

it('captures once, though the answer is lost', async () => {
  const id = await authorized();
  hang('capture');
  await expect(capture(id, 12_500, 'cap_1', AbortSignal.timeout(300))).rejects.toMatchObject(LOST);
  expect(await capture(id, 12_500, 'cap_1')).toMatchObject({
    status: 'paid',
    receipts: [{ amount: 12_500 }],
  });
  expect(booked('money_received')).toHaveLength(1);
  await expect(capture(id, 1, 'cap_1')).rejects.toMatchObject({ failure: { code: 'key_reused' } });
});

it('refunds in parts, once for each key, and never more than was captured', async () => {
  const id = await authorized();
  await expect(refund(id, 1, 'ref_0')).rejects.toMatchObject(REFUSED);
  await capture(id, 12_500, 'cap_1');
  hang('refund');
  await expect(refund(id, 2_500, 'ref_1', AbortSignal.timeout(300))).rejects.toMatchObject(LOST);
  expect(await refund(id, 2_500, 'ref_1')).toMatchObject({
    reference: 'ref_1',
    amount: 2_500,
    status: 'succeeded',
  });
  await expect(refund(id, 10_001, 'ref_2')).rejects.toMatchObject(REFUSED);
  await refund(id, 10_000, 'ref_3');
  expect(await read(id)).toMatchObject({
    status: 'paid',
    refunds: [
      { reference: 'ref_1', amount: 2_500 },
      { reference: 'ref_3', amount: 10_000 },
    ],
  });
  expect(booked('money_refunded')).toMatchObject([{ amount: '2.500' }, { amount: '10.000' }]);
});

it('gives all copies of a webhook one key and refuses a forged one', async () => {
  simulator.webhooks.arm({ do: 'double', copies: 3 }, 1);
  const id = await authorized();
  await simulator.webhooks.idle();
  expect(claims()).toHaveLength(3);
  expect(new Set(claims().map(({ event_key }) => event_key)).size).toBe(1);
  simulator.payments.sendWebhook(id, { forge: true });
  await simulator.webhooks.idle();
  expect(verdicts().filter(({ ok }) => !ok)).toEqual([{ ok: false, reason: 'bad_signature' }]);
});

it('finds a payment by our reference as soon as it is authorized', async () => {
  expect(await find()).toBeNull();
  hang('create');
  const failing = tabby.createPayment(context(AbortSignal.timeout(300)), order);
  await expect(failing).rejects.toMatchObject(LOST);
  // Tabby lists nothing that is merely created, and nobody has the link of this one.
  expect(await find()).toBeNull();
  const [made] = booked('payment_created');
  simulator.payments.pay(made?.payment_id ?? '', {});
  expect(await find()).toMatchObject({ provider_payment_id: made?.payment_id, status: 'authorized' });
});

it('finds a payment behind a page of newer ones', async () => {
  const id = await authorized();
  for (let number = 0; number < 25; number += 1) {
    simulator.payments.pay(await create({ reference: `other_${number}` }), {});
  }
  expect(await find()).toMatchObject({ provider_payment_id: id, reference: 'pay_01' });
});
