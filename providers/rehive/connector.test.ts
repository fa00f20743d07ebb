import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import type { ProviderFailure } from '../../domain/provider-error.ts';
import { returnAddresses } from '../../domain/return-address.ts';
import { failureOf } from '../../test/setup/failure-of.ts';
import { useScriptedProvider } from '../../test/setup/scripted-provider.ts';
import type { CreatePayment, MoneyOperation } from '../contract.ts';
import { answering } from '../scripted-server.ts';
import { rehive } from './connector.ts';
import {
  AT_REHIVE,
  BASE,
  byCall,
  DOLLAR,
  ID,
  INVOICE,
  listOf,
  NOW,
  PAID,
  transaction,
  wrapped,
} from './documented.ts';

const USD = currency('USD');
const scripted = useScriptedProvider(rehive, AT_REHIVE);
const { context } = scripted;

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

const BUSINESS = wrapped({ id: 'biz-1', currency: DOLLAR });
const calls = () => scripted.server.requests.map(({ method, path }) => `${method} ${path.replace(BASE, '')}`);

describe('createPayment', () => {
  it('sends cents, our reference and the key, and redirects to the hosted page', async () => {
    scripted.server.script = byCall({ 'GET ': BUSINESS, 'POST invoices/': INVOICE });
    expect(await rehive.createPayment(context(), order())).toEqual({
      provider_payment_id: ID,
      expires_at: '2026-10-02T08:00:00.000Z',
      next_action: { type: 'redirect', redirect_url: INVOICE.redirect_url },
    });
    expect(calls()).toEqual(['GET ', 'POST invoices/']);
    expect(scripted.server.requests[1]).toMatchObject({
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
    scripted.server.script = byCall({
      'GET ': { id: 'biz-1', currency: DOLLAR },
      'POST invoices/': wrapped({ ...INVOICE, expiration_date }),
    });
    expect((await rehive.createPayment(context(), order())).expires_at).toBe('2026-10-01T09:00:00.000Z');
  });

  it('sends the digest of a key of 100 characters or more', async () => {
    scripted.server.script = byCall({ 'GET ': BUSINESS, 'POST invoices/': INVOICE });
    await rehive.createPayment(context(), order({ idempotency_key: 'k'.repeat(100) }));
    expect(scripted.server.requests[1]?.headers['idempotency-key']).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['IQD', 0, 25_000_000, 25_000],
    ['IQD', 3, 25_000_500, 25_000_500],
    ['KWD', 2, 12_340, 1_234],
    ['XAF', 2, 5_000, 500_000],
    ['USD', 2, 10_000, 10_000],
  ])('writes %s with %i decimals as an integer of its own', async (code, divisibility, amount, sent) => {
    const request_currency = { code, divisibility };
    scripted.server.script = byCall({
      'GET ': wrapped({ id: 'biz-1', currency: request_currency }),
      'POST invoices/': { ...INVOICE, request_currency, request_amount: sent },
      [`GET invoices/${ID}/`]: { ...INVOICE, status: 'paid', request_currency, request_amount: sent },
      [`GET invoices/${ID}/transactions/`]: listOf(transaction('t1', sent)),
      [`GET invoices/${ID}/refunds/`]: listOf(),
    });
    await rehive.createPayment(context(), order({ money: money(amount, currency(code)) }));
    expect(JSON.parse(scripted.server.requests[1]?.body ?? '')).toMatchObject({ request_amount: sent });
    const reading = await rehive.readPayment(context(), { provider_payment_id: ID, method: 'hosted' });
    expect(reading).toMatchObject({ currency: code, receipts: [{ amount }] });
  });

  it.each<[string, Partial<CreatePayment>, object]>([
    ['another currency than that of the business', { money: money(5000, currency('EUR')) }, DOLLAR],
    ['what the currency cannot hold', { money: money(10_001, USD) }, { code: 'USD', divisibility: 1 }],
  ])('refuses %s before anything is created', async (_, over, given) => {
    scripted.server.script = byCall({ 'GET ': wrapped({ id: 'biz-1', currency: given }) });
    expect((await failureOf(rehive.createPayment(context(), order(over)))).kind).toBe('invalid_request');
    expect(calls()).toEqual(['GET ']);
  });

  it('creates without having read the business where that cannot be read', async () => {
    for (const answer of [answering(404, {}), answering(405, {})]) {
      scripted.server.script = byCall({ 'GET ': answer, 'POST invoices/': INVOICE });
      expect(await rehive.createPayment(context(), order())).toMatchObject({ provider_payment_id: ID });
    }
  });

  it.each([
    ['another currency', { ...DOLLAR, code: 'EUR' }],
    ['other decimals', { ...DOLLAR, divisibility: 4 }],
  ])('cancels an invoice that came out in %s, and refuses', async (_, request_currency) => {
    const created = { ...INVOICE, request_currency };
    scripted.server.script = byCall({
      'POST invoices/': created,
      [`PATCH invoices/${ID}/`]: { ...created, status: 'cancelled' },
    });
    const failure = await failureOf(rehive.createPayment(context(), order()));
    expect(failure).toMatchObject({ kind: 'invalid_request', code: 'unsupported_currency' });
    expect(calls()).toEqual(['GET ', 'POST invoices/', `PATCH invoices/${ID}/`]);
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
    scripted.server.script = byCall({ 'GET ': BUSINESS, 'POST invoices/': answer });
    expect((await failureOf(rehive.createPayment(context(), order()))).kind).toBe(kind);
  });
});

describe('findPayment', () => {
  const find = () => rehive.findPayment?.(context(), { reference: 'pay_01', method: 'hosted' });

  it('compares references itself, in case the filter does nothing', async () => {
    scripted.server.script = byCall({
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
    scripted.server.script = (request, response, socket) =>
      answering(
        200,
        wrapped({ results: [], next: request.path.includes('page=2') ? null : 'https://x/?page=2' }),
      )(request, response, socket);
    expect(await find()).toBeNull();
    expect(calls()).toHaveLength(2);
  });

  it('does not say so when the list has no end', async () => {
    scripted.server.script = answering(200, wrapped({ results: [], next: 'https://x/' }));
    expect((await failureOf(Promise.resolve(find()))).kind).toBe('unavailable');
    expect(calls()).toHaveLength(10);
  });
});

describe('expirePayment', () => {
  const expire = () => rehive.expirePayment?.(context(), { provider_payment_id: ID, method: 'hosted' });

  it('cancels the invoice', async () => {
    scripted.server.script = byCall({ [`PATCH invoices/${ID}/`]: { ...INVOICE, status: 'cancelled' } });
    expect(await expire()).toMatchObject({ status: 'canceled', receipts: [], next_action: null });
    expect(scripted.server.requests[0]?.body).toBe('{"status":"cancelled"}');
  });

  it('reads the invoice when Rehive refuses: it may have been paid', async () => {
    scripted.server.script = byCall({
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
    scripted.server.script = byCall({
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
    expect(scripted.server.requests[2]).toMatchObject({
      headers: { 'idempotency-key': 'inv_01:refund:1' },
      body: '{"amount":2500,"currency":"USD","type":"native","reason":"Torn [inv_01:refund:1]"}',
    });
  });

  it('sends nothing where it could not see a refund again', async () => {
    scripted.server.script = byCall({ [`GET invoices/${ID}/`]: PAID });
    const failure = await failureOf(Promise.resolve(refund()));
    expect(failure).toMatchObject({ kind: 'invalid_request', code: 'not_refundable' });
    expect(calls()).not.toContain(`POST invoices/${ID}/refunds/`);
  });

  it('sends nothing when a refund with its key is there already', async () => {
    const known = { ...REFUND, currency: DOLLAR, status: 'complete', reason: 'Torn [inv_01:refund:1]' };
    scripted.server.script = byCall({
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
    scripted.server.script = byCall({
      [`GET invoices/${ID}/`]: PAID,
      [`GET invoices/${ID}/refunds/`]: listOf(),
      [`POST invoices/${ID}/refunds/`]: { ...REFUND, status },
    });
    expect((await refund())?.status).toBe(expected);
  });

  it.each<[string, unknown]>([
    ['gets lost', (_request: unknown, _response: unknown, socket: { destroy(): void }) => socket.destroy()],
    ['is about another amount', { ...REFUND, amount: 1 }],
  ])('does not know the outcome when the answer %s', async (_, answer) => {
    scripted.server.script = byCall({
      [`GET invoices/${ID}/`]: PAID,
      [`GET invoices/${ID}/refunds/`]: listOf(),
      [`POST invoices/${ID}/refunds/`]: answer,
    });
    expect((await failureOf(Promise.resolve(refund()))).kind).toBe('unknown_outcome');
  });
});
