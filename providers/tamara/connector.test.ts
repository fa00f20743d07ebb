import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { ProviderFailure } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type Script, type ScriptedServer } from '../scripted-server.ts';
import { createTokenStore } from '../token-store.ts';
import { tamara } from './connector.ts';
import type { TamaraCredentials } from './wire.ts';

const NOW = Date.parse('2026-10-01T08:00:00.000Z');
const ID = 'ff776045-513b-4cd7-8b4f-e60673daad84';
const SAR = currency('SAR');
let server: ScriptedServer;
const http = createProviderHttp();

beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (): ProviderContext<TamaraCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/`,
    credentials: {
      api_token: 'tok-1',
      notification_token: 'n',
      address_line: 'King Fahd Rd 1',
      city: 'Riyadh',
    },
  },
  http,
  tokens: createTokenStore(() => NOW),
  now: () => NOW,
  signal: new AbortController().signal,
});
const payment = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'instalments',
  money: money(34_000, SAR),
  description: 'Order 1001',
  customer: { name: 'Sara Al Ali', email: 'sara@example.com', phone: '+966 50 000 0001' },
  items: [{ name: 'T-shirt', quantity: 2, unit_amount: 17_000 }],
  webhook_url: 'https://sarraf.example/webhooks/tamara/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});
const CHECKOUT = {
  order_id: ID,
  checkout_id: 'c1',
  checkout_url: 'https://checkout.tamara.co/c1',
  status: 'new',
};
const sar = (amount: number | string) => ({ amount, currency: 'SAR' });
const order = (status: string, over: object = {}) => ({
  order_id: ID,
  order_reference_id: 'pay_01',
  status,
  total_amount: sar(340),
  captured_amount: sar(0),
  refunded_amount: sar(0),
  canceled_amount: sar(0),
  transactions: { cancels: [], captures: [], refunds: [] },
  ...over,
});
const captureRow = (capture_id: string, amount: number, tracking_number = 'x') => ({
  capture_id,
  order_id: ID,
  total_amount: sar(amount),
  shipping_info: { shipped_at: '2026-10-01T08:00:00+00:00', shipping_company: 'DHL', tracking_number },
  created_at: '2026-10-01T11:00:00+03:00',
});
const captured = (...rows: ReturnType<typeof captureRow>[]) => ({
  captured_amount: sar(rows.reduce((all, { total_amount }) => all + Number(total_amount.amount), 0)),
  transactions: { cancels: [], captures: rows, refunds: [] },
});

/** Answers each call with what stands for it; a list is used up from the front, its last element stays. */
const byCall =
  (answers: Readonly<Record<string, unknown[]>>): Script =>
  (request, response, socket) => {
    const rows = answers[`${request.method} ${request.path}`] ?? [answering(404, { message: 'Not found' })];
    const answer = rows.length > 1 ? rows.shift() : rows[0];
    if (typeof answer === 'function') (answer as Script)(request, response, socket);
    else answering(200, answer)(request, response, socket);
  };
const calls = () => server.requests.map(({ method, path }) => `${method} ${path}`);
const read = () => tamara.readPayment(context(), { provider_payment_id: ID, method: 'instalments' });
const operation = (amount: number, operation_key = 'op-1') => ({
  provider_payment_id: ID,
  method: 'instalments',
  money: money(amount, SAR),
  operation_key,
  reason: null,
});

describe('createPayment', () => {
  it('sends the whole order and redirects to the checkout', async () => {
    server.script = byCall({ 'POST /checkout': [CHECKOUT] });
    expect(await tamara.createPayment(context(), payment())).toEqual({
      provider_payment_id: ID,
      expires_at: '2026-10-01T08:30:00.000Z',
      next_action: { type: 'redirect', redirect_url: 'https://checkout.tamara.co/c1' },
    });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer tok-1');
    const names = { first_name: 'Sara', last_name: 'Al Ali' };
    expect(JSON.parse(server.requests[0]?.body ?? '')).toEqual({
      order_reference_id: 'pay_01',
      order_number: 'pay_01',
      total_amount: sar(340),
      tax_amount: sar(0),
      shipping_amount: sar(0),
      description: 'Order 1001',
      country_code: 'SA',
      payment_type: 'PAY_BY_INSTALMENTS',
      items: [
        {
          reference_id: '1',
          type: 'Physical',
          name: 'T-shirt',
          sku: '1',
          quantity: 2,
          unit_price: sar(170),
          total_amount: sar(340),
        },
      ],
      consumer: { ...names, phone_number: '500000001', email: 'sara@example.com' },
      shipping_address: { ...names, line1: 'King Fahd Rd 1', city: 'Riyadh', country_code: 'SA' },
      merchant_url: {
        success: 'https://sarraf.example/return/t1',
        failure: 'https://sarraf.example/return/t1/failure',
        cancel: 'https://sarraf.example/return/t1/cancel',
        notification: 'https://sarraf.example/webhooks/tamara/acc_1',
      },
      platform: 'sarraf',
      expires_in_minutes: 30,
    });
  });

  it.each([
    ['KWD', 12_500, 'KW', '12.5'],
    ['BHD', 1, 'BH', '0.001'],
    ['OMR', 999_999_999, 'OM', '999999.999'],
    ['AED', 1_099, 'AE', '10.99'],
  ])('writes %s exactly, for its country', async (code, amount, country_code, written) => {
    server.script = byCall({ 'POST /checkout': [CHECKOUT] });
    await tamara.createPayment(context(), payment({ money: money(amount, currency(code)) }));
    const { body = '' } = server.requests[0] ?? {};
    expect(body).toContain(`"total_amount":{"amount":${written},"currency":"${code}"}`);
    // The items are in the old total, so they became one line.
    expect(JSON.parse(body)).toMatchObject({ country_code, items: [{ name: 'Order 1001', quantity: 1 }] });
  });

  it.each<[string, Partial<CreatePayment>, string]>([
    ['a currency it does not take', { money: money(5_000, currency('USD')) }, 'unsupported_currency'],
    ['a customer without a phone', { customer: { name: 'S', email: 'a@b.co' } }, 'missing_customer'],
  ])('refuses %s before anything is sent', async (_, over, code) => {
    const failure = await failureOf(tamara.createPayment(context(), payment(over)));
    expect(failure).toMatchObject({ kind: 'invalid_request', code });
    expect(server.requests).toEqual([]);
  });

  it.each<[string, unknown, Partial<ProviderFailure>]>([
    [
      'a refusal',
      answering(400, {
        message: 'Invalid request',
        errors: [{ error_code: 'consumer_invalid_phone_number', description: 'Bad\nphone' }],
      }),
      {
        kind: 'invalid_request',
        code: 'consumer_invalid_phone_number',
        message: 'Invalid request; Bad phone',
      },
    ],
    ['a wrong token', answering(401, { message: 'Unauthorized', errors: [] }), { kind: 'bad_credentials' }],
    ['too many calls', answering(429, {}), { kind: 'rate_limited' }],
    ['an internal error', answering(500, '<html>'), { kind: 'unknown_outcome' }],
    ['a link that is none', { ...CHECKOUT, checkout_url: 'javascript:1' }, { kind: 'unknown_outcome' }],
    ['half of the JSON', '{"order_id":"ff77', { kind: 'unknown_outcome' }],
  ])('takes %s for what it is', async (_, answer, expected) => {
    server.script = byCall({ 'POST /checkout': [answer] });
    expect(await failureOf(tamara.createPayment(context(), payment()))).toMatchObject(expected);
  });
});

describe('readPayment', () => {
  it.each<[string, object, string]>([
    ['new', {}, 'pending'],
    ['on_hold', {}, 'pending'],
    ['authorised', {}, 'authorized'],
    ['updated', { canceled_amount: sar(40) }, 'authorized'],
    ['updated', { canceled_amount: sar(40), ...captured(captureRow('c1', 300)) }, 'paid'],
    ['partially_captured', captured(captureRow('c1', 100)), 'authorized'],
    ['fully_captured', captured(captureRow('c1', 340)), 'paid'],
    ['fully_refunded', captured(captureRow('c1', 340)), 'paid'],
    ['canceled', {}, 'canceled'],
    ['declined', {}, 'failed'],
    ['expired', {}, 'expired'],
    ['something_new', {}, 'pending'],
  ])('takes %s (%j) as %s', async (status, over, expected) => {
    server.script = byCall({ [`GET /orders/${ID}`]: [order(status, over)] });
    expect((await read()).status).toBe(expected);
    expect(calls()).toEqual([`GET /orders/${ID}`]);
  });

  it('reads captures as receipts and refunds with our keys, numbers and texts alike', async () => {
    const transactions = {
      captures: [captureRow('c1', 100), { ...captureRow('c2', 0), total_amount: sar('240.00') }],
      refunds: [{ refund_id: 'r1', capture_id: 'c1', total_amount: sar(12.5), merchant_refund_id: 'op-1' }],
    };
    const row = order('partially_refunded', { captured_amount: [sar('340.00')], transactions });
    server.script = byCall({ [`GET /orders/${ID}`]: [row] });
    const paid_at = '2026-10-01T08:00:00.000Z';
    expect(await read()).toMatchObject({
      reference: 'pay_01',
      currency: 'SAR',
      authorized: 34_000,
      receipts: [
        { key: 'c1', amount: 10_000, paid_at },
        { key: 'c2', amount: 24_000, paid_at },
      ],
      refunds: [{ key: 'r1', reference: 'op-1', amount: 1_250, status: 'succeeded' }],
    });
  });

  it('reads rows that name their amount as the answers to captures and refunds do', async () => {
    const transactions = {
      captures: [{ capture_id: 'c1', captured_amount: sar(340) }],
      refunds: [{ refund_id: 'r1', refunded_amount: sar(40), merchant_refund_id: 'op-1' }],
    };
    const row = order('partially_refunded', { captured_amount: sar(340), transactions });
    server.script = byCall({ [`GET /orders/${ID}`]: [row] });
    expect(await read()).toMatchObject({
      receipts: [{ key: 'c1', amount: 34_000 }],
      refunds: [{ key: 'r1', reference: 'op-1', amount: 4_000 }],
    });
  });

  it.each<[string, object, string, number[]]>([
    ['fully_captured', { captured_amount: sar(340), transactions: undefined }, 'paid', [34_000]],
    [
      'updated',
      { captured_amount: sar(300), canceled_amount: sar(40), transactions: null },
      'paid',
      [30_000],
    ],
    ['authorised', { transactions: undefined }, 'authorized', []],
    ['authorised', { captured_amount: [], canceled_amount: [], refunded_amount: [] }, 'authorized', []],
    ['authorised', { captured_amount: null, canceled_amount: null, transactions: [] }, 'authorized', []],
  ])('reads %s with %j as %s, receipts %j', async (status, over, expected, amounts) => {
    server.script = byCall({ [`GET /orders/${ID}`]: [order(status, over)] });
    const reading = await read();
    expect(reading.status).toBe(expected);
    expect(reading.receipts.map(({ amount }) => amount)).toEqual(amounts);
  });

  it.each([
    ['an empty body', 200, ''],
    ['no content', 204, ''],
    ['a page', 200, '<html>'],
    ['a redirect', 301, ''],
    ['null', 200, 'null'],
    ['an error of the gateway', 502, '<html>'],
  ])('knows nothing after %s', async (_, status, body) => {
    server.script = answering(status, body);
    expect(await failureOf(read())).toMatchObject({ kind: 'unavailable' });
  });

  it('authorises an approved order, without a body, and reads it again', async () => {
    server.script = byCall({
      [`GET /orders/${ID}`]: [order('approved'), order('authorised')],
      [`POST /orders/${ID}/authorise`]: [{ order_id: ID, status: 'authorised', auto_captured: false }],
    });
    expect(await read()).toMatchObject({ status: 'authorized', authorized: 34_000, receipts: [] });
    expect(calls()).toEqual([`GET /orders/${ID}`, `POST /orders/${ID}/authorise`, `GET /orders/${ID}`]);
    expect(server.requests[1]?.body).toBe('');
  });

  it('lets the order tell when somebody else authorised it first', async () => {
    server.script = byCall({
      [`GET /orders/${ID}`]: [order('approved'), order('fully_captured', captured(captureRow('c1', 340)))],
      [`POST /orders/${ID}/authorise`]: [answering(409, { message: 'wrong state' })],
    });
    expect(await read()).toMatchObject({ status: 'paid', receipts: [{ amount: 34_000 }] });
  });

  it.each<[string, object]>([
    ['another order', { ...order('new'), order_id: 'x' }],
    ['captures that do not add up', order('fully_captured', { captured_amount: sar(340) })],
    [
      'a part captured and no list of captures, because the part may grow',
      order('partially_captured', { captured_amount: sar(100), transactions: undefined }),
    ],
    ['transactions that are no object', order('new', { transactions: 'none' })],
    ['a capture without money', order('fully_captured', { captured_amount: null })],
    ['more decimals than the currency has', order('new', { total_amount: sar(340.001) })],
    ['two currencies', order('new', { canceled_amount: { amount: 1, currency: 'AED' } })],
  ])('believes no answer with %s', async (_, answer) => {
    server.script = byCall({ [`GET /orders/${ID}`]: [answer] });
    expect(await failureOf(read())).toMatchObject({ kind: 'unavailable', code: 'unexpected_answer' });
  });
});

describe('findPayment', () => {
  const find = () => tamara.findPayment?.(context(), { reference: 'pay_01', method: 'instalments' });
  const PATH = 'GET /merchants/orders/reference-id/pay_01';

  it('finds by our reference, or says that there is none', async () => {
    server.script = byCall({ [PATH]: [order('new')] });
    expect(await find()).toMatchObject({ provider_payment_id: ID, status: 'pending' });
    server.script = byCall({});
    expect(await find()).toBeNull();
  });

  it('believes neither another reference nor an error to be an absence', async () => {
    server.script = byCall({ [PATH]: [order('new', { order_reference_id: 'pay_010' })] });
    expect((await failureOf(find())).kind).toBe('unavailable');
    server.script = byCall({ [PATH]: [answering(500, {})] });
    expect((await failureOf(find())).kind).toBe('unavailable');
  });
});

describe('operations', () => {
  it('captures a part with our key as tracking number, and only once', async () => {
    const after = order('partially_captured', captured(captureRow('c1', 100, 'op-1')));
    server.script = byCall({
      [`GET /orders/${ID}`]: [order('authorised'), after],
      'POST /payments/capture': [{ capture_id: 'c1', order_id: ID, status: 'partially_captured' }],
    });
    const capture = () => tamara.capturePayment?.(context(), operation(10_000));
    expect(await capture()).toMatchObject({
      status: 'authorized',
      receipts: [{ key: 'c1', amount: 10_000 }],
    });
    expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({
      order_id: ID,
      total_amount: sar(100),
      shipping_info: {
        shipped_at: '2026-10-01T08:00:00.000Z',
        shipping_company: 'Merchant',
        tracking_number: 'op-1',
      },
    });
    expect(await capture()).toMatchObject({ receipts: [{ key: 'c1' }] });
    expect(calls().filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('says that the outcome is unknown when only the reading afterwards fails', async () => {
    server.script = byCall({
      [`GET /orders/${ID}`]: [order('authorised'), answering(503, {})],
      'POST /payments/capture': [{ capture_id: 'c1' }],
    });
    expect((await failureOf(tamara.capturePayment?.(context(), operation(10_000)))).kind).toBe(
      'unknown_outcome',
    );
  });

  it('cancels exactly what is open, and nothing when nothing is', async () => {
    const part = captured(captureRow('c1', 100));
    const after = order('updated', { canceled_amount: sar(240), ...part });
    server.script = byCall({
      [`GET /orders/${ID}`]: [order('partially_captured', part), after],
      [`POST /orders/${ID}/cancel`]: [{ cancel_id: 'x', order_id: ID, status: 'updated' }],
    });
    const release = () =>
      tamara.voidPayment?.(context(), {
        provider_payment_id: ID,
        method: 'instalments',
        operation_key: 'op-2',
      });
    expect(await release()).toMatchObject({ status: 'paid', authorized: 10_000 });
    expect(server.requests[1]?.body).toBe('{"total_amount":{"amount":240,"currency":"SAR"}}');
    expect(await release()).toMatchObject({ status: 'paid' });
    expect(calls().filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('refunds with our key, and finds the refund again instead of making a second', async () => {
    const paid = captured(captureRow('c1', 340));
    const row = { refund_id: 'r1', capture_id: 'c1', total_amount: sar(100), merchant_refund_id: 'op-1' };
    const after = order('partially_refunded', {
      ...paid,
      refunded_amount: sar(100),
      transactions: { ...paid.transactions, refunds: [row] },
    });
    server.script = byCall({
      [`GET /orders/${ID}`]: [order('fully_captured', paid), after],
      [`POST /payments/simplified-refund/${ID}`]: [
        { order_id: ID, comment: 'Refund', refund_id: 'r1', capture_id: 'c1', refunded_amount: sar(100) },
      ],
    });
    const expected = { key: 'r1', reference: 'op-1', amount: 10_000, status: 'succeeded' };
    expect(await tamara.refundPayment?.(context(), operation(10_000))).toEqual(expected);
    expect(server.requests[1]?.body).toBe(
      '{"total_amount":{"amount":100,"currency":"SAR"},"comment":"Refund","merchant_refund_id":"op-1"}',
    );
    expect(await tamara.refundPayment?.(context(), operation(10_000))).toEqual(expected);
    expect(calls().filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('makes no second refund of an amount when Tamara does not say whose the first was', async () => {
    const paid = captured(captureRow('c1', 340));
    const row = { refund_id: 'r1', capture_id: 'c1', total_amount: sar(100) };
    const after = order('partially_refunded', {
      ...paid,
      refunded_amount: sar(100),
      transactions: { ...paid.transactions, refunds: [row] },
    });
    server.script = byCall({ [`GET /orders/${ID}`]: [after] });
    expect(await failureOf(tamara.refundPayment?.(context(), operation(10_000)))).toMatchObject({
      kind: 'unknown_outcome',
      code: 'unnamed_refund',
    });
    expect(calls()).toEqual([`GET /orders/${ID}`]);
  });

  it('makes no refund while one is counted and not listed', async () => {
    const row = order('partially_refunded', {
      ...captured(captureRow('c1', 340)),
      refunded_amount: sar(100),
    });
    server.script = byCall({ [`GET /orders/${ID}`]: [row] });
    expect((await failureOf(tamara.refundPayment?.(context(), operation(10_000)))).kind).toBe('unavailable');
    expect(calls()).toEqual([`GET /orders/${ID}`]);
  });
});
