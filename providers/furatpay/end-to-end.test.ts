/** The connector against the simulator, over HTTP; the simulator's own books are the judge. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant } from '../../sandbox/test-merchant.ts';
import type { CreatePayment, IncomingWebhook, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { furatpay } from './connector.ts';
import { furatPaySimulator } from './sandbox.ts';
import type { FuratPayCredentials } from './wire.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;
const http = createProviderHttp();

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await furatPaySimulator.start({ seed: 'end-to-end', webhookUrl: merchant.url() });
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

const context = (signal = new AbortController().signal): ProviderContext<FuratPayCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: simulator.baseUrl,
    credentials: furatpay.credentials.parse(simulator.credentials),
  },
  http,
  tokens: createTokenStore(Date.now),
  now: Date.now,
  signal,
});
const order = (method: string, reference = 'pay_01'): CreatePayment => ({
  reference,
  idempotency_key: `inv_01:create:${reference}`,
  method,
  money: money(25_000_000, currency('IQD')),
  description: 'Order 1001',
  customer: { name: 'Sara' },
  items: [{ name: 'T-shirt', quantity: 2, unit_amount: 12_500_000 }],
  webhook_url: merchant.url(),
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
});
const create = async (method = 'zaincash') =>
  (await furatpay.createPayment(context(), order(method))).provider_payment_id;
const read = (provider_payment_id: string) =>
  furatpay.readPayment(context(), { provider_payment_id, method: 'zaincash' });
const verdicts = () =>
  merchant.received.map(({ path, headers, body }) => {
    const flat = Object.entries(headers).map(([name, value]): [string, string] => [name, String(value)]);
    const webhook: IncomingWebhook = {
      method: 'POST',
      path,
      headers: Object.fromEntries(flat),
      body: new TextEncoder().encode(body),
      received_at: Date.now(),
    };
    return furatpay.verifyWebhook(context().account, webhook);
  });
const keys = () =>
  merchant.received.map(({ body }) => furatpay.parseWebhook(new TextEncoder().encode(body)).event_key);
const kinds = () => simulator.ledger.lines().map(({ kind }) => kind);

it.each(['fib', 'zaincash', 'fastpay', 'paytabs'])(
  'takes a payment by %s: created, paid, announced, read',
  async (method) => {
    const { provider_payment_id: id, next_action } = await furatpay.createPayment(context(), order(method));
    expect(next_action.type).toBe(method === 'fib' ? 'qr_code' : 'redirect');
    expect(await read(id)).toMatchObject({ status: 'pending', receipts: [], reference: 'pay_01' });
    simulator.payments.pay(id, {});
    await simulator.webhooks.idle();
    expect(verdicts()).toEqual([{ ok: true }]);
    expect(await read(id)).toMatchObject({ status: 'paid', receipts: [{ key: id, amount: 25_000_000 }] });
    expect(simulator.ledger.lines()).toMatchObject([
      { kind: 'payment_created', reference: 'pay_01', amount: 25_000, currency: 'IQD' },
      { kind: 'money_received', reference: 'pay_01', amount: 25_000 },
    ]);
  },
);

it('says that a payment failed', async () => {
  const id = await create();
  simulator.payments.fail(id, null);
  expect(await read(id)).toMatchObject({ status: 'failed', receipts: [], failure: { code: 'failed' } });
});

it('says that a payment ran out, and sees money that comes after all', async () => {
  const id = await create('fib');
  await simulator.clock.advance(24 * 3600 + 1, () => simulator.webhooks.idle());
  expect(await read(id)).toMatchObject({ status: 'expired', receipts: [] });
  simulator.payments.pay(id, { after_expiry: true });
  expect(await read(id)).toMatchObject({ status: 'paid', receipts: [{ amount: 25_000_000 }] });
});

it('gives all copies of a webhook one key and refuses a forged one', async () => {
  const id = await create();
  simulator.webhooks.arm({ do: 'double', copies: 3 }, 1);
  simulator.payments.pay(id, {});
  await simulator.webhooks.idle();
  expect(new Set(keys())).toEqual(new Set([`${id}:INVOICE_PAID:paid`]));
  simulator.payments.sendWebhook(id, { forge: true });
  await simulator.webhooks.idle();
  expect(verdicts()).toEqual([
    { ok: true },
    { ok: true },
    { ok: true },
    { ok: false, reason: 'bad_signature' },
  ]);
});

it('is not fooled by a true webhook with a false status', async () => {
  const id = await create();
  simulator.payments.sendWebhook(id, { status: 'paid' });
  await simulator.webhooks.idle();
  expect(verdicts()).toEqual([{ ok: true }]);
  expect(await read(id)).toMatchObject({ status: 'pending', receipts: [] });
});

it.each(['create', 'pay'])(
  'does not know the outcome when the answer to "%s" never comes',
  async (operation) => {
    simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation, probability: 1 });
    const failing = furatpay.createPayment(context(AbortSignal.timeout(300)), order('zaincash'));
    await expect(failing).rejects.toMatchObject({ failure: { kind: 'unknown_outcome' } });
    expect(kinds()).toEqual(['payment_created']);
    // Should somebody pay it all the same, the webhook leads back to our payment.
    const [lost] = simulator.payments.list('pay_01');
    expect(lost?.reference).toBe('pay_01');
  },
);
