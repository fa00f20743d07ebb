import { pino } from 'pino';
import type { BreakerChange } from '../activities/breakers.ts';
import { findProviderAccount } from '../db/provider-accounts.ts';
import { deleteSilentHealth } from '../db/provider-health.ts';
import { linkedAccounts } from '../db/merchants.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { createHealthReporter, type HealthReporter } from './health-reporter.ts';

let db: TestRecord;
let lines: string[];
let one: HealthReporter;
let other: HealthReporter;

beforeAll(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
beforeEach(() => {
  lines = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(line) });
  one = createHealthReporter({ pool: db.pool, logger, workerId: 'wrk_one' });
  other = createHealthReporter({ pool: db.pool, logger, workerId: 'wrk_other' });
});
afterEach(() => Promise.all([one.close(), other.close()]));

const change = (state: BreakerChange['state'], more: Partial<BreakerChange> = {}): BreakerChange => ({
  account_id: db.account_id,
  provider: 'bank',
  revision: 1,
  state,
  since: Date.now(),
  failures: state === 'closed' ? 0 : 5,
  cooldown_s: state === 'closed' ? 0 : 30,
  ...more,
});
/** What the API sees once all is written. */
const seen = async () => {
  await Promise.all([one.heartbeat(), other.heartbeat()]);
  return health();
};
const health = async () => {
  const owner = { merchant_id: db.merchant_id, mode: 'sandbox' } as const;
  const row = await findProviderAccount(db.pool, owner, db.account_id);
  const [account] = await linkedAccounts(db.pool, db.merchant_id, 'sandbox');
  return { ...row?.health, circuit_open: account?.refuses_s !== null };
};
const rowCount = async () => (await db.pool.query('select from provider_health')).rowCount;

it('stores one row for each worker and writes one line for each change', async () => {
  one.changed(change('open'));
  one.changed(change('half_open'));
  one.changed(change('closed'));
  expect(await seen()).toMatchObject({ state: 'closed', retry_at: null, circuit_open: false });
  expect(await rowCount()).toBe(1);
  const said = lines.map((line): { state?: string; type?: string } => JSON.parse(line));
  expect(said.flatMap(({ state = [] }) => state)).toEqual(['open', 'half_open', 'closed']);
  expect(said.flatMap(({ type = [] }) => type)).toEqual(['provider.degraded', 'provider.recovered']);
});

it('shows an account as open while any worker refuses calls, and until when', async () => {
  const since = Date.now();
  one.changed(change('open', { since }));
  other.changed(change('closed'));
  expect(await seen()).toEqual({
    state: 'open',
    since: new Date(since).toISOString(),
    retry_at: new Date(since + 30_000).toISOString(),
    circuit_open: true,
  });
});

it('shows it as half-open once the cooldown is over, so that somebody asks for the call that probes', async () => {
  one.changed(change('open', { since: Date.now() - 31_000 }));
  expect(await seen()).toMatchObject({ state: 'half_open', retry_at: null, circuit_open: false });
});

it('believes nothing about an earlier revision of the account', async () => {
  one.changed(change('open', { revision: 0 }));
  expect(await seen()).toEqual({ circuit_open: false });
});

it('believes no worker that has been silent for minutes, and the sweeper forgets it', async () => {
  one.changed(change('open', { cooldown_s: 600 }));
  expect(await seen()).toMatchObject({ circuit_open: true });
  await db.pool.query(`update provider_health set seen_at = now() - interval '4 minutes'`);
  expect(await health()).toEqual({ circuit_open: false });
  expect(await deleteSilentHealth(db.pool)).toBe(0);
  await db.pool.query(`update provider_health set seen_at = now() - interval '2 hours'`);
  expect(await deleteSilentHealth(db.pool)).toBe(1);
  expect(await seen()).toMatchObject({ circuit_open: true });
});

it('removes its own rows when the worker stops', async () => {
  one.changed(change('open'));
  other.changed(change('open'));
  await one.close();
  await other.heartbeat();
  const { rows } = await db.pool.query('select worker_id from provider_health');
  expect(rows).toEqual([{ worker_id: 'wrk_other' }]);
});
