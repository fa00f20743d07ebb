/** Payments that name no service: the merchant's rules pick one, and another where surely nothing happened at the first. */
import { settledViolations } from './setup/invariants.ts';
import { eventually } from './setup/eventually.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

const TAMARA = 'tamara.instalments';
const TABBY = 'tabby.installments';
const DOWN = { kind: 'status', status: 503, operation: 'create' } as const;
const TIMEOUT_MS = 60_000;

let stack: TestStack;
let at: Shop;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
  const services = [{ payment_service: TAMARA }, { payment_service: TABBY }];
  const rules = [{ name: 'Saudi Arabia', currency: 'SAR', services }];
  const { status, body } = await stack.call('PUT', '/v1/routing', { rules });
  if (status !== 200) throw new Error(JSON.stringify(body));
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);
afterEach(async () => {
  for (const provider of ['tamara', 'tabby']) await at.control('DELETE', `/${provider}/faults`);
});

const ask = (invoice: string, headers: Record<string, string> = {}) =>
  stack.call('POST', `/v1/invoices/${invoice}/payments`, {}, headers);
const invoice = async (): Promise<string> => (await at.invoice('tamara')).id;
const attempts = async (id: string) => {
  const { body } = await stack.call('GET', `/v1/invoices/${id}`);
  const payments = body['payments'] as { payment_service: string; status: string }[];
  return payments.map(({ payment_service, status }) => `${payment_service} ${status}`);
};
it('takes the first service of the rule, and says so', async () => {
  const { status, body } = await ask(await invoice());
  expect(status).toBe(201);
  expect(body).toMatchObject({
    payment_service: TAMARA,
    status: 'pending',
    routing: {
      revision: 1,
      rule: { index: 0, name: 'Saudi Arabia' },
      strategy: 'in_order',
      reason: 'first of the list',
      attempt: 1,
      fallback_of: null,
      skipped: [],
    },
  });
});

it('takes the second one when the first is down, and shows both attempts; a repetition gets the same payment', async () => {
  const id = await invoice();
  const key = { 'idempotency-key': 'first-down' };
  await stack.control.fault('tamara', { ...DOWN, times: 1 });
  const asked = await ask(id, key);
  expect(asked).toMatchObject({ status: 201, body: { payment_service: TABBY, routing: { attempt: 2 } } });
  expect(await attempts(id)).toEqual([`${TAMARA} failed`, `${TABBY} pending`]);
  const [first] = (await stack.merchantApi.invoice(id)).payments;
  expect(asked.body['routing']).toMatchObject({ fallback_of: first?.id, reason: 'second of the list' });
  expect(await at.accepted('tamara', id)).toEqual([]);
  expect(await at.accepted('tabby', id)).toHaveLength(1);

  const again = await ask(id, key);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(again.body).toEqual(asked.body);
  expect(await attempts(id)).toHaveLength(2);
});

it('makes one payment of twenty requests at once with the same key, also while it falls back', async () => {
  const id = await invoice();
  await stack.control.fault('tamara', { ...DOWN, times: -1 });
  const asked = await Promise.all(
    Array.from({ length: 20 }, () => ask(id, { 'idempotency-key': 'all-at-once' })),
  );
  const made = asked.filter(({ status }) => status === 201);
  expect(new Set(made.map(({ body }) => body['id'])).size).toBe(1);
  for (const { status } of asked) expect([201, 409]).toContain(status);
  expect(await attempts(id)).toEqual([`${TAMARA} failed`, `${TABBY} pending`]);
});

it('asks no second service when the first one declines', async () => {
  const id = await invoice();
  await stack.control.fault('tamara', { kind: 'status', status: 400, operation: 'create', times: 1 });
  const asked = await ask(id);
  expect(asked.status).toBe(422);
  expect(await attempts(id)).toEqual([`${TAMARA} failed`]);
});

it('answers 503 with Retry-After when all are down, and the same key starts afresh', async () => {
  const id = await invoice();
  const key = { 'idempotency-key': 'both-down' };
  await stack.control.fault('tamara', { ...DOWN, times: 1 });
  await stack.control.fault('tabby', { ...DOWN, times: 1 });
  const refused = await ask(id, key);
  expect(refused).toMatchObject({ status: 503, body: { code: 'provider_unavailable' } });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await attempts(id)).toEqual([`${TAMARA} failed`, `${TABBY} failed`]);
  expect(await ask(id, key)).toMatchObject({ status: 201, body: { routing: { attempt: 1 } } });
});

it('passes over a service that is resting without a call, at once', async () => {
  const id = await invoice();
  const breaker = `/v1/provider_accounts/${stack.merchant.accounts['tamara']}/breaker`;
  expect(await stack.call('POST', breaker, { state: 'open', reason: 'maintenance' })).toMatchObject({
    status: 200,
  });
  try {
    expect(await ask(id)).toMatchObject({
      status: 201,
      body: {
        payment_service: TABBY,
        routing: { attempt: 1, skipped: [{ payment_service: TAMARA, code: 'temporarily_unavailable' }] },
      },
    });
    await stack.call('POST', `/v1/provider_accounts/${stack.merchant.accounts['tabby']}/breaker`, {
      state: 'open',
      reason: 'maintenance',
    });
    const refused = await ask(await invoice());
    expect(refused).toMatchObject({ status: 503, body: { code: 'temporarily_unavailable' } });
    expect(refused.headers.get('retry-after')).toBe('60');
    expect(await attempts(id)).toEqual([`${TABBY} pending`]);
    expect(await at.accepted('tamara', id)).toEqual([]);
  } finally {
    for (const name of ['tamara', 'tabby'])
      await stack.call('POST', `/v1/provider_accounts/${stack.merchant.accounts[name]}/breaker`, {
        state: 'automatic',
      });
  }
});

it(
  'asks no second service when nobody knows what the first has done',
  async () => {
    const id = await invoice();
    const key = { 'idempotency-key': 'lost-answer' };
    // The look-up that would settle it at once finds the provider away, too.
    await stack.control.fault('tamara', { kind: 'hang_after_accept', operation: 'create', times: 1 });
    await stack.control.fault('tamara', { kind: 'status', status: 503, operation: 'find_order', times: -1 });
    const asked = await ask(id, key);
    expect(asked).toMatchObject({ status: 202, body: { payment_service: TAMARA, status: 'unknown' } });
    expect(await ask(id, key)).toMatchObject({ body: { id: asked.body['id'] } });
    expect(await at.accepted('tamara', id)).toHaveLength(1);
    expect(await at.accepted('tabby', id)).toEqual([]);
    expect(await attempts(id)).toHaveLength(1);
  },
  TIMEOUT_MS,
);

it('breaks no rule of the record', async () => {
  await eventually(
    'nothing is under way',
    async () => (await stack.pool.query(`select from payments where status = 'requested'`)).rowCount,
    (count) => count === 0,
  );
  expect(await settledViolations(stack)).toEqual([]);
});
