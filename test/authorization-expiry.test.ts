/** Authorizations that nobody deals with: the merchant is warned, then what is left is captured or given up, before the provider does. */
import { EXPIRY_ACTOR } from '../domain/authorization.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Provider, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
/** How long the week's hold of a card has left when the merchant is warned, and when it is dealt with. */
const WARNED_S = 7 * DAY_S - 17 * HOUR_S;
const DEALT_WITH_S = 7 * DAY_S - HOUR_S;

/** An invoice to be captured by hand, whose payment the customer has agreed to. */
async function authorized(provider: Provider, more: object = {}) {
  const { invoice, payment, id } = await at.payable(provider, {
    capture_method: 'manual',
    due_at: new Date(Date.now() + 60 * DAY_S * 1000).toISOString(),
    ...more,
  });
  await stack.control.pay(provider, id);
  await stack.merchantApi.until(invoice.id, 'authorized', ({ status }) => status === 'authorized');
  return { invoice, payment, id, total: at.amount(provider) };
}
const pass = (invoice: string, advance_s: number) =>
  stack.call('POST', `/v1/invoices/${invoice}/test_clock`, { advance_s });
const paymentOf = async (id: string) => (await stack.call('GET', `/v1/payments/${id}`)).body;
const warnings = async (invoice: string): Promise<readonly Record<string, unknown>[]> => {
  const { body } = await stack.call(
    'GET',
    `/v1/events?invoice=${invoice}&type=payment.authorization_expiring`,
  );
  return body['data'] as readonly Record<string, unknown>[];
};

it('an authorization says until when it can be captured: as long as its provider holds it', async () => {
  for (const [provider, days] of [
    ['tabby', 21],
    ['tamara', 21],
    ['myfatoorah', 7],
  ] as const) {
    const { payment } = await authorized(provider);
    const { capture_before } = await paymentOf(payment.id);
    const ends_in_s = (Date.parse(String(capture_before)) - Date.now()) / 1000;
    expect(Math.abs(ends_in_s - days * DAY_S)).toBeLessThan(60);
  }
});

/** Nothing at all is captured. */
async function untouched() {
  const { invoice, payment, id, total } = await authorized('myfatoorah');
  expect(invoice).toMatchObject({ on_authorization_expiry: 'void' });
  await pass(invoice.id, WARNED_S - 2 * HOUR_S);
  expect(await warnings(invoice.id)).toEqual([]);
  await pass(invoice.id, 3 * HOUR_S);
  const { capture_before, status } = await paymentOf(payment.id);
  expect(status).toBe('authorized');
  expect(await warnings(invoice.id)).toMatchObject([{ payment: payment.id, amount: total, capture_before }]);

  await pass(invoice.id, DEALT_WITH_S - WARNED_S);
  expect(await warnings(invoice.id)).toHaveLength(1);
  expect(await at.booked('myfatoorah', id, 'authorization_released')).toEqual([total]);
  expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({ status: 'open' });
  return paymentOf(payment.id);
}

/** A part is captured, and the rest of it is to be taken in the end. */
async function capturedInPart() {
  const { invoice, payment, id, total } = await authorized('tabby', { on_authorization_expiry: 'capture' });
  const part = total / 4;
  expect((await stack.call('POST', `/v1/payments/${payment.id}/capture`, { amount: part })).status).toBe(201);
  for (const days of [7, 7, 6]) await pass(invoice.id, days * DAY_S + HOUR_S);
  expect(await warnings(invoice.id)).toMatchObject([{ amount: total - part }]);
  await pass(invoice.id, DAY_S - 4 * HOUR_S);
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  expect(await at.booked('tabby', id, 'money_received')).toEqual([part, total - part]);
  return paymentOf(payment.id);
}

// The clock stops at each look at the provider on the way, thirty times in three weeks: both go their way side by side.
it('the merchant is warned once, and then what is left is captured or given up, as the invoice says', async () => {
  const [givenUp, captured] = await Promise.all([untouched(), capturedInPart()]);
  expect(givenUp).toMatchObject({
    status: 'canceled',
    voids: [{ status: 'succeeded', requested_by: EXPIRY_ACTOR }],
  });
  expect(captured).toMatchObject({
    status: 'paid',
    voids: [],
    captures: [{}, { requested_by: EXPIRY_ACTOR }],
  });
}, 90_000);

it('nothing is told and nothing is done where the merchant has captured everything', async () => {
  const { invoice, payment, id, total } = await authorized('myfatoorah');
  expect((await stack.call('POST', `/v1/payments/${payment.id}/capture`, {})).status).toBe(201);
  expect([200, 409]).toContain((await pass(invoice.id, 8 * DAY_S)).status);
  expect(await warnings(invoice.id)).toEqual([]);
  expect(await paymentOf(payment.id)).toMatchObject({ captures: [{ amount: total }], voids: [] });
  expect(await at.booked('myfatoorah', id, 'money_received')).toEqual([total]);
});

it('an authorization that the provider has let go is found by a status read, also when its webhook is lost', async () => {
  const { invoice, payment, id, total } = await authorized('myfatoorah');
  await at.control('POST', '/myfatoorah/webhooks/next', { do: 'drop' });
  await at.control('POST', '/myfatoorah/clock', { advance_s: 8 * DAY_S });
  expect(await at.booked('myfatoorah', id, 'authorization_released')).toEqual([total]);
  await pass(invoice.id, HOUR_S);
  expect(await paymentOf(payment.id)).toMatchObject({ status: 'canceled', voids: [] });
});

it('what a provider takes by itself after all is money like any other', async () => {
  const { invoice, payment, total } = await authorized('tamara');
  await at.control('POST', '/tamara/clock', { advance_s: 22 * DAY_S });
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  expect(await paymentOf(payment.id)).toMatchObject({
    status: 'paid',
    received: { amount: total },
    captures: [],
  });
});

it('is a question only for invoices that the merchant captures', async () => {
  const order = { currency: 'AED', amount: 100, on_authorization_expiry: 'void' };
  expect(await stack.call('POST', '/v1/invoices', order)).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/on_authorization_expiry', code: 'needs_manual_capture' }] },
  });
  const odd = { ...order, capture_method: 'manual', on_authorization_expiry: 'voids' };
  expect(await stack.call('POST', '/v1/invoices', odd)).toMatchObject({
    status: 422,
    body: { errors: [{ pointer: '/on_authorization_expiry', code: 'unknown_authorization_end' }] },
  });
});

it('the record and the providers agree on every payment and every transfer', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
