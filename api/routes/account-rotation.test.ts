/** Rotation, judged by webhooks that simulators of providers really sign and send. */
import { finanSimulator } from '../../providers/finan/sandbox.ts';
import { tabbySimulator } from '../../providers/tabby/sandbox.ts';
import { currency } from '../../domain/currency.ts';
import { money } from '../../domain/money.ts';
import { createProviderHttp } from '../../providers/http.ts';
import { connectorFor, connectors } from '../../providers/index.ts';
import { createTokenStore } from '../../providers/token-store.ts';
import type { RunningSimulator } from '../../sandbox/simulator.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';

const DAY_MS = 86_400_000;
const http = createProviderHttp();
let api: TestApi;
let finan: RunningSimulator;
let tabby: RunningSimulator;
/** How far the API's clock is ahead. */
let ahead_ms = 0;

beforeAll(async () => {
  api = await startTestApi({ connectors, now: () => Date.now() + ahead_ms });
  finan = await finanSimulator.start({ seed: 'rotation' });
  tabby = await tabbySimulator.start({ seed: 'rotation' });
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await finan.stop();
  await tabby.stop();
  await http.close();
  await api.stop();
});
beforeEach(() => {
  ahead_ms = 0;
});

let labels = 0;
/** An account with the credentials of the simulator, which sends its webhooks there. */
async function linked(simulator: RunningSimulator): Promise<string> {
  const body = {
    provider: simulator.name,
    label: `rotation ${(labels += 1)}`,
    credentials: simulator.credentials,
    base_url: simulator.baseUrl,
  };
  const { json } = await api.call('POST', '/v1/provider_accounts', { body });
  simulator.webhooks.setUrl(new URL(String(json['webhook_url'])));
  return String(json['id']);
}

const rotate = (id: string, body: unknown, headers: Record<string, string> = {}) =>
  api.call('POST', `/v1/provider_accounts/${id}/rotate`, { body, headers });
const show = async (id: string) => (await api.call('GET', `/v1/provider_accounts/${id}`)).json;

/** What our API answers to the webhook of a payment that the simulator's customer makes now. */
async function webhookStatus(simulator: RunningSimulator): Promise<number | undefined> {
  const connector = connectorFor(simulator.name);
  const [method] = connector.manifest.methods;
  const code = method?.amounts[0]?.currency === 'VND' ? 'VND' : 'KWD';
  const { provider_payment_id } = await connector.createPayment(
    {
      account: {
        id: 'acc_1',
        base_url: simulator.baseUrl,
        credentials: connector.credentials.parse(simulator.credentials),
      },
      http,
      tokens: createTokenStore(Date.now),
      now: Date.now,
      signal: AbortSignal.timeout(10_000),
    },
    {
      reference: `pay_${Math.random().toString(36).slice(2)}`,
      idempotency_key: `inv:create:${Math.random()}`,
      method: method?.method ?? '',
      money: money(200_000, currency(code)),
      description: null,
      customer: { name: 'Sara', email: 'otp.success@tabby.ai', phone: '+96590000001' },
      items: [],
      webhook_url: 'https://unused.example',
      return_urls: {
        success: 'https://shop.example.com/s',
        failure: 'https://shop.example.com/f',
        cancel: 'https://shop.example.com/c',
      },
    },
  );
  simulator.payments.pay(provider_payment_id, {});
  await simulator.webhooks.idle();
  return simulator.webhooks.attempts().findLast(({ payment_id }) => payment_id === provider_payment_id)
    ?.response?.status;
}

