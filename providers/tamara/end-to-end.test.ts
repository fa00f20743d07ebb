/** The connector against the simulator, over HTTP; the simulator's own books are the judge. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import type { CreatePayment, IncomingWebhook, MoneyOperation, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { tamara } from './connector.ts';
import { tamaraSimulator } from './sandbox.ts';
import type { TamaraCredentials } from './wire.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;
const http = createProviderHttp();

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await tamaraSimulator.start({ seed: 'end-to-end', webhookUrl: merchant.url('/registered') });
});
afterAll(async () => {
  await http.close();
  await simulator.stop();
  await merchant.stop();
});
beforeEach(async () => {
  await simulator.webhooks.idle();
  simulator.reset();
  simulator.settings['auto_capture'] = false;
  merchant.received.length = 0;
});

const context = (signal = new AbortController().signal): ProviderContext<TamaraCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: simulator.baseUrl,
    credentials: tamara.credentials.parse(simulator.credentials),
  },
  http,
  tokens: createTokenStore(Date.now),
  now: Date.now,
  signal,
});
const order = (): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'instalments',
  money: money(12_500, currency('KWD')),
  description: 'Order 1001',
  customer: { name: 'Sara', email: 'sara@example.com', phone: '+96550000001' },
  items: [],
  webhook_url: merchant.url('/per-payment'),
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
});
const create = async () => (await tamara.createPayment(context(), order())).provider_payment_id;
const known = (provider_payment_id: string) => ({ provider_payment_id, method: 'instalments' });
const read = (id: string) => tamara.readPayment(context(), known(id));
const find = () => tamara.findPayment?.(context(), { reference: 'pay_01', method: 'instalments' });
const authorized = async (): Promise<string> => {
  const id = await create();
  simulator.payments.pay(id, {});
  expect(await read(id)).toMatchObject({ status: 'authorized' });
  return id;
};
const operation = (id: string, amount: number, operation_key: string): MoneyOperation => ({
  ...known(id),
  money: money(amount, currency('KWD')),
  operation_key,
  reason: null,
});
const capture = (id: string, amount: number, key: string, signal?: AbortSignal) =>
  tamara.capturePayment?.(context(signal), operation(id, amount, key));
const refund = (id: string, amount: number, key: string, signal?: AbortSignal) =>
  tamara.refundPayment?.(context(signal), operation(id, amount, key));
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
    return tamara.verifyWebhook(context().account, webhook);
  });
const claims = () => merchant.received.map(({ body }) => tamara.parseWebhook(bytes(body)));
const booked = (kind: string) => simulator.ledger.lines().filter((line) => line.kind === kind);

it('takes a payment: created, approved, announced, authorised on reading, captured in parts', async () => {
  const { provider_payment_id: id, next_action } = await tamara.createPayment(context(), order());
  expect((await fetch(next_action.redirect_url ?? '')).status).toBe(200);
  expect(await read(id)).toMatchObject({ status: 'pending', receipts: [], reference: 'pay_01' });
  simulator.payments.pay(id, {});
  await simulator.webhooks.idle();
  expect(verdicts()).toEqual([{ ok: true }, { ok: true }]);
  // Told to the registered URL and to that of the payment: one event.
  expect(claims()).toMatchObject([
    { provider_payment_id: id, reference: 'pay_01', event_key: `${id}:approved:` },
    { event_key: `${id}:approved:` },
  ]);
  expect(booked('money_authorized')).toEqual([]);
  expect(await read(id)).toMatchObject({ status: 'authorized', authorized: 12_500, receipts: [] });
  await read(id);
  expect(booked('money_authorized')).toHaveLength(1);
  expect(await capture(id, 2_505, 'op-1')).toMatchObject({ status: 'authorized' });
  expect(await capture(id, 9_995, 'op-2')).toMatchObject({
    status: 'paid',
    receipts: [{ amount: 2_505 }, { amount: 9_995 }],
  });
  const money_received = booked('money_received');
  expect(money_received).toMatchObject([{ amount: 2.505 }, { amount: 9.995 }]);
  expect((await read(id)).receipts.map(({ key }) => key)).toEqual(
    money_received.map(({ transfer_id }) => transfer_id),
  );
  await simulator.webhooks.idle();
  expect(verdicts().every(({ ok }) => ok)).toBe(true);
});

it('says when the customer is declined, leaves, or lets the checkout run out', async () => {
  const declined = await create();
  simulator.payments.fail(declined, 'too many orders');
  expect(await read(declined)).toMatchObject({ status: 'failed', failure: { code: 'declined' } });
  const { next_action, provider_payment_id: left } = await tamara.createPayment(context(), order());
  const body = new URLSearchParams({ do: 'cancel' });
  const answer = await fetch(next_action.redirect_url ?? '', { method: 'POST', body, redirect: 'manual' });
  expect(answer.headers.get('location')).toContain('paymentStatus=canceled');
  expect(await read(left)).toMatchObject({ status: 'canceled' });
  const late = await create();
  await simulator.clock.advance(30 * 60 + 1, () => simulator.webhooks.idle());
  expect(await read(late)).toMatchObject({ status: 'expired', receipts: [] });
  expect(booked('money_authorized')).toEqual([]);
});

it('loses an approved order that nobody reads for 72 hours, and keeps one that was read', async () => {
  const read_in_time = await authorized();
  const forgotten = await create();
  simulator.payments.pay(forgotten, {});
  await simulator.clock.advance(72 * 3600 + 1, () => simulator.webhooks.idle());
  expect(await read(forgotten)).toMatchObject({ status: 'expired' });
  expect(await read(read_in_time)).toMatchObject({ status: 'authorized' });
  // Tamara captures by itself after 21 days.
  await simulator.clock.advance(21 * 24 * 3600, () => simulator.webhooks.idle());
  expect(await read(read_in_time)).toMatchObject({ status: 'paid', receipts: [{ amount: 12_500 }] });
});

it('reads an order that is captured as it is authorised', async () => {
  simulator.settings['auto_capture'] = true;
  const id = await create();
  simulator.payments.pay(id, {});
  expect(await read(id)).toMatchObject({ status: 'paid', receipts: [{ amount: 12_500 }] });
});

it('releases what is not captured, once', async () => {
  const whole = await authorized();
  const release = (id: string) => tamara.voidPayment?.(context(), { ...known(id), operation_key: 'op-1' });
  expect(await release(whole)).toMatchObject({ status: 'canceled' });
  expect(await release(whole)).toMatchObject({ status: 'canceled' });
  const part = await authorized();
  await capture(part, 2_500, 'op-2');
  expect(await release(part)).toMatchObject({ status: 'paid', receipts: [{ amount: 2_500 }] });
  expect(booked('authorization_released')).toMatchObject([{ amount: 12.5 }, { amount: 10 }]);
  const unpaid = await create();
  await expect(release(unpaid)).rejects.toMatchObject({ failure: { kind: 'invalid_request' } });
});

it('captures once and refunds once, even when the answers are lost', async () => {
  const id = await authorized();
  const hang = (call: string) =>
    simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation: call, probability: 1 });
  const unknown = { failure: { kind: 'unknown_outcome' } };
  hang('capture');
  await expect(capture(id, 5_000, 'op-1', AbortSignal.timeout(300))).rejects.toMatchObject(unknown);
  expect(await capture(id, 5_000, 'op-1')).toMatchObject({ receipts: [{ amount: 5_000 }] });
  expect(booked('money_received')).toHaveLength(1);
  hang('refund');
  await expect(refund(id, 1_250, 'op-2', AbortSignal.timeout(300))).rejects.toMatchObject(unknown);
  expect(await refund(id, 1_250, 'op-2')).toMatchObject({ amount: 1_250, reference: 'op-2' });
  await refund(id, 3_750, 'op-3');
  expect(booked('money_refunded')).toMatchObject([
    { amount: 1.25, idempotency_key: 'op-2' },
    { amount: 3.75, idempotency_key: 'op-3' },
  ]);
  expect((await read(id)).refunds).toMatchObject([{ reference: 'op-2' }, { reference: 'op-3' }]);
  await expect(refund(id, 1, 'op-4')).rejects.toMatchObject({ failure: { kind: 'invalid_request' } });
  await expect(capture(id, 7_501, 'op-5')).rejects.toMatchObject({ failure: { kind: 'invalid_request' } });
});

it('gives all copies of a webhook one key and refuses a forged one', async () => {
  const id = await create();
  simulator.webhooks.arm({ do: 'double', copies: 3 }, 2);
  simulator.payments.pay(id, {});
  await simulator.webhooks.idle();
  expect(claims()).toHaveLength(6);
  expect(new Set(claims().map(({ event_key }) => event_key)).size).toBe(1);
  merchant.received.length = 0;
  simulator.payments.sendWebhook(id, { forge: true });
  await simulator.webhooks.idle();
  const refused = { ok: false, reason: 'bad_signature' };
  expect(verdicts()).toEqual([refused, refused]);
});

it('finds a payment again whose answer never came', async () => {
  expect(await find()).toBeNull();
  simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation: 'create', probability: 1 });
  const failing = tamara.createPayment(context(AbortSignal.timeout(300)), order());
  await expect(failing).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
  expect(await find()).toMatchObject({ status: 'pending', reference: 'pay_01' });
  expect(booked('payment_created')).toHaveLength(1);
});
