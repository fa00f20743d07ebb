/** Providers that authorize first: captured by itself or by hand, in parts, voided, canceled, and never more than once. */
import { eventually } from './setup/eventually.ts';
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
afterEach(async () => {
  for (const provider of AUTHORIZING) await at.control('DELETE', `/${provider}/faults`);
});

const AUTHORIZING = ['tabby', 'tamara', 'myfatoorah'] as const satisfies readonly Provider[];
const IN_PARTS = ['tabby', 'tamara'] as const satisfies readonly Provider[];

/** What the simulator calls the operation that captures. */
const CAPTURING = { tabby: 'capture', tamara: 'capture', myfatoorah: 'update_payment' } as const;

const booked = (provider: Provider, payment: string, kind: string) => at.booked(provider, payment, kind);

/** An invoice to be captured by hand, whose payment the customer has agreed to. */
async function authorized(provider: Provider) {
  const { invoice, payment, id } = await at.payable(provider, { capture_method: 'manual' });
  await stack.control.pay(provider, id);
  await stack.merchantApi.until(invoice.id, 'authorized', ({ status }) => status === 'authorized');
  return { invoice, payment, id, total: at.amount(provider) };
}
const post = (path: string, body: unknown = {}, headers = {}) => stack.call('POST', path, body, headers);
const capture = (payment: string, body: unknown = {}, headers = {}) =>
  post(`/v1/payments/${payment}/capture`, body, headers);

/** Unless a webhook has brought everything to its end before: then there is nothing to wait for, and no clock to move. */
async function tenMinutesPass(invoiceId: string): Promise<void> {
  const { status } = await post(`/v1/invoices/${invoiceId}/test_clock`, { advance_s: 600 });
  expect([200, 409]).toContain(status);
}

describe('an invoice that is captured by itself', () => {
  it.each(AUTHORIZING)('%s: authorized, captured once, paid', async (provider) => {
    const { invoice, id } = await at.payable(provider);
    await stack.control.pay(provider, id);
    const paid = await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    expect(paid.payments).toMatchObject([{ status: 'paid', provider_payment_id: id }]);
    expect(paid.amounts).toMatchObject({ remaining: { amount: 0 }, excess: { amount: 0 } });
    expect(await booked(provider, id, 'money_received')).toEqual([at.amount(provider)]);
  });

  it.each(AUTHORIZING)('%s: a customer who agrees twice pays once', async (provider) => {
    const { invoice, id: first } = await at.payable(provider);
    const asked = await stack.merchantApi.requestPayment(invoice.id, at.service(provider));
    const second = String(asked.provider_payment_id);
    await Promise.all([stack.control.pay(provider, first), stack.control.pay(provider, second)]);
    const paid = await stack.merchantApi.until(
      invoice.id,
      'paid, with nothing held',
      ({ status, payments }) => status === 'paid' && payments.some((one) => one.status === 'canceled'),
    );
    expect(paid.amounts).toMatchObject({
      authorized: { amount: 0 },
      excess: { amount: 0 },
      refunded: { amount: 0 },
    });
    expect(paid.payments.map(({ status }) => status).toSorted()).toEqual(['canceled', 'paid']);
    const taken = [
      ...(await booked(provider, first, 'money_received')),
      ...(await booked(provider, second, 'money_received')),
    ];
    expect(taken).toEqual([at.amount(provider)]);
    const { body } = await stack.call('GET', `/v1/events?invoice=${invoice.id}&type=void.succeeded`);
    expect(body['data']).toHaveLength(1);
  });

  it.each(IN_PARTS)('%s: of a second payment only what is still owed is taken', async (provider) => {
    const total = at.amount(provider);
    const { invoice, payment, id: first } = await at.payable(provider);
    const asked = await stack.merchantApi.requestPayment(invoice.id, at.service(provider));
    const second = String(asked.provider_payment_id);
    // Somebody takes a part in the provider's dashboard, or is quicker than the capture of all of it.
    await stack.control.fault(provider, { kind: 'status', status: 400, operation: CAPTURING[provider] });
    await stack.control.pay(provider, first);
    await stack.merchantApi.until(invoice.id, 'held', ({ status }) => status === 'authorized');
    await eventually(
      'the capture was refused',
      async () => (await stack.call('GET', `/v1/payments/${payment.id}`)).body['captures'],
      (captures) => (captures as readonly { status: string }[])[0]?.status === 'failed',
    );
    expect(await capture(payment.id, { amount: total / 4 })).toMatchObject({ status: 201 });
    await stack.control.pay(provider, second);
    const paid = await stack.merchantApi.until(
      invoice.id,
      'paid, with nothing held',
      ({ status, amounts }) => status === 'paid' && amounts.authorized.amount === 0,
    );
    expect(paid.amounts).toMatchObject({ received: { amount: total }, excess: { amount: 0 } });
    expect(await booked(provider, first, 'money_received')).toEqual([total / 4]);
    expect(await booked(provider, second, 'money_received')).toEqual([total - total / 4]);
  });

  it.each(AUTHORIZING)('%s: captured once, though the answer of the capture was lost', async (provider) => {
    const { invoice, id } = await at.payable(provider);
    await stack.control.fault(provider, { kind: 'reset_after_accept', operation: CAPTURING[provider] });
    await stack.control.pay(provider, id);
    await stack.merchantApi.until(
      invoice.id,
      'captured or not known',
      ({ status, payments }) => status === 'paid' || payments[0]?.status === 'authorized',
    );
    await tenMinutesPass(invoice.id);
    await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    expect(await booked(provider, id, 'money_received')).toEqual([at.amount(provider)]);
  });

  it.each(AUTHORIZING)(
    '%s: captured later, when the provider could not be reached at first',
    async (provider) => {
      const { invoice, id } = await at.payable(provider);
      await stack.control.fault(provider, { kind: 'status', status: 503, operation: CAPTURING[provider] });
      await stack.control.pay(provider, id);
      await stack.merchantApi.until(invoice.id, 'authorized', ({ status }) => status === 'authorized');
      await stack.merchantApi.advanceClock(invoice.id, 600);
      await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
      expect(await booked(provider, id, 'money_received')).toEqual([at.amount(provider)]);
    },
  );
});

