/** The connector against the simulator, over real HTTP. The simulator's own books judge what happened. */
import { startControl } from '../../sandbox/control.ts';
import type { RunningServer } from '../../sandbox/http-server.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { control, TestMerchant, type ReceivedWebhook } from '../../sandbox/test-merchant.ts';
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { ProviderError } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { CreatePayment, IncomingWebhook, ProviderContext } from '../contract.ts';
import { createProviderHttp, type ProviderHttp } from '../http.ts';
import { createTokenStore } from '../token-store.ts';
import { myfatoorah } from './connector.ts';
import { myfatoorahSimulator } from './sandbox.ts';
import type { MyFatoorahCredentials } from './wire.ts';

const http = createProviderHttp();
const KWD = currency('KWD');
let simulator: RunningSimulator;
let controls: RunningServer;
let merchant: TestMerchant;
let credentials: MyFatoorahCredentials;

const begin = async (over: Record<string, string> = {}): Promise<void> => {
  simulator = await myfatoorahSimulator.start({ webhookUrl: merchant.url(), credentials: over });
  controls = await startControl(new Map([['myfatoorah', simulator]]), { port: 0, log: () => undefined });
  credentials = myfatoorah.credentials.parse(simulator.credentials);
};
beforeEach(async () => {
  merchant = await TestMerchant.start();
  await begin();
});
afterEach(async () => {
  await controls.stop();
  await simulator.stop();
  await merchant.stop();
});
afterAll(() => http.close());

const context = (client: ProviderHttp = http): ProviderContext<MyFatoorahCredentials> => ({
  account: { id: 'acc_1', base_url: simulator.baseUrl, credentials },
  http: client,
  tokens: createTokenStore(() => simulator.clock.now()),
  now: () => simulator.clock.now(),
  signal: new AbortController().signal,
});
const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'payment_link',
  money: money(1_234_567, KWD),
  description: 'Order 1001',
  customer: { name: 'Sara', phone: '+96550000000' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/myfatoorah/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});

const act = (id: string, verb: string, body: object = {}) =>
  control(controls.origin, `POST /myfatoorah/payments/${id}/${verb}?wait=true`, body);
const setting = (settings: object) => control(controls.origin, 'PUT /myfatoorah/settings', settings);
const advance = (advance_s: number) =>
  control(controls.origin, 'POST /myfatoorah/clock?wait=true', { advance_s });
const ledger = () => simulator.ledger.lines().map(({ kind, amount }) => `${kind} ${amount}`);

const incoming = ({ path, headers, body }: ReceivedWebhook): IncomingWebhook => ({
  method: 'POST',
  path,
  headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)])),
  body: new TextEncoder().encode(body),
  received_at: Date.now(),
});
const verdicts = () =>
  merchant.received.map((webhook) => myfatoorah.verifyWebhook(context().account, incoming(webhook)).ok);
const claims = () => merchant.received.map((webhook) => myfatoorah.parseWebhook(incoming(webhook).body));

async function held() {
  const created = await myfatoorah.createPayment(context(), order({ method: 'card_authorization' }));
  await act(created.provider_payment_id, 'pay');
  return { provider_payment_id: created.provider_payment_id, method: 'card_authorization' };
}

describe.each([
  ['V1', 1, 'Invoice.ExternalIdentifier'],
  ['V2', 2, 'Invoice.ExternalIdentifier'],
  ['V2 of an old account', 2, 'Customer.Reference'],
])('a payment with webhooks %s', (_, webhook_version, webhook_v2_field) => {
  it('is created, paid, told, told again and read', async () => {
    await controls.stop();
    await simulator.stop();
    await begin({ webhook_v2_field });
    await setting({ webhook_version });
    const created = await myfatoorah.createPayment(context(), order());
    const known = { provider_payment_id: created.provider_payment_id, method: 'payment_link' };
    expect(await myfatoorah.readPayment(context(), known)).toMatchObject({
      status: 'pending',
      reference: 'pay_01',
      expires_at: created.expires_at,
    });
    await act(known.provider_payment_id, 'pay', { medium: 'KNET' });
    expect(verdicts()).toEqual([true, true]);
    const [first, second] = claims();
    expect(second).toEqual(first);
    expect(first).toMatchObject({ provider_payment_id: known.provider_payment_id, reference: 'pay_01' });
    const paid = await myfatoorah.readPayment(context(), known);
    expect(paid).toMatchObject({ status: 'paid', receipts: [{ amount: 1_234_567 }], refunds: [] });
    expect(paid.receipts[0]?.key).toBe(simulator.ledger.lines().at(-1)?.transfer_id);
    expect(ledger()).toEqual(['payment_created 1234.567', 'money_received 1234.567']);
  });
});

it('refuses forged webhooks and gives a decline a key of its own', async () => {
  const { provider_payment_id } = await myfatoorah.createPayment(context(), order());
  await control(controls.origin, 'POST /myfatoorah/webhooks/next', { do: 'forge' });
  await act(provider_payment_id, 'fail');
  await act(provider_payment_id, 'fail');
  await act(provider_payment_id, 'pay');
  expect(verdicts()).toEqual([false, true, true]);
  expect(new Set(claims().map(({ event_key }) => event_key)).size).toBe(3);
});

