import { insertExchanges } from '../../db/exchanges.ts';
import { newId } from '../../db/ids.ts';
import { eraseOldWebhooks } from '../../db/exchanges.ts';
import { endWebhooks } from '../../db/work.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';
import { endInvoice } from '../testing/end-invoice.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const PERSON = { name: 'Canary Nguyen', email: 'Canary@example.com', phone: '+84 900 000 007' };
const BODY = {
  amount: 90_000,
  currency: 'VND',
  reference: 'order-1',
  description: 'Order of the canary',
  customer: PERSON,
  items: [
    { name: 'Canary lamp', quantity: 2, unit_amount: 40_000 },
    { name: 'Canary bulb', quantity: 1, unit_amount: 10_000 },
  ],
  metadata: { note: 'canary' },
  return_urls: { success: 'https://shop.example/canary' },
};
const CANARY = /canary|900 000 007|900000007|00020101021238/i;

const make = async (more: object = {}, headers: Record<string, string> = {}): Promise<string> => {
  const { json } = await api.call('POST', '/v1/invoices', { body: { ...BODY, ...more }, headers });
  return String(json.id);
};
const pay = (invoice: string, body: object = {}, headers: Record<string, string> = {}) =>
  api.call('POST', `/v1/invoices/${invoice}/payments`, {
    body: { payment_service: 'bazaar.qr', ...body },
    headers,
  });
const erase = (invoice: string) => api.call('POST', `/v1/invoices/${invoice}/erase`);

const end = (id: string): Promise<void> => endInvoice(api.pool, id);

async function exchange(invoice: string, payment: string): Promise<void> {
  await insertExchanges(api.pool, [
    {
      id: newId('exc'),
      account_id: api.merchant.account,
      invoice_id: invoice,
      payment_id: payment,
      provider: 'bazaar',
      operation: 'create_payment',
      method: 'POST',
      url: 'https://bazaar.example/pay?name=canary',
      status: 200,
      failure: null,
      started_at: new Date().toISOString(),
      duration_ms: 1,
      attempt: 1,
      request_headers: {},
      request_body: '{"name":"canary"}',
      response_headers: {},
      response_body: '{"name":"canary"}',
    },
  ]);
}
async function webhook(invoice: string, state: 'received' | 'processed'): Promise<string> {
  const id = newId('whk');
  await api.pool.query(
    `insert into webhook_events (id, account_id, event_key, received_at, path, headers, body, invoice_id, state, reason)
     values ($1, $2, $1, now(), '/', '{"user-agent": "canary"}', 'canary', $3, $4, 'a verdict')`,
    [id, api.merchant.account, invoice, state],
  );
  return id;
}
/** All rows about an invoice, as text. */
async function everything(id: string): Promise<string> {
  const tables = ['payments', 'provider_exchanges', 'invoice_events', 'ledger_entries', 'outgoing_events'];
  const parts = tables.map((table) => `select x::text as text from ${table} x where invoice_id = $1`);
  const { rows } = await api.pool.query<{ text: string }>(
    `select i::text as text from invoices i where id = $1 union all ${parts.join(' union all ')}
     union all select (w.headers::text || encode(w.body, 'escape') || coalesce(w.reason, '')) from webhook_events w where invoice_id = $1
     union all select k.answer_body::text from idempotency_keys k
       where resource_id = $1 or resource_id in (select id from payments where invoice_id = $1)`,
    [id],
  );
  return rows.map(({ text }) => text).join('\n');
}

