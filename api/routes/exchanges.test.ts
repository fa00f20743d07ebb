import { insertExchanges, type NewExchange } from '../../db/exchanges.ts';
import { newId } from '../../db/ids.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, WEBHOOK_SECRET, type Answer, type TestApi } from '../testing/api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

interface Shown {
  readonly id: string;
  readonly direction: string;
  readonly operation: string;
  readonly payment: string;
}

/** An invoice with two payments. */
async function invoiceWithPayments(): Promise<{ invoice: string; payments: string[] }> {
  const { json } = await api.call('POST', '/v1/invoices', { body: { amount: 90_000, currency: 'VND' } });
  const invoice = String(json.id);
  const payments: string[] = [];
  for (let count = 0; count < 2; count += 1) {
    const made = await api.call('POST', `/v1/invoices/${invoice}/payments`, {
      body: { payment_service: 'bazaar.qr' },
    });
    payments.push(String(made.json.id));
  }
  return { invoice, payments };
}

/** A call that started at this second. */
const call = (invoice_id: string, payment_id: string, second: number): NewExchange => ({
  id: newId('exc'),
  account_id: api.merchant.account,
  invoice_id,
  payment_id,
  provider: 'bazaar',
  operation: `call_${second}`,
  method: 'POST',
  url: 'https://bazaar.example/pay',
  status: 200,
  failure: null,
  started_at: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  duration_ms: 7,
  attempt: 1,
  request_headers: { accept: 'application/json' },
  request_body: '{"amount":1}',
  response_headers: { date: 'today' },
  response_body: '{"id":1}',
});
async function webhook(
  invoice_id: string,
  payment_id: string,
  second: number,
  body: string,
): Promise<string> {
  const id = newId('whk');
  await api.pool.query(
    `insert into webhook_events (id, account_id, event_key, received_at, path, headers, body, invoice_id, payment_id, state, reason, copies)
     values ($1, $2, $1, $3, '/webhooks/bazaar/x', '{"content-type": "application/json", "x-secret": "abc"}', $4, $5, $6, 'ignored', 'no news', 3)`,
    [
      id,
      api.merchant.account,
      new Date(Date.UTC(2026, 0, 1, 0, 0, second)),
      Buffer.from(body),
      invoice_id,
      payment_id,
    ],
  );
  return id;
}
const list = (invoice: string, query = ''): Promise<Answer> =>
  api.call('GET', `/v1/invoices/${invoice}/exchanges${query}`);
const shownIn = ({ json }: Answer): readonly Shown[] => json.data as readonly Shown[];

