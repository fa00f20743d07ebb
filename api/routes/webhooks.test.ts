import { createHash } from 'node:crypto';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, WEBHOOK_SECRET, type TestApi } from '../testing/api.ts';
import { unreachable } from '../testing/gateway.ts';

let api: TestApi;
beforeAll(async () => {
  // Behind a proxy that adds a path: providers sign the path they know.
  api = await startTestApi({ publicPath: '/pay' });
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
afterEach(async () => {
  api.gateway.failure = null;
  await api.background.settled();
});

interface WebhookRow {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly copies: number;
  readonly invoice_id: string | null;
  readonly payment_id: string | null;
  readonly headers: unknown;
  readonly path: string;
  readonly body: Buffer;
}

const stored = async (eventKey: string): Promise<WebhookRow[]> =>
  (await api.pool.query<WebhookRow>('select * from webhook_events where event_key = $1', [eventKey])).rows;
const total = async (): Promise<number> =>
  (await api.pool.query<{ count: number }>('select count(*) as count from webhook_events')).rows[0]?.count ??
  -1;
const tellings = (webhook: string | undefined): number =>
  api.gateway.told.filter((telling) => telling.webhook === webhook).length;

const deliver = (
  body: unknown,
  { account = api.merchant.account, secret = WEBHOOK_SECRET, query = '', type = 'application/json' } = {},
) => {
  const path = `/webhooks/bazaar/${account}${query}`;
  const headers = {
    'X-Secret': `${secret}/pay${path}`,
    'User-Agent': 'Bazaar/1.0',
    'X-Timestamp': '1732000000',
    'Content-Type': type,
    Authorization: 'Bearer canary-authorization',
  };
  return api.call('POST', path, { body, headers, key: null });
};

const newPayment = async (): Promise<{ invoice: string; payment: string }> => {
  const { json } = await api.call('POST', '/v1/invoices', { body: { amount: 150_000, currency: 'VND' } });
  const invoice = String(json.id);
  const made = await api.call('POST', `/v1/invoices/${invoice}/payments`, {
    body: { payment_service: 'bazaar.qr' },
  });
  return { invoice, payment: String(made.json.id) };
};

describe('POST /webhooks/{provider}/{account}', () => {
  it('hands what follows the account to the connector and keeps none of it', async () => {
    const { payment } = await newPayment();
    const body = `{"event":"e-behind", "payment":"P-${payment}", "ours":null}`;
    const { status } = await deliver(body, { query: '/canary-segment?token=canary-token' });
    expect(status).toBe(202);
    expect(JSON.stringify(await stored('e-behind'))).not.toContain('canary');
  });

  it('stores the bytes, answers as the provider expects, and tells the workflow', async () => {
    const { invoice, payment } = await newPayment();
    const body = `{"event":"e1", "payment":"P-${payment}",  "ours":null}`;
    const { status, json } = await deliver(body, { query: '?a=1' });
    expect(status).toBe(202);
    expect(json.taken).toBe(true);
    const [row] = await stored('e1');
    expect(row).toMatchObject({
      state: 'received',
      copies: 1,
      invoice_id: invoice,
      payment_id: payment,
      path: `/webhooks/bazaar/${api.merchant.account}`,
    });
    expect(row?.body.toString()).toBe(body);
    expect(row?.headers).toEqual({
      'content-type': 'application/json',
      'user-agent': 'Bazaar/1.0',
      'x-timestamp': '1732000000',
    });
    await api.background.settled();
    expect(api.gateway.told).toContainEqual({ invoice, webhook: row?.id });
  });

  it.each([
    'text/plain',
    'text/html; charset=windows-1256',
    'application/json; charset=utf-16',
    'application/x-www-form-urlencoded',
    'application/octet-stream',
    'nonsense',
  ])('takes the bytes as they are when they are called %s', async (type) => {
    const { payment, invoice } = await newPayment();
    const body = `{"x":{"name":"سارة 🙂"},"ours":"${payment}","payment":null,"event":"${payment}"}`;
    expect((await deliver(body, { type })).status).toBe(202);
    const [row] = await stored(payment);
    expect(row).toMatchObject({ state: 'received', invoice_id: invoice });
    expect(row?.body.toString()).toBe(body);
  });

  it('matches by our own reference before the provider id is known', async () => {
    const { payment, invoice } = await newPayment();
    await api.pool.query('update payments set provider_payment_id = null where id = $1', [payment]);
    await deliver({ event: 'e-early', payment: 'P-unknown', ours: payment });
    expect(await stored('e-early')).toMatchObject([{ invoice_id: invoice, payment_id: payment }]);
  });

  it('does not match a payment of another account', async () => {
    const { payment } = await newPayment();
    const other = await api.addMerchant();
    await deliver({ event: 'e-foreign', payment: `P-${payment}`, ours: payment }, { account: other.account });
    expect(await stored('e-foreign')).toMatchObject([
      { state: 'received', invoice_id: null, payment_id: null },
    ]);
  });

  it('keeps one row of five copies at once', async () => {
    const { payment } = await newPayment();
    const body = { event: 'e-five', payment: `P-${payment}`, ours: null };
    const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(body)));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202]);
    expect(await stored('e-five')).toMatchObject([{ copies: 5 }]);
  });

  it('tells the workflow again of a copy that still waits, and not of one that is done', async () => {
    const { payment } = await newPayment();
    const body = { event: 'e-again', payment: `P-${payment}`, ours: null };
    await deliver(body);
    await deliver(body);
    await api.background.settled();
    const [row] = await stored('e-again');
    expect(tellings(row?.id)).toBe(2);
    await api.pool.query(`update webhook_events set state = 'processed' where id = $1`, [row?.id]);
    expect((await deliver(body)).status).toBe(202);
    await api.background.settled();
    expect(tellings(row?.id)).toBe(2);
  });

  it('matches with a later copy what could not be matched at first', async () => {
    const { payment, invoice } = await newPayment();
    await api.pool.query('update payments set provider_payment_id = null where id = $1', [payment]);
    const body = { event: 'e-late-match', payment: `P-${payment}`, ours: null };
    await deliver(body);
    expect(await stored('e-late-match')).toMatchObject([{ invoice_id: null }]);
    await api.pool.query('update payments set provider_payment_id = $2 where id = $1', [
      payment,
      `P-${payment}`,
    ]);
    await deliver(body);
    expect(await stored('e-late-match')).toMatchObject([
      { invoice_id: invoice, payment_id: payment, copies: 2 },
    ]);
  });

  it('acknowledges while the workflow engine is down; the row waits', async () => {
    const { payment } = await newPayment();
    api.gateway.failure = unreachable();
    expect((await deliver({ event: 'e-down', payment: `P-${payment}`, ours: null })).status).toBe(202);
    await api.background.settled();
    expect(await stored('e-down')).toMatchObject([{ state: 'received' }]);
  });

  it('refuses forged ones with 401, counts them and stores nothing', async () => {
    const before = await total();
    const counted = api.refusals.all()['bazaar.bad_signature'] ?? 0;
    expect(await deliver({ event: 'forged', payment: null, ours: null }, { secret: 'guess' })).toMatchObject({
      status: 401,
      json: { code: 'webhook_refused', detail: 'the webhook was refused: bad signature' },
    });
    const bare = await api.call('POST', `/webhooks/bazaar/${api.merchant.account}`, { body: {}, key: null });
    expect(bare.json.detail).toBe('the webhook was refused: missing signature');
    expect(await total()).toBe(before);
    expect(api.refusals.all()['bazaar.bad_signature']).toBe(counted + 1);
    expect(api.log.some((line) => line.includes('a webhook was refused'))).toBe(true);
  });

  it.each([
    ['no JSON', 'paid!', 'the body cannot be read'],
    ['JSON of another kind', '{"hello":1}', 'the body cannot be read'],
    [
      'nested too deep',
      `{"event":"deep","x":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      'nested more than 32 deep',
    ],
    ['with a NUL character', '{"event":"a\\u0000b","payment":null,"ours":null}', 'unsupported characters'],
    ['empty', '', 'the body cannot be read'],
  ])('keeps a verified body that is %s as dead, and acknowledges it', async (_name, body, reason) => {
    expect((await deliver(body)).status).toBe(202);
    const key = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    expect(await stored(key)).toMatchObject([{ state: 'dead', reason: expect.stringContaining(reason) }]);
    await deliver(body);
    expect(await stored(key)).toMatchObject([{ copies: 2 }]);
  });

  it('does not know other providers, other accounts, and accounts of another provider', async () => {
    for (const path of [
      `/webhooks/nobody/${api.merchant.account}`,
      '/webhooks/bazaar/pacc_01jd0000000000000000000000',
      '/webhooks/bazaar/1',
    ]) {
      expect(await api.call('POST', path, { body: {}, key: null })).toMatchObject({ status: 404 });
    }
  });

  it('refuses more than 256 KB', async () => {
    expect(await deliver('x'.repeat(257 * 1024))).toMatchObject({ status: 413 });
    expect((await deliver('x'.repeat(255 * 1024))).status).toBe(202);
  });

  it('still takes what comes for a disabled account', async () => {
    const shop = await api.addMerchant();
    await api.pool.query('update provider_accounts set enabled = false where id = $1', [shop.account]);
    const answer = await deliver(
      { event: 'e-disabled', payment: null, ours: null },
      { account: shop.account },
    );
    expect(answer.status).toBe(202);
    expect(await stored('e-disabled')).toHaveLength(1);
  });
});