describe('an invoice that is captured by hand', () => {
  it.each(IN_PARTS)('%s: waits, is captured in parts, and the rest is given back', async (provider) => {
    const { invoice, payment, id, total } = await authorized(provider);
    const part = total / 4;
    expect(await capture(payment.id, { amount: part, reference: 'parcel 1' })).toMatchObject({
      status: 201,
      body: { object: 'capture', status: 'succeeded', amount: part, reference: 'parcel 1' },
    });
    expect((await capture(payment.id, { amount: part })).status).toBe(201);
    expect(await capture(payment.id, { amount: total })).toMatchObject({
      status: 409,
      body: { code: 'amount_exceeds_capturable' },
    });
    expect(await post(`/v1/payments/${payment.id}/void`)).toMatchObject({
      status: 201,
      body: { object: 'void', status: 'succeeded', amount: total / 2 },
    });
    expect(await capture(payment.id)).toMatchObject({ status: 409, body: { code: 'nothing_to_capture' } });

    expect(await booked(provider, id, 'money_received')).toEqual([part, part]);
    expect(await booked(provider, id, 'authorization_released')).toEqual([total / 2]);
    const { status, amounts } = await stack.merchantApi.invoice(invoice.id);
    expect(status).toBe('partially_paid');
    expect(amounts).toMatchObject({ received: { amount: total / 2 }, authorized: { amount: 0 } });
    const { body } = await stack.call('GET', `/v1/payments/${payment.id}`);
    expect(body).toMatchObject({
      captures: [{ amount: part }, { amount: part }],
      voids: [{ amount: total / 2, status: 'succeeded' }],
      refunds: [],
    });
  });

  it('is captured at most once where the provider allows one capture', async () => {
    const { payment, id, total } = await authorized('myfatoorah');
    expect((await capture(payment.id, { amount: total / 2 })).status).toBe(201);
    expect((await capture(payment.id)).status).toBe(409);
    expect(await booked('myfatoorah', id, 'money_received')).toEqual([total / 2]);
  });

  it('is not captured before the customer has agreed, and not at a provider that takes the money at once', async () => {
    const { payment } = await at.payable('tabby', { capture_method: 'manual' });
    expect(await capture(payment.id)).toMatchObject({
      status: 409,
      body: { code: 'payment_not_authorized' },
    });
    const finan = await at.payable('finan');
    expect(await capture(finan.payment.id)).toMatchObject({
      status: 422,
      body: { code: 'not_supported_by_provider' },
    });
    const { id } = await at.invoice('finan', { capture_method: 'manual' });
    expect(await at.ask('finan', id)).toMatchObject({
      status: 422,
      body: { errors: [{ code: 'capture_method_not_supported' }] },
    });
  });

  it('fifty captures at once never pass what was authorized, and each caller is told', async () => {
    const { payment, id, total } = await authorized('tabby');
    const amount = total / 10;
    const answers = await Promise.all(Array.from({ length: 50 }, () => capture(payment.id, { amount })));
    const done = answers.filter(({ status }) => status === 201);
    expect(done).toHaveLength(10);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      expect(status).toBe(409);
      expect(['nothing_to_capture', 'amount_exceeds_capturable']).toContain(body['code']);
    }
    expect(await booked('tabby', id, 'money_received')).toEqual(Array(10).fill(amount));
  });

  it('tells of a capture who asked, each attempt to make it, and what has become of it', async () => {
    const { invoice, payment, total } = await authorized('tabby');
    await stack.control.fault('tabby', { kind: 'status', status: 503, operation: 'capture' });
    const { body: asked } = await capture(payment.id, { amount: total / 2 });
    await stack.merchantApi.advanceClock(invoice.id, 600);
    const log = await eventually(
      'both attempts on record',
      async () => (await stack.call('GET', `/v1/captures/${String(asked['id'])}`)).body,
      ({ attempts }) => (attempts as unknown[]).length === 2,
    );
    expect(log).toMatchObject({
      payment: payment.id,
      amount: total / 2,
      status: 'succeeded',
      requested_by: expect.stringMatching(/^key_/) as string,
      provider_operation_id: expect.any(String) as string,
      attempts: [
        { outcome: 'not_taken', http_status: 503, failure: null },
        { outcome: 'answered', http_status: 200, exchange: expect.stringMatching(/^exc_/) as string },
      ],
      history: [{ status: 'requested' }, { status: 'succeeded', failure: null }],
    });
    const [first] = log['attempts'] as { exchange: string }[];
    const exchange = await stack.call('GET', `/v1/exchanges/${first!.exchange}`);
    expect(exchange.body).toMatchObject({ payment: payment.id, status: 503, method: 'POST' });
  });

  it('one Idempotency-Key is one capture, also when its answer was lost', async () => {
    const { invoice, payment, id, total } = await authorized('tamara');
    const key = { 'idempotency-key': 'parcel' };
    await stack.control.fault('tamara', { kind: 'reset_after_accept', operation: 'capture' });
    const first = await capture(payment.id, { amount: total / 2 }, key);
    // Unknown, unless the provider's webhook was faster than our look at the row.
    expect([201, 202]).toContain(first.status);
    await stack.merchantApi.advanceClock(invoice.id, 600);
    const again = await capture(payment.id, { amount: total / 2 }, key);
    expect(again).toMatchObject({ status: 201, body: { id: first.body['id'], status: 'succeeded' } });
    expect(await booked('tamara', id, 'money_received')).toEqual([total / 2]);
  });

  it.each(AUTHORIZING)('%s: canceling the invoice gives the authorization back', async (provider) => {
    const { invoice, payment, id, total } = await authorized(provider);
    expect(await post(`/v1/invoices/${invoice.id}/cancel`)).toMatchObject({
      status: 200,
      body: { status: 'canceled', payments: [{ id: payment.id, status: 'canceled' }] },
    });
    expect(await booked(provider, id, 'money_received')).toEqual([]);
    expect(await booked(provider, id, 'authorization_released')).toEqual([total]);
  });
});

it('the record and the providers agree on every payment and every transfer', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
