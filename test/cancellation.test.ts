/** One payment is canceled while its invoice goes on. */
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;
beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

const cancel = (payment: string, body: object = {}) =>
  stack.call('POST', `/v1/payments/${payment}/cancel`, body);

it('ends at its provider, and another payment takes the money', async () => {
  const { invoice, payment, id } = await at.payable('fib');
  expect(await stack.call('POST', `/v1/payments/${payment.id}/void`, {})).toMatchObject({
    status: 422,
    body: { detail: expect.stringContaining('/cancel') as string },
  });
  const reason = 'the customer pays cash';
  expect(await cancel(payment.id, { reason })).toMatchObject({ status: 200, body: { status: 'canceled' } });
  expect(await at.booked('fib', id, 'payment_canceled')).toHaveLength(1);
  expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({ status: 'open' });
  expect(await cancel(payment.id)).toMatchObject({ status: 200, body: { status: 'canceled' } });
  expect(await at.booked('fib', id, 'payment_canceled')).toHaveLength(1);

  const trail = await stack.call('GET', `/v1/audit_entries?object=${payment.id}`);
  const said = trail.body['data'] as { action: string }[];
  expect(said.find(({ action }) => action === 'payment.canceled')).toMatchObject({
    actor: { type: 'api_key' },
    details: { reason },
  });

  const second = await stack.merchantApi.requestPayment(invoice.id, at.service('fib'));
  await stack.control.pay('fib', second.provider_payment_id ?? '');
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
});

it('turns out to be paid: then the money counts, and nothing was canceled', async () => {
  const { invoice, payment, id } = await at.payable('fapshi');
  await stack.control.armWebhook('fapshi', { do: 'drop', count: 1 });
  await stack.control.pay('fapshi', id);
  expect(await cancel(payment.id)).toMatchObject({
    status: 409,
    body: { code: 'payment_not_cancelable', detail: 'the payment cannot be canceled: it is paid' },
  });
  expect(await stack.merchantApi.invoice(invoice.id)).toMatchObject({ status: 'paid' });
});

it('is paid after all where the provider knows no cancellation: the money is late', async () => {
  const { invoice, payment, id } = await at.payable('finan', { late_money: 'hold' });
  expect(await cancel(payment.id)).toMatchObject({ status: 200, body: { status: 'canceled' } });
  await stack.control.pay('finan', id);
  const amount = at.amount('finan');
  const after = await stack.merchantApi.until(
    invoice.id,
    'late money',
    ({ amounts }) => amounts.late.amount === amount,
  );
  expect(after.amounts.received.amount).toBe(amount);
});

it('is left alone while its provider cannot be asked, and when the customer has agreed', async () => {
  const unasked = await at.payable('fib');
  await stack.control.fault('fib', { kind: 'status', status: 503, times: -1 });
  expect(await cancel(unasked.payment.id)).toMatchObject({
    status: 503,
    body: { code: 'provider_unconfirmed' },
  });
  await at.control('DELETE', '/fib/faults');
  expect(await cancel(unasked.payment.id)).toMatchObject({ status: 200 });

  const agreed = await at.payable('tabby', { capture_method: 'manual' });
  await stack.control.pay('tabby', agreed.id);
  await stack.merchantApi.until(agreed.invoice.id, 'authorized', ({ status }) => status === 'authorized');
  expect(await cancel(agreed.payment.id)).toMatchObject({
    status: 409,
    body: { detail: 'the payment cannot be canceled: it is authorized; void it instead' },
  });
  expect(await stack.call('POST', `/v1/payments/${agreed.payment.id}/void`, {})).toMatchObject({
    status: 201,
  });
});

it('is canceled once by twenty requests at once', async () => {
  const { payment, id } = await at.payable('fib');
  const answers = await Promise.all(Array.from({ length: 20 }, () => cancel(payment.id)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  expect(await at.booked('fib', id, 'payment_canceled')).toHaveLength(1);
});

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
