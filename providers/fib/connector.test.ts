import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { ProviderFailure } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, MoneyOperation, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type Script, type ScriptedServer } from '../scripted-server.ts';
import { createTokenStore } from '../token-store.ts';
import { fib } from './connector.ts';
import { webhookUrlOf } from './webhook.ts';
import type { FibCredentials } from './wire.ts';

const NOW = Date.parse('2026-10-01T10:15:00.000Z');
const ID = '0f0a5d0e-1c58-4a86-8d61-1b2f0f2b7c11';
const TOKEN_PATH = '/auth/realms/fib-online-shop/protocol/openid-connect/token';
const ENDPOINT = 'https://sarraf.example/webhooks/fib/pacc_1';

const TOKEN = {
  access_token: 'eyJ.t.1',
  expires_in: 60,
  refresh_expires_in: 0,
  token_type: 'Bearer',
  'not-before-policy': 0,
  scope: 'email profile',
};
const CREATED = {
  paymentId: ID,
  readableCode: 'K7QD-2M9X-LW4P',
  qrCode: 'data:image/png;base64,iVBORw0KGgo=',
  validUntil: '2026-10-01T11:15:00.000Z',
  personalAppLink: 'https://personal.fib.iq/x',
  businessAppLink: 'https://business.fib.iq/x',
  corporateAppLink: 'https://corporate.fib.iq/x',
};
const PAID = {
  paymentId: ID,
  status: 'PAID',
  amount: { amount: 25000, currency: 'IQD' },
  paidAt: '2026-10-01T10:20:03Z',
  decliningReason: null,
  declinedAt: null,
  paidBy: { name: 'Sara A.', iban: 'IQ98NBIQ850123456789012' },
};
const DECLINED = {
  ...PAID,
  status: 'DECLINED',
  paidAt: null,
  decliningReason: 'PAYMENT_EXPIRATION',
  declinedAt: '2026-10-01T11:15:00Z',
  paidBy: null,
};

let server: ScriptedServer;
let context: ProviderContext<FibCredentials>;
const http = createProviderHttp();

beforeEach(async () => {
  server = await startScriptedServer();
  context = {
    account: {
      id: 'pacc_1',
      base_url: `${server.url}/`,
      credentials: { client_id: 'shop-1', client_secret: 's3c&ret' },
    },
    http,
    tokens: createTokenStore(() => NOW),
    now: () => NOW,
    signal: new AbortController().signal,
  };
});
afterEach(() => server.close());
afterAll(() => http.close());

/** Gives tokens, and `answers` to the calls of the API one after the other; the last one repeats. */
function api(...answers: Script[]): void {
  let asked = 0;
  server.script = (request, response, socket) => {
    if (request.path === TOKEN_PATH) return answering(200, TOKEN)(request, response, socket);
    const script = answers[Math.min(asked, answers.length - 1)];
    asked += 1;
    return script?.(request, response, socket);
  };
}
const ok = (body: unknown, status = 200): Script => answering(status, body);
const empty =
  (status: number): Script =>
  (_, response) =>
    void response.writeHead(status).end();
const apiCalls = () => server.requests.filter(({ path }) => path !== TOKEN_PATH);
const tokenCalls = () => server.requests.filter(({ path }) => path === TOKEN_PATH);

const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'qr_code',
  money: money(25_000_000, currency('IQD')),
  description: 'Order 1001',
  customer: {},
  items: [],
  webhook_url: ENDPOINT,
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});
const KNOWN = { provider_payment_id: ID, method: 'qr_code' };
const refund = (amount = 25_000_000): MoneyOperation => ({
  ...KNOWN,
  money: money(amount, currency('IQD')),
  operation_key: 'inv_01:refund:1',
  reason: null,
});
const read = () => fib.readPayment(context, KNOWN);

describe('tokens', () => {
  it('are asked for with the credentials in a form, and used for several calls', async () => {
    api(ok(PAID));
    await Promise.all([read(), read()]);
    await read();
    expect(tokenCalls()).toMatchObject([
      {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'grant_type=client_credentials&client_id=shop-1&client_secret=s3c%26ret',
      },
    ]);
    expect(apiCalls().map(({ headers }) => headers.authorization)).toEqual(Array(3).fill('Bearer eyJ.t.1'));
  });

  it.each([401, 403])('are renewed once when a call is refused with %i', async (status) => {
    api(empty(status), ok(PAID));
    expect((await read()).status).toBe('paid');
    expect(tokenCalls()).toHaveLength(2);
  });

  it('are not renewed for ever', async () => {
    api(empty(401));
    expect((await failureOf(fib.createPayment(context, order()))).kind).toBe('bad_credentials');
    expect(apiCalls()).toHaveLength(2);
  });

  it.each([
    [400, { error: 'unauthorized_client', error_description: 'Invalid client secret' }, 'bad_credentials'],
    [401, { error: 'invalid_client', error_description: 'Invalid client' }, 'bad_credentials'],
    [500, { error: 'unknown_error' }, 'unavailable'],
    [503, 'busy', 'unavailable'],
    [200, { access_token: '' }, 'unavailable'],
  ])('refused with %i %j mean that nothing happened', async (status, body, kind) => {
    server.script = answering(status, body);
    expect((await failureOf(fib.createPayment(context, order()))).kind).toBe(kind);
    expect(apiCalls()).toHaveLength(0);
  });
});

