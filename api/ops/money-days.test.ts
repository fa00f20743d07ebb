import pino from 'pino';
import { testRecord, type TestRecord } from '../../test/setup/record.ts';
import { ENGINES_TIMEOUT_MS } from '../../test/setup/engines.ts';
import { eventually } from '../../test/setup/eventually.ts';
import { createMoneyDays } from './money-days.ts';

let record: TestRecord;
beforeAll(async () => {
  record = await testRecord({ provider: 'bazaar', credentials: {} });
}, ENGINES_TIMEOUT_MS);
afterAll(() => record.close());

const DAYS = ['2027-01-30', '2027-01-31', '2027-02-01'];
const logger = pino({ enabled: false });
const at = (time: string): number => Date.parse(time);

/** A transfer that was recorded at this moment. */
async function received(recorded_at: string, amount: number): Promise<void> {
  const invoice = await record.invoice();
  const payment = await record.payment(invoice);
  await record.pool.query(
    `insert into invoice_events (invoice_id, sequence, type, event_key, data, at, recorded_at)
     values ($1, 1, 'money.received', 'k', jsonb_build_object('payment_id', $2::text, 'amount', $3::bigint), $4, $4)`,
    [invoice.id, payment, amount, recorded_at],
  );
}

it('counts each transfer once, however often and at whatever hour somebody looks, and drops days that are over', async () => {
  let now = at('2027-02-01T10:00:00Z');
  const money = createMoneyDays({ pool: record.pool, now: () => now, logger });
  const scope = { merchant_id: record.merchant_id, mode: 'sandbox' } as const;
  const whole = (days = DAYS) =>
    eventually(
      'all days are counted',
      () => money.read(scope, days),
      ({ is_whole }) => is_whole,
    );
  const amounts = async (days = DAYS) =>
    Object.fromEntries((await whole(days)).money.map((row) => [row.day, [row.amount, row.transfers]]));
  await received('2027-01-29T23:59:59.999Z', 1);
  await received('2027-01-30T00:00:00Z', 10);
  await received('2027-01-31T23:59:59.999Z', 100);
  await received('2027-02-01T09:59:30Z', 1_000);
  expect(await amounts()).toEqual({
    '2027-01-30': [10, 1],
    '2027-01-31': [100, 1],
    '2027-02-01': [1_000, 1],
  });
  // It had its moment before the last look, and was committed after it.
  await received('2027-02-01T09:59:40Z', 2_000);
  await received('2027-02-01T10:00:01Z', 4_000);
  expect((await amounts())['2027-02-01']).toEqual([7_000, 3]);
  now = at('2027-02-01T10:05:00Z');
  expect((await amounts())['2027-02-01']).toEqual([7_000, 3]);
  expect((await amounts())['2027-02-01']).toEqual([7_000, 3]);
  now = at('2027-02-02T00:00:30Z');
  await received('2027-02-02T00:00:10Z', 8_000);
  await received('2027-02-01T23:59:50Z', 16_000);
  const later = ['2027-01-31', '2027-02-01', '2027-02-02'];
  expect(await amounts(later)).toEqual({
    '2027-01-31': [100, 1],
    '2027-02-01': [23_000, 4],
    '2027-02-02': [8_000, 1],
  });
  now = at('2027-02-02T12:00:00Z');
  expect(await amounts(later)).toEqual({
    '2027-01-31': [100, 1],
    '2027-02-01': [23_000, 4],
    '2027-02-02': [8_000, 1],
  });
});

it('shows each merchant their own, and one mode at a time', async () => {
  const now = at('2027-02-01T12:00:00Z');
  const money = createMoneyDays({ pool: record.pool, now: () => now, logger });
  const read = (merchant_id: string | null, mode: 'live' | 'sandbox') =>
    eventually(
      'all days are counted',
      () => money.read({ merchant_id, mode }, DAYS),
      ({ is_whole }) => is_whole,
    );
  expect((await read(null, 'sandbox')).money.length).toBeGreaterThan(0);
  expect((await read(null, 'live')).money).toEqual([]);
  expect((await read('mer_another', 'sandbox')).money).toEqual([]);
});
