import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { startTestApi, type TestApi } from './testing/api.ts';

let api: TestApi;
/** Milliseconds that the API's clock is ahead. */
let ahead = 0;
beforeAll(async () => {
  api = await startTestApi({ now: () => Date.now() + ahead });
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const body = { amount: 150_000, currency: 'VND', metadata: { a: '1', b: '2' } };
const create = (key: string, wanted: unknown = body) =>
  api.call('POST', '/v1/invoices', { body: wanted, headers: { 'Idempotency-Key': key } });
const count = async (table: 'invoices' | 'payments'): Promise<number> =>
  (await api.pool.query<{ count: number }>(`select count(*) as count from ${table}`)).rows[0]?.count ?? -1;

describe('an Idempotency-Key', () => {
  it('makes one invoice of a hundred requests at once', async () => {
    const before = await count('invoices');
    const answers = await Promise.all(Array.from({ length: 100 }, () => create('hundred')));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(99);
    expect(await count('invoices')).toBe(before + 1);
  });

  it('makes one payment of a hundred requests at once; the others are told to wait or get the same', async () => {
    const invoice = String((await create('for-payments')).json.id);
    const before = await count('payments');
    const sent = api.gateway.requested.length;
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        api.call('POST', `/v1/invoices/${invoice}/payments`, {
          body: { payment_service: 'bazaar.qr' },
          headers: { 'Idempotency-Key': 'hundred-payments' },
        }),
      ),
    );
    expect(await count('payments')).toBe(before + 1);
    expect(api.gateway.requested).toHaveLength(sent + 1);
    const made = answers.filter(({ status }) => status === 201);
    const waiting = answers.filter(({ status }) => status === 409);
    expect(made.length + waiting.length).toBe(100);
    expect(new Set(made.map(({ text }) => text)).size).toBe(1);
    for (const { json, headers } of waiting) {
      expect(json.code).toBe('idempotency_in_progress');
      expect(headers.get('retry-after')).toBe('1');
    }
  });

  it('takes the same fields in another order for the same request', async () => {
    const first = await create('order');
    const again = await create('order', '{"currency":"VND", "metadata":{"b":"2","a":"1"}, "amount":150000}');
    expect(again.text).toBe(first.text);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
  });

  it('refuses another body, also an invalid one', async () => {
    await create('reused');
    expect(await create('reused', { ...body, amount: 2 })).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
    expect(await create('reused', { amount: -1 })).toMatchObject({
      json: { code: 'idempotency_key_reused' },
    });
  });

  it('is not used up by a request that was refused', async () => {
    expect((await create('refused-first', { amount: -1 })).status).toBe(422);
    expect((await create('refused-first')).status).toBe(201);
  });

  it('belongs to one merchant', async () => {
    const other = await api.addMerchant();
    const first = await create('shared');
    const second = await api.call('POST', '/v1/invoices', {
      key: other.key,
      body,
      headers: { 'Idempotency-Key': 'shared' },
    });
    expect(second.status).toBe(201);
    expect(second.json.id).not.toBe(first.json.id);
  });

  it('still gets the first answer when the request would be refused by now', async () => {
    const due_at = new Date(Date.now() + 61_000).toISOString();
    const first = await create('late', { ...body, due_at });
    expect(first.status).toBe(201);
    ahead = 60_000;
    const fresh = await create('late too', { ...body, due_at });
    const again = await create('late', { ...body, due_at });
    ahead = 0;
    expect(fresh.status).toBe(422);
    expect(again.text).toBe(first.text);
  });

  it('is taken over by one request when its first one died long ago', async () => {
    const invoice = String((await create('for-takeover')).json.id);
    const pay = () =>
      api.call('POST', `/v1/invoices/${invoice}/payments`, {
        body: { payment_service: 'bazaar.qr' },
        headers: { 'Idempotency-Key': 'takeover' },
      });
    const first = await pay();
    await api.pool.query(
      `update idempotency_keys set answer_status = null, answer_body = null, claimed_at = now() where key = 'takeover'`,
    );
    expect(await pay()).toMatchObject({ status: 409, json: { code: 'idempotency_in_progress' } });
    await api.pool.query(
      `update idempotency_keys set claimed_at = now() - interval '61 seconds' where key = 'takeover'`,
    );
    const again = await pay();
    expect(again).toMatchObject({ status: 201, json: { id: first.json.id } });
  });

  it.each([
    ['empty', ' '],
    ['longer than 255 characters', 'x'.repeat(256)],
    ['not ASCII', 'cl\u00e9'],
  ])('is refused when it is %s', async (_name, key) => {
    expect(await create(key)).toMatchObject({ status: 400, json: { code: 'invalid_idempotency_key' } });
  });
});