describe('createPayment', () => {
  it('sends whole dinars with two zeros, a webhook URL of its own, and nothing else of ours', async () => {
    api(ok(CREATED, 201));
    await fib.createPayment(context, order());
    expect(apiCalls()).toMatchObject([
      {
        method: 'POST',
        path: '/protected/v1/payments',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body:
          '{"monetaryValue":{"amount":"25000.00","currency":"IQD"},' +
          `"statusCallbackUrl":"${webhookUrlOf(context.account, ENDPOINT, 'pay_01')}",` +
          '"description":"Order 1001","redirectUri":"https://sarraf.example/return/t1",' +
          '"expiresIn":"PT1H","refundableFor":"P7D","category":"ECOMMERCE"}',
      },
    ]);
  });

  it('gives the customer the QR image, the code and the links until FIB says', async () => {
    api(ok(CREATED, 201));
    expect(await fib.createPayment(context, order())).toEqual({
      provider_payment_id: ID,
      expires_at: '2026-10-01T11:15:00.000Z',
      next_action: {
        type: 'qr_code',
        qr_image: CREATED.qrCode,
        readable_code: 'K7QD-2M9X-LW4P',
        deep_links: [
          { label: 'FIB Personal', url: 'https://personal.fib.iq/x' },
          { label: 'FIB Business', url: 'https://business.fib.iq/x' },
          { label: 'FIB Corporate', url: 'https://corporate.fib.iq/x' },
        ],
      },
    });
  });

  it('is content with the code: an hour, and no picture or link that a page should not show', async () => {
    const { validUntil: _, ...rest } = CREATED;
    const odd = { qrCode: 'data:text/html;base64,PGI+', personalAppLink: 'javascript:alert(1)' };
    api(ok({ ...rest, ...odd, businessAppLink: null, corporateAppLink: undefined }, 202));
    expect(await fib.createPayment(context, order())).toEqual({
      provider_payment_id: ID,
      expires_at: '2026-10-01T11:15:00.000Z',
      next_action: { type: 'qr_code', readable_code: 'K7QD-2M9X-LW4P', deep_links: [] },
    });
  });

  it('takes a QR code without its prefix for a PNG', async () => {
    api(ok({ ...CREATED, qrCode: 'iVBORw0KGgo=' }, 201));
    const { next_action } = await fib.createPayment(context, order());
    expect(next_action.qr_image).toBe('data:image/png;base64,iVBORw0KGgo=');
  });

  it('shows our reference in the app when there is no description', async () => {
    api(ok(CREATED, 201));
    await fib.createPayment(context, order({ description: null }));
    expect(JSON.parse(apiCalls()[0]?.body ?? '')).toMatchObject({ description: 'pay_01' });
  });

  it.each<[number, ProviderFailure['kind']]>([
    [400, 'invalid_request'],
    [406, 'invalid_request'],
    [429, 'rate_limited'],
    [500, 'unknown_outcome'],
    [503, 'unavailable'],
  ])('takes %i as %s and keeps code, words and trace', async (status, kind) => {
    const errors = [{ code: 'INVALID_AMOUNT', title: 'Amount', detail: 'Amount\nis too low' }];
    api(ok({ traceId: 'abc123', errors }, status));
    expect(await failureOf(fib.createPayment(context, order()))).toMatchObject({
      kind,
      code: 'INVALID_AMOUNT',
      message: 'Amount is too low (trace abc123)',
    });
  });

  it.each([[{ ...CREATED, paymentId: '../x' }], [{ ...CREATED, readableCode: undefined }], ['<html>']])(
    'does not know the outcome when the answer is %j',
    async (body) => {
      api(ok(body, 201));
      expect((await failureOf(fib.createPayment(context, order()))).kind).toBe('unknown_outcome');
    },
  );
});

