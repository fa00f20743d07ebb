import { createHmac } from 'node:crypto';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { toRecord } from '../../sandbox/test-merchant.ts';
import { zaincashV1Simulator } from './sandbox.ts';

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await zaincashV1Simulator.start({ seed: 'zaincash-v1-test' });
});
afterAll(() => simulator.stop());
beforeEach(() => simulator.reset());

const credential = (name: string): string => simulator.credentials[name] ?? '';
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
function jwt(
  claims: object,
  secret = credential('secret'),
  header: object = { alg: 'HS256', typ: 'JWT' },
): string {
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
const now = (): number => Math.floor(Date.now() / 1000);
const order = () => ({
  amount: 25000,
  serviceType: 'Order 1001',
  msisdn: credential('msisdn'),
  orderId: 'ord_1001',
  redirectUrl: 'https://shop.example.com/zc/return?o=1',
  iat: now(),
  exp: now() + 4 * 60 * 60,
});
async function post(
  path: string,
  fields: Record<string, string>,
  json = false,
): Promise<Record<string, unknown>> {
  const body = json ? JSON.stringify(fields) : new URLSearchParams(fields);
  const response = await fetch(simulator.baseUrl + path, { method: 'POST', body });
  expect(response.status).toBe(200);
  return toRecord(await response.json());
}
const init = (claims: object = order(), over: Record<string, string> = {}) =>
  post('/transaction/init', {
    token: jwt(claims),
    merchantId: credential('merchant_id'),
    lang: 'en',
    ...over,
  });
const get = (id: string) =>
  post('/transaction/get', {
    token: jwt({ id, msisdn: Number(credential('msisdn')), iat: now(), exp: now() + 60 }),
    merchantId: credential('merchant_id'),
  });
const created = async (): Promise<string> => String((await init())['id']);
const kinds = (): string[] => simulator.ledger.lines().map(({ kind }) => kind);

describe('/transaction/init', () => {
  it('answers as ZainCash does, to a form and to JSON', async () => {
    const expected = {
      source: 'web',
      type: 'MERCHANT_PAYMENT',
      amount: '25000',
      serviceType: 'Order 1001',
      orderId: 'ord_1001',
      lang: 'en',
      referenceNumber: expect.stringMatching(/^[A-Z0-9]{6}$/),
      status: 'pending',
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
    };
    expect(await init()).toMatchObject(expected);
    const fields = { token: jwt(order()), merchantId: credential('merchant_id'), lang: 'en' };
    expect(await post('/transaction/init', fields, true)).toMatchObject(expected);
  });

  it('takes milliseconds for times and text for numbers, as some merchants send them', async () => {
    const claims = { ...order(), amount: '250', iat: Date.now(), exp: Date.now() + 14_400 };
    expect(await init(claims)).toMatchObject({ status: 'pending', amount: '250' });
  });

  it.each([
    ['jwt expired', () => init({ ...order(), exp: now() - 1 })],
    ['invalid signature', () => init(order(), { token: jwt(order(), 'guess') })],
    ['jwt malformed', () => init(order(), { token: jwt(order(), credential('secret'), { alg: 'none' }) })],
    ['jwt malformed', () => init(order(), { token: 'x' })],
    ['Invalid merchant', () => init(order(), { merchantId: 'x' })],
    ['Invalid merchant wallet', () => init({ ...order(), msisdn: '9647800000009' })],
    ['amount must be at least 250', () => init({ ...order(), amount: 249 })],
    ['amount must be an integer', () => init({ ...order(), amount: 250.5 })],
    ['orderId is required', () => init({ ...order(), orderId: '' })],
    ['serviceType is too long', () => init({ ...order(), serviceType: 'x'.repeat(255) })],
  ])('refuses with "%s"', async (msg, send) => {
    expect(await send()).toEqual({ err: { msg } });
    expect(kinds()).toEqual([]);
  });
});

it('names the merchant by id at first, and in full when the transaction is read', async () => {
  const { to, id } = await init();
  expect(to).toBe(credential('merchant_id'));
  expect(await get(String(id))).toMatchObject({
    to: { id: credential('merchant_id'), msisdn: credential('msisdn'), name: expect.any(String) },
  });
});

it('says that a transaction is not there', async () => {
  expect(await get('652f6d1e5c1b2a0012ab34cd')).toEqual({ err: { msg: 'Transaction not found' } });
});

it('fails a transaction that nobody paid for four hours', async () => {
  const id = await created();
  await simulator.clock.advance(4 * 60 * 60, () => Promise.resolve());
  expect(await get(id)).toMatchObject({ status: 'failed', due: 'Transaction expired' });
  expect(kinds()).toEqual(['payment_created', 'payment_expired']);
});

describe("the calls of the page's script", () => {
  const phonenumber = '9647800000002';

  it('pay with PIN and OTP', async () => {
    const id = await created();
    const otp = (code: string) =>
      post('/transaction/processingOTP?type=MERCHANT_PAYMENT', { id, phonenumber, pin: '1111', otp: code });
    expect(await otp('111111')).toMatchObject({ success: 0 });
    expect(await post('/transaction/processing', { id, phonenumber, pin: '1' })).toMatchObject({
      success: 0,
    });
    expect(await post('/transaction/processing', { id, phonenumber, pin: '1111' })).toMatchObject({
      success: 1,
      transactionid: id,
      initialAmount: '25000',
      totalFees: 0,
      total: 25000,
    });
    expect((await get(id))['status']).toBe('pending_otp');
    expect(await otp('1')).toMatchObject({ success: 0, msg: 'Wrong OTP', error: 'Wrong OTP' });
    expect(await otp('111111')).toMatchObject({
      success: 1,
      msg: 'succesful_transaction',
      url: expect.stringContaining('token='),
    });
    expect(await get(id)).toMatchObject({
      status: 'completed',
      from: phonenumber,
      totalFees: 0,
      operationId: expect.any(String),
      operationDate: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(kinds()).toEqual(['payment_created', 'money_received']);
  });

  it('cancel, but not what is paid', async () => {
    const id = await created();
    const cancel = (which: string) => post('/transaction/cancel', { id: which, type: 'MERCHANT_PAYMENT' });
    expect(await cancel(id)).toMatchObject({ success: 1 });
    expect((await get(id))['status']).toBe('cancel');
    const paid = await created();
    simulator.payments.pay(paid, {});
    expect(await cancel(paid)).toMatchObject({ success: 0 });
    expect((await get(paid))['status']).toBe('completed');
    expect(kinds().filter((kind) => kind === 'payment_canceled')).toHaveLength(1);
  });
});

describe('the page', () => {
  const submit = (id: string, fields: Record<string, string>) =>
    fetch(`${simulator.baseUrl}/transaction/pay?id=${id}`, {
      method: 'POST',
      body: new URLSearchParams(fields),
      redirect: 'manual',
    });

  it.each([
    [
      'completed',
      [
        { phonenumber: '9647800000002', pin: '1111' },
        { step: 'otp', otp: '111111' },
      ],
      { status: 'success', msg: 'Transaction success' },
    ],
    ['failed', [{ step: 'decline' }], { status: 'failed', msg: 'Not enough credit on balance' }],
    ['cancel', [{ step: 'cancel' }], { status: 'failed' }],
  ])('ends %s and goes back with a signed token', async (status, steps, expected) => {
    const id = await created();
    expect(await (await fetch(`${simulator.baseUrl}/transaction/pay?id=${id}`)).text()).toContain(
      '25,000 IQD',
    );
    let back: Response | undefined;
    for (const step of steps) back = await submit(id, step as Record<string, string>);
    const target = new URL(back?.headers.get('location') ?? '');
    expect(target.href).toContain('https://shop.example.com/zc/return?o=1&token=');
    const [head, body = '', signature] = (target.searchParams.get('token') ?? '').split('.');
    const mac = createHmac('sha256', credential('secret')).update(`${head}.${body}`).digest('base64url');
    expect(signature).toBe(mac);
    const claims: unknown = JSON.parse(Buffer.from(body, 'base64url').toString());
    expect(claims).toMatchObject({ orderid: 'ord_1001', id, iat: expect.any(Number), ...expected });
    expect((await get(id))['status']).toBe(status);
  });

  it('does not know every id', async () => {
    expect((await submit('x', {})).status).toBe(404);
  });
});

it('has no webhooks to send', async () => {
  const id = await created();
  expect(() => simulator.payments.sendWebhook(id, {})).toThrow(/no webhooks/);
  simulator.payments.pay(id, {});
  await simulator.webhooks.idle();
  expect(simulator.webhooks.attempts()).toEqual([]);
});
