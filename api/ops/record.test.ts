/** The operations pages about everything but invoices: what they show, what they do, and who may. */
import { createHash } from 'node:crypto';
import { newId } from '../../db/ids.ts';
import { createOperator, type Role } from '../../db/operators.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, WEBHOOK_SECRET, type TestApi } from '../testing/api.ts';

const PASSWORD = 'correct horse battery';
let api: TestApi;
const cookies: Partial<Record<Role | 'bound', string>> = {};

beforeAll(async () => {
  api = await startTestApi();
  for (const role of ['viewer', 'operator', 'admin'] as const) cookies[role] = await signedIn(role, role);
  const other = await api.addMerchant();
  cookies.bound = await signedIn('bound', 'admin', other.id);
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

async function signedIn(name: string, role: Role, merchant_id: string | null = null): Promise<string> {
  await createOperator(api.pool, { name, role, merchant_id, password: PASSWORD });
  const response = await fetch(`${api.url}/ops/sign-in`, {
    method: 'POST',
    headers: { origin: api.url },
    body: new URLSearchParams({ name, password: PASSWORD }),
    redirect: 'manual',
  });
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
}

type Who = keyof typeof cookies;

async function get(path: string, who: Who = 'viewer'): Promise<{ status: number; text: string }> {
  const response = await fetch(`${api.url}${path}${path.includes('?') ? '&' : '?'}mode=sandbox`, {
    headers: { cookie: cookies[who] ?? '' },
    redirect: 'manual',
  });
  return { status: response.status, text: await response.text() };
}

/** A page without what its filters offer. */
const rowsOf = ({ text }: { text: string }): string => text.replace(/<option[^]*?<\/option>/g, '');

/** Opens the form as the person would, fills it in and sends it. */
async function act(path: string, fields: Record<string, string>, who: Who = 'operator') {
  const { text } = await get(path, who);
  const hidden = [...text.matchAll(/type="hidden"\s+name="(\w+)"\s+value="([^"]*)"/g)];
  const body = new URLSearchParams([
    ...hidden
      .filter(([, name]) => name !== 'mode')
      .map(([, name = '', value = '']): [string, string] => [name, value]),
    ...Object.entries(fields),
  ]);
  const response = await fetch(`${api.url}${path}${path.includes('?') ? '&' : '?'}mode=sandbox`, {
    method: 'POST',
    headers: { cookie: cookies[who] ?? '', origin: api.url },
    body,
    redirect: 'manual',
  });
  return { status: response.status, text: await response.text() };
}

const notes = async (action: string) =>
  (
    await api.pool.query<{ actor_type: string; actor_id: string; object_id: string; details: object }>(
      'select actor_type, actor_id, object_id, details from audit_entries where action = $1 order by id',
      [action],
    )
  ).rows;

const address = () => `/webhooks/bazaar/${api.merchant.account}`;
const send = (body: unknown, secret: string | null = `${WEBHOOK_SECRET}${address()}`) =>
  api.call('POST', address(), {
    key: null,
    body,
    ...(secret === null ? {} : { headers: { 'x-secret': secret } }),
  });
const stored = async (key: string) =>
  (
    await api.pool.query<{ id: string; state: string; reason: string | null }>(
      'select id, state, reason from webhook_events where event_key = $1',
      [key],
    )
  ).rows[0];

const LISTS = [
  '/ops/webhooks',
  '/ops/webhooks/refused',
  '/ops/deliveries',
  '/ops/cases',
  '/ops/providers',
  '/ops/routing',
  '/ops/incidents',
  '/ops/reconciliation',
  '/ops/audit',
];

it.each(LISTS)('%s is there for whoever has signed in, for one merchant and for all', async (path) => {
  expect((await get(path)).status).toBe(200);
  expect((await get(`${path}?merchant=${api.merchant.id}`)).status).toBe(200);
  expect((await get(path, 'bound')).status).toBe(200);
  const away = await fetch(api.url + path, { redirect: 'manual' });
  expect(away.status).toBe(303);
});

it('says of an incident why it began and how it ended, in the list of the merchant, too', async () => {
  const id = newId('inc');
  await api.pool.query(
    `insert into incidents (id, account_id, merchant_id, mode, opened_at, recovered_at, failures, cause, detail, recovery)
     values ($1, $2, $3, 'sandbox', now(), now(), 0, 'slow', 'calls take 4 s instead of 1 s', 'usual_again')`,
    [id, api.merchant.account, api.merchant.id],
  );
  expect((await get(`/ops/incidents/${id}`)).text).toContain('the figures are as usual again');
  const { text } = await api.call('GET', '/v1/incidents?format=csv');
  expect(text).toContain('provider,cause,detail');
  expect(text).toContain('slow,calls take 4 s instead of 1 s');
});

describe('webhooks in', () => {
  it('shows what one says as a grid and as it came, with paths to copy', async () => {
    await send({ event: 'grid', payment: null, ours: null, lines: [{ a: 1, b: '<b>' }, { a: 2 }] });
    const { id } = (await stored('grid'))!;
    expect((await get('/ops/webhooks')).text).toContain(id);
    const { status, text } = await get(`/ops/webhooks/${id}`);
    expect(status).toBe(200);
    expect(text).toContain('data-copy="$.lines[1]"');
    expect(text).toContain('&lt;b&gt;');
    expect(text).not.toContain('<b>');
    expect(text).not.toContain(WEBHOOK_SECRET);
    expect((await get(`/ops/webhooks/${id}`, 'bound')).status).toBe(404);
  });

  it('is given up by an operator with a reason, and driven again', async () => {
    await send({ event: 'again', payment: null, ours: null });
    const { id } = (await stored('again'))!;
    expect((await act(`/ops/webhooks/${id}/dead`, { reason: 'no' }, 'viewer')).status).toBe(403);
    expect((await act(`/ops/webhooks/${id}/dead`, { reason: ' ' })).status).toBe(422);
    expect(await stored('again')).toMatchObject({ state: 'received' });
    expect((await act(`/ops/webhooks/${id}/dead`, { reason: 'a test of theirs' })).status).toBe(303);
    expect(await stored('again')).toMatchObject({ state: 'dead', reason: 'operator: a test of theirs' });
    expect((await act(`/ops/webhooks/${id}/dead`, { reason: 'twice' })).status).toBe(409);
    expect((await act(`/ops/webhooks/${id}/drive`, { reason: 'it was none' })).status).toBe(303);
    expect(await stored('again')).toMatchObject({ state: 'received', reason: null });
    expect(await notes('webhook.marked_dead')).toEqual([
      { actor_type: 'person', actor_id: 'operator', object_id: id, details: { reason: 'a test of theirs' } },
    ]);
    expect(await notes('webhook.driven')).toMatchObject([{ details: { before: 'dead' } }]);
  });

  it('keeps what refused ones looked like and not what they said, however many come', async () => {
    const canary = 'canary-in-a-forged-body';
    expect((await send({ event: canary }, 'forged-canary')).status).toBeGreaterThanOrEqual(400);
    await Promise.all(Array.from({ length: 30 }, () => send({ event: canary }, null)));
    await api.background.settled();
    const { rows } = await api.pool.query<{ id: string; reason: string }>(
      'select * from refused_webhooks order by id',
    );
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.length).toBeLessThanOrEqual(11);
    expect(JSON.stringify(rows)).not.toMatch(/canary/);
    const forged = rows.find(({ reason }) => reason === 'bad_signature');
    const { text } = await get(`/ops/webhooks/${forged?.id ?? ''}`);
    expect(text).toContain('Compare the secret with the one');
    expect(text).toContain(
      createHash('sha256')
        .update(JSON.stringify({ event: canary }))
        .digest('hex'),
    );
    expect((await get('/ops/webhooks/refused?reason=missing_signature')).text).toContain('missing signature');
    expect((await get('/ops/webhooks/refused', 'bound')).text).toContain('None was refused');
  });
});

it('sends a delivery again, and all that failed since', async () => {
  const made = await api.call('POST', '/v1/webhook_endpoints', {
    body: { url: 'https://shop.example/hooks', event_types: ['*'] },
  });
  expect(made.status).toBe(201);
  const endpoint = String(made.json['id']);
  const tested = await api.call('POST', `/v1/webhook_endpoints/${endpoint}/test`, { body: {} });
  const delivery = String(tested.json['id']);
  await api.pool.query(
    `update deliveries set status = 'exhausted', reason = 'attempts_exhausted', next_attempt_at = null, tries = 3 where id = $1`,
    [delivery],
  );
  expect((await get('/ops/deliveries?status=exhausted')).text).toContain(delivery);
  expect((await get(`/ops/deliveries/${delivery}`)).text).toContain('https://shop.example/hooks');
  expect((await get(`/ops/deliveries/${delivery}`, 'bound')).status).toBe(404);
  const wrong = await act(`/ops/endpoints/${endpoint}/resend`, { since: 'yesterday', reason: 'x' });
  expect([wrong.status, wrong.text.includes('a moment in UTC')]).toEqual([422, true]);
  const since = '2020-01-01T00:00:00Z';
  expect((await act(`/ops/endpoints/${endpoint}/resend`, { since, reason: 'they are back' })).status).toBe(
    303,
  );
  await api.background.settled();
  expect(api.woken.filter(({ reason }) => reason === 'resend')).toHaveLength(1);
  expect((await act(`/ops/deliveries/${delivery}/resend`, { reason: 'once more' })).status).toBe(303);
  expect(await notes('delivery.resent')).toMatchObject([
    { object_id: endpoint, details: { count: 1, reason: 'they are back' } },
    { object_id: delivery },
  ]);
});

describe('providers', () => {
  const page = () => `/ops/providers/${api.merchant.account}`;

  it('keeps a breaker open and leaves it to itself again, with the name of who decided', async () => {
    expect((await act(`${page()}/breaker?state=open`, { reason: 'they told us' })).status).toBe(303);
    const { text } = await get(page());
    expect(text).toContain('kept open');
    expect(text).toContain('operator: they told us');
    expect((await act(`${page()}/breaker?state=automatic`, { reason: 'over' })).status).toBe(303);
    expect((await get(page())).text).not.toContain('kept open');
    expect(await notes('provider_account.breaker_set')).toMatchObject([
      { actor_type: 'person', actor_id: 'operator', details: { state: 'open', reason: 'they told us' } },
      { details: { state: 'automatic' } },
    ]);
    expect((await get(`${page()}/breaker?state=broken`, 'operator')).status).toBe(404);
  });

  it('has administrators rotate credentials, which no answer repeats', async () => {
    const fields = { credential_secret: 'canary-new-secret', overlap_h: '1', reason: 'monthly' };
    expect((await act(`${page()}/rotate`, fields)).status).toBe(403);
    const wrong = await act(`${page()}/rotate`, { ...fields, overlap_h: '1000' }, 'admin');
    expect(wrong.status).toBe(422);
    expect(wrong.text).not.toContain('canary-new-secret');
    expect((await act(`${page()}/rotate`, fields, 'admin')).status).toBe(303);
    expect(
      (await send({ event: 'rotated', payment: null, ours: null }, `canary-new-secret${address()}`)).status,
    ).toBe(202);
    expect(JSON.stringify(await notes('provider_account.credentials_rotated'))).not.toContain('canary-new');
    expect(api.log.filter((line) => line.includes('canary-new-secret'))).toEqual([]);
  });

  it('takes a settlement file as it is, and leaves nothing of one that cannot be read', async () => {
    const form = await get(`${page()}/settlement-file`, 'operator');
    const token = /name="form_token" value="([^"]+)"/.exec(form.text)?.[1] ?? '';
    const run = newId('rec');
    const fields = new URLSearchParams({ mode: 'sandbox', run, day: '2026-02-02', reason: 'their file' });
    const upload = (body: string, sarrafForm = token) =>
      fetch(`${api.url}${page()}/settlement-file?${fields.toString()}`, {
        method: 'POST',
        headers: {
          cookie: cookies.operator ?? '',
          origin: api.url,
          'content-type': 'text/csv',
          'sarraf-form': sarrafForm,
        },
        body,
        redirect: 'manual',
      });
    const good = 'provider_payment_id,currency,amount\nP-1,VND,50000\n';
    expect((await upload(good, 'another')).status).toBe(403);
    const wrong = await upload('provider_payment_id,currency,amount\nP-1,VND,many\n');
    expect([wrong.status, (await wrong.text()).includes('Nothing was done')]).toEqual([422, true]);
    const made = async () =>
      (await api.pool.query('select source from reconciliation_runs where id = $1', [run])).rows;
    expect(await made()).toEqual([]);
    const sent = await upload(good);
    expect([sent.status, sent.headers.get('location')?.split('?')[0]]).toEqual([
      201,
      `/ops/reconciliation/${run}`,
    ]);
    expect((await upload(good)).status).toBe(201);
    expect(await made()).toEqual([{ source: 'file' }]);
  });

  it('starts one run however often the form is sent', async () => {
    const run = newId('rec');
    const fields = { run, day: '2026-01-31', reason: 'they have corrected it' };
    expect((await act(`${page()}/reconcile`, { ...fields, day: '2999-01-01' })).status).toBe(422);
    const hiddenFirst = await act(`${page()}/reconcile`, fields);
    expect(hiddenFirst.status).toBe(303);
    const { rows } = await api.pool.query<{ id: string; requested_by: string }>(
      `select id, requested_by from reconciliation_runs where source <> 'file'`,
    );
    expect(rows).toMatchObject([{ requested_by: 'operator' }]);
    expect(api.gateway.reconciled).toContain(rows[0]?.id);
    expect((await get(`/ops/reconciliation/${rows[0]?.id ?? ''}`)).text).toContain('2026-01-31');
    expect((await get('/ops/reconciliation?status=pending')).text).toContain('2026-01-31');
  });
});

