/** Events reach merchants' endpoints: at once, in order, signed, again until they are taken, whatever dies on the way. */
import type { Client } from '@temporalio/client';
import { fastForward } from '../temporal/test-clock.ts';
import { deliveryWorkflowId } from '../workflows/contract.ts';
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';
import { temporalClient } from './setup/temporal-client.ts';
import {
  startWebhookReceiver,
  verified,
  type ReceivedHook,
  type WebhookReceiver,
} from './setup/webhook-receiver.ts';

let stack: TestStack;
let at: Shop;
let temporal: Client;
let receiver: WebhookReceiver;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
  temporal = await temporalClient();
  receiver = await startWebhookReceiver();
}, STACK_TIMEOUT_MS);
afterAll(async () => {
  await receiver.stop();
  await temporal.connection.close();
  await stack.stop();
}, STACK_TIMEOUT_MS);

interface Endpoint {
  readonly id: string;
  readonly secret: string;
}
interface Delivery {
  readonly id: string;
  readonly status: string;
  readonly reason: string | null;
  readonly event: string;
  readonly event_type: string;
  readonly attempt_count: number;
  readonly attempts: readonly {
    status: number | null;
    failure: string | null;
    response_body: string | null;
  }[];
}

const ok = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
  const answer = await stack.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};
const open: string[] = [];
/** An endpoint at `path` of the receiver, until the end of the test. */
const endpoint = async (path: string, more: Record<string, unknown> = {}): Promise<Endpoint> => {
  const made = await ok('POST', '/v1/webhook_endpoints', { url: receiver.url(path), ...more });
  open.push(String(made.id));
  return { id: String(made.id), secret: String(made.secret) };
};
afterEach(async () => {
  for (const id of open.splice(0)) await ok('DELETE', `/v1/webhook_endpoints/${id}`);
});
const deliveries = async (query: string): Promise<Delivery[]> =>
  (await ok('GET', `/v1/deliveries?limit=100&${query}`)).data as Delivery[];
const delivery = async (id: string): Promise<Delivery> =>
  (await ok('GET', `/v1/deliveries/${id}`)) as unknown as Delivery;
const types = (hooks: readonly ReceivedHook[]): unknown[] => hooks.map(({ event }) => event.type);
/** Pays an invoice of its own. */
const pay = async (): Promise<string> => {
  const { invoice, id } = await at.payable('finan');
  await stack.control.pay('finan', id);
  return invoice.id;
};
const PAID = ['payment.pending', 'payment.money_received', 'payment.paid', 'invoice.paid'];

it('tells every endpoint that wants to know, in order, with the event as the API shows it, signed', async () => {
  const all = await endpoint('/all');
  const some = await endpoint('/some', { event_types: ['invoice.*'], alias: 'furatpay' });
  await endpoint('/none', { event_types: ['refund.*', 'case.opened'] });
  const id = await pay();

  const hooks = await receiver.until('/all', 4);
  expect(types(hooks)).toEqual(PAID);
  for (const hook of hooks) {
    expect(verified(all.secret, hook)).toEqual(hook.event);
    expect(() => verified(some.secret, hook)).toThrow(/signature/i);
    expect(hook.headers['webhook-id']).toBe(hook.event.id);
    expect(hook.headers['content-type']).toBe('application/json');
  }
  const paid = hooks.at(-1)!;
  expect(paid.event).toMatchObject({
    object: 'event',
    api_version: '2026-11-01',
    invoice: id,
    data: { object: { object: 'invoice', id, status: 'paid', payments: [{ status: 'paid' }] } },
  });
  expect(await ok('GET', `/v1/events/${String(paid.event.id)}`)).toEqual(paid.event);

  const [aliased] = await receiver.until('/some', 1);
  expect(verified(some.secret, aliased!)).toMatchObject({
    type: 'INVOICE_PAID',
    event_type: 'invoice.paid',
    data: { id, status: 'paid', object: { object: 'invoice', id } },
  });
  expect(receiver.received('/some')).toHaveLength(1);
  expect(receiver.received('/none')).toHaveLength(0);

  const [last] = await deliveries(`webhook_endpoint=${all.id}`);
  expect(await delivery(last!.id)).toMatchObject({
    status: 'delivered',
    event_type: 'invoice.paid',
    attempts: [{ number: 1, status: 200, failure: null, response_body: 'noted' }],
  });
});