describe('readPayment', () => {
  it('reads a paid payment', async () => {
    api(ok(PAID));
    expect(await read()).toEqual({
      provider_payment_id: ID,
      reference: null,
      currency: 'IQD',
      status: 'paid',
      receipts: [{ key: ID, amount: 25_000_000, paid_at: '2026-10-01T10:20:03.000Z', fee: null }],
      refunds: [],
      provider_status: 'PAID',
      failure: null,
      next_action: null,
      expires_at: null,
    });
    expect(apiCalls()).toMatchObject([
      { method: 'GET', path: `/protected/v1/payments/${ID}/status`, body: '' },
    ]);
  });

  it.each(['25000', '25000.00', 25000.0])('reads the amount %j', async (amount) => {
    api(ok({ ...PAID, amount: { amount, currency: 'IQD' } }));
    expect((await read()).receipts[0]?.amount).toBe(25_000_000);
  });

  it.each([
    ['UNPAID', null, 'pending', null],
    ['DECLINED', 'PAYMENT_EXPIRATION', 'expired', null],
    ['DECLINED', 'PAYMENT_CANCELLATION', 'canceled', null],
    ['DECLINED', 'SERVER_FAILURE', 'failed', 'SERVER_FAILURE'],
    ['DECLINED', 'SOMETHING_NEW', 'failed', 'SOMETHING_NEW'],
    ['DECLINED', null, 'failed', 'DECLINED'],
    ['SOMETHING_NEW', null, 'pending', null],
  ])('takes %s because of %s as %s', async (status, decliningReason, expected, code) => {
    api(ok({ ...DECLINED, status, decliningReason }));
    const reading = await read();
    expect(reading).toMatchObject({ status: expected, receipts: [], refunds: [] });
    expect(reading.failure?.code ?? null).toBe(code);
  });

  it.each([
    ['REFUND_REQUESTED', 'pending'],
    ['REFUNDED', 'succeeded'],
  ])('takes %s as paid, with a refund that is %s', async (status, refundStatus) => {
    api(ok({ ...PAID, status }));
    expect(await read()).toMatchObject({
      status: 'paid',
      receipts: [{ amount: 25_000_000 }],
      refunds: [{ key: 'refund', reference: null, amount: 25_000_000, status: refundStatus }],
    });
  });

  it.each([
    ['about another payment', { ...PAID, paymentId: 'another' }],
    ['in another currency', { ...PAID, amount: { amount: 25000, currency: 'USD' } }],
    ['with a fraction of a dinar', { ...PAID, amount: { amount: '25000.500', currency: 'IQD' } }],
    ['with a fraction as a number', { ...PAID, amount: { amount: 25000.5, currency: 'IQD' } }],
    ['without an amount', { ...PAID, amount: null }],
    ['of no money', { ...PAID, amount: { amount: 0, currency: 'IQD' } }],
  ])('refuses an answer %s', async (_, body) => {
    api(ok(body));
    expect((await failureOf(read())).kind).toBe('unavailable');
  });
});

describe('expirePayment', () => {
  const expire = () => fib.expirePayment?.(context, KNOWN);

  it('cancels with an empty body and reads how the payment stands', async () => {
    api(empty(204), ok({ ...DECLINED, decliningReason: 'PAYMENT_CANCELLATION' }));
    expect((await expire())?.status).toBe('canceled');
    expect(apiCalls()).toMatchObject([
      { method: 'POST', path: `/protected/v1/payments/${ID}/cancel`, body: '' },
      { method: 'GET', path: `/protected/v1/payments/${ID}/status` },
    ]);
  });

  it('finds out that the customer was faster', async () => {
    api(ok({ errors: [{ code: 'PAYMENT_PAID' }] }, 400), ok(PAID));
    expect((await expire())?.status).toBe('paid');
  });
});

describe('refundPayment', () => {
  const run = (amount?: number) => fib.refundPayment?.(context, refund(amount));
  const pending = { key: 'refund', reference: null, amount: 25_000_000, status: 'pending' };

  it('asks for it with an empty body', async () => {
    api(ok(PAID), empty(202));
    expect(await run()).toEqual(pending);
    expect(apiCalls()[1]).toMatchObject({
      method: 'POST',
      path: `/protected/v1/payments/${ID}/refund`,
      body: '',
    });
  });

  it.each([
    ['REFUND_REQUESTED', 'pending'],
    ['REFUNDED', 'succeeded'],
  ])('does not ask again when the payment is %s', async (status, expected) => {
    api(ok({ ...PAID, status }));
    expect(await run()).toEqual({ ...pending, status: expected });
    expect(apiCalls()).toHaveLength(1);
  });

  it('looks again when FIB refuses: the request before may have been accepted', async () => {
    api(ok(PAID), ok({ errors: [] }, 400), ok({ ...PAID, status: 'REFUND_REQUESTED' }));
    expect(await run()).toEqual(pending);
  });

  it('hands on a refusal that stands', async () => {
    api(ok(PAID), ok({ errors: [{ code: 'TOO_LATE' }] }, 400), ok(PAID));
    expect(await failureOf(run())).toMatchObject({ kind: 'invalid_request', code: 'TOO_LATE' });
  });
});
