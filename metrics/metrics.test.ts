import { pino } from 'pino';
import { Registry } from 'prom-client';
import { newInvoice } from '../domain/state.ts';
import { record } from '../domain/reduce.ts';
import { createApiMetrics } from './api-metrics.ts';
import { boundedLabel } from './registry.ts';
import { serveMetrics, type MetricsServer } from './server.ts';
import { createWorkerMetrics } from './worker-metrics.ts';

const quiet = pino({ level: 'silent' });
const HERE = '127.0.0.1';

describe('GET /metrics', () => {
  const started: MetricsServer[] = [];
  afterAll(() => Promise.all(started.map((server) => server.close())));
  const serve = async (port: number | 'off', registry = new Registry()) => {
    const server = await serveMetrics(registry, { host: HERE, port }, quiet);
    started.push(server);
    return server.url ?? '';
  };

  it('answers what was counted, in the text format of Prometheus', async () => {
    const registry = new Registry();
    createApiMetrics(registry).webhook('finan', 'accepted');
    const answer = await fetch(await serve(0, registry));
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(await answer.text()).toContain('sarraf_webhooks_total{provider="finan",verdict="accepted"} 1');
  });

  it('answers nothing else', async () => {
    const url = await serve(0);
    expect((await fetch(url.replace('/metrics', '/'))).status).toBe(404);
    const posted = await fetch(url, { method: 'POST' });
    expect(posted.status).toBe(405);
    expect(posted.headers.get('allow')).toBe('GET, HEAD');
    expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('');
  });

  it('can be off, and leaves a taken port to its owner', async () => {
    expect(await serve('off')).toBe('');
    const url = await serve(0);
    expect(await serve(Number(new URL(url).port))).toBe('');
    expect((await fetch(url)).status).toBe(200);
  });
});

it('lets only so many values of a label pass', () => {
  const label = boundedLabel(2);
  expect(['a', 'b', 'c', 'a', 'b', 'd'].map(label)).toEqual(['a', 'b', 'other', 'a', 'b', 'other']);
});

it('counts requests by the pattern of their route, whatever their path and method', async () => {
  const registry = new Registry();
  const metrics = createApiMetrics(registry);
  metrics.request('GET', '/v1/invoices/:id', 200, 0.01);
  metrics.request('PROPFIND', null, 404, 0.01);
  const text = await registry.metrics();
  expect(text).toContain('sarraf_http_requests_total{method="GET",route="/v1/invoices/:id",status="200"} 1');
  expect(text).toContain('sarraf_http_requests_total{method="other",route="none",status="404"} 1');
});

describe('what a worker counts', () => {
  it('is each change of a status once', async () => {
    const registry = new Registry();
    const { committed } = createWorkerMetrics(registry);
    const created_at = new Date(0).toISOString();
    const before = newInvoice({
      id: 'inv_1',
      merchant_id: 'mer_1',
      currency: 'VND',
      amount: 100,
      due_at: new Date(1e9).toISOString(),
      capture_method: 'automatic',
      on_authorization_expiry: 'void',
      policies: { late: 'accept', excess: 'accept' },
      created_at,
    });
    const about = { payment_id: 'pay_1', provider: 'finan', method: 'bank_transfer', account_id: 'pacc_1' };
    const failure = { kind: 'unavailable', code: 'http_503', message: 'x' } as const;
    const requested = { type: 'payment.requested', ...about, amount: 100, poll_s: [] } as const;
    const failed = { type: 'payment.failed', payment_id: 'pay_1', failure } as const;
    const { state } = record(before, [requested, failed], 1000);
    committed(before, state);
    committed(state, state);
    const text = await registry.metrics();
    expect(text).toContain(
      'sarraf_payments_total{provider="finan",method="bank_transfer",status="failed",failure="unavailable"} 1',
    );
    expect(text).not.toContain('sarraf_invoices_total{');
  });

  it('is every breaker by its state, and every repair by its cause', async () => {
    const registry = new Registry();
    const metrics = createWorkerMetrics(registry);
    const account = { account_id: 'pacc_1', provider: 'finan' };
    metrics.breaker({ ...account, state: 'open' });
    metrics.breaker({ ...account, state: 'half_open' });
    metrics.swept({ webhooks_told: 2, failed: 0 });
    const text = await registry.metrics();
    expect(text).toContain('sarraf_breaker_state{provider="finan",account="pacc_1",state="open"} 0');
    expect(text).toContain('sarraf_breaker_state{provider="finan",account="pacc_1",state="half_open"} 1');
    expect(text).toContain('sarraf_sweeper_repairs_total{cause="webhooks_told"} 2');
    expect(text).toContain('sarraf_sweeps_total 1');
  });
});
