import { createHash } from 'node:crypto';
import { createProviderAccount } from '../../db/merchants.ts';
import { connectors } from '../../providers/index.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';

const CREDENTIALS = {
  finan: { client_id: 'client-1', secret: 'finan-secret' },
  fapshi: { apiuser: 'user-1', apikey: 'key-1', webhook_secret: 'fapshi-secret' },
};

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ connectors });
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const link = (provider: keyof typeof CREDENTIALS): Promise<string> =>
  createProviderAccount(api.pool, api.sealer, {
    merchant_id: api.merchant.id,
    mode: 'sandbox',
    provider,
    label: 'test',
    base_url: 'http://127.0.0.1:9',
    credentials: CREDENTIALS[provider],
  });

const rowsOf = async (account: string) =>
  (
    await api.pool.query(
      'select state, headers, provider_payment_id from webhook_events where account_id = $1',
      [account],
    )
  ).rows;

describe('webhooks of the real providers', () => {
  it('Finan: a signature over our path and the bytes is accepted, a changed amount is not', async () => {
    const account = await link('finan');
    const path = `/webhooks/finan/${account}`;
    const body = JSON.stringify({
      id: 'PAY-001',
      reference_id: 'pay_01jd0000000000000000000000',
      payment_method: 'bank_transfer',
      payment_request_id: 'PR-550e8400',
      amount: 6_000_000,
      created_at: '2026-01-20T14:30:00Z',
    });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHash('sha256')
      .update(`finan-secret_POST_${path}_${body}_${timestamp}`)
      .digest('hex');
    const headers = { 'x-client-id': 'client-1', 'x-timestamp': timestamp, 'x-signature': signature };
    const forged = await api.call('POST', path, {
      key: null,
      headers,
      body: body.replace('6000000', '9000000'),
    });
    expect(forged).toMatchObject({ status: 401, json: { code: 'webhook_refused' } });
    expect(await rowsOf(account)).toEqual([]);
    const accepted = await api.call('POST', path, { key: null, headers, body });
    expect(accepted.status).toBe(200);
    const [row] = await rowsOf(account);
    expect(row).toMatchObject({ state: 'received', provider_payment_id: 'PR-550e8400' });
    expect(JSON.stringify(row.headers)).not.toContain(signature);
  });

  it('Fapshi: the shared secret is wanted, and never stored', async () => {
    const account = await link('fapshi');
    const body = { transId: 'Ab12Cd34', status: 'SUCCESSFUL', amount: 5000, externalId: null, userId: null };
    const send = (secret: string) =>
      api.call('POST', `/webhooks/fapshi/${account}`, {
        key: null,
        body,
        headers: { 'x-wh-secret': secret },
      });
    expect((await send('guess')).status).toBe(401);
    expect((await send('fapshi-secret')).status).toBe(200);
    const rows = await rowsOf(account);
    expect(rows).toMatchObject([{ state: 'received', provider_payment_id: 'Ab12Cd34' }]);
    expect(JSON.stringify(rows)).not.toContain('fapshi-secret');
  });
});
