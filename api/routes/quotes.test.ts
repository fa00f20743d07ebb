import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

interface Quotes {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly has_more: boolean;
  readonly payable: unknown;
  readonly choices: readonly Readonly<Record<string, unknown>>[];
}
const post = async (path: string, body: object): Promise<string> => {
  const { status, json, text } = await api.call('POST', path, { body });
  if (status >= 300) throw new Error(text);
  return String(json.id);
};
const invoice = (): Promise<string> => post('/v1/invoices', { amount: 200_000, currency: 'VND' });
const pay = (id: string, amount = 100_000): Promise<string> =>
  post(`/v1/invoices/${id}/payments`, { payment_service: 'bazaar.qr', amount });
const quotesOf = async (id: string, query = ''): Promise<Quotes> => {
  const { status, json, text } = await api.call('GET', `/v1/invoices/${id}/quotes${query}`);
  if (status !== 200) throw new Error(text);
  return json as unknown as Quotes;
};

/** As a commit leaves it when money has come for a payment: the row, and the state that the moment stands in. */
async function receive(id: string, payment: string, amount: number, status: string, at: string) {
  const state = { payments: [{ id: payment, receipts: [{ key: 'r', amount, at }] }] };
  await api.pool.query('update payments set amount_received = $2, status = $3 where id = $1', [
    payment,
    amount,
    status,
  ]);
  await api.pool.query(
    `update invoices set amount_received = $2, state = state || $3, status = 'partially_paid' where id = $1`,
    [id, amount, JSON.stringify(state)],
  );
}

it('shows what was chosen, by whom, and what came of it, the newest first', async () => {
  const id = await invoice();
  const [short, customers, routed] = [await pay(id), await pay(id, 60_000), await pay(id, 10_000)];
  const at = '2026-11-21T09:30:00.000Z';
  await receive(id, short, 40_000, 'expired', at);
  await api.pool.query(
    `update payments set requested_by = 'customer', amount_received = 70000 where id = $1`,
    [customers],
  );
  await api.pool.query(`update payments set routing = $2, amount_received = amount where id = $1`, [
    routed,
    {
      revision: 1,
      rule: 0,
      rule_name: null,
      strategy: 'in_order',
      reason: 'x',
      attempt: 1,
      fallback_of: null,
      skipped: [],
      candidates: [],
    },
  ]);
  const { data, has_more } = await quotesOf(id);
  expect(has_more).toBe(false);
  const vnd = (amount: number) => ({ amount, display: `VND ${amount.toLocaleString('en')}` });
  expect(data).toEqual([
    expect.objectContaining({
      id: routed,
      chosen_by: 'routing',
      balance: 'paid',
      missing: vnd(0),
      excess: vnd(0),
    }),
    expect.objectContaining({
      id: customers,
      chosen_by: 'customer',
      balance: 'overpaid',
      excess: vnd(10_000),
    }),
    expect.objectContaining({
      object: 'quote',
      id: short,
      invoice: id,
      payment_service: 'bazaar.qr',
      provider: 'bazaar',
      chosen_by: 'merchant',
      status: 'expired',
      balance: 'underpaid',
      ...vnd(100_000),
      received: vnd(40_000),
      missing: vnd(60_000),
      refunded: vnd(0),
      received_at: at,
    }),
  ]);
});

it('says what can still be paid, and with which services', async () => {
  const id = await invoice();
  expect(await quotesOf(id)).toMatchObject({
    data: [],
    payable: { amount: 200_000 },
    choices: [{ object: 'payment_service', id: 'bazaar.qr', provider_account: api.merchant.account }, {}],
  });
  await receive(id, await pay(id), 100_000, 'paid', '2026-11-21T09:30:00.000Z');
  const left = await quotesOf(id);
  expect(left.payable).toMatchObject({ amount: 100_000 });
  const { json } = await api.call('GET', `/v1/payment_services?invoice=${id}`);
  const offered = json.data as { available: boolean }[];
  expect(left.choices).toEqual(offered.filter(({ available }) => available));

  await api.pool.query(`update invoices set status = 'expired' where id = $1`, [id]);
  expect(await quotesOf(id)).toMatchObject({ payable: { amount: 0 }, choices: [], data: [{}] });
});

it('comes in pages, whose cursors are payments of the invoice', async () => {
  const [id, another] = [await invoice(), await invoice()];
  const made = [await pay(id, 10_000), await pay(id, 10_000), await pay(id, 10_000)];
  const [first, second, third] = made;
  const page = await quotesOf(id, '?limit=2');
  expect(page.data.map((quote) => quote.id)).toEqual([third, second]);
  expect(page.has_more).toBe(true);
  const rest = await quotesOf(id, `?limit=2&starting_after=${second}`);
  expect(rest.data.map((quote) => quote.id)).toEqual([first]);
  expect(rest.has_more).toBe(false);
  const newer = await quotesOf(id, `?ending_before=${first}`);
  expect(newer.data.map((quote) => quote.id)).toEqual([third, second]);
  for (const cursor of [await pay(another), 'pay_00000000000000000000000000', id]) {
    expect(await api.call('GET', `/v1/invoices/${id}/quotes?starting_after=${cursor}`)).toMatchObject({
      status: 422,
      json: { errors: [{ pointer: '?starting_after', code: 'unknown_cursor' }] },
    });
  }
});

it('is nobody else’s', async () => {
  const [id, stranger] = [await invoice(), await api.addMerchant()];
  await pay(id);
  for (const path of [id, 'inv_00000000000000000000000000', 'nonsense']) {
    const answer = await api.call('GET', `/v1/invoices/${path}/quotes`, { key: stranger.key });
    expect([answer.status, answer.json.code]).toEqual([404, 'not_found']);
  }
  expect(await api.call('GET', `/v1/invoices/${id}/quotes?format=csv`)).toMatchObject({ status: 422 });
});
