/** The simulator driven by `rehive`, Rehive's own npm client with types generated from its API. */
import { createAuth } from 'rehive/auth';
import { createBusinessApi } from 'rehive/extensions/business';
import { createPaymentRequestsApi } from 'rehive/extensions/payment-requests';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { TestMerchant, toRecord } from '../../sandbox/test-merchant.ts';
import { rehiveSimulator } from './sandbox.ts';

let simulator: RunningSimulator;
let merchant: TestMerchant;

beforeAll(async () => {
  merchant = await TestMerchant.start();
  simulator = await rehiveSimulator.start({ seed: 'rehive-foreign' });
});
afterAll(async () => {
  await simulator.stop();
  await merchant.stop();
});
beforeEach(() => {
  simulator.reset();
  merchant.received.length = 0;
});

function configuration(token = simulator.credentials['token'] ?? '') {
  return { auth: createAuth({ token, storage: 'memory' as const }), baseUrl: `${simulator.baseUrl}/` };
}
const connect = (token?: string) => createBusinessApi(configuration(token));
const business = () => ({ business_id: simulator.credentials['business_id'] ?? '' });
const of = (invoice_id: string) => ({ path: { ...business(), invoice_id } });

const ORDER = {
  request_reference: 'ord_1001',
  request_amount: 10_000,
  description: 'Order 1001',
  status: 'initiated',
  return_url: 'https://shop.example.com/return',
  payer_email: 'sara@example.com',
  metadata: { tenant: '7' },
};

async function created(over: object = {}): Promise<string> {
  const { data } = await connect().managerBusinessesInvoicesCreate({
    path: business(),
    body: { ...ORDER, ...over },
  });
  return data?.id ?? '';
}

describe("Rehive's own client", () => {
  it('makes an invoice, reads it and finds it in the list', async () => {
    const client = connect();
    const made = await client.managerBusinessesInvoicesCreate({ path: business(), body: ORDER });
    expect(made).toMatchObject({
      status: 'success',
      data: {
        request_currency: { code: 'USD', divisibility: 2 },
        request_amount: 10_000,
        status: 'initiated',
        redirect_url: expect.stringContaining('return_url=https%3A%2F%2Fshop.example.com%2Freturn'),
        refunded: false,
        metadata: { tenant: '7' },
      },
    });
    const id = made.data?.id ?? '';
    expect(await client.managerBusinessesInvoicesRetrieve(of(id))).toEqual(made);
    const { data } = await client.managerBusinessesInvoicesList({ path: business() });
    expect(data).toMatchObject({ count: 1, next: null, results: [{ id }] });
  });

  it('sees an invoice paid in parts', async () => {
    const client = connect();
    const id = await created();
    simulator.payments.pay(id, { amount: 4_000 });
    expect((await client.managerBusinessesInvoicesRetrieve(of(id))).data?.status).toBe('underpaid');
    simulator.payments.pay(id, {});
    expect((await client.managerBusinessesInvoicesRetrieve(of(id))).data).toMatchObject({
      status: 'paid',
      payment_processor_quotes: [{ amount: 10_000, total_paid: 10_000, status: 'paid' }],
    });
    const { data } = await client.managerBusinessesInvoicesTransactionsList(of(id));
    expect(data?.results).toMatchObject([
      { settled: true, rehive_code: expect.any(String), details: { amount: 4_000 } },
      { settled: true, details: { amount: 6_000 } },
    ]);
  });

  it('changes an invoice, in part and as a whole, until money has come', async () => {
    const client = connect();
    const id = await created({ status: 'draft' });
    const change = (body: object) => client.managerBusinessesInvoicesPartialUpdate({ ...of(id), body });
    expect((await change({ description: 'Order 1001, corrected' })).data).toMatchObject({
      description: 'Order 1001, corrected',
      request_reference: 'ord_1001',
      status: 'draft',
    });
    const whole = { request_amount: 9_000, status: 'initiated' };
    expect((await client.managerBusinessesInvoicesUpdate({ ...of(id), body: whole })).data).toMatchObject({
      request_amount: 9_000,
      status: 'initiated',
      description: 'Order 1001, corrected',
    });
    simulator.payments.pay(id, { amount: 1 });
    await expect(change({ request_amount: 1 })).rejects.toMatchObject({ status: 400 });
  });

  it('moves the end of an invoice', async () => {
    const client = connect();
    const id = await created({ expiration_date: simulator.clock.now() + 60_000 });
    const later = { expiration_date: simulator.clock.now() + 120_000 };
    await client.managerBusinessesInvoicesPartialUpdate({ ...of(id), body: later });
    await simulator.clock.advance(61, () => simulator.webhooks.idle());
    expect((await client.managerBusinessesInvoicesRetrieve(of(id))).data?.status).toBe('initiated');
    await simulator.clock.advance(60, () => simulator.webhooks.idle());
    expect((await client.managerBusinessesInvoicesRetrieve(of(id))).data?.status).toBe('expired');
  });

  it('cancels an invoice', async () => {
    const client = connect();
    const id = await created();
    const body = { status: 'cancelled' };
    expect((await client.managerBusinessesInvoicesPartialUpdate({ ...of(id), body })).data?.status).toBe(
      'cancelled',
    );
  });

  it('gives a part back', async () => {
    const client = connect();
    const id = await created();
    const body = { amount: 2_500, currency: 'USD', type: 'native', reason: 'Torn' };
    await expect(client.managerBusinessesInvoicesRefundsCreate({ ...of(id), body })).rejects.toMatchObject({
      status: 400,
      error: { status: 'error', data: { amount: [expect.any(String)] } },
    });
    simulator.payments.pay(id, {});
    const { data: refund } = await client.managerBusinessesInvoicesRefundsCreate({ ...of(id), body });
    expect(refund).toMatchObject({ ...body, status: 'processing', request: id });
    await simulator.clock.advance(2, () => simulator.webhooks.idle());
    const { data } = await client.managerBusinessesInvoicesRefundsList(of(id));
    expect(data?.results).toMatchObject([{ amount: 2_500, status: 'complete', currency: { code: 'USD' } }]);
  });

  it('sees in the log who opened the page', async () => {
    const client = connect();
    const id = await created();
    expect((await client.managerBusinessesInvoicesLogsList(of(id))).data?.results).toEqual([]);
    const page = (await client.managerBusinessesInvoicesRetrieve(of(id))).data?.redirect_url ?? '';
    await fetch(page, { headers: { 'user-agent': "Sara's phone" } });
    expect((await client.managerBusinessesInvoicesLogsList(of(id))).data?.results).toMatchObject([
      { user_agent: "Sara's phone", ip_address: '127.0.0.1', email: 'sara@example.com' },
    ]);
  });

  it('is told what is wrong', async () => {
    const client = connect();
    const bad = { ...ORDER, request_amount: 0 };
    await expect(
      client.managerBusinessesInvoicesCreate({ path: business(), body: bad }),
    ).rejects.toMatchObject({
      status: 400,
      error: { status: 'error', data: { request_amount: [expect.any(String)] } },
    });
    await expect(client.managerBusinessesInvoicesRetrieve(of('4711'))).rejects.toMatchObject({ status: 404 });
    const stranger = connect('wrong').managerBusinessesInvoicesRetrieve(of('4711'));
    await expect(stranger.catch((error: unknown) => toRecord(error)['status'])).resolves.toBe(401);
  });
});

