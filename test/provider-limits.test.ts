/** Limits of calls to a provider, of two workers together: what is too much waits its turn, and nobody else waits with it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Provider, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack({ workers: [{}, {}] });
  at = shop(stack);
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);

const limit = async (provider: Provider, limits: object): Promise<void> => {
  const path = `/v1/provider_accounts/${stack.merchant.accounts[provider]}`;
  expect(await stack.call('PATCH', path, limits)).toMatchObject({ status: 200, body: limits });
};

interface Call {
  readonly start_ms: number;
  readonly end_ms: number;
}

/** The calls that were made with this account since a moment, the first one first. */
const callsSince = async (provider: Provider, since: string): Promise<Call[]> => {
  const { rows } = await stack.pool.query<Call>(
    `select extract(epoch from started_at)::float8 * 1000 as start_ms,
       extract(epoch from started_at)::float8 * 1000 + duration_ms as end_ms
     from provider_exchanges where account_id = $1 and started_at >= $2 order by started_at`,
    [stack.merchant.accounts[provider], since],
  );
  return rows;
};

/** The account's calls since a moment in the log of each worker. */
const callsByWorker = async (provider: Provider, since: string): Promise<number[]> => {
  const base = stack.sandbox.providers[provider]?.base_url ?? '';
  return Promise.all(
    ['worker', 'worker-2'].map(async (name) => {
      const lines = (await readFile(join(stack.logDir, `${name}.log`), 'utf8')).split('\n');
      return lines.filter((line) => {
        if (!line.includes('"provider call"')) return false;
        const { url, time } = JSON.parse(line) as { url: string; time: string };
        return url.startsWith(base) && time >= since;
      }).length;
    }),
  );
};

/** Asks for a payment of each of so many new invoices at once; how long each took, milliseconds. */
const askAtOnce = async (provider: Provider, count: number): Promise<number[]> => {
  const invoices = await Promise.all(Array.from({ length: count }, () => at.invoice(provider)));
  return Promise.all(
    invoices.map(async ({ id }) => {
      const started = performance.now();
      const { status, body } = await at.ask(provider, id);
      expect([status, body['status']]).toEqual([201, 'pending']);
      return performance.now() - started;
    }),
  );
};

/** The most calls that were under way at one moment. */
const mostAtOnce = (calls: readonly Call[]): number =>
  Math.max(
    ...calls.map(
      ({ start_ms: now }) => calls.filter((one) => one.start_ms <= now && now < one.end_ms).length,
    ),
  );

const PER_SECOND = 4;
const TURN_MS = 1000 / PER_SECOND;
/** A call's beginning is told in whole milliseconds, and timers round theirs. */
const ROUNDING_MS = 20;

/** Makes the account's next turn come in a second; when, in milliseconds since the epoch. */
const nextTurnInASecond = async (provider: Provider): Promise<number> => {
  const { rows } = await stack.pool.query<{ turn_ms: number }>(
    `insert into provider_turns (account_id, next_at) values ($1, clock_timestamp() + interval '1 second')
     on conflict (account_id) do update set next_at = excluded.next_at
     returning extract(epoch from next_at)::float8 * 1000 as turn_ms`,
    [stack.merchant.accounts[provider]],
  );
  return rows[0]?.turn_ms ?? NaN;
};

it('makes only so many calls a second with an account, while other accounts go on as ever', async () => {
  // The first call of a worker learns of the limit, too.
  await limit('finan', { max_per_second: PER_SECOND });
  const since = new Date().toISOString();
  const firstTurn_ms = await nextTurnInASecond('finan');
  const slow = askAtOnce('finan', 14);
  const others = await askAtOnce('fapshi', 3);
  const times = await slow;
  const calls = await eventually(
    'all calls are on record',
    () => callsSince('finan', since),
    (all) => all.length >= 14,
  );
  // A busy worker may come late to a turn, which moves calls closer together, and never before it.
  const early = calls.filter(({ start_ms }, turn) => start_ms < firstTurn_ms + turn * TURN_MS - ROUNDING_MS);
  expect(early).toEqual([]);
  expect(Math.max(...others)).toBeLessThan(Math.max(...times));
  expect(Math.min(...(await callsByWorker('finan', since)))).toBeGreaterThan(0);

  await limit('finan', { max_per_second: null });
  const lifted = new Date().toISOString();
  await eventually(
    'a call of each worker, by which it learns that there is no limit any more',
    async () => {
      await askAtOnce('finan', 1);
      return callsByWorker('finan', lifted);
    },
    (counts) => Math.min(...counts) > 0,
  );
  const again = new Date().toISOString();
  await askAtOnce('finan', 10);
  const free = await eventually(
    'all calls are on record',
    () => callsSince('finan', again),
    (all) => all.length >= 10,
  );
  expect((free.at(-1)?.start_ms ?? NaN) - (free[0]?.start_ms ?? NaN)).toBeLessThan(9 * TURN_MS);
}, 60_000);

