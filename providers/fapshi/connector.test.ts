import { createTokenStore } from '../token-store.ts';
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { ProviderFailure } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type ScriptedServer } from '../scripted-server.ts';
import { fapshi } from './connector.ts';
import type { FapshiCredentials } from './wire.ts';

const NOW = Date.parse('2026-10-01T10:15:00.000Z');
let server: ScriptedServer;
const http = createProviderHttp();

beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (): ProviderContext<FapshiCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/`,
    credentials: { apiuser: '4a148e87-e185-437d-a641-b465e2bd8d17', apikey: 'FAK_TEST_0123' },
  },
  http,
  tokens: createTokenStore(() => NOW),
  now: () => NOW,
  signal: new AbortController().signal,
});

const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'payment_link',
  money: money(5000, currency('XAF')),
  description: 'Order 1001',
  customer: {},
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/x/pacc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});

/** The answer of Fapshi's "Request status" page. */
const CREATED = {
  message: 'Request successful',
  link: 'https://checkout.fapshi.com/payment/685ac112ea66cd72c5e6cf1e',
  transId: 'll7J2fl4',
  dateInitiated: '2025-06-25T11:34:04.450Z',
};

const TRANSACTION = {
  transId: 'Ab12Cd34',
  status: 'SUCCESSFUL',
  medium: 'mobile money',
  serviceName: 'My shop',
  transType: 'Collection',
  amount: 5000,
  revenue: 4850,
  payerName: 'Jean',
  email: 'buyer@example.com',
  redirectUrl: 'https://shop.example.com/return',
  externalId: 'pay_01',
  userId: 'pay_01',
  webhook: 'https://pay.example.com/hooks/fapshi',
  financialTransId: '1234567890',
  reason: null,
  dateInitiated: '2026-10-01T10:15:00.000Z',
  dateConfirmed: '2026-10-01T10:16:10.000Z',
};
const LINK = { provider_payment_id: 'Ab12Cd34', method: 'payment_link' };
const DIRECT = { provider_payment_id: 'Ab12Cd34', method: 'direct_pay' };

describe('createPayment by link', () => {
  it('sends our reference twice and the credentials as headers', async () => {
    server.script = answering(200, CREATED);
    const customer = { email: 'buyer@example.com', phone: '670000000' };
    await fapshi.createPayment(context(), order({ customer }));
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/initiate-pay',
        headers: {
          apiuser: '4a148e87-e185-437d-a641-b465e2bd8d17',
          apikey: 'FAK_TEST_0123',
          'content-type': 'application/json',
        },
        body:
          '{"amount":5000,"userId":"pay_01","externalId":"pay_01","message":"Order 1001",' +
          '"email":"buyer@example.com","redirectUrl":"https://sarraf.example/return/t1"}',
      },
    ]);
  });

  it('redirects the customer to the link for 24 hours', async () => {
    server.script = answering(200, CREATED);
    expect(await fapshi.createPayment(context(), order())).toEqual({
      provider_payment_id: 'll7J2fl4',
      expires_at: '2026-10-02T10:15:00.000Z',
      next_action: { type: 'redirect', redirect_url: CREATED.link },
    });
  });

  it.each<[string, Partial<CreatePayment>]>([
    ['less than 100 francs', { money: money(99, currency('XAF')) }],
    ['another currency', { money: money(5000, currency('XOF')) }],
    ['a reference with other characters', { reference: 'pay 01' }],
    ['an unknown method', { method: 'card' }],
  ])('refuses %s without sending anything', async (_, over) => {
    const failure = await failureOf(fapshi.createPayment(context(), order(over)));
    expect(failure.kind).toBe('invalid_request');
    expect(server.requests).toHaveLength(0);
  });

  it.each<[number, ProviderFailure['kind']]>([
    [400, 'invalid_request'],
    [401, 'bad_credentials'],
    [403, 'bad_credentials'],
    [429, 'rate_limited'],
    [500, 'unknown_outcome'],
  ])('takes %i as %s and keeps the words', async (status, kind) => {
    server.script = answering(status, { message: 'Invalid API\ncredentials' });
    const failure = await failureOf(fapshi.createPayment(context(), order()));
    expect(failure).toMatchObject({ kind, code: `http_${status}`, message: 'Invalid API credentials' });
  });

  it('does not know the outcome when the answer has no safe link', async () => {
    for (const body of [{ ...CREATED, link: 'javascript:alert(1)' }, { message: 'ok' }, 'ok']) {
      server.script = answering(200, body);
      expect((await failureOf(fapshi.createPayment(context(), order()))).kind).toBe('unknown_outcome');
    }
  });
});

describe('createPayment by direct pay', () => {
  const direct = (phone: string) =>
    order({ method: 'direct_pay', description: null, customer: { name: 'Jean', phone } });

  it.each(['670000012', '+237 6 70 00 00 12', '00237670000012', '237-670-000-012', '(237) 670.000.012'])(
    'sends %s as nine digits and shows its last two',
    async (phone) => {
      const { link: _, ...answer } = CREATED;
      server.script = answering(200, answer);
      expect(await fapshi.createPayment(context(), direct(phone))).toEqual({
        provider_payment_id: 'll7J2fl4',
        expires_at: '2026-10-01T10:45:00.000Z',
        next_action: { type: 'confirm_on_phone', phone_hint: '•••••••12' },
      });
      expect(server.requests).toMatchObject([
        {
          path: '/direct-pay',
          body: '{"amount":5000,"userId":"pay_01","externalId":"pay_01","phone":"670000012","name":"Jean"}',
        },
      ]);
    },
  );

  it.each(['', '67000001', '6700000123', '222000000', '+33670000012', '+237+237670000012', '٦٧٠٠٠٠٠١٢'])(
    'refuses the phone number "%s" without sending anything',
    async (phone) => {
      expect((await failureOf(fapshi.createPayment(context(), direct(phone)))).kind).toBe('invalid_request');
      expect(server.requests).toHaveLength(0);
    },
  );
});

describe('readPayment', () => {
  it('reads a paid transaction with its fee, by a GET without body', async () => {
    server.script = answering(200, TRANSACTION);
    expect(await fapshi.readPayment(context(), LINK)).toEqual({
      provider_payment_id: 'Ab12Cd34',
      reference: 'pay_01',
      currency: 'XAF',
      status: 'paid',
      receipts: [{ key: 'Ab12Cd34', amount: 5000, paid_at: '2026-10-01T10:16:10.000Z', fee: 150 }],
      provider_status: 'SUCCESSFUL',
      failure: null,
      next_action: null,
      expires_at: null,
    });
    const [request] = server.requests;
    expect(request).toMatchObject({ method: 'GET', path: '/payment-status/Ab12Cd34', body: '' });
    expect(request?.headers).not.toHaveProperty('content-length');
    expect(request?.headers).not.toHaveProperty('content-type');
  });

  it('accepts a list of one', async () => {
    server.script = answering(200, [TRANSACTION]);
    expect((await fapshi.readPayment(context(), LINK)).status).toBe('paid');
  });

  it.each([
    ['CREATED', 'pending', 'pending'],
    ['PENDING', 'pending', 'pending'],
    ['SUCCESSFUL', 'paid', 'paid'],
    ['FAILED', 'pending', 'failed'],
    ['EXPIRED', 'expired', 'expired'],
    ['SOMETHING_NEW', 'pending', 'pending'],
  ])('takes %s as %s on a link and as %s on a direct payment', async (status, onLink, onDirect) => {
    server.script = answering(200, { ...TRANSACTION, status });
    expect((await fapshi.readPayment(context(), LINK)).status).toBe(onLink);
    expect((await fapshi.readPayment(context(), DIRECT)).status).toBe(onDirect);
  });

  it('says why a direct payment failed', async () => {
    server.script = answering(200, { ...TRANSACTION, status: 'FAILED', reason: 'Insufficient balance' });
    expect(await fapshi.readPayment(context(), DIRECT)).toMatchObject({
      receipts: [],
      failure: { code: 'FAILED', message: 'Insufficient balance' },
    });
  });

  it.each([undefined, null, '4850', 4850.5, 6000, -1])('knows no fee when revenue is %p', async (revenue) => {
    server.script = answering(200, { ...TRANSACTION, revenue });
    expect((await fapshi.readPayment(context(), LINK)).receipts[0]?.fee).toBeNull();
  });

  it.each(['5000', '5000.00', 5000.0])('reads the amount %p', async (amount) => {
    server.script = answering(200, { ...TRANSACTION, amount });
    expect((await fapshi.readPayment(context(), LINK)).receipts[0]?.amount).toBe(5000);
  });

  it.each([
    ['about another transaction', { ...TRANSACTION, transId: 'Zz99Zz99' }],
    ['without an amount', { ...TRANSACTION, amount: undefined }],
    ['with a fraction of a franc', { ...TRANSACTION, amount: 5000.5 }],
    ['with an amount for people', { ...TRANSACTION, amount: '5,000 XAF' }],
    ['that is empty', []],
  ])('refuses an answer %s', async (_, body) => {
    server.script = answering(200, body);
    expect((await failureOf(fapshi.readPayment(context(), LINK))).kind).toBe('unavailable');
  });
});

describe('findPayment', () => {
  const find = (method = 'payment_link') => fapshi.findPayment?.(context(), { reference: 'pay_01', method });

  it('says that there is none when the list is empty or of others', async () => {
    server.script = answering(200, []);
    expect(await find()).toBeNull();
    expect(server.requests[0]?.path).toBe('/transaction/pay_01');
    server.script = answering(200, [{ ...TRANSACTION, userId: 'pay_011', externalId: 'pay_011' }]);
    expect(await find()).toBeNull();
  });

  it('prefers the paid one, and then the oldest', async () => {
    const first = {
      ...TRANSACTION,
      transId: 'First111',
      status: 'CREATED',
      dateInitiated: '2026-10-01T10:00:00Z',
    };
    const second = { ...first, transId: 'Second22', dateInitiated: '2026-10-01T11:00:00Z' };
    server.script = answering(200, [second, first]);
    expect((await find())?.provider_payment_id).toBe('First111');
    server.script = answering(200, [first, second, TRANSACTION]);
    expect(await find()).toMatchObject({ provider_payment_id: 'Ab12Cd34', status: 'paid' });
  });

  it('needs nothing more for a confirmation on the phone, but cannot bring a link back', async () => {
    server.script = answering(200, [{ ...TRANSACTION, status: 'PENDING' }]);
    expect((await find('direct_pay'))?.next_action).toEqual({ type: 'confirm_on_phone' });
    expect((await find('payment_link'))?.next_action).toBeNull();
  });
});

describe('expirePayment', () => {
  const expire = (payment = LINK) => fapshi.expirePayment?.(context(), payment);

  it('closes a link', async () => {
    server.script = answering(200, { ...TRANSACTION, status: 'EXPIRED' });
    expect(await expire()).toMatchObject({ status: 'expired', receipts: [] });
    expect(server.requests).toMatchObject([
      { method: 'POST', path: '/expire-pay', body: '{"transId":"Ab12Cd34"}' },
    ]);
  });

  it('reads the status when Fapshi refuses: the link may have been paid', async () => {
    server.script = (request, response, socket) =>
      request.path === '/expire-pay'
        ? answering(400, { message: 'Link already expired' })(request, response, socket)
        : answering(200, TRANSACTION)(request, response, socket);
    expect(await expire()).toMatchObject({ status: 'paid', receipts: [{ amount: 5000 }] });
    expect(server.requests.map(({ path }) => path)).toEqual(['/expire-pay', '/payment-status/Ab12Cd34']);
  });

  it('only reads a direct payment, which Fapshi cannot end', async () => {
    server.script = answering(200, { ...TRANSACTION, status: 'PENDING' });
    expect((await expire(DIRECT))?.status).toBe('pending');
    expect(server.requests.map(({ method }) => method)).toEqual(['GET']);
  });
});