describe("Rehive's own client, without a business", () => {
  const REQUEST = { ...ORDER, status: 'initiated' as const, account: 'ABC123', request_currency: 'USD' };
  const user = () => createPaymentRequestsApi(configuration());

  it('makes a payment request, reads it as its payer does, and gives a part back', async () => {
    const client = user();
    const made = await client.userRequestsCreate({ body: REQUEST });
    expect(made).toMatchObject({ status: 'success', data: { request_amount: 10_000, status: 'initiated' } });
    const identifier = String(toRecord(made.data)['id']);
    const path = { identifier };
    expect(await client.requestsRetrieve({ path })).toEqual(made);
    simulator.payments.pay(identifier, {});
    expect((await client.userRequestsRetrieve({ path })).data).toMatchObject({ status: 'paid' });
    expect((await client.userRequestsTransactionsList({ path })).data).toMatchObject({ count: 1 });
    const refund = { amount: 2_500, currency: 'USD', type: 'native' as const };
    await client.userRequestsRefundsCreate({ path, body: refund });
    expect((await client.userRequestsRefundsList({ path })).data).toMatchObject({
      results: [{ amount: 2_500, status: 'processing' }],
    });
    // It is no business's invoice.
    await expect(connect().managerBusinessesInvoicesRetrieve(of(identifier))).rejects.toMatchObject({
      status: 404,
    });
  });

  it.each([
    ['request_currency', { request_currency: 'XAF' }],
    ['request_currency', { request_currency: '' }],
    ['request_amount', { request_amount: 0 }],
  ])('is told that %s is wrong', async (field, over) => {
    await expect(user().userRequestsCreate({ body: { ...REQUEST, ...over } })).rejects.toMatchObject({
      status: 400,
      error: { data: { [field]: [expect.any(String)] } },
    });
  });

  it('registers webhooks, and hears of the event of each', async () => {
    const client = user();
    const hook = (event: 'create' | 'update') => ({
      url: merchant.url(`/${event}`),
      secret: `of ${event}`,
      event: `service_payment_requests.request.${event}` as const,
    });
    await client.userWebhooksCreate({ body: hook('create') });
    const { data } = await client.userWebhooksCreate({ body: hook('update') });
    const { data: request } = await client.userRequestsCreate({ body: REQUEST });
    simulator.payments.fail(String(toRecord(request)['id']), null);
    await simulator.webhooks.idle();
    expect(merchant.received.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      ['/create', 'Secret of create'],
      ['/update', 'Secret of update'],
    ]);
    expect(merchant.bodies()).toMatchObject([
      { event: 'service_payment_requests.request.create', data: { status: 'initiated' } },
      { event: 'service_payment_requests.request.update', data: { status: 'failed' } },
    ]);

    const path = { identifier: String(toRecord(data)['id']) };
    const body = { secret: 'another' };
    expect((await client.userWebhooksPartialUpdate({ path, body })).data).toMatchObject({
      ...hook('update'),
      ...body,
    });
    await client.userWebhooksDestroy({ path });
    expect((await client.userWebhooksList({})).data).toMatchObject({ count: 1 });
    await expect(client.userWebhooksRetrieve({ path })).rejects.toMatchObject({ status: 404 });
  });
});
