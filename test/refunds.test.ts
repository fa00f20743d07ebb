/** Money that goes back: in parts, at once from many sides, made by hand, found at the provider; never more than came. */
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
  for (const provider of IN_PARTS) await at.control('DELETE', `/${provider}/faults`);
});

/** Those that refund any part; MyFatoorah is apart, because a person there reviews each refund. */
const IN_PARTS = ['rehive', 'tabby', 'tamara'] as const satisfies readonly Provider[];

async function paid(provider: Provider) {
  const { invoice, payment, id } = await at.payable(provider);
  await stack.control.pay(provider, id);
  await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
  return { invoice, payment, id, total: at.amount(provider) };
}
const refund = (payment: string, body: object = {}, headers = {}) =>
  stack.call('POST', '/v1/refunds', { payment, ...body }, headers);
/** Half an hour for the invoice and for the providers, unless all has come to its end before. */
async function timePasses(invoiceId: string): Promise<void> {
  for (const provider of [...IN_PARTS, 'fib'])
    await at.control('POST', `/${provider}/clock`, { advance_s: 1800 });
  const moved = await stack.call('POST', `/v1/invoices/${invoiceId}/test_clock`, { advance_s: 1800 });
  expect([200, 409]).toContain(moved.status);
}
const wentBack = (provider: Provider, id: string) => at.booked(provider, id, 'money_refunded');

describe('a provider that refunds in parts', () => {
  it.each(IN_PARTS)('%s: gives back in parts until nothing is left', async (provider) => {
    const { invoice, payment, id, total } = await paid(provider);
    const part = total / 4;
    const first = await refund(payment.id, { amount: part, reason: 'one shoe too many', reference: 'RMA-1' });
    expect(first).toMatchObject({
      status: 201,
      body: { object: 'refund', amount: part, reference: 'RMA-1', payment: payment.id },
    });
    await timePasses(invoice.id);
    const partly = await stack.merchantApi.until(
      invoice.id,
      'refunded in part',
      ({ status }) => status === 'partially_refunded',
    );
    expect(partly).toMatchObject({
      amounts: { refunded: { amount: part }, received: { amount: total } },
      payments: [{ status: 'partially_refunded' }],
    });
    expect(await refund(payment.id, { amount: total })).toMatchObject({
      status: 409,
      body: { code: 'amount_exceeds_refundable' },
    });
    expect((await refund(payment.id)).body).toMatchObject({ amount: total - part });
    expect(await refund(payment.id)).toMatchObject({ status: 409, body: { code: 'nothing_to_refund' } });
    await timePasses(invoice.id);
    await stack.merchantApi.until(invoice.id, 'refunded', ({ status }) => status === 'refunded');
    expect(await wentBack(provider, id)).toEqual([part, total - part]);
    const read = await stack.call('GET', `/v1/refunds/${String(first.body['id'])}`);
    expect(read).toMatchObject({
      status: 200,
      body: {
        id: first.body['id'],
        status: 'succeeded',
        attempts: [{ outcome: 'answered', http_status: expect.any(Number) as number }],
      },
    });
  });

  it.each(IN_PARTS)('%s: gives back once, though the answer was lost', async (provider) => {
    const { invoice, payment, id, total } = await paid(provider);
    const key = { 'idempotency-key': `lost-${provider}` };
    await stack.control.fault(provider, { kind: 'reset_after_accept', operation: 'refund' });
    const asked = await refund(payment.id, { amount: total / 2 }, key);
    // Unknown, unless the provider's webhook was faster than our look at the row.
    expect([201, 202]).toContain(asked.status);
    // What is on its way is reserved: only the other half is left.
    expect(await refund(payment.id, { amount: total / 2 + 1 })).toMatchObject({ status: 409 });
    await timePasses(invoice.id);
    await stack.merchantApi.until(
      invoice.id,
      'refunded in part',
      ({ status }) => status === 'partially_refunded',
    );
    expect(await refund(payment.id, { amount: total / 2 }, key)).toMatchObject({
      status: 201,
      body: { id: asked.body['id'], status: 'succeeded' },
    });
    expect(await wentBack(provider, id)).toEqual([total / 2]);
  });

  it.each(IN_PARTS)(
    '%s: a provider that is down is asked again',
    async (provider) => {
      const { invoice, payment, id, total } = await paid(provider);
      await stack.control.fault(provider, { kind: 'status', status: 503, operation: 'refund' });
      const asked = await refund(payment.id);
      expect(asked).toMatchObject({ status: 202 });
      await timePasses(invoice.id);
      await timePasses(invoice.id);
      await stack.merchantApi.until(invoice.id, 'refunded', ({ status }) => status === 'refunded');
      expect(await wentBack(provider, id)).toEqual([total]);
    },
    30_000,
  );

  it('fifty refunds at once never pass what came, and each caller is told', async () => {
    const { payment, id, total } = await paid('tabby');
    const amount = total / 10;
    const answers = await Promise.all(Array.from({ length: 50 }, () => refund(payment.id, { amount })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    for (const { status, body } of answers.filter((answer) => answer.status !== 201)) {
      expect(status).toBe(409);
      expect(['nothing_to_refund', 'amount_exceeds_refundable']).toContain(body['code']);
    }
    expect(await wentBack('tabby', id)).toEqual(Array(10).fill(amount));
  });

  it("a refund made in the provider's dashboard is found, and booked as the provider's", async () => {
    const { invoice, payment, id, total } = await paid('tabby');
    const { base_url, credentials } = stack.sandbox.providers['tabby'] ?? { base_url: '', credentials: {} };
    const secret = (credentials as { secret_key: string }).secret_key;
    const made = await fetch(`${base_url}/api/v2/payments/${id}/refunds`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ amount: (total / 200).toFixed(2), reference_id: 'by-hand-1' }),
    });
    expect({ status: made.status, text: await made.text() }).toMatchObject({ status: 200 });
    await stack.merchantApi.until(
      invoice.id,
      'refunded in part',
      ({ status }) => status === 'partially_refunded',
    );
    const { body } = await stack.call('GET', `/v1/payments/${payment.id}`);
    expect(body['refunds']).toMatchObject([
      { amount: total / 2, status: 'succeeded', requested_by: 'provider' },
    ]);
  });
});

