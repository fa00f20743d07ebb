/** A provider that is down is left alone for a while: the customer is told at once, and it is found again by itself. */
import { eventually } from './setup/eventually.ts';
import { settledViolations } from './setup/invariants.ts';
import { shop, type Shop } from './setup/shop.ts';
import { STACK_TIMEOUT_MS, startTestStack, type TestStack } from './setup/stack.ts';

/** The cooldown is the real one. */
const COOLDOWN_MS = 30_000;
const TIMEOUT_MS = 90_000;

let stack: TestStack;
let at: Shop;
let path: string;

beforeAll(async () => {
  stack = await startTestStack();
  at = shop(stack);
  path = `/v1/provider_accounts/${stack.merchant.accounts['fapshi']}`;
}, STACK_TIMEOUT_MS);
afterAll(() => stack.stop(), STACK_TIMEOUT_MS);
afterEach(() => at.control('DELETE', '/fapshi/faults'));

const health = async () => (await stack.call('GET', path)).body['health'] as { state: string };
const becomes = (state: string, within_ms?: number) =>
  eventually(`the account is ${state}`, health, (now) => now.state === state, within_ms);
const service = async () => {
  const { body } = await stack.call('GET', '/v1/payment_services');
  return (body['data'] as { id: string }[]).find(({ id }) => id === 'fapshi.payment_link');
};
/** Calls that reached the simulator and were put on record. */
const calls = async (): Promise<number> => {
  const { rows } = await stack.pool.query<{ count: number }>(
    `select count(*) from provider_exchanges where account_id = $1`,
    [stack.merchant.accounts['fapshi']],
  );
  return rows[0]?.count ?? 0;
};
const force = (body: object) => stack.call('POST', `${path}/breaker`, body);
const REFUSED = { status: 503, body: { code: 'provider_unavailable' } };

it(
  'is not called while its breaker is open, and is back after one call that it answers',
  async () => {
    const { id } = await at.invoice('fapshi');
    const waiting = await at.payable('fapshi');
    await stack.control.fault('fapshi', { kind: 'status', status: 503, times: -1 });
    for (let time = 0; time < 5; time += 1) expect(await at.ask('fapshi', id)).toMatchObject(REFUSED);
    await becomes('open');
    expect(await service()).toMatchObject({
      available: false,
      unavailable_reason: { code: 'temporarily_unavailable' },
    });

    // Whatever reached the simulator now would be accepted, and would stand in its books.
    await at.control('DELETE', '/fapshi/faults');
    const key = { 'idempotency-key': 'while-it-rests' };
    const started = performance.now();
    const refused = await at.ask('fapshi', id, key);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(refused).toMatchObject(REFUSED);
    const retry_after_s = Number(refused.headers.get('retry-after'));
    expect(retry_after_s).toBeGreaterThan(10);
    expect(retry_after_s).toBeLessThanOrEqual(30);
    expect(await at.accepted('fapshi', id)).toEqual([]);
    expect(await at.ask('finan', (await at.invoice('finan')).id)).toMatchObject({ status: 201 });

    // A webhook is taken although what it says cannot be confirmed yet.
    await stack.control.pay('fapshi', waiting.id);
    const webhook = await eventually(
      'the webhook is stored',
      async () => (await stack.pool.query('select state from webhook_events')).rows,
      (rows) => rows.length === 1,
    );
    expect(webhook).toEqual([{ state: 'received' }]);
    expect(await stack.merchantApi.invoice(waiting.invoice.id)).toMatchObject({ status: 'open' });

    await becomes('half_open', COOLDOWN_MS + 10_000);
    expect(await service()).toMatchObject({ available: true });
    expect(await at.ask('fapshi', id, key)).toMatchObject({ status: 201 });
    await becomes('closed');
    expect(await at.accepted('fapshi', id)).toHaveLength(1);
    await stack.merchantApi.advanceClock(waiting.invoice.id, 60);
    await stack.merchantApi.until(waiting.invoice.id, 'paid', ({ status }) => status === 'paid');
  },
  TIMEOUT_MS,
);

it('is left alone, and called again, with the next payment after an operator has said so', async () => {
  const { id } = await at.invoice('fapshi');
  const before = await calls();
  expect(await force({ state: 'open', reason: 'maintenance' })).toMatchObject({ status: 200 });
  const refused = await at.ask('fapshi', id);
  expect(refused).toMatchObject(REFUSED);
  expect(refused.headers.get('retry-after')).toBe('60');
  expect(await at.accepted('fapshi', id)).toEqual([]);
  expect(await calls()).toBe(before);
  expect(await force({ state: 'automatic' })).toMatchObject({ status: 200 });
  expect(await at.ask('fapshi', id)).toMatchObject({ status: 201 });
});

it('breaks no rule of the record', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
