import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { ProviderError, type ProviderFailure } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import type { CreatePayment, MoneyOperation, ProviderContext } from '../contract.ts';
import { createProviderHttp } from '../http.ts';
import { answering, startScriptedServer, type Script, type ScriptedServer } from '../scripted-server.ts';
import { createTokenStore } from '../token-store.ts';
import { rehive } from './connector.ts';
import type { RehiveCredentials } from './wire.ts';

const NOW = Date.parse('2026-10-01T08:00:00.000Z');
const USD = currency('USD');
const ID = 'e7d7a5a2-9a97-4930-a992-589a6133488f';
const BASE = '/api/manager/businesses/biz-1/';
let server: ScriptedServer;
const http = createProviderHttp();

beforeEach(async () => {
  server = await startScriptedServer();
});
afterEach(() => server.close());
afterAll(() => http.close());

const context = (): ProviderContext<RehiveCredentials> => ({
  account: {
    id: 'acc_1',
    base_url: `${server.url}/api/`,
    credentials: { token: 'tok-1', business_id: 'biz-1', webhook_secret: 's' },
  },
  http,
  tokens: createTokenStore(() => NOW),
  now: () => NOW,
  signal: new AbortController().signal,
});

const order = (over: Partial<CreatePayment> = {}): CreatePayment => ({
  reference: 'pay_01',
  idempotency_key: 'inv_01:create:pay_01',
  method: 'hosted',
  money: money(10_000, USD),
  description: 'Online payment for clothes',
  customer: { email: 'sara@example.com', phone: '00964 770 123 4567' },
  items: [],
  webhook_url: 'https://sarraf.example/webhooks/rehive/acc_1',
  return_urls: returnAddresses('https://my-ecommerce-store.com/order/1'),
  ...over,
});

const DOLLAR = {
  code: 'USD',
  display_code: 'USD',
  description: 'United States Dollar',
  symbol: '$',
  unit: 'dollar',
  divisibility: 2,
};
/** The answer of the page "Invoicing", bare, with its capital P. */
const INVOICE = {
  id: ID,
  user: '{}',
  account: 'string',
  request_reference: 'pay_01',
  request_currency: DOLLAR,
  request_amount: 10_000,
  Primary_payment_processor: '',
  description: 'Online payment for clothes',
  status: 'initiated',
  return_url: 'https://my-ecommerce-store.com/order/1',
  redirect_url: `https://app.rehive.com/checkout/?request=${ID}`,
  payment_processor_quotes: [] as unknown[],
  created: 0,
  updated: 0,
};
const quote = (total_paid: number, over: object = {}) => ({
  id: '27fd41af-279e-44e7-b384-d6a6fe54f160',
  request: 16,
  reference: '459b3407-3009-4f77-bbbf-5d6e12788958',
  deposit_details: {},
  payment_processor: { id: '19dff821', unique_string_name: 'native_otp' },
  currency: DOLLAR,
  amount: 10_000,
  total_paid,
  expiration_date: null,
  status: 'paid',
  conversion_quote: null,
  ...over,
});
const transaction = (rehive_code: string, amount: number, details: object = {}) => ({
  rehive_code,
  settled: true,
  payment_processor_quote: 14,
  details: { tx_type: 'credit', status: 'Complete', amount, created: NOW, ...details },
});
const wrapped = (data: unknown) => ({ status: 'success', data });
const listOf = (...results: unknown[]) =>
  wrapped({ count: results.length, next: null, previous: null, results });
const PAID = { ...INVOICE, status: 'paid', payment_processor_quotes: [quote(10_000)] };

/** Answers each call below the business with what stands for it: `GET invoices/`. */
const byCall =
  (answers: Readonly<Record<string, unknown>>): Script =>
  (request, response, socket) => {
    const path = (request.path.split('?')[0] ?? '').replace(BASE, '');
    const answer = answers[`${request.method} ${path}`];
    const script = answer === undefined ? answering(404, { status: 'error', message: 'Not found.' }) : answer;
    if (typeof script === 'function') (script as Script)(request, response, socket);
    else answering(200, script)(request, response, socket);
  };
