import { pino } from 'pino';
import { createProviderHttp } from '../providers/http.ts';
import { fib } from '../providers/fib/connector.ts';
import { answering, startScriptedServer, type ScriptedServer } from '../providers/scripted-server.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { loadAccount } from '../db/work.ts';
import { createAccountOpener } from './accounts.ts';
import { createBreakers, type BreakerChange } from './breakers.ts';
import { createPaces, type Paces } from './paces.ts';
import { ProviderError } from '../domain/provider-error.ts';
import type { RawExchange } from './dependencies.ts';

let db: TestRecord;
let server: ScriptedServer;
let kept: RawExchange[];
let changes: BreakerChange[];
let breakers: ReturnType<typeof createBreakers>;
let paces: Paces;
/** What the turns say: milliseconds to wait, or null when there are too many before. */
let wait_ms: number | null;
let now = 0;
const http = createProviderHttp();

beforeAll(async () => {
  db = await testRecord({ provider: 'fib', credentials: { client_id: 'shop-1', client_secret: 'canary' } });
  server = await startScriptedServer();
  await db.pool.query('update provider_accounts set base_url = $1', [server.url]);
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await http.close();
  await server.close();
  await db.close();
});
beforeEach(() => {
  kept = [];
  changes = [];
  now = 1_000_000;
  breakers = createBreakers(
    () => now,
    (change) => void changes.push(change),
  );
  wait_ms = 0;
  paces = createPaces({
    rest: () => Promise.resolve(),
    takeTurn: () => Promise.resolve(wait_ms),
    logger: pino({ level: 'silent' }),
    now: () => now,
  });
});

const failureOf = (error: unknown) => (error instanceof ProviderError ? error.failure : error);

const readPayment = async (activityAttempt?: () => number): Promise<unknown> => {
  const exchanges = { record: (exchange: RawExchange) => void kept.push(exchange) };
  const { sealer } = db;
  const open = createAccountOpener(
    { sealer, connectorFor: () => fib, http, exchanges, breakers, paces, now: () => now },
    activityAttempt,
  );
  const row = await loadAccount(db.pool, db.account_id);
  if (!row) throw new Error('no account');
  const subject = { invoice_id: 'inv_1', payment_id: 'pay_1' };
  const { connector, context } = open(row, new AbortController().signal, subject);
  return connector.readPayment(context, { provider_payment_id: 'p-1', method: 'qr_code' }).catch(failureOf);
};
const calls = () => kept.map(({ seen, attempt }) => [seen.request.operation, seen.outcome.type, attempt]);

it('keeps every call with what it is about, and counts a call that is repeated', async () => {
  const issued = answering(200, { access_token: 'tok', expires_in: 60 });
  const refused = answering(401, {});
  server.script = (request, ...rest) =>
    (request.path.endsWith('/token') ? issued : refused)(request, ...rest);
  await readPayment();
  expect(calls()).toEqual([
    ['get_token', 'answered', 1],
    ['read_payment', 'answered', 1],
    ['get_token', 'answered', 2],
    ['read_payment', 'answered', 2],
  ]);
  for (const exchange of kept) {
    expect(exchange).toMatchObject({
      account_id: db.account_id,
      provider: 'fib',
      invoice_id: 'inv_1',
      payment_id: 'pay_1',
    });
  }
});

it('counts on when the engine runs the activity again, and keeps a call that failed', async () => {
  server.script = (_request, _response, socket) => socket.destroy();
  await readPayment(() => 3);
  expect(calls()).toEqual([['get_token', 'failed', 3]]);
});