it('sends again what was not taken, under the same id, and lets later events of the invoice wait for it', async () => {
  receiver.answer('/retry', 500, { status: 302, headers: { location: receiver.url('/elsewhere') } }, 200);
  const { id, secret } = await endpoint('/retry');
  const invoice = await pay();
  const [first, second] = await receiver.until('/retry', 2, 20_000);
  expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  expect(verified(secret, second!)).toMatchObject({ type: 'payment.pending' });
  // Five minutes from here; the others stand behind it.
  const waiting = await eventually(
    'the second attempt is on record',
    () => deliveries(`webhook_endpoint=${id}`),
    (list) => list.length === 4 && list.at(-1)?.attempt_count === 2,
  );
  expect(waiting.map(({ status, attempt_count }) => [status, attempt_count])).toEqual([
    ['pending', 0],
    ['pending', 0],
    ['pending', 0],
    ['pending', 2],
  ]);
  const workflow = deliveryWorkflowId({ endpoint_id: id, subject: invoice });
  expect(await fastForward(temporal, workflow, 6 * 60_000, 20_000)).toBe('settled');
  const hooks = await receiver.until('/retry', 6);
  expect(types(hooks.slice(2))).toEqual(PAID);
  expect(receiver.received('/elsewhere')).toHaveLength(0);
  const { attempts } = await delivery(waiting.at(-1)!.id);
  expect(attempts.map(({ status }) => status)).toEqual([200, 302, 500]);
});

it('disables an endpoint that says it is gone, gives up what waits for it, and tells the others', async () => {
  receiver.answer('/gone', 410);
  await endpoint('/watch', { event_types: ['webhook_endpoint.*'] });
  const { id } = await endpoint('/gone');
  await pay();
  const [hook] = await receiver.until('/watch', 1);
  expect(hook!.event).toMatchObject({
    type: 'webhook_endpoint.disabled',
    webhook_endpoint: id,
    invoice: null,
    data: { object: { object: 'webhook_endpoint', id, enabled: false, disabled: { reason: 'gone' } } },
  });
  expect(await ok('GET', `/v1/webhook_endpoints/${id}`)).toMatchObject({
    enabled: false,
    disabled: { reason: 'gone' },
  });
  expect(receiver.received('/gone')).toHaveLength(1);
  const left = await deliveries(`webhook_endpoint=${id}&status=pending`);
  expect(left).toEqual([]);
  const refused = await stack.call('POST', `/v1/webhook_endpoints/${id}/test`);
  expect(refused).toMatchObject({ status: 409, body: { code: 'webhook_endpoint_disabled' } });
});

it('is not held up at one endpoint by another that hangs', async () => {
  receiver.answer('/hang', 'silence');
  await endpoint('/hang');
  await endpoint('/good', { event_types: ['invoice.paid'] });
  await Promise.all(Array.from({ length: 12 }, pay));
  const hooks = await receiver.until('/good', 12);
  const { rows } = await stack.pool.query<{ id: string; recorded_at: string }>(
    `select distinct e.id, v.recorded_at from outgoing_events e
     join invoice_events v on v.invoice_id = e.invoice_id and v.sequence = e.sequence where e.type = 'invoice.paid'`,
  );
  const recorded = new Map(rows.map((row) => [row.id, Date.parse(row.recorded_at)]));
  const waits = hooks.map(({ event, at: came }) => came - (recorded.get(String(event.id)) ?? NaN));
  expect(waits.every((wait) => Number.isFinite(wait))).toBe(true);
  // What hangs does so for 15 s. Machines that run tests are busy, but not as busy as that.
  expect(Math.max(...waits)).toBeLessThan(10_000);
});