const BUSINESS = wrapped({ id: 'biz-1', currency: DOLLAR });
const calls = () => server.requests.map(({ method, path }) => `${method} ${path.replace(BASE, '')}`);

async function failureOf(call: Promise<unknown>): Promise<ProviderFailure> {
  const error: unknown = await call.then(
    () => {
      throw new Error('the call succeeded');
    },
    (reason: unknown) => reason,
  );
  if (error instanceof ProviderError) return error.failure;
  throw error;
}

describe('createPayment', () => {
  it('sends cents, our reference and the key, and redirects to the hosted page', async () => {
    server.script = byCall({ 'GET ': BUSINESS, 'POST invoices/': INVOICE });
    expect(await rehive.createPayment(context(), order())).toEqual({
      provider_payment_id: ID,
      expires_at: '2026-10-02T08:00:00.000Z',
      next_action: { type: 'redirect', redirect_url: INVOICE.redirect_url },
    });
    expect(calls()).toEqual(['GET ', 'POST invoices/']);
    expect(server.requests[1]).toMatchObject({
      headers: { authorization: 'Token tok-1', 'idempotency-key': 'inv_01:create:pay_01' },
      body:
        '{"request_reference":"pay_01","request_amount":10000,"description":"Online payment for clothes",' +
        '"status":"initiated","return_url":"https://my-ecommerce-store.com/order/1",' +
        '"payer_email":"sara@example.com","payer_mobile_number":"+9647701234567",' +
        `"expiration_date":${NOW + 86_400_000},"metadata":{"payment":"pay_01"}}`,
    });
  });

  it('reads the wrapped answer of the SDK and takes the end from it', async () => {
    const expiration_date = NOW + 3_600_000;
    server.script = byCall({
      'GET ': { id: 'biz-1', currency: DOLLAR },
      'POST invoices/': wrapped({ ...INVOICE, expiration_date }),
    });
    expect((await rehive.createPayment(context(), order())).expires_at).toBe('2026-10-01T09:00:00.000Z');
  });

  it('sends the digest of a key of 100 characters or more', async () => {
    server.script = byCall({ 'GET ': BUSINESS, 'POST invoices/': INVOICE });
    await rehive.createPayment(context(), order({ idempotency_key: 'k'.repeat(100) }));
    expect(server.requests[1]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['IQD', 0, 25_000_000, 25_000],
    ['IQD', 3, 25_000_500, 25_000_500],
    ['KWD', 2, 12_340, 1_234],
    ['XAF', 2, 5_000, 500_000],
    ['USD', 2, 10_000, 10_000],
  ])('writes %s with %i decimals as an integer of its own', async (code, divisibility, amount, sent) => {
    const request_currency = { code, divisibility };
    server.script = byCall({
      'GET ': wrapped({ id: 'biz-1', currency: request_currency }),
      'POST invoices/': { ...INVOICE, request_currency, request_amount: sent },
      [`GET invoices/${ID}/`]: { ...INVOICE, status: 'paid', request_currency, request_amount: sent },
      [`GET invoices/${ID}/transactions/`]: listOf(transaction('t1', sent)),
      [`GET invoices/${ID}/refunds/`]: listOf(),
    });
    await rehive.createPayment(context(), order({ money: money(amount, currency(code)) }));
    expect(JSON.parse(server.requests[1]?.body ?? '')).toMatchObject({ request_amount: sent });
    const reading = await rehive.readPayment(context(), { provider_payment_id: ID, method: 'hosted' });
    expect(reading).toMatchObject({ currency: code, receipts: [{ amount }] });
  });

  it.each<[string, Partial<CreatePayment>, object]>([
    ['another currency than that of the business', { money: money(5000, currency('EUR')) }, DOLLAR],
    ['what the currency cannot hold', { money: money(10_001, USD) }, { code: 'USD', divisibility: 1 }],
  ])('refuses %s before anything is created', async (_, over, given) => {
    server.script = byCall({ 'GET ': wrapped({ id: 'biz-1', currency: given }) });
    expect((await failureOf(rehive.createPayment(context(), order(over)))).kind).toBe('invalid_request');
    expect(calls()).toEqual(['GET ']);
  });

  it.each<[string, unknown, ProviderFailure['kind']]>([
    [
      'a refusal',
      answering(400, { status: 'error', message: 'A valid\ninteger is required.', data: {} }),
      'invalid_request',
    ],
    ['a wrong token', answering(401, { status: 'error', message: 'Invalid token.' }), 'bad_credentials'],
    ['too many calls', answering(429, {}, { 'retry-after': '2' }), 'rate_limited'],
    ['an internal error', answering(500, {}), 'unknown_outcome'],
    ['an answer about another amount', { ...INVOICE, request_amount: 1 }, 'unknown_outcome'],
    ['an answer about another reference', { ...INVOICE, request_reference: 'x' }, 'unknown_outcome'],
    ['an answer without a safe link', { ...INVOICE, redirect_url: 'javascript:1' }, 'unknown_outcome'],
    ['half of the JSON', '{"status":"success","da', 'unknown_outcome'],
  ])('takes %s for what it is', async (_, answer, kind) => {
    server.script = byCall({ 'GET ': BUSINESS, 'POST invoices/': answer });
    expect((await failureOf(rehive.createPayment(context(), order()))).kind).toBe(kind);
  });
});

describe('readPayment', () => {
  const read = () => rehive.readPayment(context(), { provider_payment_id: ID, method: 'hosted' });
  const standing = (invoice: object, transactions: unknown = listOf(), refunds: unknown = listOf()) =>
    byCall({
      [`GET invoices/${ID}/`]: wrapped({ ...INVOICE, ...invoice }),
      [`GET invoices/${ID}/transactions/`]: transactions,
      [`GET invoices/${ID}/refunds/`]: refunds,
    });

  it('reads an open invoice with one call and brings its link back', async () => {
    server.script = standing({});
    expect(await read()).toMatchObject({
      status: 'pending',
      receipts: [],
      refunds: [],
      next_action: { redirect_url: INVOICE.redirect_url },
    });
    expect(calls()).toEqual([`GET invoices/${ID}/`]);
  });

  it('reads a paid invoice with each transfer and refund', async () => {
    server.script = standing(
      PAID,
      listOf(transaction('t1', 4_000), transaction('t2', 6_000)),
      listOf({ identifier: 'r1', amount: 500, currency: DOLLAR, status: 'complete', reason: 'Torn [op-1]' }),
    );
    expect(await read()).toEqual({
      provider_payment_id: ID,
      reference: 'pay_01',
      currency: 'USD',
      status: 'paid',
      receipts: [
        { key: 't1', amount: 4_000, paid_at: '2026-10-01T08:00:00.000Z', fee: null },
        { key: 't2', amount: 6_000, paid_at: '2026-10-01T08:00:00.000Z', fee: null },
      ],
      refunds: [{ key: 'r1', reference: 'op-1', amount: 500, status: 'succeeded' }],
      provider_status: 'paid',
      failure: null,
      next_action: null,
      expires_at: null,
    });
  });

  it.each([
    ['draft', 'pending'],
    ['initiated', 'pending'],
    ['processing', 'pending'],
    ['received', 'pending'],
    ['underpaid', 'pending'],
    ['paid', 'paid'],
    ['overpaid', 'paid'],
    ['complete', 'paid'],
    ['late', 'paid'],
    ['failed', 'failed'],
    ['cancelled', 'canceled'],
    ['expired', 'expired'],
    ['something_new', 'pending'],
  ])('takes %s as %s', async (status, expected) => {
    server.script = standing({ ...PAID, status }, listOf(transaction('t1', 10_000)));
    expect((await read()).status).toBe(expected);
  });

  it('takes late money that is not the whole as pending', async () => {
    server.script = standing(
      { status: 'late', payment_processor_quotes: [quote(400)] },
      listOf(transaction('t1', 400)),
    );
    expect(await read()).toMatchObject({ status: 'pending', receipts: [{ amount: 400 }] });
  });

  it('counts neither transfers that are not confirmed nor debits', async () => {
    const rows = [
      transaction('t1', 3_000),
      { ...transaction('t2', 200, { status: 'Pending' }), settled: false },
      transaction('t3', 100, { tx_type: 'debit' }),
    ];
    server.script = standing(
      { status: 'underpaid', payment_processor_quotes: [quote(3_200)] },
      listOf(...rows),
    );
    expect(await read()).toMatchObject({ status: 'pending', receipts: [{ key: 't1', amount: 3_000 }] });
  });

  it('takes the amount of the invoice when the customer paid it in another currency', async () => {
    const bitcoin = quote(250_000, { currency: { code: 'XBT', divisibility: 8 }, amount: 250_000 });
    server.script = standing({ status: 'complete', payment_processor_quotes: [bitcoin] });
    expect(await read()).toMatchObject({ status: 'paid', receipts: [{ key: ID, amount: 10_000 }] });
    server.script = standing({ status: 'underpaid', payment_processor_quotes: [bitcoin] });
    expect(await read()).toMatchObject({ status: 'pending', receipts: [] });
  });

  it.each<[string, object, unknown]>([
    ['about another invoice', { id: 'x' }, listOf()],
    ['that is paid without money', { status: 'paid' }, listOf()],
    ['with less money than its quotes', PAID, listOf(transaction('t1', 9_999))],
    [
      'with two pages of transfers',
      PAID,
      wrapped({ results: [transaction('t1', 10_000)], next: 'https://x/' }),
    ],
    [
      'paid in two currencies',
      {
        ...PAID,
        payment_processor_quotes: [quote(1), quote(1, { currency: { code: 'XBT', divisibility: 8 } })],
      },
      listOf(),
    ],
    ['in points', { request_currency: { code: 'POINTS', divisibility: 0 } }, listOf()],
  ])('refuses an answer %s', async (_, invoice, transactions) => {
    server.script = standing(invoice, transactions);
    expect((await failureOf(read())).kind).toBe('unavailable');
  });
});

describe('findPayment', () => {
  const find = () => rehive.findPayment?.(context(), { reference: 'pay_01', method: 'hosted' });

  it('compares references itself, in case the filter does nothing', async () => {
    server.script = byCall({
      'GET invoices/': listOf(
        { id: 'other', request_reference: 'pay_011' },
        { id: ID, request_reference: 'pay_01' },
      ),
      [`GET invoices/${ID}/`]: INVOICE,
    });
    expect(await find()).toMatchObject({
      provider_payment_id: ID,
      next_action: { redirect_url: INVOICE.redirect_url },
    });
    expect(calls()[0]).toBe('GET invoices/?request_reference=pay_01&page_size=50');
  });

  it('says that there is none after the last page only', async () => {
    server.script = (request, response, socket) =>
      answering(
        200,
        wrapped({ results: [], next: request.path.includes('page=2') ? null : 'https://x/?page=2' }),
      )(request, response, socket);
    expect(await find()).toBeNull();
    expect(calls()).toHaveLength(2);
  });

  it('does not say so when the list has no end', async () => {
    server.script = answering(200, wrapped({ results: [], next: 'https://x/' }));
    expect((await failureOf(Promise.resolve(find()))).kind).toBe('unavailable');
    expect(calls()).toHaveLength(10);
  });
});

describe('expirePayment', () => {
  const expire = () => rehive.expirePayment?.(context(), { provider_payment_id: ID, method: 'hosted' });

  it('cancels the invoice', async () => {
    server.script = byCall({ [`PATCH invoices/${ID}/`]: { ...INVOICE, status: 'cancelled' } });
    expect(await expire()).toMatchObject({ status: 'canceled', receipts: [], next_action: null });
    expect(server.requests[0]?.body).toBe('{"status":"cancelled"}');
  });

  it('reads the invoice when Rehive refuses: it may have been paid', async () => {
    server.script = byCall({
      [`PATCH invoices/${ID}/`]: answering(400, { status: 'error', message: 'No.' }),
      [`GET invoices/${ID}/`]: PAID,
      [`GET invoices/${ID}/transactions/`]: listOf(transaction('t1', 10_000)),
      [`GET invoices/${ID}/refunds/`]: [],
    });
    expect(await expire()).toMatchObject({ status: 'paid', receipts: [{ amount: 10_000 }] });
  });
});

describe('refundPayment', () => {
  const operation = (over: Partial<MoneyOperation> = {}): MoneyOperation => ({
    provider_payment_id: ID,
    method: 'hosted',
    money: money(2_500, USD),
    operation_key: 'inv_01:refund:1',
    reason: 'Torn',
    ...over,
  });
  const refund = (over?: Partial<MoneyOperation>) => rehive.refundPayment?.(context(), operation(over));
  const REFUND = { identifier: 'r1', amount: 2_500, currency: 'USD', status: 'pending', type: 'native' };

  it('sends a part with the operation key, and the key again in the reason', async () => {
    server.script = byCall({
      [`GET invoices/${ID}/`]: PAID,
      [`GET invoices/${ID}/refunds/`]: listOf(),
      [`POST invoices/${ID}/refunds/`]: answering(201, wrapped(REFUND)),
    });
    expect(await refund()).toEqual({
      key: 'r1',
      reference: 'inv_01:refund:1',
      amount: 2_500,
      status: 'pending',
    });
    expect(server.requests[2]).toMatchObject({
      headers: { 'idempotency-key': 'inv_01:refund:1' },
      body: '{"amount":2500,"currency":"USD","type":"native","reason":"Torn [inv_01:refund:1]"}',
    });
  });

  it('sends nothing when a refund with its key is there already', async () => {
    const known = { ...REFUND, currency: DOLLAR, status: 'complete', reason: 'Torn [inv_01:refund:1]' };
    server.script = byCall({
      [`GET invoices/${ID}/`]: PAID,
      [`GET invoices/${ID}/refunds/`]: listOf({ ...known, identifier: 'r0', reason: 'Torn' }, known),
    });
    expect(await refund()).toMatchObject({ key: 'r1', status: 'succeeded' });
    expect(calls()).toHaveLength(2);
  });

  it.each([
    ['complete', 'succeeded'],
    ['failed', 'failed'],
    ['processing', 'pending'],
  ])('takes %s as %s', async (status, expected) => {
    server.script = byCall({
      [`GET invoices/${ID}/`]: PAID,
      [`GET invoices/${ID}/refunds/`]: listOf(),
      [`POST invoices/${ID}/refunds/`]: { ...REFUND, status },
    });
    expect((await refund())?.status).toBe(expected);
  });

  it('refuses another currency than that of the invoice', async () => {
    server.script = byCall({ [`GET invoices/${ID}/`]: PAID });
    const failure = await failureOf(Promise.resolve(refund({ money: money(1, currency('EUR')) })));
    expect(failure.kind).toBe('invalid_request');
    expect(calls()).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['gets lost', (_request: unknown, _response: unknown, socket: { destroy(): void }) => socket.destroy()],
    ['is about another amount', { ...REFUND, amount: 1 }],
  ])('does not know the outcome when the answer %s', async (_, answer) => {
    server.script = byCall({
      [`GET invoices/${ID}/`]: PAID,
      [`GET invoices/${ID}/refunds/`]: listOf(),
      [`POST invoices/${ID}/refunds/`]: answer,
    });
    expect((await failureOf(Promise.resolve(refund()))).kind).toBe('unknown_outcome');
  });
});
