import { Writable } from 'node:stream';
import { pino } from 'pino';
import type { RawExchange } from '../activities/dependencies.ts';
import { createPool } from '../db/pool.ts';
import { createRedactor } from '../providers/redact.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { eventually } from '../test/setup/eventually.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { createExchangeRecorder } from './exchange-recorder.ts';

let db: TestRecord;
let invoice_id: string;
let payment_id: string;
let lines: string[];
beforeAll(async () => {
  db = await testRecord({ provider: 'finan', credentials: {} });
  const invoice = await db.invoice();
  invoice_id = invoice.id;
  payment_id = await db.payment(invoice);
}, ENGINES_TIMEOUT_MS);
afterAll(() => db.close());
beforeEach(async () => {
  lines = [];
  await db.pool.query('delete from provider_exchanges');
});

const logger = pino(
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(chunk.toString());
      done();
    },
  }),
);
const told = (words: string): string[] => lines.filter((line) => line.includes(words));

const call = (number: number, more: Partial<RawExchange> = {}): RawExchange => ({
  account_id: db.account_id,
  provider: 'finan',
  invoice_id,
  payment_id,
  operation_id: null,
  attempt: 1,
  redactor: createRedactor({ secret: 'canary-secret' }),
  seen: {
    request: {
      method: 'POST',
      url: `https://bank.example/${number}?signature=canary-1`,
      headers: { authorization: 'canary-2' },
      body: '{"secret":"canary-3","order":"canary-secret"}',
      operation: 'create_payment',
      mutates: true,
    },
    started_at: '2026-11-21T10:00:00.000Z',
    duration_ms: 12,
    outcome: { type: 'answered', response: { status: 200, headers: {}, text: `{"number":${number}}` } },
  },
  ...more,
});
const rows = async (): Promise<Record<string, unknown>[]> =>
  (await db.pool.query('select * from provider_exchanges order by id')).rows as Record<string, unknown>[];
const recorder = (pool = db.pool, waiting_max?: number) =>
  createExchangeRecorder({ pool, logger, ...(waiting_max === undefined ? {} : { waiting_max }) });

it('writes calls a moment later, in the order in which they ended, without secrets', async () => {
  const { record, close } = recorder();
  for (let number = 0; number < 120; number += 1) record(call(number));
  expect(await rows()).toEqual([]);
  const written = await eventually('all are written', rows, (found) => found.length === 120, 5_000);
  expect(written.map(({ response_body }) => response_body)).toEqual(
    Array.from({ length: 120 }, (_, number) => `{"number":${number}}`),
  );
  expect(written[0]).toMatchObject({
    invoice_id,
    payment_id,
    operation: 'create_payment',
    status: 200,
    failure: null,
    attempt: 1,
    url: 'https://bank.example/0?signature=[redacted]',
    request_body: '{"secret":"[redacted]","order":"[redacted]"}',
  });
  expect(JSON.stringify(written)).not.toContain('canary');
  await close();
});

it('writes what waits when it is closed, and nothing afterwards', async () => {
  const { record, close, dropped } = recorder();
  record(call(1));
  await close();
  expect(await rows()).toHaveLength(1);
  record(call(2));
  expect(dropped()).toBe(1);
});

it('keeps a bounded number while the database is away, and writes them when it is back', async () => {
  const away = createPool({
    url: 'postgres://127.0.0.1:1/x',
    size: 1,
    name: 'away',
    onError: () => undefined,
  });
  let isAway = true;
  const query = (...args: Parameters<typeof db.pool.query>) => (isAway ? away : db.pool).query(...args);
  const flaky = Object.assign(Object.create(db.pool) as typeof db.pool, { query });
  const { record, close, dropped } = recorder(flaky, 3);
  for (let number = 0; number < 5; number += 1) record(call(number));
  expect(dropped()).toBe(2);
  await eventually(
    'it was tried',
    async () => told('could not be written yet').length,
    (count) => count > 0,
  );
  isAway = false;
  await eventually('the rest is written', rows, (found) => found.length === 3);
  await eventually(
    'it is told',
    async () => told('"dropped":2').length,
    (count) => count === 1,
  );
  await close();
  await away.end();
  expect(lines.join('')).not.toContain('canary');
});

it('gives up within a few seconds when it is closed while the database is away', async () => {
  const away = createPool({
    url: 'postgres://127.0.0.1:1/x',
    size: 1,
    name: 'away',
    onError: () => undefined,
  });
  const { record, close, dropped } = recorder(away);
  record(call(1));
  await close();
  expect(dropped()).toBe(1);
  await away.end();
});

it('drops a row that the database refuses, and keeps those beside it', async () => {
  const { record, close, dropped } = recorder();
  record(call(1));
  record(call(2, { invoice_id: 'inv_of_nobody' }));
  record(call(3));
  await close();
  expect((await rows()).map(({ response_body }) => response_body)).toEqual(['{"number":1}', '{"number":3}']);
  expect(dropped()).toBe(1);
  expect(told('an exchange was refused')).toHaveLength(1);
});

it('drops what cannot be made safe, and keeps those beside it', async () => {
  const { record, close, dropped } = recorder();
  const redactor = {
    ...createRedactor({}),
    exchange: () => {
      throw new Error('a mistake');
    },
  };
  record(call(1, { redactor }));
  record(call(2));
  await close();
  expect(await rows()).toHaveLength(1);
  expect(dropped()).toBe(1);
});

it('keeps no bodies of an invoice whose personal data was erased', async () => {
  const { id } = await db.invoice();
  await db.pool.query(`update invoices set status = 'paid', erased_at = now() where id = $1`, [id]);
  const { record, close } = recorder();
  record(call(1, { invoice_id: id, payment_id: null }));
  await close();
  expect(await rows()).toMatchObject([
    {
      status: 200,
      url: 'https://bank.example/1',
      request_body: null,
      response_body: null,
      erased_at: expect.any(String),
    },
  ]);
});
