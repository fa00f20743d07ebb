import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { newId } from './ids.ts';
import { linkedAccounts } from './merchants.ts';
import { measureServices } from './service-performance.ts';

let db: TestRecord;
beforeEach(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterEach(() => db.close());

const payment = async (status: string, failure: object | null = null, created = true): Promise<string> => {
  const id = await db.payment(await db.invoice());
  await db.pool.query(
    `update payments set status = $2, failure = $3, provider_payment_id = case when $4 then id end where id = $1`,
    [id, status, failure === null ? null : JSON.stringify(failure), created],
  );
  return id;
};
const call = async (payment_id: string, status: number | null, duration_ms: number, age = '1 minute') =>
  db.pool.query(
    `insert into provider_exchanges (id, account_id, invoice_id, payment_id, provider, operation, method, url, status, failure,
       started_at, duration_ms, attempt, request_headers)
     select $1, account_id, invoice_id, id, 'bank', 'create_payment', 'POST', 'https://bank.example', $3::smallint,
       case when $3 is null then '{}'::jsonb end, now() - $5::interval, $4, 1, '{}' from payments where id = $2`,
    [newId('exc'), payment_id, status, duration_ms, age],
  );
const measured = async (ahead_ms = 0) => {
  await measureServices(db.pool, Date.now() + ahead_ms);
  const [account] = await linkedAccounts(db.pool, db.merchant_id, 'sandbox');
  return account?.performance['bank_transfer'];
};

it('knows nothing of a service that nobody has used', async () => {
  expect(await measured()).toBeUndefined();
});

it('counts payments by their end and failures by kind, and leaves out what we have refused ourselves', async () => {
  for (const status of ['paid', 'authorized', 'refunded', 'pending', 'expired', 'canceled'])
    await payment(status);
  for (const kind of ['declined', 'declined', 'unavailable'])
    await payment('failed', { kind, code: 'x', message: 'x' }, false);
  await payment('failed', { kind: 'unavailable', code: 'circuit_open', message: 'x' }, false);
  await payment('requested', null, false);
  expect(await measured()).toMatchObject({
    payments: { requested: 10, created: 6, paid: 3, ended: 7, open: 2 },
    failures: { declined: 2, unavailable: 1 },
    calls: { count: 0, failed: 0, p50_ms: null, p95_ms: null },
  });
});

it('has the median and the slowest calls, of the last hour only', async () => {
  const id = await payment('paid');
  for (let ms = 1; ms <= 100; ms += 1) await call(id, 200, ms);
  await call(id, 503, 500);
  await call(id, null, 10_000);
  await call(id, 200, 90_000, '2 hours');
  const { calls } = (await measured())!;
  expect(calls).toEqual({ count: 102, failed: 2, p50_ms: 51, p95_ms: 97 });
});

it('forgets what has left the window', async () => {
  await payment('paid');
  expect(await measured()).toMatchObject({ payments: { requested: 1 } });
  expect(await measured(3_601_000)).toBeUndefined();
});

it('believes no measurement that nobody repeats', async () => {
  await payment('paid');
  await measured();
  await db.pool.query(`update service_performance set measured_at = now() - interval '6 minutes'`);
  const [account] = await linkedAccounts(db.pool, db.merchant_id, 'sandbox');
  expect(account?.performance).toEqual({});
});