it('has only so many calls under way at once with an account', async () => {
  await limit('fapshi', { max_concurrent: 2 });
  // The first call of each worker learns of the limit.
  await askAtOnce('fapshi', 12);
  await stack.control.fault('fapshi', { kind: 'slow', ms: 250, times: -1 });
  const since = new Date().toISOString();
  await askAtOnce('fapshi', 9);
  await at.control('DELETE', '/fapshi/faults');
  const calls = await eventually(
    'all calls are on record',
    () => callsSince('fapshi', since),
    (all) => all.length >= 9,
  );
  expect(mostAtOnce(calls)).toBe(2);
  await eventually(
    'both workers have told of calls',
    () => callsByWorker('fapshi', since),
    (counts) => Math.min(...counts) > 0,
  );
  const { rows } = await stack.pool.query('select from provider_places where until > now()');
  expect(rows).toEqual([]);
  await limit('fapshi', { max_concurrent: null });
}, 60_000);

it('has no more calls under way while it is reconciled, payment by payment', async () => {
  await askAtOnce('fib', 8);
  await limit('fib', { max_concurrent: 1 });
  await stack.control.fault('fib', { kind: 'slow', ms: 100, times: -1 });
  const since = new Date().toISOString();
  const { body: run } = await stack.call('POST', '/v1/reconciliation_runs', {
    provider_account: stack.merchant.accounts['fib'],
    day: since.slice(0, 10),
  });
  await eventually(
    'the run has ended',
    async () => (await stack.call('GET', `/v1/reconciliation_runs/${String(run['id'])}`)).body['status'],
    (status) => status === 'succeeded',
  );
  await at.control('DELETE', '/fib/faults');
  const calls = await eventually(
    'all calls are on record',
    () => callsSince('fib', since),
    (all) => all.length >= 8,
  );
  expect(mostAtOnce(calls)).toBe(1);
  await limit('fib', { max_concurrent: null });
}, 60_000);

it('makes no call with an account while its provider wants none, and says for how long', async () => {
  const [first, second, third] = [await at.invoice('fib'), await at.invoice('fib'), await at.invoice('fib')];
  await askAtOnce('fib', 8);
  await stack.control.fault('fib', { kind: 'status', status: 429, retry_after_s: 6, times: 1 });
  const told = await at.ask('fib', first.id);
  expect(told).toMatchObject({ status: 503, body: { code: 'provider_unavailable' } });
  const since = new Date().toISOString();
  const refused = await at.ask('fib', second.id);
  expect(refused).toMatchObject({ status: 503, body: { code: 'provider_unavailable' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(6);
  // Neither of the two workers asks it, and it would answer again.
  const more = await Promise.all(Array.from({ length: 8 }, () => at.invoice('fib')));
  const answers = await Promise.all(more.map(({ id }) => at.ask('fib', id)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 503));
  for (const { id } of [second, ...more]) expect(await at.accepted('fib', id)).toEqual([]);
  await eventually(
    'the rest is over',
    () => at.ask('fib', third.id),
    ({ status }) => status === 201,
    20_000,
  );
  const calls = await eventually(
    'the call is on record',
    () => callsSince('fib', since),
    (all) => all.length > 0,
  );
  expect((calls[0]?.start_ms ?? 0) - Date.parse(since)).toBeGreaterThan(4_000);
}, 60_000);

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