describe('GET /v1/invoices/{id}/exchanges', () => {
  it('is empty before anything was said', async () => {
    const { invoice } = await invoiceWithPayments();
    expect(await list(invoice)).toMatchObject({
      status: 200,
      json: { object: 'list', data: [], has_more: false },
    });
  });

  it('shows calls and webhooks, the newest last, each with all that is known of it', async () => {
    const { invoice, payments } = await invoiceWithPayments();
    const [payment = ''] = payments;
    const lost: NewExchange = {
      ...call(invoice, payment, 3),
      status: null,
      failure: { kind: 'unknown_outcome', code: 'timeout', message: 'no answer in time' },
      response_headers: null,
      response_body: null,
    };
    await insertExchanges(api.pool, [lost, call(invoice, payment, 1)]);
    const webhookId = await webhook(
      invoice,
      payment,
      2,
      `{"event":"E-1","secret":"x","echo":"${WEBHOOK_SECRET}"}`,
    );
    const { json } = await list(invoice);
    expect(json.data).toEqual([
      {
        object: 'exchange',
        id: expect.stringMatching(/^exc_/),
        direction: 'outgoing',
        invoice,
        payment,
        provider: 'bazaar',
        provider_account: api.merchant.account,
        operation: 'call_1',
        method: 'POST',
        url: 'https://bazaar.example/pay',
        status: 200,
        failure: null,
        started_at: '2026-01-01T00:00:01.000Z',
        duration_ms: 7,
        attempt: 1,
        request_headers: { accept: 'application/json' },
        request_body: '{"amount":1}',
        response_headers: { date: 'today' },
        response_body: '{"id":1}',
        webhook: null,
        erased_at: null,
      },
      {
        object: 'exchange',
        id: webhookId,
        direction: 'incoming',
        invoice,
        payment,
        provider: 'bazaar',
        provider_account: api.merchant.account,
        operation: 'webhook',
        method: 'POST',
        url: `${api.url}/webhooks/bazaar/x`,
        status: null,
        failure: null,
        started_at: '2026-01-01T00:00:02.000Z',
        duration_ms: null,
        attempt: null,
        request_headers: { 'content-type': 'application/json', 'x-secret': '[redacted]' },
        request_body: '{"event":"E-1","secret":"[redacted]","echo":"[redacted]"}',
        response_headers: null,
        response_body: null,
        webhook: { event_key: webhookId, state: 'ignored', reason: 'no news', copies: 3, processed_at: null },
        erased_at: null,
      },
      expect.objectContaining({
        operation: 'call_3',
        status: null,
        failure: { kind: 'unknown_outcome', code: 'timeout', message: 'no answer in time' },
        response_headers: null,
      }),
    ]);
  });

  it('shows no body of a webhook when the credentials that might be in it cannot be read', async () => {
    const { invoice, payments } = await invoiceWithPayments();
    const id = newId('pacc');
    await api.pool.query(
      `insert into provider_accounts (id, merchant_id, mode, provider, label, base_url, credentials, enabled)
       values ($1, $2, 'sandbox', 'bazaar', $1, 'http://127.0.0.1:9', '\\x00', false)`,
      [id, api.merchant.id],
    );
    const hook = await webhook(invoice, payments[0] ?? '', 1, '{"event":"canary"}');
    await api.pool.query('update webhook_events set account_id = $2 where id = $1', [hook, id]);
    const answer = await list(invoice);
    expect(answer.json).toMatchObject({ data: [{ id: hook, request_headers: {}, request_body: null }] });
  });

  it('gives pages that meet without a gap and without an overlap, also between equal times', async () => {
    const { invoice, payments } = await invoiceWithPayments();
    const [first = '', second = ''] = payments;
    const seconds = [1, 2, 2, 2, 3, 4, 5];
    await insertExchanges(
      api.pool,
      seconds.map((at, index) => call(invoice, index % 2 ? first : second, at)),
    );
    await webhook(invoice, first, 2, '{}');
    const all = shownIn(await list(invoice, '?limit=100')).map(({ id }) => id);
    expect(all).toHaveLength(8);

    for (const limit of [1, 3, 8]) {
      const paged: string[] = [];
      for (let more = true; more;) {
        const after = paged.length === 0 ? '' : `&starting_after=${paged.at(-1)}`;
        const answer = await list(invoice, `?limit=${limit}${after}`);
        paged.push(...shownIn(answer).map(({ id }) => id));
        more = answer.json.has_more === true;
      }
      expect(paged).toEqual(all);
    }
    expect(await list(invoice, `?starting_after=${all.at(-1)}`)).toMatchObject({
      json: { data: [], has_more: false },
    });
  });

  it('has twenty on a page unless another number is asked for', async () => {
    const { invoice, payments } = await invoiceWithPayments();
    await insertExchanges(
      api.pool,
      Array.from({ length: 21 }, (_, at) => call(invoice, payments[0] ?? '', at)),
    );
    const answer = await list(invoice);
    expect(shownIn(answer)).toHaveLength(20);
    expect(answer.json.has_more).toBe(true);
  });

  it('can be narrowed to one payment', async () => {
    const { invoice, payments } = await invoiceWithPayments();
    const [first = '', second = ''] = payments;
    await insertExchanges(api.pool, [
      call(invoice, first, 1),
      call(invoice, second, 2),
      call(invoice, first, 3),
    ]);
    const hook = await webhook(invoice, second, 4, '{}');
    const ids = async (payment: string) =>
      shownIn(await list(invoice, `?payment=${payment}`)).map(({ operation, id }) =>
        id === hook ? 'hook' : operation,
      );
    expect(await ids(first)).toEqual(['call_1', 'call_3']);
    expect(await ids(second)).toEqual(['call_2', 'hook']);
    const other = await invoiceWithPayments();
    expect((await list(invoice, `?payment=${other.payments[0]}`)).status).toBe(404);
    expect((await list(invoice, '?payment=nonsense')).status).toBe(404);
  });

  it.each([
    ['?limit=0', '?limit'],
    ['?limit=101', '?limit'],
    ['?limit=ten', '?limit'],
    ['?page=2', '?page'],
    ['?starting_after=nonsense', '?starting_after'],
    [`?starting_after=${newId('exc')}`, '?starting_after'],
  ])('refuses %s and says where', async (query, pointer) => {
    const { invoice } = await invoiceWithPayments();
    const answer = await list(invoice, query);
    expect(answer).toMatchObject({ status: 422, json: { code: 'validation_failed', errors: [{ pointer }] } });
  });

  it('takes no cursor from another invoice', async () => {
    const [one, other] = [await invoiceWithPayments(), await invoiceWithPayments()];
    const foreign = call(other.invoice, other.payments[0] ?? '', 1);
    await insertExchanges(api.pool, [foreign]);
    expect((await list(one.invoice, `?starting_after=${foreign.id}`)).status).toBe(422);
  });

  it("is not there for another merchant's key, nor for the other mode, nor without one", async () => {
    const { invoice, payments } = await invoiceWithPayments();
    const exchange = call(invoice, payments[0] ?? '', 1);
    await insertExchanges(api.pool, [exchange]);
    for (const { key } of [await api.addMerchant(), await api.addMerchant('live')]) {
      expect(await api.call('GET', `/v1/invoices/${invoice}/exchanges`, { key })).toMatchObject({
        status: 404,
        json: { code: 'not_found' },
      });
      expect((await api.call('GET', `/v1/exchanges/${exchange.id}`, { key })).status).toBe(404);
    }
    expect((await api.call('GET', `/v1/invoices/${invoice}/exchanges`, { key: null })).status).toBe(401);
    expect((await list(newId('inv'))).status).toBe(404);
  });
});

describe('GET /v1/exchanges/{id}', () => {
  it('shows a call or a webhook as the list does', async () => {
    const { invoice, payments } = await invoiceWithPayments();
    await insertExchanges(api.pool, [call(invoice, payments[0] ?? '', 1)]);
    await webhook(invoice, payments[0] ?? '', 2, '{}');
    const listed = shownIn(await list(invoice));
    expect(listed).toHaveLength(2);
    for (const shown of listed) {
      expect(await api.call('GET', `/v1/exchanges/${shown.id}`)).toMatchObject({ status: 200, json: shown });
    }
  });

  it.each([newId('exc'), newId('whk'), newId('inv'), 'nonsense'])('does not know %s', async (id) => {
    expect(await api.call('GET', `/v1/exchanges/${id}`)).toMatchObject({
      status: 404,
      json: { code: 'not_found' },
    });
  });
});
