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
const force = (body: object) => stack.call('POST', `${path}/breaker`, body);
const DOWN = { status: 503, body: { code: 'provider_unavailable' } };
const RESTING = { status: 503, body: { code: 'temporarily_unavailable' } };
const told = async (type: string) => {
  const { body } = await stack.call('GET', `/v1/events?type=${type}`);
  return body['data'] as { invoice: null; incident: { id: string; provider_account: string } }[];
};

it(
  'is not called while its breaker is open, and is back after one call that it answers',
  async () => {
    const { id } = await at.invoice('fapshi');
    const waiting = await at.payable('fapshi');
    await stack.control.fault('fapshi', { kind: 'status', status: 503, times: -1 });
    for (let time = 0; time < 5; time += 1) expect(await at.ask('fapshi', id)).toMatchObject(DOWN);
    await becomes('open');
    expect(await service()).toMatchObject({
      available: false,
      unavailable_reason: { code: 'temporarily_unavailable' },
    });

    // Whatever reached the simulator now would be accepted, and would stand in its books.
    await at.control('DELETE', '/fapshi/faults');
    const key = { 'idempotency-key': 'while-it-rests' };
    const refused = await at.ask('fapshi', id, key);
    expect(refused).toMatchObject(RESTING);
    // Nothing was stored and nobody was asked, so that the answer comes at once.
    expect(await at.paymentIds(id)).toHaveLength(5);
    const took: number[] = [];
    for (let time = 0; time < 10; time += 1) {
      const started = performance.now();
      expect(await at.ask('fapshi', id)).toMatchObject(RESTING);
      took.push(performance.now() - started);
    }
    expect(Math.min(...took)).toBeLessThan(50);
    const retry_after_s = Number(refused.headers.get('retry-after'));
    expect(retry_after_s).toBeGreaterThan(10);
    expect(retry_after_s).toBeLessThanOrEqual(30);
    expect(await at.accepted('fapshi', id)).toEqual([]);
    expect(await at.ask('finan', (await at.invoice('finan')).id)).toMatchObject({ status: 201 });

    const [degraded, ...more] = await told('provider.degraded');
    expect(more).toEqual([]);
    expect(degraded).toMatchObject({
      invoice: null,
      incident: { provider_account: stack.merchant.accounts['fapshi'], recovered_at: null },
    });
    const incident = `/v1/incidents/${degraded?.incident.id}`;
    expect((await stack.call('GET', incident)).body).toMatchObject({
      status: 'open',
      affected_payments: { data: [{ payment: waiting.payment.id, invoice: waiting.invoice.id }] },
    });

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
    expect(
      await eventually(
        'it is told of',
        () => told('provider.recovered'),
        (all) => all.length === 1,
      ),
    ).toHaveLength(1);
    expect((await stack.call('GET', incident)).body).toMatchObject({
      status: 'recovered',
      recovery: 'answered',
    });
    await stack.merchantApi.advanceClock(waiting.invoice.id, 60);
    await stack.merchantApi.until(waiting.invoice.id, 'paid', ({ status }) => status === 'paid');
  },
  TIMEOUT_MS,
);

it('is left alone, and called again, with the next payment after an operator has said so', async () => {
  const { id } = await at.invoice('fapshi');
  expect(await force({ state: 'open', reason: 'maintenance' })).toMatchObject({ status: 200 });
  const refused = await at.ask('fapshi', id);
  expect(refused).toMatchObject(RESTING);
  expect(refused.headers.get('retry-after')).toBe('60');
  expect(await at.accepted('fapshi', id)).toEqual([]);
  expect(await force({ state: 'automatic' })).toMatchObject({ status: 200 });
  expect(await at.ask('fapshi', id)).toMatchObject({ status: 201 });
});

const scrape = async (process: TestStack['api']): Promise<string> => {
  const url = String(process.ready['metrics_url']);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  return (await fetch(url)).text();
};

it('shows in the metrics of api and worker what has happened, by account and not by merchant', async () => {
  const account = `account="${stack.merchant.accounts['fapshi']}"`;
  const worker = await scrape(stack.worker);
  const fapshi = `provider="fapshi",${account}`;
  expect(worker).toMatch(
    new RegExp(`sarraf_provider_calls_total\\{${fapshi},operation="create_payment",outcome="5xx"\\} [5-9]`),
  );
  expect(worker).toContain(`sarraf_breaker_state{${fapshi},state="closed"} 1`);
  expect(worker).toContain(`sarraf_breaker_state{${fapshi},state="open"} 0`);
  expect(worker).toMatch(
    /sarraf_payments_total\{provider="fapshi",.*status="failed",failure="unavailable"\} 5/,
  );
  expect(worker).toContain('sarraf_invoices_total{status="paid",currency="XAF"} 1');
  expect(worker).toMatch(/sarraf_sweeper_repairs_total\{cause="webhooks_told"\} \d/);
  expect(worker).toMatch(/sarraf_database_connections\{pool="main",state="idle"\} \d/);
  expect(worker).toMatch(/sarraf_worker_cached_invoices \d/);

  const api = await scrape(stack.api);
  expect(api).toMatch(
    /sarraf_http_requests_total\{method="POST",route="\/v1\/invoices\/:id\/payments",status="503"\} \d/,
  );
  expect(api).toContain('sarraf_webhooks_total{provider="fapshi",verdict="accepted"} 1');
  for (const text of [api, worker]) {
    expect(text).not.toMatch(/mer_|inv_|pay_|sk_sandbox/);
    expect(text).toContain('process_cpu_seconds_total');
  }
});

it('breaks no rule of the record', async () => {
  expect(await settledViolations(stack)).toEqual([]);
});