it('reads a decline as pending and a link that ran out as expired, until money comes late', async () => {
  const { provider_payment_id } = await myfatoorah.createPayment(context(), order());
  const read = () => myfatoorah.readPayment(context(), { provider_payment_id, method: 'payment_link' });
  await act(provider_payment_id, 'fail');
  expect(await read()).toMatchObject({ status: 'pending', provider_status: 'Pending (Failed MF004)' });
  await advance(86_390);
  expect(await read()).toMatchObject({ status: 'pending' });
  await advance(20);
  expect(await read()).toMatchObject({ status: 'expired', receipts: [] });
  await act(provider_payment_id, 'pay', { after_expiry: true });
  expect(await read()).toMatchObject({ status: 'paid', receipts: [{ amount: 1_234_567 }] });
});

it('captures once in part, and knows its own repetition', async () => {
  const payment = await held();
  expect(await myfatoorah.readPayment(context(), payment)).toMatchObject({
    status: 'authorized',
    authorized: 1_234_567,
  });
  const capture = { ...payment, money: money(1_000_000, KWD), operation_key: 'cap_1', reason: null };
  const captured = { status: 'paid', authorized: 1_234_567, receipts: [{ amount: 1_000_000 }] };
  expect(await myfatoorah.capturePayment?.(context(), capture)).toMatchObject(captured);
  expect(await myfatoorah.capturePayment?.(context(), capture)).toMatchObject(captured);
  const more = { ...capture, money: money(234_567, KWD), operation_key: 'cap_2' };
  await expect(myfatoorah.capturePayment?.(context(), more)).rejects.toThrow(ProviderError);
  expect(ledger()).toEqual([
    'payment_created 1234.567',
    'money_authorized 1234.567',
    'money_received 1000.000',
  ]);
});

it('releases an authorization, and knows its own repetition', async () => {
  const payment = { ...(await held()), operation_key: 'void_1' };
  expect(await myfatoorah.voidPayment?.(context(), payment)).toMatchObject({
    status: 'canceled',
    receipts: [],
  });
  expect(await myfatoorah.voidPayment?.(context(), payment)).toMatchObject({ status: 'canceled' });
  expect(verdicts()).toEqual([true, true]);
  expect(ledger().at(-1)).toBe('authorization_released 1234.567');
  expect(ledger()).toHaveLength(3);
});

it('refunds in part, once for each key, and tells the decision', async () => {
  const { provider_payment_id } = await myfatoorah.createPayment(context(), order());
  const payment = { provider_payment_id, method: 'payment_link' };
  await act(provider_payment_id, 'pay');
  const refund = { ...payment, money: money(34_567, KWD), operation_key: 'rf_1', reason: 'Returned' };
  const first = await myfatoorah.refundPayment?.(context(), refund);
  expect(first).toMatchObject({ reference: 'rf_1', amount: 34_567, status: 'pending' });
  expect(await myfatoorah.refundPayment?.(context(), refund)).toEqual(first);
  const second = { ...refund, money: money(1_200_000, KWD), operation_key: 'rf_2' };
  await myfatoorah.refundPayment?.(context(), second);
  const third = { ...refund, money: money(1, KWD), operation_key: 'rf_3' };
  await expect(myfatoorah.refundPayment?.(context(), third)).rejects.toMatchObject({
    failure: { kind: 'invalid_request' },
  });
  await advance(3_601);
  expect(verdicts()).toEqual([true, true, true]);
  expect(claims()[1]).toMatchObject({ event_key: `refund:${first?.key}:REFUNDED`, provider_payment_id });
  expect((await myfatoorah.readPayment(context(), payment)).refunds).toMatchObject([
    { reference: 'rf_1', amount: 34_567, status: 'succeeded' },
    { reference: 'rf_2', amount: 1_200_000, status: 'succeeded' },
  ]);
  expect(ledger().filter((line) => line.startsWith('money_refunded'))).toEqual([
    'money_refunded 34.567',
    'money_refunded 1200.000',
  ]);
});

describe('a lost answer', () => {
  /** The same client with less patience, so that an answer that never comes does not take 15 s. */
  const hasty: ProviderHttp = { send: (request) => http.send({ ...request, timeout_ms: 200 }) };
  const fault = (operation: string) =>
    control(controls.origin, 'POST /myfatoorah/faults', { kind: 'hang_after_accept', operation });

  it('of a create is found by our reference, and nothing is found before', async () => {
    const find = () => myfatoorah.findPayment?.(context(), { reference: 'pay_01', method: 'payment_link' });
    expect(await find()).toBeNull();
    await fault('create');
    await expect(myfatoorah.createPayment(context(hasty), order())).rejects.toMatchObject({
      failure: { kind: 'unknown_outcome' },
    });
    const found = await find();
    expect(found).toMatchObject({ status: 'pending', reference: 'pay_01' });
    expect(found?.provider_payment_id).toBe(simulator.ledger.lines()[0]?.payment_id);
    expect(ledger()).toEqual(['payment_created 1234.567']);
  });

  it('of a refund is cleared up by repeating it', async () => {
    const { provider_payment_id } = await myfatoorah.createPayment(context(), order());
    await act(provider_payment_id, 'pay');
    await fault('refund');
    const refund = {
      provider_payment_id,
      method: 'payment_link',
      money: money(1_000, KWD),
      operation_key: 'rf_1',
      reason: null,
    };
    await expect(myfatoorah.refundPayment?.(context(hasty), refund)).rejects.toMatchObject({
      failure: { kind: 'unknown_outcome' },
    });
    expect(await myfatoorah.refundPayment?.(context(), refund)).toMatchObject({ status: 'pending' });
    expect(ledger().filter((line) => line.startsWith('refund_requested'))).toHaveLength(1);
  });
});