it('decides about a difference once', async () => {
  const [run, row, one] = [newId('rec'), newId('rcr'), newId('case')];
  await api.pool.query(
    `insert into reconciliation_runs (id, merchant_id, mode, account_id, day, source, is_complete, requested_by, status)
     values ($1, $2, 'sandbox', $3, '2026-02-01', 'list', true, 'key_x', 'running')`,
    [run, api.merchant.id, api.merchant.account],
  );
  await api.pool.query(
    `insert into reconciliation_rows (id, run_id, row_key, provider_payment_id, currency, received, outcome, resolution)
     values ($1, $2, 'k', 'P-77', 'VND', 50000, 'missing_here', 'case')`,
    [row, run],
  );
  await api.pool.query(
    `insert into cases (id, kind, merchant_id, mode, currency, amount, opened_at, account_id, row_id, subject)
     values ($1, 'missing_here', $2, 'sandbox', 'VND', 50000, now(), $3, $4, 'P-77')`,
    [one, api.merchant.id, api.merchant.account, row],
  );
  expect((await get('/ops/cases?status=open&kind=missing_here')).text).toContain(one);
  expect((await get(`/ops/reconciliation/${run}?outcome=missing_here`)).text).toContain(one);
  expect((await get(`/ops/cases/${one}`, 'operator')).text).toContain('decision=not_ours');
  expect((await get(`/ops/cases/${one}`)).text).not.toContain('decision=not_ours');
  const path = (decision: string) => `/ops/cases/${one}/resolve?decision=${decision}`;
  expect((await act(path('not_ours'), { reason: 'another shop' })).status).toBe(303);
  expect((await act(path('handled'), { reason: 'no, mine' })).status).toBe(409);
  expect(await notes('reconciliation.difference_resolved')).toMatchObject([
    { actor_type: 'person', actor_id: 'operator', details: { reason: 'another shop' } },
  ]);
  expect((await get('/ops/cases?status=resolved')).text).toContain('not ours');
});