it('sends under the same id again when the worker dies while an endpoint is being asked', async () => {
  receiver.answer('/crash', 'silence', 200);
  const { id } = await endpoint('/crash', { event_types: ['invoice.paid'] });
  await pay();
  const [first] = await receiver.until('/crash', 1);
  await stack.killWorker();
  const hooks = await receiver.until('/crash', 2, 40_000);
  expect(hooks[1]!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
  await eventually(
    'it is delivered',
    () => deliveries(`webhook_endpoint=${id}`),
    ([one]) => one?.status === 'delivered',
  );
}, 90_000);

it('signs with the secrets before and after a rotation until the overlap has ended', async () => {
  const { id, secret } = await endpoint('/rotated', { event_types: ['case.opened'] });
  const rotated = await ok('POST', `/v1/webhook_endpoints/${id}/rotate_secret`, { overlap_s: 3600 });
  expect(rotated.previous_secrets).toHaveLength(1);
  const test = await ok('POST', `/v1/webhook_endpoints/${id}/test`);
  expect(test).toMatchObject({ object: 'delivery', event_type: 'webhook_endpoint.test' });
  const [both] = await receiver.until('/rotated', 1);
  expect(both!.headers['webhook-signature']).toMatch(/^v1,\S+ v1,\S+$/);
  expect(verified(secret, both!)).toMatchObject({ type: 'webhook_endpoint.test', webhook_endpoint: id });
  expect(verified(String(rotated.secret), both!)).toEqual(both!.event);

  const last = await ok('POST', `/v1/webhook_endpoints/${id}/rotate_secret`, { overlap_s: 0 });
  await ok('POST', `/v1/webhook_endpoints/${id}/test`);
  const [, alone] = await receiver.until('/rotated', 2);
  expect(verified(String(last.secret), alone!)).toEqual(alone!.event);
  expect(() => verified(secret, alone!)).toThrow(/signature/i);
  expect(() => verified(String(rotated.secret), alone!)).toThrow(/signature/i);
});

it('gives up after ten attempts over three days, disables what has failed for five, and sends it again when told to', async () => {
  receiver.answer('/down', 503);
  await endpoint('/watch-down', { event_types: ['webhook_endpoint.*'] });
  const { id } = await endpoint('/down', { event_types: ['payment.paid', 'invoice.paid'] });
  const since = new Date(Date.now() - 60_000).toISOString();
  const invoice = await pay();
  await receiver.until('/down', 1);
  const workflow = deliveryWorkflowId({ endpoint_id: id, subject: invoice });
  await fastForward(temporal, workflow, 170 * 3_600_000, 90_000);
  const told = await receiver.until('/watch-down', 2, 60_000);
  expect(told.map(({ event }) => [event.type, event.webhook_endpoint])).toEqual([
    ['webhook_endpoint.failing', id],
    ['webhook_endpoint.disabled', id],
  ]);
  const [last, first] = await deliveries(`webhook_endpoint=${id}`);
  expect(first).toMatchObject({ status: 'exhausted', reason: 'attempts_exhausted', attempt_count: 10 });
  expect(last).toMatchObject({
    status: 'exhausted',
    reason: 'endpoint_disabled',
    event_type: 'invoice.paid',
  });

  receiver.answer('/down', 200);
  const before = receiver.received('/down').length;
  expect(await ok('PATCH', `/v1/webhook_endpoints/${id}`, { enabled: true })).toMatchObject({
    disabled: null,
    failing: null,
  });
  expect(await ok('POST', `/v1/webhook_endpoints/${id}/resend`, { since })).toMatchObject({ count: 2 });
  const hooks = await receiver.until('/down', before + 2);
  expect(types(hooks.slice(before))).toEqual(['payment.paid', 'invoice.paid']);

  const taken = await eventually(
    'it is taken',
    () => delivery(last!.id),
    ({ status }) => status === 'delivered',
  );
  expect(await ok('POST', `/v1/deliveries/${taken.id}/resend`)).toMatchObject({ id: taken.id });
  const again = await receiver.until('/down', before + 3);
  expect(again.at(-1)!.headers['webhook-id']).toBe(taken.event);
}, 150_000);

it('leaves a record in which every invariant holds', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
