import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, MoneyOperation, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type Script, type ScriptedServer } from '../scripted-server.ts';
import { createTokenStore } from '../token-store.ts';
import { tabby } from './connector.ts';
import type { TabbyCredentials } from './wire.ts';

const NOW = Date.parse('2026-10-08T10:15:00.000Z');
const SAR = currency('SAR');
let server: ScriptedServer;
const http = createProviderHttp();

beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (): ProviderContext<TabbyCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/`,
    credentials: {
      secret_key: 'sk_test_1',
      merchant_code: 'shopsa',
      webhook_header: 'X-Shop-Token',
      webhook_secret: 's',
    },
  },
  http,
  tokens: createTokenStore(() => NOW),
  now: () => NOW,
  signal: new AbortController().signal,
});

const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'ord_1001',
  idempotency_key: 'inv_01:create:ord_1001',
  method: 'installments',
  money: money(34_000, SAR),
  description: 'Order 1001',
  customer: { name: 'Sara', email: 'otp.success@tabby.ai', phone: '00966 500-000-001' },
  items: [{ name: 'T-shirt', quantity: 2, unit_amount: 17_000 }],
  webhook_url: 'https://sarraf.example/webhooks/tabby/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});

/** The answer of the documentation. */
const LINK = 'https://checkout.tabby.ai/?sessionId=session-uuid';
const SESSION = {
  id: 'session-uuid',
  status: 'created',
  token: '…',
  payment: {
    id: 'payment-uuid',
    status: 'CREATED',
    amount: '340.00',
    currency: 'SAR',
    is_test: true,
    order: { reference_id: 'ord_1001' },
    meta: { tenant: '7' },
  },
  configuration: {
    available_products: { installments: [{ web_url: LINK, qr_code: '…' }] },
    products: { installments: { type: 'installments', is_available: true, rejection_reason: null } },
  },
  merchant_urls: { success: '…', cancel: '…', failure: '…' },
};
const REJECTED = {
  ...SESSION,
  status: 'rejected',
  configuration: {
    available_products: {},
    products: { installments: { is_available: false, rejection_reason: 'order_amount_too_high' } },
  },
};
const move = (amount: string, reference_id: string, id = `id-${reference_id}`) => ({
  id,
  amount,
  created_at: '2026-10-01T10:21:00Z',
  reference_id,
});
const payment = (over: object = {}) => ({
  id: 'payment-uuid',
  created_at: '2026-10-01T10:15:00Z',
  expires_at: '2027-10-01T10:15:00Z',
  status: 'AUTHORIZED',
  is_test: true,
  amount: '340.00',
  currency: 'SAR',
  order: { reference_id: 'ord_1001' },
  captures: [] as object[],
  refunds: [] as object[],
  ...over,
});
const KNOWN = { provider_payment_id: 'payment-uuid', method: 'installments' };
const operation = (over: Partial<MoneyOperation> = {}): MoneyOperation => ({
  ...KNOWN,
  money: money(10_000, SAR),
  operation_key: 'key_1',
  reason: 'Torn',
  ...over,
});

/** One answer after the other; the last repeats. */
function inTurn(...answers: readonly (readonly [number, unknown])[]): Script {
  const left = [...answers];
  return (request, response, socket) => {
    const [status, body] = (left.length > 1 ? left.shift() : left[0]) ?? [500, ''];
    answering(status, body)(request, response, socket);
  };
}
const error = (errorType: string, text: string) => ({ status: 'error', errorType, error: text });
const reading = (over: object) => {
  server.script = answering(200, payment(over));
  return tabby.readPayment(context(), KNOWN);
};

describe('createPayment', () => {
  it('sends decimals as text, our reference and three addresses, and redirects to the page', async () => {
    server.script = answering(200, SESSION);
    expect(await tabby.createPayment(context(), order())).toEqual({
      provider_payment_id: 'payment-uuid',
      expires_at: '2026-10-08T10:45:00.000Z',
      next_action: { type: 'redirect', redirect_url: LINK },
    });
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/api/v2/checkout',
        headers: { authorization: 'Bearer sk_test_1', 'content-type': 'application/json' },
        body:
          '{"payment":{"amount":"340.00","currency":"SAR","description":"Order 1001",' +
          '"buyer":{"name":"Sara","email":"otp.success@tabby.ai","phone":"+966500000001"},' +
          '"order":{"reference_id":"ord_1001","tax_amount":"0.00","shipping_amount":"0.00","discount_amount":"0.00",' +
          '"items":[{"reference_id":"1","title":"T-shirt","quantity":2,"unit_price":"170.00","category":"General"}]},' +
          '"order_history":[],"meta":{"order_id":"ord_1001"}},"lang":"en","merchant_code":"shopsa",' +
          '"merchant_urls":{"success":"https://sarraf.example/return/t1",' +
          '"failure":"https://sarraf.example/return/t1/failure","cancel":"https://sarraf.example/return/t1/cancel"}}',
      },
    ]);
  });

  it('writes dinars of Kuwait with three decimals', async () => {
    const given = { ...SESSION.payment, amount: '12.5', currency: 'KWD' };
    server.script = answering(200, { ...SESSION, payment: given });
    await tabby.createPayment(context(), order({ money: money(12_500, currency('KWD')), items: [] }));
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      payment: { amount: '12.500', order: { items: [{ title: 'Order 1001', unit_price: '12.500' }] } },
    });
  });

  it('sends one line instead of items that do not add up', async () => {
    server.script = answering(200, SESSION);
    const items = [{ name: 'T-shirt', quantity: 1, unit_amount: 1 }];
    await tabby.createPayment(context(), order({ items }));
    const sent: unknown = JSON.parse(server.requests[0]?.body ?? '');
    expect(sent).toMatchObject({ payment: { order: { items: [{ quantity: 1, unit_price: '340.00' }] } } });
  });

  it('takes a refusal by pre-scoring under HTTP 200 for what it is', async () => {
    server.script = answering(200, REJECTED);
    expect(await failureOf(tabby.createPayment(context(), order()))).toMatchObject({
      kind: 'declined',
      code: 'order_amount_too_high',
    });
    server.script = answering(200, { status: 'rejected', payment: { id: null } });
    expect(await failureOf(tabby.createPayment(context(), order()))).toMatchObject({
      kind: 'declined',
      code: 'rejected',
    });
  });

  it.each([
    ['another amount', { payment: { ...SESSION.payment, amount: '34.00' } }],
    ['another currency', { payment: { ...SESSION.payment, currency: 'AED' } }],
    ['another reference', { payment: { ...SESSION.payment, order: { reference_id: 'x' } } }],
    ['no link', { configuration: { available_products: {} } }],
    [
      'a link that is no web address',
      { configuration: { available_products: { installments: [{ web_url: 'javascript:x' }] } } },
    ],
    ['an unknown status', { status: 'approved' }],
  ])('does not know what became of a session with %s', async (_, over) => {
    server.script = answering(200, { ...SESSION, ...over });
    expect((await failureOf(tabby.createPayment(context(), order()))).kind).toBe('unknown_outcome');
  });

  it.each([
    [400, error('bad_data', 'only AED is supported, but got SAR'), 'invalid_request', 'bad_data'],
    [401, error('not_authorized', 'missing Bearer scheme'), 'bad_credentials', 'not_authorized'],
    [403, { status: 'error', errorType: 'no_permission' }, 'bad_credentials', 'no_permission'],
    [404, '404 page not found', 'invalid_request', 'http_404'],
    [429, '', 'rate_limited', 'http_429'],
    [500, error('internal', 'Internal Server error'), 'unknown_outcome', 'internal'],
    [503, '', 'unavailable', 'http_503'],
    [200, '{"id":', 'unknown_outcome', 'unexpected_answer'],
  ])('understands %i %j', async (status, body, kind, code) => {
    server.script = answering(status, body);
    expect(await failureOf(tabby.createPayment(context(), order()))).toMatchObject({ kind, code });
  });

  it('names the fields that Tabby refuses', async () => {
    const errors = [{ field: '$.payment.currency', code: 'invalid_value', message: '' }];
    server.script = answering(400, { status: 'error', errorType: 'bad_data', errors });
    expect((await failureOf(tabby.createPayment(context(), order()))).message).toBe(
      '$.payment.currency: invalid_value',
    );
  });
});

describe('readPayment', () => {
  it.each([
    ['CREATED', [], 'pending'],
    ['AUTHORIZED', [], 'authorized'],
    ['AUTHORIZED', ['100'], 'authorized'],
    ['AUTHORIZED', ['100', '240.00'], 'paid'],
    ['CLOSED', ['340.00'], 'paid'],
    ['CLOSED', ['100'], 'paid'],
    ['CLOSED', [], 'canceled'],
    ['closed', ['340'], 'paid'],
    ['REJECTED', [], 'failed'],
    ['EXPIRED', [], 'expired'],
    ['SOMETHING', [], 'pending'],
  ])('reads %s with captures %j as %s', async (status, amounts, expected) => {
    const captures = amounts.map((amount, index) => move(amount, `cap_${index}`));
    expect((await reading({ status, captures })).status).toBe(expected);
  });

  it('tells captures as receipts and refunds with our keys, in minor units', async () => {
    const captures = [move('100', 'cap_1'), move('40.5', 'cap_2')];
    const refunds = [move('20.00', 'ref_1')];
    const at = '2026-10-01T10:21:00.000Z';
    expect(await reading({ status: 'CLOSED', captures, refunds })).toEqual({
      provider_payment_id: 'payment-uuid',
      reference: 'ord_1001',
      currency: 'SAR',
      status: 'paid',
      receipts: [
        { key: 'id-cap_1', amount: 10_000, paid_at: at, fee: null, reference: 'cap_1' },
        { key: 'id-cap_2', amount: 4_050, paid_at: at, fee: null, reference: 'cap_2' },
      ],
      refunds: [{ key: 'id-ref_1', reference: 'ref_1', amount: 2_000, status: 'succeeded' }],
      provider_status: 'CLOSED',
      failure: null,
      next_action: null,
      expires_at: null,
    });
  });

  it('says what may be captured while it may', async () => {
    expect((await reading({})).authorized).toBe(34_000);
    expect(await reading({ status: 'CLOSED', captures: null, refunds: null })).not.toHaveProperty(
      'authorized',
    );
  });

  it.each([
    { id: 'another' },
    { amount: '340.001' },
    { currency: 'Riyal' },
    { captures: [move('-1.00', 'cap_1')] },
    { captures: [move('1e2', 'cap_1')] },
    { captures: 'none' },
  ])('believes nothing of a payment with %j', async (over) => {
    expect((await failureOf(reading(over))).code).toBe('unexpected_answer');
  });

  it('reads numbers for texts', async () => {
    const captures = [{ ...move('0', 'cap_1'), amount: 340 }];
    expect(await reading({ status: 'CLOSED', amount: 340, captures })).toMatchObject({
      status: 'paid',
      receipts: [{ amount: 34_000 }],
    });
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
    expect(await failureOf(tabby.readPayment(context(), KNOWN))).toMatchObject({ kind: 'unavailable' });
  });

  it('knows an unknown payment from a wrong address', async () => {
    server.script = answering(404, error('not_found', 'no such payment'));
    expect((await failureOf(tabby.readPayment(context(), KNOWN))).kind).toBe('not_found');
    server.script = answering(404, '404 page not found');
    expect((await failureOf(tabby.readPayment(context(), KNOWN))).kind).toBe('invalid_request');
  });
});

describe('findPayment', () => {
  const page = (payments: object[] | null, total_count: number) => ({
    payments,
    pagination: { limit: 20, offset: 0, total_count },
  });
  const find = () => tabby.findPayment?.(context(), { reference: 'ord_1001', method: 'installments' });
  const other = payment({ id: 'other', order: { reference_id: 'ORD_1001' } });

  it('reads the list to its end and compares references exactly', async () => {
    server.script = inTurn([200, page([other, other], 3)], [200, page([payment()], 3)]);
    expect(await find()).toMatchObject({ provider_payment_id: 'payment-uuid', status: 'authorized' });
    expect(server.requests.map(({ path }) => path)).toEqual([
      '/api/v2/payments?created_at__gte=2026-10-01&limit=20&offset=0',
      '/api/v2/payments?created_at__gte=2026-10-01&limit=20&offset=2',
    ]);
  });

  it.each([[page(null, 0)], [page([other], 1)]])('finds nothing in %j', async (answer) => {
    server.script = answering(200, answer);
    expect(await find()).toBeNull();
  });

  it.each([{}, { pagination: { total_count: 0 } }])('does not take %j for an empty list', async (answer) => {
    server.script = answering(200, answer);
    expect(await failureOf(find())).toMatchObject({ kind: 'unavailable', code: 'unexpected_answer' });
  });

  it('takes the one with the most money', async () => {
    const closed = payment({ id: 'closed', status: 'CLOSED' });
    server.script = answering(200, page([closed, payment()], 2));
    expect(await find()).toMatchObject({ provider_payment_id: 'payment-uuid' });
  });

  it('does not say that there is none when the list does not end', async () => {
    server.script = answering(200, { payments: [other] });
    expect((await failureOf(find())).kind).toBe('unavailable');
    expect(server.requests).toHaveLength(50);
  });
});

describe('captures and refunds', () => {
  it('capture with our key', async () => {
    const after = payment({ captures: [move('100.00', 'key_1')] });
    server.script = inTurn([200, payment()], [200, after]);
    expect(await tabby.capturePayment?.(context(), operation())).toMatchObject({
      status: 'authorized',
      authorized: 34_000,
      receipts: [{ key: 'id-key_1', amount: 10_000 }],
    });
    expect(server.requests[1]).toMatchObject({
      method: 'POST',
      path: '/api/v2/payments/payment-uuid/captures',
      body: '{"amount":"100.00","reference_id":"key_1"}',
    });
  });

  it('refund with our key and the reason', async () => {
    const before = payment({ status: 'CLOSED', captures: [move('340.00', 'cap_1')] });
    server.script = inTurn([200, before], [200, { ...before, refunds: [move('100.00', 'key_1')] }]);
    expect(await tabby.refundPayment?.(context(), operation())).toEqual({
      key: 'id-key_1',
      reference: 'key_1',
      amount: 10_000,
      status: 'succeeded',
    });
    expect(server.requests[1]).toMatchObject({
      path: '/api/v2/payments/payment-uuid/refunds',
      body: '{"amount":"100.00","reference_id":"key_1","reason":"Torn"}',
    });
  });

  it('ask for nothing that was done before', async () => {
    server.script = answering(200, payment({ status: 'CLOSED', captures: [move('100', 'key_1')] }));
    expect(await tabby.capturePayment?.(context(), operation())).toMatchObject({ status: 'paid' });
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });

  it.each([
    [payment()],
    [payment({ captures: [move('99.00', 'key_1')] })],
    [payment({ id: 'another', captures: [move('100.00', 'key_1')] })],
  ])('do not know what happened when the answer does not list it', async (answer) => {
    server.script = inTurn([200, payment()], [200, answer]);
    expect((await failureOf(tabby.capturePayment?.(context(), operation()))).kind).toBe('unknown_outcome');
  });

  it.each([
    [400, error('bad_data', 'could not capture not authorized payments'), 'invalid_request'],
    [409, error('conflict', 'payment is disputed'), 'invalid_request'],
    [500, 'Internal Server error', 'unknown_outcome'],
  ])('pass on %i %j', async (status, body, kind) => {
    server.script = inTurn([200, payment()], [status, body]);
    expect((await failureOf(tabby.refundPayment?.(context(), operation()))).kind).toBe(kind);
  });
});

describe('voidPayment', () => {
  const release = () => tabby.voidPayment?.(context(), { ...KNOWN, operation_key: 'void_1' });

  it('closes the payment without a body', async () => {
    server.script = answering(200, payment({ status: 'CLOSED' }));
    expect(await release()).toMatchObject({ status: 'canceled', receipts: [] });
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/api/v2/payments/payment-uuid/close', body: '' },
    ]);
  });

  it('takes "already closed" for done, and nothing else', async () => {
    const refusal = [400, error('bad_data', 'already closed')] as const;
    server.script = inTurn(refusal, [200, payment({ status: 'CLOSED' })]);
    expect(await release()).toMatchObject({ status: 'canceled' });
    server.script = inTurn(refusal, [200, payment({ status: 'CREATED' })]);
    expect((await failureOf(release())).kind).toBe('invalid_request');
  });
});
