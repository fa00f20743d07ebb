import { inflateSync } from 'node:zlib';
import { create } from 'qrcode';
import { control, TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { startControl } from '../../sandbox/control.ts';
import type { RunningServer } from '../../sandbox/http-server.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { durationMs } from './sandbox-requests.ts';
import { fibSimulator } from './sandbox.ts';

let fib: RunningSimulator;
let controls: RunningServer;
let merchant: TestMerchant;

beforeAll(async () => {
  fib = await fibSimulator.start({ seed: 'fib-test', webhookTimeoutMs: 150 });
  controls = await startControl(new Map([['fib', fib]]), { port: 0, log: () => undefined });
  merchant = await TestMerchant.start();
});
afterAll(async () => {
  await controls.stop();
  await fib.stop();
  await merchant.stop();
});
beforeEach(() => {
  fib.reset();
  Object.assign(fib.settings, { refund_webhooks: false, token_life_s: 60, refresh_tokens: false });
  merchant.received.length = 0;
  merchant.answer = 202;
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, text, body: text === '' ? {} : toRecord(JSON.parse(text)) };
}

const form = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> =>
  fetch(`${fib.baseUrl}/auth/realms/fib-online-shop/protocol/openid-connect/token`, {
    method: 'POST',
    body: new URLSearchParams(fields),
    headers,
  }).then(answerOf);

const secrets = () => ({
  client_id: fib.credentials['client_id'] ?? '',
  client_secret: fib.credentials['client_secret'] ?? '',
});
const token = async (): Promise<string> =>
  String((await form({ grant_type: 'client_credentials', ...secrets() })).body['access_token']);

async function call(method: string, path: string, body?: unknown, bearer?: string): Promise<Answer> {
  const response = await fetch(`${fib.baseUrl}/protected/v1/payments${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer ?? (await token())}` },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return answerOf(response);
}

const order = (over: object = {}) => ({
  monetaryValue: { amount: '25000.00', currency: 'IQD' },
  statusCallbackUrl: merchant.url('/hooks/fib/pay_01/secret'),
  description: 'Order 1001',
  redirectUri: 'https://shop.example.com/return',
  expiresIn: 'PT1H',
  refundableFor: 'P7D',
  category: 'ECOMMERCE',
  ...over,
});
const created = async (over: object = {}): Promise<string> =>
  String((await call('POST', '', order(over))).body['paymentId']);
const status = async (id: string) => (await call('GET', `/${id}/status`)).body;
const act = (id: string, verb: string, body: object = {}) =>
  control(controls.origin, `POST /fib/payments/${id}/${verb}?wait=true`, body);
const advance = (advance_s: number) => control(controls.origin, 'POST /fib/clock', { advance_s });
const ledger = () => fib.ledger.lines().map(({ kind, amount }) => `${kind} ${amount}`);

describe('the token endpoint', () => {
  it('gives a bearer token of a minute', async () => {
    expect(await form({ grant_type: 'client_credentials', ...secrets() })).toMatchObject({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
        expires_in: 60,
        refresh_expires_in: 0,
        token_type: 'Bearer',
        'not-before-policy': 0,
        scope: 'email profile',
      },
    });
  });

  it('takes the credentials as HTTP Basic, as the PHP client sends them', async () => {
    const { client_id, client_secret } = secrets();
    const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
    const answer = await form({ grant_type: 'client_credentials' }, { authorization: `Basic ${basic}` });
    expect(answer.status).toBe(200);
  });

  it.each([
    [{ client_secret: 'wrong' }, 401, 'unauthorized_client'],
    [{ client_id: 'wrong' }, 401, 'invalid_client'],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ])('refuses %j', async (over, expected, error) => {
    const answer = await form({ grant_type: 'client_credentials', ...secrets(), ...over });
    expect(answer).toMatchObject({
      status: expected,
      body: { error, error_description: expect.any(String) },
    });
  });

  it('gives a token to refresh by only when told to, and takes that once it did', async () => {
    const renew = (refresh_token: string) =>
      form({ grant_type: 'refresh_token', ...secrets(), refresh_token });
    expect((await form({ grant_type: 'client_credentials', ...secrets() })).body).not.toHaveProperty(
      'refresh_token',
    );
    fib.settings['refresh_tokens'] = true;
    const { body } = await form({ grant_type: 'client_credentials', ...secrets() });
    const renewed = await renew(String(body['refresh_token']));
    expect(renewed.body).toMatchObject({ refresh_expires_in: 1800, refresh_token: expect.any(String) });
    const id = await created();
    const read = await call('GET', `/${id}/status`, undefined, String(renewed.body['access_token']));
    expect(read.status).toBe(200);
    expect(await renew('guess')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    await advance(1800);
    expect((await renew(String(body['refresh_token']))).status).toBe(400);
  });

  it('lets tokens die after a minute, and admits nobody without one', async () => {
    const id = await created();
    const bearer = await token();
    expect((await call('GET', `/${id}/status`, undefined, bearer)).status).toBe(200);
    await advance(60);
    expect(await call('GET', `/${id}/status`, undefined, bearer)).toMatchObject({
      status: 401,
      body: { traceId: expect.any(String), errors: [{ code: 'UNAUTHORIZED' }] },
    });
    expect((await fetch(`${fib.baseUrl}/protected/v1/payments`, { method: 'POST' })).status).toBe(401);
  });
});

describe('creating a payment', () => {
  it('answers 201 with a code, a drawn QR code and three links', async () => {
    expect(await call('POST', '', order())).toMatchObject({
      status: 201,
      body: {
        paymentId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        readableCode: expect.stringMatching(/^[A-Z2-9]{4}(-[A-Z2-9]{4}){2}$/),
        qrCode: expect.stringMatching(/^data:image\/png;base64,iVBORw0/),
        validUntil: new Date(fib.payments.list(null)[0]?.expires_at ?? 0).toISOString(),
        personalAppLink: expect.stringContaining('/app/personal/'),
        businessAppLink: expect.stringContaining('/app/business/'),
        corporateAppLink: expect.stringContaining('/app/corporate/'),
      },
    });
  });

  it('draws the QR code of the personal app’s link', async () => {
    const { qrCode, personalAppLink } = (await call('POST', '', order())).body;
    const png = Buffer.from(String(qrCode).slice('data:image/png;base64,'.length), 'base64');
    const { modules } = create(String(personalAppLink), {});
    const width = (modules.size + 8) * 4;
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([width, width]);
    const dataAt = png.indexOf('IDAT') + 4;
    const rows = inflateSync(png.subarray(dataAt, dataAt + png.readUInt32BE(dataAt - 8)));
    const isDark = (row: number, column: number): boolean => {
      const [x, y] = [(column + 4) * 4, (row + 4) * 4];
      return ((rows[y * (1 + Math.ceil(width / 8)) + 1 + (x >> 3)] ?? 0) & (0x80 >> (x & 7))) === 0;
    };
    const all = Array.from({ length: modules.size ** 2 }, (_, at) => at);
    const drawn = all.map((at) => isDark(Math.floor(at / modules.size), at % modules.size));
    expect(drawn).toEqual(all.map((at) => modules.data[at] === 1));
  });

  it.each([25000, '25000', '25000.00', 251])('takes the amount %j', async (amount) => {
    expect((await call('POST', '', order({ monetaryValue: { amount, currency: 'IQD' } }))).status).toBe(201);
  });

  it('needs nothing but an amount, and takes empty text for what is not given', async () => {
    const monetaryValue = { amount: 1000, currency: 'IQD' };
    expect((await call('POST', '', { monetaryValue })).status).toBe(201);
    expect((await call('POST', '', { monetaryValue, description: '', expiresIn: null })).status).toBe(201);
  });

  it.each([
    ['250 dinars', { monetaryValue: { amount: 250, currency: 'IQD' } }],
    ['a fraction', { monetaryValue: { amount: '1000.50', currency: 'IQD' } }],
    ['dollars', { monetaryValue: { amount: 1000, currency: 'USD' } }],
    ['no amount', { monetaryValue: null }],
    ['51 characters', { description: 'x'.repeat(51) }],
    ['a relative callback URL', { statusCallbackUrl: '/hooks' }],
    ['an odd duration', { expiresIn: '1 hour' }],
    ['11 hours of refunds', { refundableFor: 'PT11H' }],
    ['8 days of refunds', { refundableFor: 'P8D' }],
    ['an unknown category', { category: 'SHOES' }],
  ])('refuses %s with 400', async (_, over) => {
    expect(await call('POST', '', order(over))).toMatchObject({
      status: 400,
      body: { errors: [{ code: expect.any(String), detail: expect.any(String) }] },
    });
    expect(ledger()).toEqual([]);
  });

  it('refuses broken JSON, lists and a body beyond the limit', async () => {
    expect((await call('POST', '', '{"monetary')).status).toBe(400);
    expect((await call('POST', '', [])).status).toBe(400);
    expect((await call('POST', '', 'x'.repeat(101 * 1024))).status).toBe(413);
  });

  it('makes a second payment when asked a second time: there is no key', async () => {
    expect(await created()).not.toBe(await created());
  });
});

describe('the life of a payment', () => {
  it('is paid once, by the whole amount, and says so by an unsigned webhook', async () => {
    const id = await created();
    expect(await status(id)).toEqual({
      paymentId: id,
      status: 'UNPAID',
      validUntil: expect.any(String),
      amount: { amount: 25000, currency: 'IQD' },
      paidAt: null,
      decliningReason: null,
      declinedAt: null,
      paidBy: null,
    });
    expect((await act(id, 'pay', { amount: 20000 })).status).toBe(400);
    expect((await act(id, 'pay')).body).toMatchObject({ status: 'PAID', paid_amount: 25000 });
    expect((await act(id, 'pay')).status).toBe(409);
    expect(await status(id)).toMatchObject({
      status: 'PAID',
      paidAt: expect.stringMatching(/Z$/),
      paidBy: { name: expect.any(String), iban: expect.stringMatching(/^IQ/) },
    });
    expect(ledger()).toEqual(['payment_created 25000', 'money_received 25000']);
    expect(merchant.received).toMatchObject([{ path: '/hooks/fib/pay_01/secret' }]);
    expect(merchant.bodies()).toEqual([{ id, status: 'PAID' }]);
  });

  it('runs out when its time is up', async () => {
    const id = await created({ expiresIn: 'PT10M' });
    await advance(599);
    expect((await status(id))['status']).toBe('UNPAID');
    await advance(2);
    expect(await status(id)).toMatchObject({
      status: 'DECLINED',
      decliningReason: 'PAYMENT_EXPIRATION',
      declinedAt: expect.any(String),
    });
    expect(merchant.bodies()).toEqual([{ id, status: 'DECLINED' }]);
    expect((await act(id, 'pay', { after_expiry: true })).status).toBe(409);
  });

  it('is cancelled with 204 and an empty body, again and again, but not when it is paid', async () => {
    const [id, paid] = [await created(), await created()];
    expect(await call('POST', `/${id}/cancel`)).toMatchObject({ status: 204, text: '' });
    expect((await call('POST', `/${id}/cancel`, [])).status).toBe(204);
    expect(await status(id)).toMatchObject({ decliningReason: 'PAYMENT_CANCELLATION' });
    await act(paid, 'pay');
    expect((await call('POST', `/${paid}/cancel`)).status).toBe(400);
    expect(ledger().filter((line) => line.startsWith('payment_canceled'))).toHaveLength(1);
  });

  it('fails when the server does', async () => {
    const id = await created();
    await act(id, 'fail');
    expect(await status(id)).toMatchObject({ status: 'DECLINED', decliningReason: 'SERVER_FAILURE' });
    expect((await act(await created(), 'fail', { reason: 'whim' })).status).toBe(400);
  });

  it('is not known by another id', async () => {
    expect((await call('GET', '/0f0a5d0e/status')).status).toBe(404);
  });
});

describe('a refund', () => {
  it('is accepted with 202 and an empty body, is done later, and happens once', async () => {
    const id = await created();
    const refusal = { status: 400, body: { errors: [{ code: 'TRANSACTION_STATUS_IS_NOT_PAID' }] } };
    expect(await call('POST', `/${id}/refund`)).toMatchObject(refusal);
    await act(id, 'pay');
    expect(await call('POST', `/${id}/refund`)).toMatchObject({ status: 202, text: '' });
    expect(await status(id)).toMatchObject({ status: 'REFUND_REQUESTED', paidAt: expect.any(String) });
    expect((await call('POST', `/${id}/refund`)).status).toBe(400);
    await advance(2);
    expect((await status(id))['status']).toBe('REFUNDED');
    expect(ledger().slice(2)).toEqual(['refund_requested 25000', 'money_refunded 25000']);
    expect(merchant.bodies()).toEqual([{ id, status: 'PAID' }]);
  });

  it('is refused when the time for it is over', async () => {
    const id = await created({ refundableFor: 'PT12H' });
    await act(id, 'pay');
    await advance(12 * 3600 + 1);
    expect((await call('POST', `/${id}/refund`)).status).toBe(400);
  });

  it('sends webhooks only when that is set, because nobody documents them', async () => {
    fib.settings['refund_webhooks'] = true;
    const id = await created();
    await act(id, 'pay');
    await call('POST', `/${id}/refund`);
    await advance(2);
    expect(merchant.bodies().map((body) => body['status'])).toEqual(['PAID', 'REFUND_REQUESTED', 'REFUNDED']);
  });
});

describe('webhooks', () => {
  it('are repeated five times when nobody acknowledges', async () => {
    merchant.answer = 500;
    await act(await created(), 'pay');
    await advance(3600);
    expect(merchant.received).toHaveLength(6);
  });

  it('go nowhere when the payment named no URL', async () => {
    await act(await created({ statusCallbackUrl: undefined }), 'pay');
    expect(fib.webhooks.attempts()).toMatchObject([{ outcome: 'no_url' }]);
  });

  it('are forged by somebody who does not know the end of the URL', async () => {
    await act(await created(), 'webhooks', { status: 'PAID', forge: true });
    expect(merchant.received).toMatchObject([
      { path: expect.stringMatching(/^\/hooks\/fib\/pay_01\/[\w-]{43}$/) },
    ]);
    expect(merchant.bodies()).toMatchObject([{ status: 'PAID' }]);
  });
});

describe('the control API and the pages', () => {
  it('finds a payment by its description or by a segment of its callback URL', async () => {
    const id = await created();
    for (const reference of ['Order 1001', 'pay_01']) {
      expect(fib.payments.list(reference).map((payment) => payment.id)).toEqual([id]);
    }
    expect(fib.payments.list('pay_0')).toEqual([]);
  });

  it('pays in the app and goes back to the shop', async () => {
    const id = await created();
    const page = fib.payments.find(id)?.page_url ?? '';
    expect(await (await fetch(page)).text()).toContain('25,000 IQD');
    const later = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'later' }),
      redirect: 'manual',
    });
    expect(later.status).toBe(303);
    expect((await status(id))['status']).toBe('UNPAID');
    const paid = await fetch(page, {
      method: 'POST',
      body: new URLSearchParams({ decision: 'pay' }),
      redirect: 'manual',
    });
    expect(paid.headers.get('location')).toBe('https://shop.example.com/return');
    expect((await status(id))['status']).toBe('PAID');
    expect(await (await fetch(page)).text()).toContain('is paid');
    expect((await fetch(page.replace('personal', 'secret'))).status).toBe(404);
  });
});