describe('other providers', () => {
  it('FIB: all or nothing, and done when the bank has done it', async () => {
    const { invoice, payment, id, total } = await paid('fib');
    expect(await refund(payment.id, { amount: total / 2 })).toMatchObject({
      status: 409,
      body: { code: 'full_refund_only' },
    });
    expect(await refund(payment.id)).toMatchObject({ status: 201, body: { amount: total } });
    await timePasses(invoice.id);
    await stack.merchantApi.until(invoice.id, 'refunded', ({ status }) => status === 'refunded');
    expect(await wentBack('fib', id)).toEqual([total]);
  });

  it('Finan has no refunds: the answer says so, and one made by hand is recorded', async () => {
    const { invoice, payment, total } = await paid('finan');
    expect(await refund(payment.id)).toMatchObject({
      status: 422,
      body: { code: 'not_supported_by_provider' },
    });
    expect(
      await refund(payment.id, { amount: total / 2, manual: true, reason: 'by bank transfer' }),
    ).toMatchObject({ status: 201, body: { status: 'succeeded', amount: total / 2 } });
    expect((await stack.merchantApi.invoice(invoice.id)).status).toBe('partially_refunded');
    const { rows } = await stack.pool.query(
      `select account, sum(amount)::bigint as balance from ledger_entries where invoice_id = $1 group by 1 order by 1`,
      [invoice.id],
    );
    expect(rows).toEqual([
      { account: 'merchant_payable', balance: -total / 2 },
      { account: 'merchant_refunds', balance: -total / 2 },
      { account: 'provider_clearing', balance: total },
    ]);
  });

  it('a payment that was never sent has nothing to refund or capture, and its invoice goes on', async () => {
    const { id: invoice } = await at.invoice('finan');
    const unsent = `pay_${invoice.slice(4)}`;
    await stack.pool.query(
      `insert into payments (id, invoice_id, merchant_id, account_id, provider, method, currency, amount, request, created_at, status, updated_at)
       values ($1, $2, $3, $4, 'finan', 'bank_transfer', 'VND', 200000, '{}', now(), 'requested', now())`,
      [unsent, invoice, stack.merchant.merchant_id, stack.merchant.accounts['finan']],
    );
    expect(await refund(unsent)).toMatchObject({ status: 409, body: { code: 'nothing_to_refund' } });
    expect(await stack.call('POST', `/v1/payments/${unsent}/capture`, {})).toMatchObject({
      status: 409,
      body: { code: 'payment_not_authorized' },
    });
    expect((await at.ask('finan', invoice)).status).toBe(201);
    await stack.pool.query('delete from payments where id = $1', [unsent]);
  });

  it('nothing is refunded that has not come, and nothing of somebody else', async () => {
    const { payment } = await at.payable('finan');
    expect(await refund(payment.id, { manual: true })).toMatchObject({
      status: 409,
      body: { code: 'nothing_to_refund' },
    });
    expect((await refund('pay_01jd8m5z5cf7zr3a0q9v1c2x4y')).status).toBe(404);
    expect(await refund('4711')).toMatchObject({ status: 422, body: { errors: [{ pointer: '/payment' }] } });
    expect(await refund(payment.id, { amount: 0, reason: 7 })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/reason' }, { pointer: '/amount' }] },
    });
  });
});

it('the record and the providers agree on every payment and every transfer', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
