import { upsertHealth } from '../../db/provider-health.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { startTestApi, type Answer, type TestApi } from '../testing/api.ts';

let api: TestApi;
let path: string;

beforeAll(async () => {
  api = await startTestApi();
  path = `/v1/provider_accounts/${api.merchant.account}`;
}, ENGINES_TIMEOUT_MS);
afterAll(() => api.stop());
afterEach(() => api.pool.query('delete from provider_health'));

const force = (body: unknown, at = path): Promise<Answer> => api.call('POST', `${at}/breaker`, { body });
const account = async () => (await api.call('GET', path)).json;
const services = async () => {
  const { json } = await api.call('GET', '/v1/payment_services');
  expect(json['data']).not.toEqual([]);
  return (json['data'] as { available: boolean; unavailable_reason: unknown }[]).map(
    ({ available, unavailable_reason }) => ({ available, unavailable_reason }),
  );
};
const AVAILABLE = { available: true, unavailable_reason: null };
const UNAVAILABLE = {
  available: false,
  unavailable_reason: { code: 'temporarily_unavailable', detail: expect.any(String) },
};
/** As if a worker had stopped calling the account. */
const open = async (since: number): Promise<void> => {
  const { revision } = await account();
  const row = { state: 'open', since: new Date(since).toISOString(), failures: 5, cooldown_s: 30 } as const;
  await upsertHealth(api.pool, 'wrk_1', [
    { ...row, account_id: api.merchant.account, revision: Number(revision) },
  ]);
};

it('shows the account as healthy when no worker has anything to say', async () => {
  expect(await account()).toMatchObject({
    health: { state: 'closed', since: null, retry_at: null, forced: null },
  });
  for (const service of await services()) expect(service).toEqual(AVAILABLE);
});

it('shows that a worker has stopped calling it, in the list too, and offers none of its services meanwhile', async () => {
  const since = Date.now();
  await open(since);
  const health = {
    state: 'open',
    since: new Date(since).toISOString(),
    retry_at: new Date(since + 30_000).toISOString(),
    forced: null,
  };
  expect(await account()).toMatchObject({ health });
  const { json } = await api.call('GET', '/v1/provider_accounts');
  expect(json['data']).toMatchObject([{ health }]);
  for (const service of await services()) expect(service).toEqual(UNAVAILABLE);

  await open(since - 31_000);
  expect(await account()).toMatchObject({ health: { state: 'half_open', retry_at: null } });
  for (const service of await services()) expect(service).toEqual(AVAILABLE);
});

it('is forced by an operator, whatever the workers say, until it is left to itself again', async () => {
  const { revision } = await account();
  const before = Number(revision);
  const opened = await force({ state: 'open', reason: 'the bank has called' });
  expect(opened).toMatchObject({
    status: 200,
    json: {
      revision: before + 1,
      health: {
        state: 'open',
        since: expect.stringMatching(/^\d{4}-.*Z$/),
        retry_at: null,
        forced: { state: 'open', reason: 'the bank has called', since: expect.any(String) },
      },
    },
  });
  expect(await account()).toEqual(opened.json);
  for (const service of await services()) expect(service).toEqual(UNAVAILABLE);
  expect((await force({ state: 'open', reason: 'it has called again' })).json).toMatchObject({
    revision: before + 1,
    health: { forced: { reason: 'it has called again' } },
  });

  const closed = await force({ state: 'closed', reason: 'a false alarm' });
  expect(closed.json).toMatchObject({ revision: before + 2, health: { state: 'closed' } });
  await open(Date.now());
  for (const service of await services()) expect(service).toEqual(AVAILABLE);

  const left = await force({ state: 'automatic' });
  expect(left.json).toMatchObject({
    revision: before + 3,
    health: { state: 'closed', since: null, retry_at: null, forced: null },
  });
  const lines = api.log.filter((line) => line.includes('circuit breaker')).map((line) => JSON.parse(line));
  const key_id = expect.stringMatching(/^key_/);
  const about = { provider_account: api.merchant.account, key_id };
  expect(lines).toMatchObject(['open', 'open', 'closed', 'automatic'].map((state) => ({ ...about, state })));
});

it.each([
  [{ state: 'shut', reason: 'x' }, '/state'],
  [{ reason: 'x' }, '/state'],
  [{ state: 'open' }, '/reason'],
  [{ state: 'closed', reason: '' }, '/reason'],
  [{ state: 'closed', reason: 'x'.repeat(301) }, '/reason'],
  [{ state: 'automatic', until: 'tomorrow' }, '/until'],
])('refuses %j and names the field', async (body, pointer) => {
  const { status, json } = await force(body);
  expect(status).toBe(422);
  expect(json['errors']).toMatchObject([{ pointer, expected: expect.any(String) }]);
});

it('is nobody else’s to force', async () => {
  const other = await api.addMerchant();
  const answer = await force({ state: 'open', reason: 'mischief' }, `/v1/provider_accounts/${other.account}`);
  expect(answer).toMatchObject({ status: 404, json: { code: 'not_found' } });
  const { rows } = await api.pool.query('select breaker_forced from provider_accounts where id = $1', [
    other.account,
  ]);
  expect(rows).toEqual([{ breaker_forced: null }]);
});
