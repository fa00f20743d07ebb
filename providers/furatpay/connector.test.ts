import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { ProviderFailure } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type Script, type ScriptedServer } from '../scripted-server.ts';
import { createTokenStore } from '../token-store.ts';
import { furatpay } from './connector.ts';
import type { FuratPayCredentials } from './wire.ts';

const NOW = Date.parse('2026-10-01T10:15:00.000Z');
const IQD = currency('IQD');
const INVOICE_ID = '5b0f6f0e-8a2e-4f54-9d0e-0f6c6e7a1c11';
let server: ScriptedServer;
const http = createProviderHttp();

beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (): ProviderContext<FuratPayCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/v1/`,
    credentials: {
      api_key: 'key-1',
      customer_id: '7c7c0000-0000-4000-8000-000000000001',
      webhook_secret: 's',
    },
  },
  http,
  tokens: createTokenStore(() => NOW),
  now: () => NOW,
  signal: new AbortController().signal,
});

const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'zaincash',
  money: money(25_000_000, IQD),
  description: 'Order 1001',
  customer: {},
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/furatpay/acc_1',
  return_urls: returnAddresses('https://sarraf.example/return/t1'),
  ...over,
});

const SERVICES = {
  data: [
    { id: 1, name: 'First Iraqi Bank', status: 'production' },
    { id: 2, name: 'Zain Cash', status: 'testing' },
    { id: 7, name: 'ZainCash', status: 'production' },
    { id: 5, name: 'PayTabs', status: 'production' },
  ],
};
const FIB = {
  paymentId: '0f0a5d0e-1c58-4a86-8d61-1b2f0f2b7c11',
  readableCode: 'K7QD-2M9X-LW4P',
  qrCode: 'data:image/png;base64,iVBORw0KGgo=',
  validUntil: '2026-10-01T11:15:00.000Z',
  personalAppLink: 'https://personal.fib.iq/1',
  businessAppLink: 'https://business.fib.iq/1',
  corporateAppLink: 'https://corporate.fib.iq/1',
};

/** Answers each path with what stands for it. */
const byPath =
  (answers: Readonly<Record<string, Script>>): Script =>
  (request, response, socket) => {
    const path = request.path.split('?')[0] ?? '';
    const script = answers[path.replace(/^\/v1/, '')] ?? answering(404, { message: 'no route' });
    script(request, response, socket);
  };
const created = (pay: unknown): Script =>
  byPath({
    '/payment_service/linked/list': answering(200, SERVICES),
    '/invoice': answering(201, { id: INVOICE_ID, status: 'pending' }),
    '/public/invoice/pay': answering(200, pay),
  });

describe('createPayment', () => {
  it('looks up the service, writes an invoice and asks for its payment', async () => {
    server.script = created({ url: 'https://pg.zaincash.iq/transaction/pay?id=1' });
    expect(await furatpay.createPayment(context(), order())).toEqual({
      provider_payment_id: INVOICE_ID,
      expires_at: '2026-10-02T10:15:00.000Z',
      next_action: { type: 'redirect', redirect_url: 'https://pg.zaincash.iq/transaction/pay?id=1' },
    });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /v1/payment_service/linked/list?limit=10&offset=0&status=production,testing',
      'POST /v1/invoice',
      'POST /v1/public/invoice/pay',
    ]);
    expect(server.requests.every(({ headers }) => headers['x-api-key'] === 'key-1')).toBe(true);
    expect(server.requests[2]?.body).toBe(`{"payment_service_id":7,"invoice_id":"${INVOICE_ID}"}`);
  });

  it("sends the plugins' fields, whole dinars, our reference twice and a number made of it", async () => {
    server.script = created({ url: 'https://pay.example/1' });
    await furatpay.createPayment(context(), order());
    expect(JSON.parse(server.requests[1]?.body ?? '')).toEqual({
      code: 'pay_01',
      number: '271267518',
      order_number: 'pay_01',
      customer_id: '7c7c0000-0000-4000-8000-000000000001',
      currency_id: 3,
      base_currency_id: 3,
      rate_id: -1,
      rate: 1,
      at: '2026-10-01 10:15:00',
      due_at: '2026-10-02 10:15:00',
      terms: 'due_on_recept',
      subject: 'Order 1001',
      customer_notes: '-',
      terms_and_conditions: '-',
      notes: '-',
      attachments: [],
      discount: 0,
      discount_type: 'percentage',
      subtotal: 25_000,
      total: 25_000,
      status: 'pending',
      remarks: '-',
      items: [{ item: 'Order 1001', description: '-', rate: 25_000, quantity: 1, discount: 0 }],
      meta_data: { reference: 'pay_01' },
    });
  });

  it.each([
    ['sends items that add up', 10_000_000, 'T-shirt'],
    ['sends one line instead of items that do not add up', 9_000_000, 'Order 1001'],
    ['sends one line instead of items with fractions of a dinar', 10_000_500, 'Order 1001'],
  ])('%s', async (_, unit_amount, first) => {
    server.script = created({ url: 'https://pay.example/1' });
    const items = [
      { name: 'T-shirt', quantity: 2, unit_amount },
      { name: 'Cap', quantity: 1, unit_amount: 5_000_000 },
    ];
    await furatpay.createPayment(context(), order({ items }));
    const body = JSON.parse(server.requests[1]?.body ?? '') as { items: { item: string }[] };
    expect(body.items[0]?.item).toBe(first);
  });

  it('shows code, picture and links at FIB, for as long as FIB says', async () => {
    server.script = created(FIB);
    expect(await furatpay.createPayment(context(), order({ method: 'fib' }))).toEqual({
      provider_payment_id: INVOICE_ID,
      expires_at: '2026-10-01T11:15:00.000Z',
      next_action: {
        type: 'qr_code',
        qr_image: FIB.qrCode,
        readable_code: 'K7QD-2M9X-LW4P',
        deep_links: [
          { label: 'Personal', url: 'https://personal.fib.iq/1' },
          { label: 'Business', url: 'https://business.fib.iq/1' },
          { label: 'Corporate', url: 'https://corporate.fib.iq/1' },
        ],
      },
    });
    expect(server.requests[2]?.body).toContain('"payment_service_id":1');
  });

  it.each([
    [{ redirect_url: 'https://secure.paytabs.example/1', tran_ref: 'TST1', cart_amount: '25000.00' }],
    [{ data: { redirect_uri: 'https://secure.paytabs.example/1' } }],
    [{ data: { url: 'https://secure.paytabs.example/1' } }],
    [{ url: 'https://secure.paytabs.example/1' }],
    [{ formUrl: 'https://secure.paytabs.example/1', url: null }],
  ])('finds the link in %j', async (answer) => {
    server.script = created(answer);
    const { next_action } = await furatpay.createPayment(context(), order({ method: 'paytabs' }));
    expect(next_action.redirect_url).toBe('https://secure.paytabs.example/1');
  });

  it('finds QiCard under its names', async () => {
    for (const name of ['QiCard', 'Qi Card', 'QI']) {
      server.script = byPath({
        '/payment_service/linked/list': answering(200, { data: [{ id: 3, name, status: 'production' }] }),
        '/invoice': answering(201, { id: INVOICE_ID }),
        '/public/invoice/pay': answering(200, { formUrl: 'https://3ds.qi.example/1' }),
      });
      const { next_action } = await furatpay.createPayment(context(), order({ method: 'qicard' }));
      expect(next_action.redirect_url).toBe('https://3ds.qi.example/1');
    }
  });

  it('refuses a service that is not linked before any invoice is written', async () => {
    server.script = created({});
    const failure = await failureOf(furatpay.createPayment(context(), order({ method: 'fastpay' })));
    expect(failure).toMatchObject({ kind: 'invalid_request', code: 'service_not_linked' });
    expect(server.requests).toHaveLength(1);
  });

  it('reads the whole list of services', async () => {
    const page = Array.from({ length: 10 }, (_, index) => ({ id: 100 + index, name: `Other ${index}` }));
    server.script = (request, response, socket) =>
      (request.path.includes('offset=0')
        ? answering(200, { data: page })
        : created({ url: 'https://pay.example/1' }))(request, response, socket);
    await furatpay.createPayment(context(), order());
    expect(server.requests[1]?.path).toContain('offset=10');
  });

  it.each<[string, Partial<CreatePayment>]>([
    ['a fraction of a dinar', { money: money(25_000_500, IQD) }],
    ['too little', { money: money(250_000, IQD) }],
    ['another currency', { money: money(5000, currency('USD')) }],
    ['an unknown method', { method: 'constructor' }],
  ])('refuses %s without sending anything', async (_, over) => {
    expect((await failureOf(furatpay.createPayment(context(), order(over)))).kind).toBe('invalid_request');
    expect(server.requests).toHaveLength(0);
  });

  it.each<[string, Script, ProviderFailure['kind']]>([
    ['a refusal', answering(400, { message: 'currency_id is\nunknown' }), 'invalid_request'],
    ['a wrong key', answering(401, { message: 'Unauthorized' }), 'bad_credentials'],
    ['an internal error', answering(500, {}), 'unknown_outcome'],
    ['an answer without an id', answering(201, { status: 'pending' }), 'unknown_outcome'],
    ['a lost answer', (_request, _response, socket) => socket.destroy(), 'unknown_outcome'],
  ])('takes %s to the invoice for what it is', async (_, script, kind) => {
    server.script = byPath({
      '/payment_service/linked/list': answering(200, SERVICES),
      '/invoice': script,
    });
    expect((await failureOf(furatpay.createPayment(context(), order()))).kind).toBe(kind);
  });

  it('does not know the outcome when the request for payment has no safe link', async () => {
    for (const answer of [{ url: 'javascript:alert(1)' }, {}, 'ok']) {
      server.script = created(answer);
      expect((await failureOf(furatpay.createPayment(context(), order()))).kind).toBe('unknown_outcome');
    }
  });
});

describe('readPayment', () => {
  const read = () => furatpay.readPayment(context(), { provider_payment_id: INVOICE_ID, method: 'fib' });
  const INVOICE = { id: INVOICE_ID, status: 'paid', total: 25_000, currency_id: 3, order_number: 'pay_01' };

  it('reads a paid invoice', async () => {
    server.script = answering(200, INVOICE);
    expect(await read()).toEqual({
      provider_payment_id: INVOICE_ID,
      reference: 'pay_01',
      currency: 'IQD',
      status: 'paid',
      receipts: [{ key: INVOICE_ID, amount: 25_000_000, paid_at: null, fee: null }],
      provider_status: 'paid',
      failure: null,
      next_action: null,
      expires_at: null,
    });
    expect(server.requests).toMatchObject([{ method: 'GET', path: `/v1/invoice/${INVOICE_ID}`, body: '' }]);
  });

  it.each([
    ['paid', 'paid'],
    ['completed', 'paid'],
    ['PAID', 'paid'],
    ['failed', 'failed'],
    ['canceled', 'canceled'],
    ['expired', 'expired'],
    ['pending', 'pending'],
    ['partially_paid', 'pending'],
  ])('takes %s as %s', async (word, status) => {
    server.script = answering(200, { ...INVOICE, status: word });
    const reading = await read();
    expect(reading.status).toBe(status);
    expect(reading.receipts).toHaveLength(status === 'paid' ? 1 : 0);
  });

  it('knows an unpaid invoice without its total', async () => {
    server.script = answering(200, { id: INVOICE_ID, status: 'pending' });
    expect(await read()).toMatchObject({ status: 'pending', receipts: [] });
  });

  it('reads totals written by a database', async () => {
    server.script = answering(200, { ...INVOICE, total: '25000.0000', currency_id: '3' });
    expect((await read()).receipts[0]?.amount).toBe(25_000_000);
  });

  it.each([
    ['about another invoice', { ...INVOICE, id: 'x' }],
    ['in dollars', { ...INVOICE, currency_id: 1 }],
    ['without a total', { ...INVOICE, total: undefined }],
    ['with less than a fils', { ...INVOICE, total: 25_000.0001 }],
  ])('refuses an answer %s', async (_, body) => {
    server.script = answering(200, body);
    expect((await failureOf(read())).kind).toBe('unavailable');
  });
});