describe('an account whose provider is down', () => {
  const REFUSED = { kind: 'unavailable', code: 'circuit_open' };
  const fail = async (status: number, times = 5): Promise<void> => {
    server.script = answering(status, {});
    for (let time = 0; time < times; time += 1) await readPayment();
  };
  const states = () => changes.map(({ state, cooldown_s }) => [state, cooldown_s]);

  it('is not called any more until its cooldown is over, and what was refused is not put on record', async () => {
    await fail(503);
    expect(states()).toEqual([['open', 30]]);
    expect(changes[0]).toMatchObject({ account_id: db.account_id, provider: 'fib', failures: 5 });
    const asked = server.requests.length;
    now += 10_000;
    expect(await readPayment()).toMatchObject({ ...REFUSED, retry_after_ms: 20_000 });
    expect(server.requests).toHaveLength(asked);
    expect(kept).toHaveLength(5);

    now += 20_000;
    await fail(503, 1);
    expect(states().slice(1)).toEqual([
      ['half_open', 30],
      ['open', 60],
    ]);
    now += 60_000;
    await fail(401, 1);
    expect(states().at(-1)).toEqual(['closed', 0]);
  });

  it.each([400, 401, 402, 404, 408, 422, 429])('is still called when it answers %i', async (status) => {
    await fail(status, 8);
    expect(changes).toEqual([]);
    expect(await readPayment()).not.toMatchObject(REFUSED);
  });

  it('is not called any more when it cannot be connected to', async () => {
    server.script = (_request, _response, socket) => socket.destroy();
    for (let time = 0; time < 5; time += 1) await readPayment();
    expect(await readPayment()).toMatchObject(REFUSED);
  });

  it('is called again as soon as an operator says so or the account has changed', async () => {
    const set = (forced: string | null) =>
      db.pool.query('update provider_accounts set breaker_forced = $1, revision = revision + 1', [forced]);
    await fail(500);
    expect(await readPayment()).toMatchObject(REFUSED);
    await set('closed');
    await fail(500, 10);
    expect(await readPayment()).not.toMatchObject(REFUSED);
    await set('open');
    expect(await readPayment()).toMatchObject({ ...REFUSED, message: expect.stringContaining('operator') });
    await set(null);
    await fail(500, 4);
    expect(await readPayment()).not.toMatchObject(REFUSED);
    expect(await readPayment()).toMatchObject(REFUSED);
  });
});

describe('an account whose provider asks for fewer calls', () => {
  const RESTING = { kind: 'rate_limited', code: 'resting' };
  const limited = answering(429, {}, { 'retry-after': '30' });

  it('makes none until the time that the provider has said, and what was refused is not put on record', async () => {
    server.script = limited;
    expect(await readPayment()).toMatchObject({ kind: 'rate_limited', retry_after_ms: 30_000 });
    const asked = server.requests.length;
    now += 10_000;
    expect(await readPayment()).toMatchObject({ ...RESTING, retry_after_ms: 20_000 });
    expect(server.requests).toHaveLength(asked);
    expect(kept).toHaveLength(1);
    // Nobody has failed: it is no case for the breaker.
    for (let time = 0; time < 10; time += 1) await readPayment();
    expect(changes).toEqual([]);
    now += 20_000;
    expect(await readPayment()).not.toMatchObject(RESTING);
    expect(server.requests.length).toBeGreaterThan(asked);
  });

  it('is called again as soon as it has changed', async () => {
    server.script = limited;
    await readPayment();
    expect(await readPayment()).toMatchObject(RESTING);
    await db.pool.query('update provider_accounts set revision = revision + 1');
    expect(await readPayment()).not.toMatchObject(RESTING);
  });

  it('is still called when the provider does not say for how long', async () => {
    server.script = answering(429, {});
    await readPayment();
    expect(await readPayment()).not.toMatchObject(RESTING);
  });
});

describe('an account with a limit of calls a second', () => {
  const limit = (per_second: number | null) =>
    db.pool.query('update provider_accounts set max_per_second = $1', [per_second]);
  afterEach(() => limit(null));

  it('awaits its turn before each call', async () => {
    await limit(4);
    wait_ms = 120;
    server.script = answering(401, {});
    const started = performance.now();
    await readPayment();
    expect(performance.now() - started).toBeGreaterThan(110 * kept.length);
    expect(kept.length).toBeGreaterThan(0);
  });

  it('sends nothing when there are too many before it', async () => {
    await limit(4);
    wait_ms = null;
    const asked = server.requests.length;
    expect(await readPayment()).toMatchObject({
      kind: 'rate_limited',
      code: 'no_turn',
      retry_after_ms: 5_000,
    });
    expect(server.requests).toHaveLength(asked);
  });
});