it('shows who did what, and finds a chain that was tampered with', async () => {
  await api.call('POST', '/v1/invoices', { body: { amount: 50_000, currency: 'VND' } });
  const scope = `merchant=${api.merchant.id}`;
  const { text } = await get(`/ops/audit?${scope}`);
  expect(rowsOf({ text })).toContain('invoice.created');
  expect(rowsOf(await get(`/ops/audit?${scope}&actor_type=person`))).not.toContain('invoice.created');
  const entry = /\/ops\/audit\/(aud_\w+)/.exec(text)?.[1] ?? '';
  expect((await get(`/ops/audit/${entry}`)).status).toBe(200);
  expect((await get(`/ops/audit/verify?${scope}`)).text).toContain('The chain is whole');
  expect((await get('/ops/audit/verify')).status).toBe(400);
  await api.pool.query('alter table audit_links disable trigger all');
  await api.pool.query(
    `update audit_links set hash = decode(repeat('00', 32), 'hex') where merchant_id = $1`,
    [api.merchant.id],
  );
  expect((await get(`/ops/audit/verify?${scope}`)).text).toContain('The chain is broken');
});

describe('merchants and keys', () => {
  it('are for administrators, who see a new key once', async () => {
    expect((await get('/ops/merchants', 'operator')).status).toBe(403);
    const path = `/ops/merchants/${api.merchant.id}/new-key`;
    expect((await act(path, { label: 'shop', scopes: 'all', reason: 'x' }, 'admin')).status).toBe(422);
    const made = await act(path, { label: 'shop', scopes: 'read', reason: 'their request' }, 'admin');
    expect(made.status).toBe(200);
    const key = /data-copy="(sk_sandbox_[\w-]+)"/.exec(made.text)?.[1] ?? '';
    expect((await api.call('GET', '/v1/invoices', { key })).status).toBe(200);
    expect(key).toMatch(/^sk_sandbox_/);
    expect(api.log.filter((line) => line.includes(key))).toEqual([]);
    const id = (await notes('api_key.created')).at(-1)?.object_id ?? '';
    expect((await get(`/ops/merchants/${api.merchant.id}`, 'admin')).text).toContain(id);
    expect((await act(`/ops/keys/${id}/revoke`, { reason: 'lost' }, 'bound')).status).toBe(404);
    expect((await act(`/ops/keys/${id}/revoke`, { reason: 'lost' }, 'admin')).status).toBe(303);
    expect(await notes('api_key.revoked')).toMatchObject([
      { actor_id: 'admin', details: { reason: 'lost' } },
    ]);
    expect((await api.call('GET', '/v1/invoices', { key })).status).toBe(401);
  });

  it('are made by administrators of all merchants only', async () => {
    expect((await act('/ops/new-merchant', { name: 'Tea', reason: 'x' }, 'bound')).status).toBe(403);
    expect((await act('/ops/new-merchant', { name: 'Tea', reason: 'signed' }, 'admin')).status).toBe(303);
    expect((await get('/ops/merchants?name=Tea', 'admin')).text).toContain('Tea');
    const entry = { actor_id: 'admin', details: { name: 'Tea', reason: 'signed' } };
    // In both modes.
    expect((await notes('merchant.created')).filter(({ actor_id }) => actor_id !== null)).toMatchObject([
      entry,
      entry,
    ]);
    const { text } = await get('/ops/merchants', 'bound');
    expect(text).not.toContain('Tea');
    expect((await get(`/ops/merchants/${api.merchant.id}`, 'bound')).status).toBe(404);
  });
});
