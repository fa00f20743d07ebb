import { createTokenStore } from '../token-store.ts';
import { createHash } from 'node:crypto';
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import type { CreatePayment, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type ScriptedServer } from '../scripted-server.ts';
import { finan } from './connector.ts';
import type { FinanCredentials } from './wire.ts';

const NOW = Date.parse('2026-10-01T03:20:00.500Z');
const TIMESTAMP = '1790824800';
const SECRET = 's3r3c_k3y';

let server: ScriptedServer;
const http = createProviderHttp();

beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (credentials: Partial<FinanCredentials> = {}): ProviderContext<FinanCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/open`,
    credentials: { client_id: 'client-1', secret: SECRET, ...credentials },
  },
  http,
  tokens: createTokenStore(() => NOW),
  now: () => NOW,
  signal: new AbortController().signal,
});

const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'bank_transfer',
  money: money(6_000_000, currency('VND')),
  description: 'thanh toan don hang',
  customer: { name: 'Nguyen Van A', phone: '0933450210', email: 'nguyena@gmail.com' },
  items: [{ name: 'So Ban Hang Pro 3 Nam', quantity: 2, unit_amount: 3_000_000 }],
  webhook_url: 'https://sarraf.example/webhooks/x/pacc_1',
  return_urls: returnAddresses('https://your-site.com/return'),
  ...over,
});

/** The answer of Finan's page to a create. */
const CREATED = {
  message: { content: 'Tạo thành công' },
  code: 102001,
  request_id: 'd0a463bc089ea27859e2ebb5d33857c3',
  data: {
    payment_request_id: '3fde043e-c3d6-40e8-9031-6eadfa02d2a2',
    payment_request_code: 'PRJXH9KU',
    payment_url: '',
    bank_transfer_detail: {
      qr_code: '00020101021238570010A000000727...',
      bank_name: 'MB',
      account_name: 'TRAN TU THIEN',
      account_number: '0933450210',
      remark: 'TTVD7ZZS',
    },
  },
};

/** The row of Finan's page in answer to a list. */
const ROW = {
  payment_request_id: 'PR-550e8400-e29b-41d4-a716-446655440000',
  paid_amount: 6000000,
  status: 'paid',
  payment_method: 'bank_transfer',
  amount: 6000000,
  description: 'thanh toan don hang',
  reference_type: 'invoice',
  reference_id: 'INV-001',
  payments: [{ id: 'PAY-001', amount: 6000000, method: 'bank_transfer', created_at: '2024-01-20T14:30:00Z' }],
  merchant: { name: 'Finan pte', email: 'merchant@finan.one' },
  customer: { name: 'Nguyen Van A', email: 'nguyena@gmail.com' },
};
const UNPAID = { ...ROW, status: 'unpaid', paid_amount: 0, payments: [] };
const answer = (data: unknown) => ({
  message: { content: 'Thực thi API thành công' },
  code: 102000,
  request_id: 'abc123',
  data,
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const sentBody = (): unknown => JSON.parse(server.requests[0]?.body ?? '');

describe('createPayment', () => {
  it('sends the documented body, signed as it is sent', async () => {
    server.script = answering(200, CREATED);
    const account_id = '54957437-0cb5-4992-ad0e-76d26ba4ddc3';
    await finan.createPayment(context({ account_id }), order());
    const body =
      '{"items":[{"name":"So Ban Hang Pro 3 Nam","price":3000000,"quantity":2,"amount":6000000}],' +
      '"customer":{"name":"Nguyen Van A","phone":"0933450210","email":"nguyena@gmail.com"},' +
      '"payment_method":"bank_transfer","account_id":"54957437-0cb5-4992-ad0e-76d26ba4ddc3","amount":6000000,' +
      '"description":"thanh toan don hang","reference_id":"pay_01",' +
      '"success_redirect_url":"https://your-site.com/return","failure_redirect_url":"https://your-site.com/return/failure"}';
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        path: '/open/api/v1/payments',
        body,
        headers: {
          'content-type': 'application/json',
          'x-client-id': 'client-1',
          'x-timestamp': TIMESTAMP,
          'x-signature': sha256(`${SECRET}_POST_/api/v1/payments_${body}_${TIMESTAMP}`),
        },
      },
    ]);
  });

  it('gives the QR text and the account to transfer to, for 30 minutes from before it was sent', async () => {
    server.script = answering(200, CREATED);
    expect(await finan.createPayment(context(), order())).toEqual({
      provider_payment_id: '3fde043e-c3d6-40e8-9031-6eadfa02d2a2',
      expires_at: '2026-10-01T03:50:00.500Z',
      next_action: {
        type: 'bank_transfer',
        qr_payload: '00020101021238570010A000000727...',
        bank_transfer: {
          bank_name: 'MB',
          account_name: 'TRAN TU THIEN',
          account_number: '0933450210',
          remark: 'TTVD7ZZS',
        },
      },
    });
  });

  it.each([
    ['card', 'card'],
    ['momo', 'ewallet_momo'],
  ])('sends the customer of %s to the payment page', async (method, payment_method) => {
    const data = { payment_request_id: 'PR-1', payment_url: 'https://pay.finan.one/PR-1' };
    server.script = answering(201, { ...CREATED, data });
    const account_id = '54957437-0cb5-4992-ad0e-76d26ba4ddc3';
    const created = await finan.createPayment(context({ account_id }), order({ method }));
    expect(created.next_action).toEqual({ type: 'redirect', redirect_url: 'https://pay.finan.one/PR-1' });
    expect(sentBody()).toMatchObject({ payment_method });
    expect(sentBody()).not.toHaveProperty('account_id');
  });

  it('leaves out blocks that it could not fill as documented', async () => {
    server.script = answering(200, CREATED);
    const bare = {
      description: null,
      customer: { phone: '0933450210' },
      items: [{ name: 'Delivery not listed', quantity: 1, unit_amount: 5_000_000 }],
    };
    await finan.createPayment(context(), order(bare));
    expect(sentBody()).toEqual({
      payment_method: 'bank_transfer',
      amount: 6000000,
      reference_id: 'pay_01',
      success_redirect_url: 'https://your-site.com/return',
      failure_redirect_url: 'https://your-site.com/return/failure',
    });
  });

  it.each([
    ['a success that cannot be read', 200, '<html>'],
    ['a success without the account to pay to', 200, { ...CREATED, data: { payment_request_id: 'PR-1' } }],
    ['a success that carries an unknown code', 200, { ...CREATED, code: 104000 }],
    ['a server error', 500, {}],
  ])('does not know the outcome after %s', async (_, status, body) => {
    server.script = answering(status, body);
    expect((await failureOf(finan.createPayment(context(), order()))).kind).toBe('unknown_outcome');
  });

  it("keeps the provider's code and words of a refusal", async () => {
    server.script = answering(400, { code: 104001, message: { content: 'amount is invalid' } });
    expect(await failureOf(finan.createPayment(context(), order()))).toEqual({
      kind: 'invalid_request',
      code: '104001',
      message: 'amount is invalid',
    });
    server.script = answering(401, { message: 'bad signature' });
    expect(await failureOf(finan.createPayment(context(), order()))).toMatchObject({
      kind: 'bad_credentials',
      message: 'bad signature',
    });
  });
});

describe('readPayment', () => {
  const known = { provider_payment_id: ROW.payment_request_id, method: 'bank_transfer' };

  it('signs the path without body and without the /open prefix', async () => {
    server.script = answering(200, answer(ROW));
    await finan.readPayment(context(), known);
    const path = '/api/v1/payments/PR-550e8400-e29b-41d4-a716-446655440000';
    expect(server.requests).toMatchObject([
      {
        method: 'GET',
        path: `/open${path}`,
        body: '',
        headers: { 'x-signature': sha256(`${SECRET}_GET_${path}__${TIMESTAMP}`) },
      },
    ]);
    expect(server.requests[0]?.headers).not.toHaveProperty('content-type');
  });

  it.each([
    ['an object', ROW],
    ['a list of one', [ROW]],
  ])('reads a paid request from %s', async (_, data) => {
    server.script = answering(200, answer(data));
    expect(await finan.readPayment(context(), known)).toEqual({
      provider_payment_id: 'PR-550e8400-e29b-41d4-a716-446655440000',
      reference: 'INV-001',
      currency: 'VND',
      status: 'paid',
      receipts: [{ key: 'PAY-001', amount: 6000000, paid_at: '2024-01-20T14:30:00.000Z', fee: null }],
      provider_status: 'paid',
      failure: null,
      next_action: null,
      expires_at: null,
    });
  });

  it('counts every transfer and leaves the status open until all is paid', async () => {
    const payments = [
      { id: 'PAY-1', amount: 1000000, created_at: '2024-01-20T14:30:00Z' },
      { id: 'PAY-2', amount: 2000000 },
    ];
    server.script = answering(
      200,
      answer({ ...ROW, status: 'partial_paid', paid_amount: 3000000, payments }),
    );
    const reading = await finan.readPayment(context(), known);
    expect(reading.status).toBe('pending');
    expect(reading.receipts).toMatchObject([
      { key: 'PAY-1', amount: 1000000 },
      { key: 'PAY-2', amount: 2000000, paid_at: null },
    ]);
  });

  it('reads an overpaid request as paid, with all of the money', async () => {
    const payments = [{ id: 'PAY-1', amount: 7000000, created_at: '2024-01-20T14:30:00Z' }];
    server.script = answering(200, answer({ ...ROW, status: 'extra_paid', paid_amount: 7000000, payments }));
    expect(await finan.readPayment(context(), known)).toMatchObject({
      status: 'paid',
      receipts: [{ amount: 7000000 }],
    });
  });

  it('reads an unpaid request without a list of transfers', async () => {
    const { payment_request_id, amount, status } = UNPAID;
    server.script = answering(200, answer({ payment_request_id, amount, status }));
    expect(await finan.readPayment(context(), known)).toMatchObject({
      status: 'pending',
      receipts: [],
      reference: null,
    });
  });

  it('reads amounts that are written as text', async () => {
    const payments = [{ id: 'PAY-1', amount: '6000000', created_at: null }];
    server.script = answering(200, answer({ ...ROW, amount: '6000000', paid_amount: '6000000', payments }));
    expect(await finan.readPayment(context(), known)).toMatchObject({
      status: 'paid',
      receipts: [{ amount: 6000000 }],
    });
  });

  it('guesses nothing from a status word that it does not know, and shows it', async () => {
    server.script = answering(200, answer({ ...UNPAID, status: 'under_review' }));
    expect(await finan.readPayment(context(), known)).toMatchObject({
      status: 'pending',
      provider_status: 'under_review',
      receipts: [],
    });
  });

  it.each([
    ['an empty body', 200, ''],
    ['no content', 204, ''],
    ['a page', 200, '<html>'],
    ['a redirect', 301, ''],
    ['null', 200, 'null'],
    ['no data', 200, { ...answer(null) }],
  ])('knows nothing after %s', async (_, status, body) => {
    server.script = answering(status, body);
    expect(await failureOf(finan.readPayment(context(), known))).toMatchObject({ kind: 'unavailable' });
  });

  it.each([
    ['another request', { ...ROW, payment_request_id: 'PR-2' }],
    ['less money than was paid', { ...ROW, payments: [] }],
    ['paid without transfers', { ...ROW, paid_amount: undefined, payments: undefined }],
    ['a negative transfer', { ...ROW, payments: [{ id: 'PAY-1', amount: -1 }] }],
    ['a fraction of a đồng', { ...ROW, payments: [{ id: 'PAY-1', amount: 6000000.5 }] }],
  ])('refuses an answer that tells of %s', async (_, row) => {
    server.script = answering(200, answer(row));
    expect(await failureOf(finan.readPayment(context(), known))).toMatchObject({
      kind: 'unavailable',
      code: 'unexpected_answer',
    });
  });
});

describe('findPayment', () => {
  const find = (reference = 'INV-001') =>
    finan.findPayment?.(context(), { reference, method: 'bank_transfer' });

  it('asks by reference and signs the query as it is sent', async () => {
    server.script = answering(200, answer([]));
    expect(await find('a b')).toBeNull();
    const path = '/api/v1/payments?reference_id=a%20b';
    expect(server.requests).toMatchObject([
      {
        path: `/open${path}`,
        headers: { 'x-signature': sha256(`${SECRET}_GET_${path}__${TIMESTAMP}`) },
      },
    ]);
  });

  it('finds the row whose reference is exactly ours', async () => {
    const other = { ...UNPAID, payment_request_id: 'PR-0', reference_id: 'INV-0010' };
    server.script = answering(200, answer([other, ROW]));
    expect(await find()).toMatchObject({ provider_payment_id: ROW.payment_request_id, reference: 'INV-001' });
  });

  it('prefers the row that has money, and then the oldest', async () => {
    const first = { ...UNPAID, payment_request_id: 'PR-1', created_at: '2026-10-01T00:00:00Z' };
    const second = { ...UNPAID, payment_request_id: 'PR-2', created_at: '2026-10-02T00:00:00Z' };
    server.script = answering(200, answer([second, first]));
    expect(await find()).toMatchObject({ provider_payment_id: 'PR-1' });
    server.script = answering(200, answer([first, second, ROW]));
    expect(await find()).toMatchObject({ provider_payment_id: ROW.payment_request_id });
  });

  it('does not take rows of others for absence', async () => {
    server.script = answering(200, answer([{ ...ROW, reference_id: 'INV-002' }]));
    expect(await failureOf(Promise.resolve(find()))).toMatchObject({ kind: 'unavailable' });
  });

  it('gives the customer back the QR code when the list repeats it', async () => {
    const { bank_transfer_detail } = CREATED.data;
    server.script = answering(200, answer([{ ...UNPAID, bank_transfer_detail }]));
    expect(await find()).toMatchObject({
      next_action: { type: 'bank_transfer', qr_payload: bank_transfer_detail.qr_code },
    });
  });
});

describe('credentials', () => {
  it('accepts the pair alone and refuses unknown fields and account ids that are no UUID', () => {
    const pair = { client_id: 'c', secret: 'k' };
    expect(finan.credentials.parse(pair)).toEqual(pair);
    expect(finan.credentials.safeParse({ ...pair, account_id: 'MB' }).success).toBe(false);
    expect(finan.credentials.safeParse({ ...pair, secret_key: 'k' }).success).toBe(false);
  });
});