it.each([
  ['PT1H', 3_600_000],
  ['P7D', 604_800_000],
  ['P1W', 604_800_000],
  ['PT8H6M12.345S', 29_172_345],
  ['P', null],
  ['PT', null],
  ['1H', null],
])('reads the duration %s as %p ms', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

describe('payouts', () => {
  const payout = async (method: string, path: string, body?: unknown, bearer?: string): Promise<Answer> =>
    answerOf(
      await fetch(`${fib.baseUrl}/protected/v1/payouts${path}`, {
        method,
        headers: { authorization: `Bearer ${bearer ?? (await token())}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  const ORDER = {
    amount: { amount: 1000, currency: 'IQD' },
    targetAccountIban: 'IQ23 FIQB 0040 7362 8710 001',
    description: 'Back to Sara',
  };

  it('are created, authorized once, and move money only then', async () => {
    const made = await payout('POST', '', ORDER);
    expect(made).toMatchObject({ status: 201, body: { payoutId: expect.any(String) } });
    const id = String(made.body['payoutId']);
    const first = (await payout('GET', `/${id}`)).body;
    expect(first).toEqual({
      payoutId: id,
      status: 'CREATED',
      targetAccountIban: 'IQ23FIQB004073628710001',
      description: 'Back to Sara',
      amount: { amount: 1000, currency: 'IQD' },
      authorizedAt: null,
      failedAt: null,
    });
    expect(ledger()).toEqual(['payout_created 1000']);
    expect(await payout('POST', `/${id}/authorize`)).toMatchObject({ status: 202, text: '' });
    expect((await payout('GET', `/${id}`)).body).toMatchObject({
      status: 'AUTHORIZED',
      authorizedAt: expect.any(String),
    });
    expect((await payout('POST', `/${id}/authorize`)).status).toBe(400);
    expect(ledger()).toEqual(['payout_created 1000', 'money_paid_out 1000']);
  });

  it('fail when they are told to', async () => {
    fib.settings['payouts_fail'] = true;
    const id = String((await payout('POST', '', ORDER)).body['payoutId']);
    await payout('POST', `/${id}/authorize`);
    fib.settings['payouts_fail'] = false;
    expect((await payout('GET', `/${id}`)).body).toMatchObject({
      status: 'FAILED',
      failedAt: expect.any(String),
    });
  });

  it.each([
    ['INVALID_AMOUNT', { amount: { amount: 0, currency: 'IQD' } }],
    ['UNSUPPORTED_CURRENCY', { amount: { amount: 1000, currency: 'USD' } }],
    ['INVALID_REQUEST', { amount: 1000 }],
    ['INVALID_IBAN', { targetAccountIban: 'somebody' }],
  ])('are refused with %s', async (code, over) => {
    expect(await payout('POST', '', { ...ORDER, ...over })).toMatchObject({
      status: 400,
      body: { errors: [{ code }] },
    });
  });

  it('need a token, and have to exist', async () => {
    expect((await payout('POST', '', ORDER, 'none')).status).toBe(401);
    expect((await payout('GET', '/4711')).status).toBe(404);
  });
});