describe('POST /v1/invoices/{id}/erase', () => {
  it('takes personal data out of every table and leaves amounts, ids and verdicts', async () => {
    const id = await make({}, { 'idempotency-key': 'erase-1' });
    const paid = await pay(id, { description: 'Canary pays' }, { 'idempotency-key': 'erase-1-pay' });
    expect(paid.status).toBe(201);
    await exchange(id, String(paid.json.id));
    await webhook(id, 'processed');
    await end(id);
    expect(await everything(id)).toMatch(CANARY);

    const { status, json } = await erase(id);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      id,
      status: 'canceled',
      amount: 90_000,
      reference: 'order-1',
      description: null,
      customer: {},
      items: [
        { name: '', quantity: 2, unit_amount: 40_000 },
        { name: '', quantity: 1, unit_amount: 10_000 },
      ],
      metadata: {},
      return_urls: {},
      erased_at: expect.stringMatching(/Z$/),
      payments: [
        {
          id: paid.json.id,
          amount: 90_000,
          description: null,
          next_action: null,
          provider_payment_id: expect.any(String),
        },
      ],
    });
    expect(await everything(id)).not.toMatch(CANARY);
    const { json: list } = await api.call('GET', `/v1/invoices/${id}/exchanges`);
    expect(list.data).toMatchObject([
      {
        operation: 'create_payment',
        status: 200,
        url: 'https://bazaar.example/pay',
        request_body: null,
        response_body: null,
        erased_at: expect.any(String),
      },
      {
        operation: 'webhook',
        request_headers: {},
        request_body: null,
        webhook: { state: 'processed', reason: 'a verdict' },
      },
    ]);
  });

  it('changes nothing the second time', async () => {
    const id = await make();
    await end(id);
    const first = await erase(id);
    const second = await erase(id);
    expect(second.status).toBe(200);
    expect(second.json).toEqual(first.json);
    expect((await api.call('GET', `/v1/invoices/${id}`)).json).toEqual(first.json);
  });

  it('is not undone by a repetition of the requests that brought the data', async () => {
    const keys = [{ 'idempotency-key': 'again-1' }, { 'idempotency-key': 'again-2' }] as const;
    const id = await make({}, keys[0]);
    const payment = await pay(id, { customer: PERSON }, keys[1]);
    await end(id);
    await erase(id);
    const again = await api.call('POST', '/v1/invoices', { body: BODY, headers: keys[0] });
    expect(again).toMatchObject({ status: 201, json: { id, customer: {}, erased_at: expect.any(String) } });
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const payAgain = await pay(id, { customer: PERSON }, keys[1]);
    expect(payAgain).toMatchObject({ status: 201, json: { id: payment.json.id, next_action: null } });
    expect(again.text + payAgain.text).not.toMatch(CANARY);
    expect(await everything(id)).not.toMatch(CANARY);
  });

  it('is refused while the invoice takes payments, and while a payment has been sent and not recorded', async () => {
    const open = await make();
    const refused = await erase(open);
    expect(refused).toMatchObject({ status: 409, json: { code: 'invoice_in_flight' } });
    expect(await everything(open)).toMatch(CANARY);

    const sent = await make();
    await pay(sent);
    await end(sent);
    await api.pool.query(`update payments set status = 'requested', sent_at = now() where invoice_id = $1`, [
      sent,
    ]);
    expect((await erase(sent)).status).toBe(409);
    await api.pool.query('update payments set sent_at = null where invoice_id = $1', [sent]);
    expect((await erase(sent)).status).toBe(200);
  });

  it('leaves a webhook that waits to be applied its body until it has been', async () => {
    const id = await make();
    await end(id);
    const late = await webhook(id, 'received');
    await erase(id);
    const body = async () =>
      (
        await api.pool.query<{ body: string }>(
          `select encode(body, 'escape') as body from webhook_events where id = $1`,
          [late],
        )
      ).rows[0]?.body;
    expect(await body()).toBe('canary');
    await endWebhooks(api.pool, id, [{ id: late, state: 'processed', reason: null, payment_id: null }]);
    expect(await body()).toBe('');
    expect(await everything(id)).not.toMatch(CANARY);
  });

  it("does not know another merchant's invoice, and takes no fields", async () => {
    const id = await make();
    await end(id);
    const { key } = await api.addMerchant();
    expect((await api.call('POST', `/v1/invoices/${id}/erase`, { key })).status).toBe(404);
    expect((await api.call('POST', `/v1/invoices/${id}/erase`, { body: { all: true } })).status).toBe(422);
    expect(await everything(id)).toMatch(CANARY);
  });
});

describe('POST /v1/erasures', () => {
  const erasePerson = (body: unknown, key = api.merchant.key) =>
    api.call('POST', '/v1/erasures', { body, key });

  it.each([
    ['email', { email: 'CANARY.1@example.com' }, { email: 'canary.1@example.com' }],
    ['phone', { phone: '+84 (900) 111-001' }, { phone: '0084900111001' }],
  ])('erases all that name the %s, however it is spelt, and says how many', async (_name, customer, body) => {
    const mine = [await make({ customer }), await make({ customer: {} })];
    const [named = '', paidBy = ''] = mine;
    await pay(paidBy, { customer });
    const busy = await make({ customer });
    const other = await make({ customer: { email: 'somebody@example.com', phone: '+84900111002' } });
    for (const id of [named, paidBy, other]) await end(id);

    const { status, json } = await erasePerson(body);
    expect(status).toBe(200);
    expect(json).toEqual({
      object: 'erasure',
      erased: 2,
      in_flight: 1,
      has_more: false,
      invoices: { erased: mine, in_flight: [busy] },
    });
    expect((await api.call('GET', `/v1/invoices/${other}`)).json.customer).not.toEqual({});
    await end(busy);
    expect((await erasePerson(body)).json).toMatchObject({ erased: 1, in_flight: 0 });
    expect((await erasePerson(body)).json).toMatchObject({ erased: 0, in_flight: 0 });
  });

  it("leaves other merchants' invoices alone", async () => {
    const customer = { email: 'shared@example.com' };
    const id = await make({ customer });
    await end(id);
    const { key } = await api.addMerchant();
    expect((await erasePerson(customer, key)).json).toMatchObject({ erased: 0 });
    expect((await api.call('GET', `/v1/invoices/${id}`)).json.customer).toEqual(customer);
  });

  it.each([
    [{}, ''],
    [{ email: 'a@example.com', phone: '+84900000001' }, ''],
    [{ email: 'nonsense' }, '/email'],
    [{ phone: 'nonsense' }, '/phone'],
    [{ name: 'Sara' }, '/name'],
  ])('refuses %j', async (body, pointer) => {
    expect(await erasePerson(body)).toMatchObject({
      status: 422,
      json: { code: 'validation_failed', errors: [{ pointer }] },
    });
  });
});

it('old webhooks lose their bodies and keep their verdicts; waiting ones keep both', async () => {
  const id = await make();
  const [old, waiting, fresh] = [
    await webhook(id, 'processed'),
    await webhook(id, 'received'),
    await webhook(id, 'processed'),
  ];
  await api.pool.query(
    `update webhook_events set received_at = now() - interval '91 days' where id = any($1)`,
    [[old, waiting]],
  );
  expect(await eraseOldWebhooks(api.pool, 90, 100)).toBe(1);
  expect(await eraseOldWebhooks(api.pool, 90, 100)).toBe(0);
  const { rows } = await api.pool.query(
    `select id from webhook_events where invoice_id = $1 and body = '' and erased_at is not null and reason = 'a verdict'`,
    [id],
  );
  expect(rows).toEqual([{ id: old }]);
  expect(fresh).not.toBe(old);
});