describe('webhooks after a rotation', () => {
  it('that are signed with the old secret are accepted for a day, and counted as before', async () => {
    const id = await linked(finan);
    expect(await webhookStatus(finan)).toBe(200);
    const answer = await rotate(id, { credentials: { secret: 'a-new-secret-of-finan' } });
    expect(answer).toMatchObject({ status: 200, json: { revision: 2 } });
    const [previous] = answer.json['previous_credentials'] as { valid_until: string }[];
    expect(Date.parse(previous?.valid_until ?? '') - Date.now()).toBeGreaterThan(DAY_MS - 60_000);
    expect(Date.parse(previous?.valid_until ?? '') - Date.now()).toBeLessThanOrEqual(DAY_MS);
    expect(await webhookStatus(finan)).toBe(200);
    const { rows } = await api.pool.query('select state from webhook_events where account_id = $1', [id]);
    expect(rows).toHaveLength(2);
  });

  it('that are signed with the new secret are accepted at once', async () => {
    const id = await linked(finan);
    await rotate(id, { credentials: { secret: 'the-wrong-secret' }, overlap_s: 0 });
    expect(await webhookStatus(finan)).toBe(401);
    await rotate(id, { credentials: { secret: finan.credentials['secret'] } });
    expect(await webhookStatus(finan)).toBe(200);
  });

  it('that are signed with the new secret are accepted also where another process has rotated', async () => {
    const id = await linked(tabby);
    await rotate(id, { credentials: { webhook_secret: 'not-that-of-tabby' }, overlap_s: 0 });
    expect(await webhookStatus(tabby)).toBe(401);
    const { rows } = await api.pool.query('select * from provider_accounts where id = $1', [id]);
    expect(api.sealer.open(rows[0].credentials, id)).toMatchObject({ webhook_secret: 'not-that-of-tabby' });
    const sealed = api.sealer.seal(tabby.credentials, id);
    await api.pool.query(
      'update provider_accounts set credentials = $2, revision = revision + 1 where id = $1',
      [id, sealed],
    );
    // The account was read a moment ago; a second later it may be read again.
    ahead_ms = 1_100;
    expect(await webhookStatus(tabby)).toBe(200);
  });

  it('are refused with the old secret when the overlap has ended', async () => {
    const id = await linked(tabby);
    await rotate(id, { credentials: { webhook_secret: 'a-new-secret' }, overlap_s: 3600 });
    ahead_ms = 3_590_000;
    expect(await webhookStatus(tabby)).toBe(200);
    ahead_ms = 3_601_000;
    expect(await webhookStatus(tabby)).toBe(401);
  });

  it('are refused with the old secret at once when there is no overlap', async () => {
    const id = await linked(tabby);
    expect(await webhookStatus(tabby)).toBe(200);
    const answer = await rotate(id, { credentials: { webhook_secret: 'a-new-secret' }, overlap_s: 0 });
    expect(answer.json).toMatchObject({ previous_credentials: [] });
    expect(await webhookStatus(tabby)).toBe(401);
  });

  it('are accepted with a secret that was replaced before the last rotation, until its own end', async () => {
    const id = await linked(tabby);
    await rotate(id, { credentials: { webhook_secret: 'second' }, overlap_s: 7200 });
    await rotate(id, { credentials: { secret_key: 'sk_test_third' }, overlap_s: 60 });
    expect((await show(id))['previous_credentials']).toHaveLength(2);
    ahead_ms = 3_600_000;
    expect(await webhookStatus(tabby)).toBe(200);
    ahead_ms = 7_201_000;
    expect(await webhookStatus(tabby)).toBe(401);
  });

  it('of a disabled account are accepted like any other', async () => {
    const id = await linked(tabby);
    await api.call('PATCH', `/v1/provider_accounts/${id}`, { body: { enabled: false } });
    expect(await webhookStatus(tabby)).toBe(200);
  });
});

