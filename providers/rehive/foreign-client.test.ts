/** The simulator driven by `rehive`, Rehive's own npm client with types generated from its API. */
import { createAuth } from 'rehive/auth';
import { createBusinessApi } from 'rehive/extensions/business';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { toRecord } from '../../sandbox/test-merchant.ts';
import { rehiveSimulator } from './sandbox.ts';

let simulator: RunningSimulator;

beforeAll(async () => {
  simulator = await rehiveSimulator.start({ seed: 'rehive-foreign' });
});
afterAll(() => simulator.stop());
beforeEach(() => simulator.reset());

function connect(token = simulator.credentials['token'] ?? '') {
  const auth = createAuth({ token, storage: 'memory' });
  return createBusinessApi({ auth, baseUrl: `${simulator.baseUrl}/` });
}
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
