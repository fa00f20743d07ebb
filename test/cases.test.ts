/** Money nobody asked for, and outcomes nobody knows: refunded by policy, or put before a person whose word is carried out. */
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
  for (const provider of ['finan', 'rehive', 'tabby', 'tamara']) {
    await at.control('DELETE', `/${provider}/faults`);
  }
});

type Body = Readonly<Record<string, unknown>>;

const openCases = async (invoice: string): Promise<readonly Body[]> => {
  const { body } = await stack.call('GET', `/v1/cases?status=open&invoice=${invoice}`);
  return body['data'] as readonly Body[];
};
const firstCase = (invoice: string): Promise<readonly Body[]> =>
  eventually(
    'a case',
    () => openCases(invoice),
    (cases) => cases.length > 0,
  );
const resolve = (id: unknown, body: object) =>
  stack.call('POST', `/v1/cases/${String(id)}/resolve`, {
    reason: 'looked at it',
    name: 'Dana Karim',
    ...body,
  });
const pass = (invoice: string, advance_s: number) =>
  stack.call('POST', `/v1/invoices/${invoice}/test_clock`, { advance_s });

/** The accounts of an invoice's money that are not the provider's, by the ledger: credits negative. */
async function whose(invoice: string): Promise<Readonly<Record<string, number>>> {
  const { rows } = await stack.pool.query<{ account: string; amount: number }>(
    `select account, sum(amount)::bigint as amount from ledger_entries
     where invoice_id = $1 and account in ('merchant_payable', 'customer_excess', 'held') group by account having sum(amount) <> 0`,
    [invoice],
  );
  return Object.fromEntries(rows.map(({ account, amount }) => [account, amount]));
}

/** A customer who pays more than was asked for: Rehive's page takes any amount. */
async function overpaid(provider: Provider, policy: string, times = 2) {
  const { invoice, payment, id } = await at.payable(provider, { excess_money: policy });
  await stack.control.pay(provider, id, { amount: at.amount(provider) * times });
  return { invoice, payment, id, amount: at.amount(provider) };
}

describe('money beyond what was owed', () => {
  it('is the merchant’s, for all to see, where the policy is to accept it', async () => {
    const { invoice, amount } = await overpaid('rehive', 'accept');
    const { amounts } = await stack.merchantApi.until(
      invoice.id,
      'overpaid',
      ({ status }) => status === 'overpaid',
    );
    expect(amounts.excess.amount).toBe(amount);
    expect(await whose(invoice.id)).toEqual({ merchant_payable: -2 * amount });
    expect(await openCases(invoice.id)).toEqual([]);
  });

  it('goes back by itself where the policy is to refund it, and the invoice is paid', async () => {
    const { invoice, payment, id, amount } = await overpaid('rehive', 'refund');
    await stack.merchantApi.until(invoice.id, 'overpaid', ({ status }) => status === 'overpaid');
    expect(await whose(invoice.id)).toEqual({ merchant_payable: -amount, customer_excess: -amount });
    await at.control('POST', '/rehive/clock', { advance_s: 60 });
    await pass(invoice.id, 600);
    await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    expect(await whose(invoice.id)).toEqual({ merchant_payable: -amount });
    expect(await at.booked('rehive', id, 'money_refunded')).toEqual([amount]);
    const { body } = await stack.call('GET', `/v1/payments/${payment.id}`);
    expect(body['refunds']).toMatchObject([{ amount, status: 'succeeded', requested_by: 'policy:excess' }]);
    expect(await openCases(invoice.id)).toEqual([]);
  });

  it('is a case where the provider has no refunds, and a refund by hand settles it', async () => {
    const { invoice, amount } = await overpaid('finan', 'refund');
    const [open] = await firstCase(invoice.id);
    expect(open).toMatchObject({ kind: 'excess_money', amount, status: 'open' });
    expect(await whose(invoice.id)).toEqual({ merchant_payable: -amount, held: -amount });
    expect(await resolve(open?.['id'], { decision: 'it_happened' })).toMatchObject({
      status: 409,
      body: { code: 'decision_not_possible' },
    });
    const decided = await resolve(open?.['id'], { decision: 'refund_by_hand', reason: 'sent back by bank' });
    expect(decided).toMatchObject({
      status: 200,
      body: {
        status: 'resolved',
        decision: 'refund_by_hand',
        resolved_by: 'Dana Karim',
        reason: 'sent back by bank',
      },
    });
    expect((await stack.merchantApi.invoice(invoice.id)).status).toBe('paid');
    expect(await whose(invoice.id)).toEqual({ merchant_payable: -amount });
    // The same word again is the same answer; another one comes too late.
    expect((await resolve(open?.['id'], { decision: 'refund_by_hand' })).status).toBe(200);
    expect(await resolve(open?.['id'], { decision: 'accept' })).toMatchObject({
      status: 409,
      body: { code: 'case_resolved' },
    });
  });

  it('is held for a person where the policy says so: accepted, it stays; a customer who pays twice is no different', async () => {
    const { id: invoice } = await at.invoice('finan', { excess_money: 'hold' });
    const [first, second] = [await at.ask('finan', invoice), await at.ask('finan', invoice)];
    for (const { body } of [first, second]) {
      await stack.control.pay('finan', String(body['provider_payment_id']));
    }
    const [open] = await firstCase(invoice);
    const amount = at.amount('finan');
    expect(open).toMatchObject({ kind: 'excess_money', amount });
    expect(await whose(invoice)).toEqual({ merchant_payable: -amount, held: -amount });
    expect((await resolve(open?.['id'], { decision: 'accept' })).status).toBe(200);
    expect(await whose(invoice)).toEqual({ merchant_payable: -2 * amount });
    expect(await openCases(invoice)).toEqual([]);
    expect((await stack.merchantApi.invoice(invoice)).status).toBe('overpaid');
  });
});

