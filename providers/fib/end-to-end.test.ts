/** The connector against the simulator over real HTTP, with the simulator's own books as judge. */
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant, type ReceivedWebhook } from '../../sandbox/test-merchant.ts';
import type { CreatedPayment, IncomingWebhook, MoneyOperation, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { fib } from './connector.ts';
import { fibSimulator } from './sandbox.ts';
import { fibCredentials, type FibCredentials } from './wire.ts';

const http = createProviderHttp();
let simulator: RunningSimulator;
let merchant: TestMerchant;
let context: ProviderContext<FibCredentials>;

beforeAll(async () => {
  simulator = await fibSimulator.start({ seed: 'end-to-end', webhookTimeoutMs: 500 });
  merchant = await TestMerchant.start();
});
afterAll(async () => {
  await simulator.stop();
  await merchant.stop();
  await http.close();
});
beforeEach(() => {
  simulator.reset();
  simulator.settings['refund_webhooks'] = false;
  merchant.received.length = 0;
  merchant.answer = 202;
  context = {
    account: {
      id: 'pacc_1',
      base_url: simulator.baseUrl,
      credentials: fibCredentials.parse(simulator.credentials),
    },
    http,
    tokens: createTokenStore(Date.now),
    now: Date.now,
    signal: new AbortController().signal,
  };
});

const IQD = currency('IQD');
const create = (signal = context.signal): Promise<CreatedPayment> =>
  fib.createPayment(
    { ...context, signal },
    {
      reference: 'pay_01',
      idempotency_key: 'inv_01:create:pay_01',
      method: 'qr_code',
      money: money(25_000_000, IQD),
      description: null,
      customer: {},
      items: [],
      webhook_url: merchant.url('/webhooks/fib/pacc_1'),
      return_urls: returnAddresses('https://shop.example.com/return'),
    },
  );
const known = ({ provider_payment_id }: CreatedPayment) => ({ provider_payment_id, method: 'qr_code' });
const read = (created: CreatedPayment) => fib.readPayment(context, known(created));
const refund = (created: CreatedPayment, signal = context.signal) => {
  const operation: MoneyOperation = {
    ...known(created),
    money: money(25_000_000, IQD),
    operation_key: 'inv_01:refund:1',
    reason: null,
  };
  return fib.refundPayment?.({ ...context, signal }, operation);
};
const verdict = (webhook: ReceivedWebhook) => fib.verifyWebhook(context.account, incoming(webhook));
const claim = ({ body }: ReceivedWebhook) => fib.parseWebhook(new TextEncoder().encode(body));
const books = () => simulator.ledger.lines().map(({ kind, amount }) => `${kind} ${amount}`);
const booked = async (line: string): Promise<void> => {
  while (!books().includes(line)) await new Promise((resolve) => setImmediate(resolve));
};
const kindOf = (call: Promise<unknown> | undefined): Promise<string | undefined> =>
  Promise.resolve(call).then(
    () => 'success',
    (error: unknown) => (error instanceof ProviderError ? error.failure.kind : undefined),
  );
const advance = (seconds: number) => simulator.clock.advance(seconds, () => simulator.webhooks.idle());

function incoming({ path, headers, body }: ReceivedWebhook): IncomingWebhook {
  const flat = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return {
    method: 'POST',
    path,
    headers: Object.fromEntries(flat),
    body: new TextEncoder().encode(body),
    received_at: Date.now(),
  };
}

it('create, pay, webhook, read', async () => {
  const created = await create();
  expect(created.next_action).toMatchObject({
    type: 'qr_code',
    qr_image: expect.stringMatching(/^data:image\/png;base64,/),
    readable_code: expect.any(String),
    deep_links: [{ label: 'FIB Personal' }, { label: 'FIB Business' }, { label: 'FIB Corporate' }],
  });
  expect((await read(created)).status).toBe('pending');
  simulator.payments.pay(created.provider_payment_id, {});
  await simulator.webhooks.idle();
  const [webhook] = merchant.received;
  expect(webhook && verdict(webhook)).toEqual({ ok: true });
  expect(webhook && claim(webhook)).toEqual({
    event_key: `${created.provider_payment_id}:PAID`,
    provider_payment_id: created.provider_payment_id,
    reference: null,
    reading: null,
  });
  const reading = await read(created);
  expect(reading).toMatchObject({ status: 'paid', currency: 'IQD', receipts: [{ amount: 25_000_000 }] });
  expect(reading.expires_at).toBe(created.expires_at);
  expect(books()).toEqual(['payment_created 25000', 'money_received 25000']);
});

it('tells a decline, an expiry and a cancellation apart', async () => {
  const [failed, expired, canceled] = [await create(), await create(), await create()];
  simulator.payments.fail(failed.provider_payment_id, null);
  expect(await fib.expirePayment?.(context, known(canceled))).toMatchObject({
    status: 'canceled',
    receipts: [],
  });
  await advance(3601);
  expect(await read(failed)).toMatchObject({ status: 'failed', failure: { code: 'SERVER_FAILURE' } });
  expect((await read(expired)).status).toBe('expired');
  expect((await read(canceled)).status).toBe('canceled');
});

it('learns on cancelling that the customer was faster', async () => {
  const created = await create();
  simulator.payments.pay(created.provider_payment_id, {});
  expect(await fib.expirePayment?.(context, known(created))).toMatchObject({ status: 'paid' });
  expect(books()).not.toContain('payment_canceled 25000');
});

it('lives through the end of its token: FIB refuses it, a new one is got, the call is made again', async () => {
  const created = await create();
  await advance(61);
  expect((await read(created)).status).toBe('pending');
  expect(simulator.callsOf(created.provider_payment_id).map(({ status }) => status)).toEqual([201, 200]);
});

it('refunds the whole payment once, however often it is asked', async () => {
  const created = await create();
  simulator.payments.pay(created.provider_payment_id, {});
  expect(await refund(created)).toMatchObject({ amount: 25_000_000, status: 'pending' });
  expect(await refund(created)).toMatchObject({ status: 'pending' });
  expect((await read(created)).refunds).toMatchObject([{ key: 'refund', status: 'pending' }]);
  await advance(2);
  expect(await refund(created)).toMatchObject({ status: 'succeeded' });
  expect(await read(created)).toMatchObject({ status: 'paid', refunds: [{ status: 'succeeded' }] });
  expect(books().filter((line) => line.startsWith('money_refunded'))).toEqual(['money_refunded 25000']);
});

it.each(['reset_after_accept', 'hang_after_accept'] as const)(
  'finds a refund again whose answer was lost by %s',
  async (kind) => {
    const created = await create();
    simulator.payments.pay(created.provider_payment_id, {});
    simulator.faults.arm({ kind }, { times: 1, operation: 'refund', probability: 1 });
    const patience = new AbortController();
    const lost = kindOf(refund(created, patience.signal));
    await booked('refund_requested 25000');
    if (kind === 'hang_after_accept') patience.abort();
    expect(await lost).toBe('unknown_outcome');
    expect(await refund(created)).toMatchObject({ amount: 25_000_000 });
    expect(books().filter((line) => line.startsWith('refund_requested'))).toHaveLength(1);
  },
);

it('does not know what became of a create call whose answer was lost, and the orphan runs out unpaid', async () => {
  simulator.faults.arm({ kind: 'hang_after_accept' }, { times: 1, operation: 'create', probability: 1 });
  const patience = new AbortController();
  const lost = kindOf(create(patience.signal));
  await booked('payment_created 25000');
  patience.abort();
  expect(await lost).toBe('unknown_outcome');
  expect(fib.findPayment).toBeUndefined();
  await advance(3601);
  expect(books()).toEqual(['payment_created 25000', 'payment_expired 25000']);
});

it('gives duplicates one key and turns forged webhooks away', async () => {
  const created = await create();
  simulator.webhooks.arm({ do: 'double', copies: 3 }, 1);
  simulator.payments.pay(created.provider_payment_id, {});
  simulator.payments.sendWebhook(created.provider_payment_id, { status: 'REFUNDED', forge: true });
  await simulator.webhooks.idle();
  const accepted = merchant.received.filter((webhook) => verdict(webhook).ok);
  expect(accepted).toHaveLength(3);
  expect(new Set(accepted.map((webhook) => claim(webhook).event_key)).size).toBe(1);
  const refused = merchant.received.filter((webhook) => !verdict(webhook).ok);
  expect(refused.map(verdict)).toEqual([{ ok: false, reason: 'bad_signature' }]);
});

it('says that the credentials are wrong when they are', async () => {
  const { account } = context;
  context = {
    ...context,
    account: { ...account, credentials: { ...account.credentials, client_secret: 'wrong' } },
  };
  expect(await kindOf(create())).toBe('bad_credentials');
  expect(books()).toEqual([]);
});
