/** Every POST of the route table with an `Idempotency-Key`: a new route is covered, or fails here. */
import { audit } from '../audit/index.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { routeTable } from './app.ts';
import { createKeyCache } from './auth.ts';
import { Problem } from './problem.ts';
import { startTestApi, type Answer, type TestApi } from './testing/api.ts';
import { bodyFor } from './testing/bodies.ts';
import { endInvoice } from './testing/end-invoice.ts';
import { rowsOfEveryKind, type RowIds } from './testing/rows.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const paths = (): string[] =>
  routeTable(api.dependencies, createKeyCache(Date.now))
    .filter(({ method, access }) => method === 'post' && access !== 'public' && access !== 'operator')
    .map(({ path }) => path);

/** A merchant of its own, with what each route needs to succeed. */
async function shop() {
  const { key, ...merchant } = await api.addMerchant();
  const post = (path: string, body: unknown, idempotencyKey = 'the key'): Promise<Answer> =>
    api.call('POST', path, { key, body, headers: { 'Idempotency-Key': idempotencyKey } });
  const made = await rowsOfEveryKind(api, { key, ...merchant });
  const other = await post('/v1/api_keys', { label: 'spare', scopes: ['read'] }, 'spare');
  const endpoint = { url: 'https://203.0.114.9/hook', event_types: ['*'] };
  const whe = String((await post('/v1/webhook_endpoints', endpoint, 'endpoint')).json.id);
  const ids: RowIds = { ...made, key: String(other.json.id), whe };
  await api.pool.query(
    `update cases set resolved_at = now(), decision = 'accept', resolved_by = 'me', reason = 'mine' where id = $1`,
    [ids.case],
  );
  await api.call('PUT', '/v1/routing', {
    key,
    body: { rules: [{ currency: 'VND', services: [{ payment_service: 'bazaar.qr' }] }] },
  });
  return { post, ids, key };
}

const COLLECTIONS: Readonly<Record<string, keyof RowIds>> = {
  invoices: 'inv',
  payments: 'pay',
  cases: 'case',
  api_keys: 'key',
  provider_accounts: 'pacc',
  webhook_endpoints: 'whe',
  deliveries: 'dlv',
};
const address = (ids: RowIds, path: string): string => {
  const kind = COLLECTIONS[path.split('/')[2] ?? ''];
  return kind === undefined ? path : path.replace(':id', ids[kind]);
};

it('carries out a request once, whatever it asks for, and gives the same answer again', async () => {
  for (const path of paths()) {
    const { post, ids } = await shop();
    const at = address(ids, path);
    const { body } = bodyFor(ids, 'POST', path);
    if (path.endsWith('/erase')) await endInvoice(api.pool, ids.inv);
    const first = await post(at, body);
    const again = await post(at, body);
    if (first.status >= 400) throw new Error(`${path}: ${first.text}`);
    expect([path, again.status, again.json.id]).toEqual([path, first.status, first.json.id]);
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    // Accepted and not ended yet: the repetition goes on with the same object, and is no mere replay.
    const isOpen = first.status === 202 && /capture|void|refund/.test(path);
    expect([path, again.headers.get('idempotent-replayed')]).toEqual([path, isOpen ? null : 'true']);
    expect(await post(at, { ...body, more: 1 })).toMatchObject({
      status: 422,
      json: { code: 'idempotency_key_reused' },
    });
  }
});

it('refuses a key that is none, whatever is asked for', async () => {
  const { post, ids } = await shop();
  for (const path of paths()) {
    const answer = await post(address(ids, path), bodyFor(ids, 'POST', path).body, 'x'.repeat(256));
    expect([path, answer.status, answer.json.code]).toEqual([path, 400, 'invalid_idempotency_key']);
  }
});

it('cancels once for fifty requests at once; the others wait or get the same', async () => {
  const { post, ids } = await shop();
  let cancellations = 0;
  const { onCancel } = api.gateway;
  api.gateway.onCancel = async (invoice) => {
    cancellations += 1;
    return onCancel(invoice);
  };
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => post(`/v1/invoices/${ids.inv}/cancel`, {})),
  );
  api.gateway.onCancel = onCancel;
  expect(cancellations).toBe(1);
  const codes = new Set(answers.map(({ status, json }) => (status === 200 ? 'canceled' : json.code)));
  expect([...codes].filter((code) => code !== 'canceled' && code !== 'idempotency_in_progress')).toEqual([]);
});

it('lets go of the key of a request that is refused, which is then looked at afresh', async () => {
  const { post, ids } = await shop();
  const erase = () => post(`/v1/invoices/${ids.inv}/erase`, {});
  expect(await erase()).toMatchObject({ status: 409, json: { code: 'invoice_in_flight' } });
  await endInvoice(api.pool, ids.inv);
  expect(await erase()).toMatchObject({ status: 200, json: { status: 'canceled' } });
});

it('goes on after a failure whose outcome nobody knows, and keeps other requests off the key', async () => {
  const { post, ids } = await shop();
  const path = `/v1/invoices/${ids.inv}/cancel`;
  api.gateway.failure = new Problem('temporarily_unavailable', 'away', { retryAfter_s: 1 });
  expect((await post(path, {})).status).toBe(503);
  api.gateway.failure = null;
  expect(await post(path, { reason: 'other' })).toMatchObject({ json: { code: 'idempotency_key_reused' } });
  expect(await post(path, {})).toMatchObject({ status: 200, json: { id: ids.inv } });
});

it('keeps no answer with personal data beyond the erasure of its invoice', async () => {
  const { post, ids } = await shop();
  const clock = await post(`/v1/invoices/${ids.inv}/test_clock`, { advance_s: 60 });
  expect(clock.text).toContain('victim@example.com');
  await endInvoice(api.pool, ids.inv);
  expect((await post(`/v1/invoices/${ids.inv}/erase`, {}, 'erasure')).status).toBe(200);
  const again = await post(`/v1/invoices/${ids.inv}/test_clock`, { advance_s: 60 });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.text).not.toContain('victim@example.com');
});

it('leaves answers that the auditor takes for true', async () => {
  const { findings } = await audit(api.pool);
  expect(findings.filter(({ id }) => id === 'answers_true')).toMatchObject([{ count: 0 }]);
});