describe('money that comes late', () => {
  it('is held for a person where the policy says so, and goes back when the person says so', async () => {
    const { invoice, id } = await at.payable('rehive', { late_money: 'hold' });
    expect((await stack.call('POST', `/v1/invoices/${invoice.id}/cancel`, {})).status).toBe(200);
    await stack.control.pay('rehive', id, { after_expiry: true });
    const [open] = await firstCase(invoice.id);
    const amount = at.amount('rehive');
    expect(open).toMatchObject({ kind: 'late_money', amount });
    expect(await whose(invoice.id)).toEqual({ held: -amount });
    expect((await resolve(open?.['id'], { decision: 'refund' })).status).toBe(200);
    expect(await whose(invoice.id)).toEqual({ customer_excess: -amount });
    await at.control('POST', '/rehive/clock', { advance_s: 60 });
    await pass(invoice.id, 600);
    await stack.merchantApi.until(invoice.id, 'refunded', ({ status }) => status === 'refunded');
    expect(await whose(invoice.id)).toEqual({});
    expect(await at.booked('rehive', id, 'money_refunded')).toEqual([at.amount('rehive')]);
  });
});

describe('an outcome that nobody can find out', () => {
  it('of a refund: a case after two hours; the person’s word is booked once, also when the provider tells of it later', async () => {
    const { invoice, payment, id } = await at.payable('tabby');
    await stack.control.pay('tabby', id);
    await stack.merchantApi.until(invoice.id, 'paid', ({ status }) => status === 'paid');
    // Every call of the refund is lost on the way, and reading says nothing either.
    await stack.control.fault('tabby', { kind: 'reset', operation: 'refund', times: -1 });
    const asked = await stack.call('POST', '/v1/refunds', { payment: payment.id });
    expect(asked).toMatchObject({ status: 202, body: { status: 'unknown' } });
    await pass(invoice.id, 3 * 3600);
    const [open] = await firstCase(invoice.id);
    expect(open).toMatchObject({ kind: 'unknown_operation', operation: asked.body['id'] });
    expect(await resolve(open?.['id'], { decision: 'it_happened' })).toMatchObject({
      status: 422,
      body: { code: 'provider_id_needed' },
    });
    expect((await resolve(open?.['id'], { decision: 'it_did_not_happen' })).status).toBe(200);
    const refund = await stack.call('GET', `/v1/refunds/${String(asked.body['id'])}`);
    expect(refund.body).toMatchObject({ status: 'failed', failure: { code: 'did_not_happen' } });
    // What was reserved is free again.
    await at.control('DELETE', '/tabby/faults');
    expect((await stack.call('POST', '/v1/refunds', { payment: payment.id })).status).toBe(201);
    expect(await at.booked('tabby', id, 'money_refunded')).toHaveLength(1);
  }, 60_000);

  it('of a payment: the person finds it at the provider, and it is read and compared before it is believed', async () => {
    const { id: invoice } = await at.invoice('fib');
    await stack.control.fault('fib', { kind: 'reset_after_accept', operation: 'create' });
    const asked = await at.ask('fib', invoice);
    expect(asked).toMatchObject({ status: 202, body: { status: 'unknown' } });
    await pass(invoice, 3 * 3600);
    const [open] = await firstCase(invoice);
    expect(open).toMatchObject({ kind: 'unknown_payment', payment: asked.body['id'] });
    const wrong = await resolve(open?.['id'], {
      decision: 'it_exists',
      provider_id: '00000000-0000-4000-8000-000000000000',
    });
    expect(wrong).toMatchObject({ status: 409, body: { code: 'provider_contradicts' } });
    const made = (await at.books('fib')).find((line) => line.kind === 'payment_created');
    expect(
      await resolve(open?.['id'], { decision: 'it_exists', provider_id: made?.payment_id }),
    ).toMatchObject({ status: 200 });
    expect(await stack.merchantApi.invoice(invoice)).toMatchObject({
      payments: [{ provider_payment_id: made?.payment_id }],
    });
  }, 60_000);
});

describe('what a merchant wants for all its invoices', () => {
  it('counts for those that say nothing themselves', async () => {
    expect(
      await stack.call('PATCH', '/v1/merchant', { late_money: 'hold', excess_money: 'burn' }),
    ).toMatchObject({
      status: 422,
      body: { errors: [{ pointer: '/excess_money' }] },
    });
    expect((await stack.call('PATCH', '/v1/merchant', { late_money: 'hold' })).body).toMatchObject({
      late_money: 'hold',
      excess_money: 'accept',
    });
    expect((await stack.call('GET', '/v1/merchant')).body).toMatchObject({ late_money: 'hold' });
    // The key is remembered for ten seconds, and with it what held then.
    await eventually(
      'an invoice that holds late money',
      () => stack.call('POST', '/v1/invoices', { amount: 5, currency: 'VND' }),
      ({ body }) => body['late_money'] === 'hold',
      15_000,
    );
    expect(await at.invoice('finan', { late_money: 'refund' })).toMatchObject({ late_money: 'refund' });
  });

  it('shows cases to nobody else, and says which query is wrong', async () => {
    expect((await stack.call('GET', '/v1/cases/case_01jd8m5z5cf7zr3a0q9v1c2x4y')).status).toBe(404);
    expect((await stack.call('GET', '/v1/cases?status=shut')).status).toBe(422);
    const { body } = await stack.call('GET', '/v1/cases?limit=1');
    expect(body).toMatchObject({ object: 'list', has_more: true });
    expect(body['data']).toHaveLength(1);
  });
});

it('the record and the providers agree on every payment and every transfer', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
