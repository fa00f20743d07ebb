/** Every route of the table, tried by one merchant with the ids of another: a new route is covered, or fails here. */
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import type { Access } from './access.ts';
import { routeTable } from './app.ts';
import { createKeyCache } from './auth.ts';
import { OPERATOR_KEY, startTestApi, type Answer, type TestApi, type TestMerchant } from './testing/api.ts';
import { bodyFor } from './testing/bodies.ts';
import { rowsOfEveryKind, type RowIds } from './testing/rows.ts';

let api: TestApi;
let victim: TestMerchant;
let ids: RowIds;
/** Another merchant with rows of its own, and the victim's own key of the other mode. */
let strangers: string[];
let table: { method: string; path: string; access: Access }[];
let before: unknown;

beforeAll(async () => {
  api = await startTestApi();
  victim = api.merchant;
  ids = await rowsOfEveryKind(api, victim);
  const stranger = await api.addMerchant();
  await rowsOfEveryKind(api, stranger);
  const { text } = await api.call('POST', `/v1/merchants/${victim.id}/api_keys`, {
    key: OPERATOR_KEY,
    body: { mode: 'live' },
  });
  strangers = [stranger.key, (JSON.parse(text) as { secret: string }).secret];
  before = await rowsOf(victim);
  table = routeTable(api.dependencies, createKeyCache(Date.now)).map(({ method, path, access }) => ({
    method: method.toUpperCase(),
    path,
    access,
  }));
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());

const keyed = () => table.filter(({ access }) => access !== 'public' && access !== 'operator');

const bodyOf = (method: string, path: string) => bodyFor(ids, method, path);

/** Everything that is the victim's, as it stands in the tables; what it has made in the other mode is its own affair. */
async function rowsOf({ id }: TestMerchant): Promise<unknown> {
  const { rows } = await api.pool.query<{ name: string }>(
    `select table_name as name from information_schema.columns where column_name = 'merchant_id' and table_schema = 'public'
       and table_name not like 'audit%' order by 1`,
  );
  const all = rows.map(async ({ name }) => {
    const found = await api.pool.query<{ row: unknown }>(
      `select row from (select to_jsonb(t) - 'last_used_at' as row from ${name} t where merchant_id = $1) r
       where row->>'mode' is distinct from 'live' order by row::text`,
      [id],
    );
    return [name, found.rows];
  });
  const own = await api.pool.query('select * from merchants where id = $1', [id]);
  return { ...Object.fromEntries(await Promise.all(all)), merchants: own.rows };
}

/** The victim's own key of the other mode may know whose it is. */
const expectNothingOf = (answer: Answer, key: string): void => {
  const hidden = Object.values(ids);
  for (const id of key === strangers[0] ? [victim.id, ...hidden] : hidden)
    expect(answer.text).not.toContain(id);
};

it('knows a way to try every route', () => {
  const odd = keyed().filter(({ path }) => /:(?!id\b)/.test(path));
  expect(odd).toEqual([]);
  for (const { method, path } of keyed()) bodyOf(method, path);
});

/** About a thousand requests. */
const TIMEOUT_MS = 120_000;

it(
  'finds nothing by another merchant’s ids, on any route with an id, whatever the id is of',
  async () => {
    for (const { method, path } of keyed().filter(({ path: pattern }) => pattern.includes(':id'))) {
      for (const id of Object.values(ids)) {
        for (const key of strangers) {
          const answer = await api.call(method, path.replace(':id', id), { key, ...bodyOf(method, path) });
          expect([method, path, id, answer.status]).toEqual([
            method,
            path,
            id,
            answer.status === 403 ? 403 : 404,
          ]);
          // The test clock is refused to live keys before anything is looked for.
          if (answer.status === 403) expect(answer.json.code).toBe('sandbox_only');
          else expect(answer.json.detail).toMatch(/^there is no such /);
        }
      }
    }
  },
  TIMEOUT_MS,
);

it('shows nothing of another merchant on any route without an id, also when it is asked for', async () => {
  for (const { method, path } of keyed().filter(({ path: pattern }) => !pattern.includes(':id'))) {
    // The last stranger is the same merchant in the other mode, and may see and change what is common to both.
    const tried = path === '/v1/merchant' ? strangers.slice(0, 1) : strangers;
    for (const key of tried) {
      const answer = await api.call(method, path, { key, ...bodyOf(method, path) });
      // A body that is refused as such would try nothing; but a stranger without rules has nothing to preview.
      const isRefused =
        answer.json.code === 'validation_failed' &&
        path !== '/v1/routing/preview' &&
        !answer.text.includes('"unknown_provider_account"');
      if (answer.status >= 500 || isRefused) throw new Error(`${method} ${path}: ${answer.text}`);
      expectNothingOf(answer, key);
      if (method !== 'GET' || answer.json.object !== 'list') continue;
      for (const [name, id] of Object.entries({
        invoice: ids.inv,
        payment: ids.pay,
        starting_after: ids.inv,
      })) {
        const narrowed = await api.call('GET', `${path}?${name}=${id}`, { key });
        expect([200, 404, 422]).toContain(narrowed.status);
        if (narrowed.status === 200) expect(narrowed.json.data).toEqual([]);
      }
    }
  }
});

it('lets no merchant do what operators do', async () => {
  const operated = table.filter(({ access }) => access === 'operator');
  expect(operated.length).toBeGreaterThan(0);
  for (const { method, path } of operated) {
    const answer = await api.call(method, path.replace(':id', victim.id), {
      key: victim.key,
      ...(method === 'GET' ? {} : { body: { name: 'x', mode: 'live' } }),
    });
    expect([path, answer.status]).toEqual([path, 401]);
  }
});

it('has left everything of that merchant as it was', async () => {
  expect(await rowsOf(victim)).toEqual(before);
});