describe('a rotation', () => {
  it('changes what is given, removes what is null and leaves the rest', async () => {
    const id = await linked(finan);
    const account_id = '6f1c2b4e-5a0d-4e8e-9d43-0c1b2a3d4e5f';
    const some = await rotate(id, { credentials: { account_id } });
    expect(some.json).toMatchObject({
      credentials: { set: expect.arrayContaining(['account_id', 'secret']) },
    });
    const sealedNow = async () =>
      (await api.pool.query('select credentials from provider_accounts where id = $1', [id])).rows[0]
        .credentials;
    expect(api.sealer.open(await sealedNow(), id)).toEqual({ ...finan.credentials, account_id });
    const without = await rotate(id, { credentials: { account_id: null } });
    expect(without.json).toMatchObject({ credentials: { unset: ['account_id'] }, revision: 3 });
  });

  it.each([
    ['no credentials', {}, '/credentials'],
    ['an empty set', { credentials: {} }, '/credentials'],
    ['the removal of one that is needed', { credentials: { secret: null } }, '/credentials/secret'],
    ['an unknown one', { credentials: { password: 'canary-password' } }, '/credentials/password'],
    ['one of the wrong form', { credentials: { secret: 'canary with blanks' } }, '/credentials/secret'],
    ['more than 30 days', { credentials: { secret: 'canary-s' }, overlap_s: 30 * 86_400 + 1 }, '/overlap_s'],
    ['less than nothing', { credentials: { secret: 'canary-s' }, overlap_s: -1 }, '/overlap_s'],
    ['an overlap in words', { credentials: { secret: 'canary-s' }, overlap_s: '24h' }, '/overlap_s'],
  ])('refuses %s', async (_, body, pointer) => {
    const id = await linked(finan);
    const answer = await rotate(id, body);
    expect(answer).toMatchObject({ status: 422, json: { errors: [{ pointer }] } });
    expect(answer.text).not.toContain('canary');
    expect(await show(id)).toMatchObject({ revision: 1, rotated_at: null });
  });

  it('happens once for one Idempotency-Key, and repeats its answer', async () => {
    const id = await linked(finan);
    const send = () =>
      rotate(id, { credentials: { secret: 'canary-once' } }, { 'Idempotency-Key': 'rotate-1' });
    const first = await send();
    await rotate(id, { credentials: { secret: 'canary-later' } });
    const again = await send();
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await show(id)).toMatchObject({ revision: 3 });
    const { rows } = await api.pool.query(`select * from idempotency_keys where key = 'rotate-1'`);
    expect(JSON.stringify(rows)).not.toContain('canary');
    expect([...api.log].filter((line) => line.includes('canary'))).toEqual([]);
  });

  it('loses nothing when many happen at once', async () => {
    const id = await linked(tabby);
    const answers = await Promise.all(
      ['merchant_code', 'webhook_secret', 'secret_key'].map((name) =>
        rotate(id, { credentials: { [name]: `new-${name}` } }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const { rows } = await api.pool.query('select credentials from provider_accounts where id = $1', [id]);
    expect(api.sealer.open(rows[0].credentials, id)).toMatchObject({
      merchant_code: 'new-merchant_code',
      webhook_secret: 'new-webhook_secret',
      secret_key: 'new-secret_key',
    });
    expect(await show(id)).toMatchObject({ revision: 4 });
  });

  it('keeps at most ten earlier sets, until one without overlap ends them all', async () => {
    const id = await linked(tabby);
    for (let count = 0; count < 10; count += 1) {
      expect((await rotate(id, { credentials: { webhook_secret: `secret-${count}` } })).status).toBe(200);
    }
    const eleventh = await rotate(id, { credentials: { webhook_secret: 'secret-10' } });
    expect(eleventh).toMatchObject({ status: 409, json: { code: 'too_many_rotations' } });
    const ending = await rotate(id, { credentials: { webhook_secret: 'secret-10' }, overlap_s: 0 });
    expect(ending).toMatchObject({ status: 200, json: { previous_credentials: [] } });
    const { rowCount } = await api.pool.query('select from previous_credentials where account_id = $1', [id]);
    expect(rowCount).toBe(0);
  });

  it('takes a whole set in place of credentials that cannot be decrypted', async () => {
    const id = await linked(finan);
    const sealed = api.sealer.seal(finan.credentials, 'pacc_another');
    await api.pool.query('update provider_accounts set credentials = $2 where id = $1', [id, sealed]);
    expect((await rotate(id, { credentials: { secret: 'new-secret' } })).status).toBe(422);
    expect((await rotate(id, { credentials: finan.credentials })).status).toBe(200);
    expect(await webhookStatus(finan)).toBe(200);
  });
});
