import { pino } from 'pino';
import { addressing } from '../db/deliveries.ts';
import { newId } from '../db/ids.ts';
import type { Mode } from '../db/merchants.ts';
import { createProviderHttp } from '../providers/http.ts';
import { ENGINES_TIMEOUT_MS } from '../test/setup/engines.ts';
import { testRecord, type TestRecord } from '../test/setup/record.ts';
import { startWebhookReceiver, verified, type WebhookReceiver } from '../test/setup/webhook-receiver.ts';
import { deliverQueue, type DeliveryDependencies } from './deliver.ts';
import { createEndpointLanes } from './endpoint-lanes.ts';

let db: TestRecord;
let receiver: WebhookReceiver;
const lines: string[] = [];
const http = {
  live: createProviderHttp({ reach: 'public' }),
  sandbox: createProviderHttp({ reach: 'loopback' }),
};
const SECRET = 'whsec_Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5';
const forever = new AbortController().signal;

beforeAll(async () => {
  db = await testRecord({ provider: 'bank', credentials: {} });
  receiver = await startWebhookReceiver({ isDescribed: false });
}, ENGINES_TIMEOUT_MS);
afterAll(async () => {
  await receiver.stop();
  await Promise.all([http.live.close(), http.sandbox.close()]);
  await db.close();
});

const dependencies = (): DeliveryDependencies => ({
  pool: db.pool,
  sealer: db.sealer,
  http,
  lanes: createEndpointLanes(),
  deliveries: { wake: () => Promise.resolve() },
  render: async ({ id, type }) => JSON.stringify({ id, type }),
  logger: pino({ level: 'info' }, { write: (line) => void lines.push(line) }),
  now: Date.now,
  random: () => 0,
});

/** An endpoint at `url` to which one event, about no invoice, is to be sent. */
const queued = async (url: string, mode: Mode = 'sandbox') => {
  const endpoint_id = newId('whe');
  const subject = newId('evt');
  const secrets = db.sealer.seal({ secrets: [{ secret: SECRET, until: null }] }, endpoint_id);
  await db.pool.query('update webhook_endpoints set deleted_at = now() where deleted_at is null');
  await db.pool.query(
    `insert into webhook_endpoints (id, merchant_id, mode, url, event_types, api_version, secrets, created_at, updated_at)
     values ($1, $2, $3, $4, '{case.*}', '2026-11-01', $5, now(), now())`,
    [endpoint_id, db.merchant_id, mode, url, secrets],
  );
  await db.pool.query(
    `with told as (
       insert into outgoing_events (id, merchant_id, mode, type, data, created_at)
       values ($1, $2, $3, 'case.opened', '{}', now()) returning id, merchant_id, mode, invoice_id, type
     ), ${addressing()} select from addressed`,
    [subject, db.merchant_id, mode],
  );
  return { endpoint_id, subject };
};
const standing = async (subject: string) =>
  (
    await db.pool.query<Record<string, unknown>>(
      `select d.status as delivery, d.reason, d.next_attempt_at, a.status, a.failure, a.response_body
       from deliveries d left join delivery_attempts a on a.delivery_id = d.id where d.event_id = $1`,
      [subject],
    )
  ).rows;

it('sends an event that is about no invoice, signed, and keeps the beginning of the answer', async () => {
  receiver.answer('/plain', { status: 201, headers: {}, body: `a\0b${'c'.repeat(5000)}` });
  const queue = await queued(receiver.url('/plain'));
  expect(await deliverQueue(dependencies(), { ...queue, now: Date.now() }, forever)).toEqual({
    next_at: null,
  });
  const [hook] = receiver.received('/plain');
  expect(verified(SECRET, hook!)).toEqual({ id: queue.subject, type: 'case.opened' });
  expect(await standing(queue.subject)).toMatchObject([
    { delivery: 'delivered', status: 201, failure: null, response_body: `a\uFFFDb${'c'.repeat(997)}` },
  ]);
});

it('comes again when the endpoint wants it to, by the clock of the workflow', async () => {
  receiver.answer('/busy', { status: 503, headers: { 'retry-after': '120' } });
  const queue = await queued(receiver.url('/busy'));
  const now = Date.now() + 86_400_000;
  const { next_at } = await deliverQueue(dependencies(), { ...queue, now }, forever);
  expect(next_at! - now).toBeGreaterThanOrEqual(120_000);
  expect(next_at! - now).toBeLessThan(150_000);
  expect(await standing(queue.subject)).toMatchObject([
    { delivery: 'pending', status: 503, next_attempt_at: new Date(next_at!).toISOString() },
  ]);
  // Asked too early, it sends nothing.
  expect(await deliverQueue(dependencies(), { ...queue, now: now + 1000 }, forever)).toEqual({ next_at });
  expect(receiver.received('/busy')).toHaveLength(1);
});

it.each([
  ['its address is one of ours', () => receiver.url('/inside')],
  ['its name resolves to one of ours', () => receiver.url('/inside').replace('127.0.0.1', 'localhost')],
  ['its address is in disguise', () => receiver.url('/inside').replace('127.0.0.1', '[::ffff:127.0.0.1]')],
])('never connects to a live endpoint when %s', async (_why, url) => {
  const queue = await queued(url(), 'live');
  await deliverQueue(dependencies(), { ...queue, now: Date.now() }, forever);
  expect(await standing(queue.subject)).toMatchObject([
    { delivery: 'pending', status: null, failure: 'address_not_allowed' },
  ]);
  expect(receiver.received('/inside')).toHaveLength(0);
});

it('counts an endpoint that does not answer within 15 seconds as failed', async () => {
  receiver.answer('/silent', 'silence');
  const queue = await queued(receiver.url('/silent'));
  await deliverQueue(dependencies(), { ...queue, now: Date.now() }, forever);
  expect(await standing(queue.subject)).toMatchObject([
    { delivery: 'pending', status: null, failure: 'timeout' },
  ]);
}, 40_000);

it('leaves no attempt on record that we ourselves broke off', async () => {
  receiver.answer('/stopped', 'silence');
  const queue = await queued(receiver.url('/stopped'));
  const stopping = new AbortController();
  const sent = deliverQueue(dependencies(), { ...queue, now: Date.now() }, stopping.signal);
  void receiver.until('/stopped', 1).then(() => stopping.abort());
  await expect(sent).rejects.toThrow(/on our side/);
  expect(await standing(queue.subject)).toMatchObject([{ delivery: 'pending', status: null, failure: null }]);
});

it('gives up what waits for an endpoint that was deleted meanwhile', async () => {
  const queue = await queued(receiver.url('/deleted'));
  await db.pool.query('update webhook_endpoints set deleted_at = now() where id = $1', [queue.endpoint_id]);
  expect(await deliverQueue(dependencies(), { ...queue, now: Date.now() }, forever)).toEqual({
    next_at: null,
  });
  expect(await standing(queue.subject)).toMatchObject([
    { delivery: 'exhausted', reason: 'endpoint_deleted' },
  ]);
  expect(receiver.received('/deleted')).toHaveLength(0);
});

it('logs neither secrets nor URLs nor bodies', () => {
  const log = lines.join('');
  expect(log).toContain('webhook sent');
  expect(log).not.toContain(SECRET.slice(6));
  expect(log).not.toMatch(/127\.0\.0\.1|case\.opened|v1,/);
});
