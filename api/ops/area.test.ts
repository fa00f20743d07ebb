/** Who gets into the operations pages, and who does not: over real HTTP, on a real database. */
import { createOperator, disableOperator, setPassword, setRole, type Role } from '../../db/operators.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type TestApi } from '../testing/api.ts';

const PASSWORD = 'correct horse battery';
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const operator = (name: string, role: Role = 'admin', merchant_id: string | null = null) =>
  createOperator(api.pool, { name, role, merchant_id, password: PASSWORD });

interface Got {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

async function get(path: string, cookie = '', headers: Record<string, string> = {}): Promise<Got> {
  const response = await fetch(api.url + path, { headers: { cookie, ...headers }, redirect: 'manual' });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

async function post(
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Got> {
  const response = await fetch(api.url + path, {
    method: 'POST',
    headers: { origin: api.url, ...headers },
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

const cookieOf = ({ headers }: Got): string => (headers.get('set-cookie') ?? '').split(';')[0] ?? '';
const signIn = (name: string, password = PASSWORD, headers = {}) =>
  post('/ops/sign-in', { name, password }, headers);
const tokenIn = (text: string): string => /name="form_token" value="([^"]+)"/.exec(text)?.[1] ?? '';

it('shows nothing to nobody, and leads back after signing in', async () => {
  const away = await get('/ops/invoices?status=paid');
  expect([away.status, away.headers.get('location')]).toEqual([
    303,
    '/ops/sign-in?next=%2Fops%2Finvoices%3Fstatus%3Dpaid',
  ]);
  expect((await get('/ops/live?topics=invoices')).status).toBe(401);
  expect((await get('/ops/nowhere')).status).toBe(303);
  await operator('sara');
  const entered = await post('/ops/sign-in', {
    name: ' Sara ',
    password: PASSWORD,
    next: '/ops/invoices?status=paid',
  });
  expect([entered.status, entered.headers.get('location')]).toEqual([303, '/ops/invoices?status=paid']);
  expect(entered.headers.get('set-cookie')).toMatch(
    /^sarraf_ops=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  const page = await get('/ops/invoices?status=paid', cookieOf(entered));
  expect(page.status).toBe(200);
  expect(page.text).toContain('No invoice fits');
  expect(page.headers.get('content-security-policy')).toMatch(
    /^default-src 'none'; style-src(?: 'sha256-[^ ']+')+; script-src 'sha256-/,
  );
  expect(page.headers.get('cache-control')).toBe('no-store');
});

it.each([
  '//evil.example',
  'https://evil.example/ops',
  '/\\evil.example',
  '/ops/../v1',
  'javascript:alert(1)',
])('never leads anywhere else after signing in: %s', async (next) => {
  await operator('lena');
  const entered = await post('/ops/sign-in', { name: 'lena', password: PASSWORD, next });
  expect(entered.headers.get('location')).toBe('/ops');
});

it('says the same of a wrong name and a wrong password, and keeps neither', async () => {
  await operator('noor');
  const wrong = [await signIn('noor', 'canary-wrong'), await signIn('nobody.here', 'canary-wrong')];
  expect(wrong.map(({ status }) => status)).toEqual([401, 401]);
  expect(wrong.every(({ text }) => text.includes('name and password do not fit'))).toBe(true);
  expect(api.log.filter((line) => line.includes('canary-wrong') || line.includes('nobody.here'))).toEqual([]);
});

it('has those who guess wait longer and longer, also when the guesses come at once', async () => {
  await operator('guessed');
  const guesses = await Promise.all(Array.from({ length: 12 }, () => signIn('guessed', 'wrong')));
  const statuses = guesses.map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(4);
  expect(statuses.filter((status) => status === 429)).toHaveLength(8);
  // The wait itself is seconds, which a busy machine has spent already.
  await api.pool
    .query(`update operator_sign_in_failures set blocked_until = blocked_until + interval '1 minute'
    where blocked_until > failed_at`);
  const right = await signIn('guessed');
  expect(right.status).toBe(429);
  expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
  await api.pool.query(`update operator_sign_in_failures set blocked_until = now()`);
  expect((await signIn('guessed')).status).toBe(303);
  expect((await signIn('guessed', 'wrong')).status).toBe(401);
});

it('takes forms of its own pages only', async () => {
  await operator('omar');
  expect((await signIn('omar', PASSWORD, { origin: 'https://evil.example' })).status).toBe(403);
  expect((await signIn('omar', PASSWORD, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  const cookie = cookieOf(await signIn('omar'));
  const { text } = await get('/ops', cookie);
  expect((await post('/ops/sign-out', {}, { cookie })).status).toBe(403);
  expect((await get('/ops', cookie)).status).toBe(200);
  expect((await post('/ops/sign-out', { form_token: tokenIn(text) }, { cookie })).status).toBe(303);
  expect((await get('/ops', cookie)).status).toBe(303);
});

/** What browsers say of where a form comes from; null: they leave it out. */
const FROM: readonly (readonly [string, number, Record<string, string | null>])[] = [
  ['a browser of today', 303, { origin: 'own', 'sec-fetch-site': 'same-origin' }],
  ['one that hides the origin of a page of ours', 303, { origin: 'null', 'sec-fetch-site': 'same-origin' }],
  ['a form sent once more by its reader', 303, { origin: 'own', 'sec-fetch-site': 'none' }],
  ['one on plain http, which says the origin alone', 303, { origin: 'own' }],
  ['one that says neither but the page before', 303, { origin: null, referer: 'own' }],
  ['a sandboxed frame of anybody', 403, { origin: 'null' }],
  ['a sandboxed frame that names us as the page before', 403, { origin: 'null', referer: 'own' }],
  ['nothing at all', 403, { origin: null }],
  ['another site', 403, { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['another site that hides its origin', 403, { origin: 'null', 'sec-fetch-site': 'cross-site' }],
  ['a neighbour under the same domain', 403, { origin: 'own', 'sec-fetch-site': 'same-site' }],
  ['another site as the page before', 403, { origin: null, referer: 'https://evil.example/ops' }],
];

it.each(FROM)('decides where a form comes from: %s', async (_who, status, said) => {
  await operator('rima');
  const headers = Object.fromEntries(
    Object.entries(said).flatMap(([name, value]) =>
      value === null
        ? []
        : [[name, value === 'own' ? `${api.url}${name === 'referer' ? '/ops' : ''}` : value]],
    ),
  );
  const response = await fetch(`${api.url}/ops/sign-in`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ name: 'rima', password: PASSWORD }),
    redirect: 'manual',
    // Without it, the client would name a page before this one by itself.
    referrerPolicy: 'no-referrer',
  });
  expect(response.status).toBe(status);
});

it('ends sessions that are not used, that are old, or whose operator is disabled', async () => {
  await operator('dana');
  const cookie = cookieOf(await signIn('dana'));
  const age = (column: string, minutes: number) =>
    api.pool.query(
      `update operator_sessions set ${column} = now() - make_interval(mins => $1)
       where operator_id = (select id from operators where name = 'dana')`,
      [minutes],
    );
  await age('seen_at', 29);
  // A page that keeps itself up to date does not keep its session.
  expect((await get('/ops', cookie, { 'sarraf-live': '1' })).status).toBe(200);
  await age('seen_at', 31);
  expect((await get('/ops', cookie, { 'sarraf-live': '1' })).status).toBe(401);
  await age('seen_at', 29);
  expect((await get('/ops', cookie)).status).toBe(200);
  await age('created_at', 12 * 60 + 1);
  expect((await get('/ops', cookie)).status).toBe(303);
  const another = cookieOf(await signIn('dana'));
  expect((await get('/ops', another)).status).toBe(200);
  await disableOperator(api.pool, 'dana');
  expect((await get('/ops', another)).status).toBe(303);
  expect((await signIn('dana')).status).toBe(401);
});

it('gives a new session at each sign-in and ends the one before', async () => {
  await operator('rami');
  const first = cookieOf(await signIn('rami'));
  const second = cookieOf(await signIn('rami', PASSWORD, { cookie: first }));
  expect(second).not.toBe(first);
  expect((await get('/ops', first)).status).toBe(303);
  expect((await get('/ops', second)).status).toBe(200);
});

it('answers unknown addresses and filters that make no sense as pages', async () => {
  await operator('hala');
  const cookie = cookieOf(await signIn('hala'));
  const unknown = await get('/ops/nowhere', cookie);
  expect(unknown.status).toBe(404);
  expect(unknown.text).toContain('There is no such page');
  const wrong = await get('/ops/invoices?from=2026-02-30', cookie);
  expect(wrong.status).toBe(422);
  expect(wrong.text).toContain('This is not a date, such as 2027-01-31.');
});

describe('on a machine of its own', () => {
  let local: TestApi;
  beforeAll(async () => {
    local = await startTestApi({
      operations: {
        access: 'open',
        temporalUiUrl: 'http://127.0.0.1:8233',
        temporalNamespace: 'default',
        inspect: async () => null,
      },
    });
  }, ENGINES_TIMEOUT_MS);
  afterAll(() => local.stop());

  const visit = (path: string, headers: Record<string, string> = {}) =>
    fetch(local.url + path, { headers, redirect: 'manual' });

  it('nobody signs in, and nobody sees anything but play money', async () => {
    const page = await visit('/ops/invoices?mode=live');
    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toContain('local (admin)');
    expect(text).not.toContain('<option value="live"');
    const live = await local.addMerchant('live');
    const made = await local.call('POST', '/v1/invoices', {
      key: live.key,
      body: { amount: 1000, currency: 'IQD' },
    });
    expect(made.status).toBe(201);
    expect((await visit(`/ops/invoices/${String(made.json['id'])}?mode=live`)).status).toBe(404);
  });

  it('whoever comes through a proxy has to sign in', async () => {
    for (const name of ['x-forwarded-for', 'forwarded', 'via'])
      expect((await visit('/ops', { [name]: 'somebody' })).status).toBe(303);
  });
});

it('holds operators of one merchant to it, in lists, by search and by address', async () => {
  const [theirs, other] = [await api.addMerchant(), await api.addMerchant()];
  const make = async (key: string, reference: string): Promise<string> => {
    const { json } = await api.call('POST', '/v1/invoices', {
      key,
      body: { amount: 25_000_000, currency: 'IQD', reference, customer: { phone: '+964 770 123 4567' } },
    });
    return String(json['id']);
  };
  const [own, foreign] = [await make(theirs.key, 'of-theirs'), await make(other.key, 'of-another')];
  await operator('bound', 'operator', theirs.id);
  const cookie = cookieOf(await signIn('bound'));
  const list = await get(`/ops/invoices?mode=sandbox&merchant=${other.id}`, cookie);
  expect(list.text).toContain('of-theirs');
  expect(list.text).not.toContain('of-another');
  expect((await get(`/ops/invoices/${own}?mode=sandbox`, cookie)).status).toBe(200);
  expect((await get(`/ops/invoices/${foreign}?mode=sandbox`, cookie)).status).toBe(404);
  expect((await get(`/ops/invoices?mode=sandbox&q=${foreign}`, cookie)).text).not.toContain('of-another');
  expect((await get(`/ops/invoices?mode=sandbox&q=${own}`, cookie)).headers.get('location')).toBe(
    `/ops/invoices/${own}?mode=sandbox`,
  );
  await operator('finder', 'viewer');
  const everything = cookieOf(await signIn('finder'));
  for (const q of ['25,000', 'IQD 25,000', '0770 123 4567'.slice(1), '00964 770 1234567', '1234567']) {
    const { text } = await get(`/ops/invoices?mode=sandbox&q=${encodeURIComponent(q)}`, everything);
    expect([q, text.includes('of-theirs'), text.includes('of-another')]).toEqual([q, true, true]);
  }
  const { text: none } = await get('/ops/invoices?mode=sandbox&q=24,999', everything);
  expect(none).toContain('No invoice fits');
  const csv = await get('/ops/invoices?mode=sandbox&format=csv&q=of-theirs', everything);
  expect(csv.headers.get('content-type')).toContain('text/csv');
  expect(csv.text.trim().split('\r\n')).toHaveLength(2);
});

it('writes down who came in, who did not, and who may: nothing that was typed, and for administrators of all', async () => {
  await operator('amal', 'admin');
  await operator('nadia', 'admin', api.merchant.id);
  await signIn('amal', 'canary-typed');
  await signIn('canary-typed', 'canary-typed');
  const cookie = cookieOf(await signIn('amal'));
  const { text } = await get('/ops', cookie);
  await post('/ops/sign-out', { form_token: tokenIn(text) }, { cookie });
  await setPassword(api.pool, 'amal', PASSWORD);
  expect(await setRole(api.pool, 'amal', 'viewer')).toBe(true);
  await disableOperator(api.pool, 'amal');
  expect((await signIn('amal')).status).toBe(401);
  const { rows } = await api.pool.query<Record<string, unknown>>(
    `select operator, actor, action, details->>'reason' as reason from operator_log where operator = 'amal' or operator is null order by id`,
  );
  expect(rows.filter(({ operator: name }) => name === 'amal')).toEqual([
    { operator: 'amal', actor: null, action: 'operator.created', reason: null },
    { operator: 'amal', actor: null, action: 'operator.sign_in_refused', reason: 'wrong' },
    { operator: 'amal', actor: 'amal', action: 'operator.signed_in', reason: null },
    { operator: 'amal', actor: 'amal', action: 'operator.signed_out', reason: null },
    { operator: 'amal', actor: null, action: 'operator.password_set', reason: null },
    { operator: 'amal', actor: null, action: 'operator.role_changed', reason: null },
    { operator: 'amal', actor: null, action: 'operator.disabled', reason: null },
    { operator: 'amal', actor: null, action: 'operator.sign_in_refused', reason: 'disabled' },
  ]);
  expect(rows.some(({ operator: name }) => name === null)).toBe(true);
  // This address has guessed a lot in this file, and would have to wait.
  await api.pool.query('delete from operator_sign_in_failures');
  await operator('chief', 'admin');
  const chief = cookieOf(await signIn('chief'));
  const page = await get('/ops/people?operator=amal', chief);
  expect(page.status).toBe(200);
  expect(page.text).toContain('role changed');
  expect((await get('/ops/people', chief)).text).not.toContain('canary-typed');
  const own = cookieOf(await signIn('nadia'));
  expect((await get('/ops/people', own)).status).toBe(403);
  expect((await get('/ops', own)).text).not.toContain('/ops/people');
  await expect(api.pool.query('delete from operator_log')).rejects.toThrow();
});
