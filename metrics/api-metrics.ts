/** What the API counts. In memory only: no request waits for it. */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { SECONDS } from './registry.ts';

export interface ApiMetrics {
  /** A request was answered, or given up. `route`: the pattern; null: there is no such address. */
  request(method: string, route: string | null, status: number, seconds: number): void;
  /** A webhook came. `verdict`: `accepted`, `copy`, `dead`, or why it was refused. */
  webhook(provider: string, verdict: string): void;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

export function createApiMetrics(registry: Registry): ApiMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'sarraf_http_requests_total',
    help: 'Requests by method, route and status; route none: no address of ours',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'sarraf_http_request_seconds',
    help: 'Time from a request to the end of its answer, by method and route',
    labelNames: ['method', 'route'],
    buckets: SECONDS,
    registers,
  });
  const webhooks = new Counter({
    name: 'sarraf_webhooks_total',
    help: 'Webhooks of providers by verdict: accepted, copy, dead, or why it was refused',
    labelNames: ['provider', 'verdict'],
    registers,
  });
  return {
    request(given, pattern, status, seconds) {
      const method = METHODS.has(given) ? given : 'other';
      const route = pattern ?? 'none';
      requests.inc({ method, route, status });
      durations.observe({ method, route }, seconds);
    },
    webhook: (provider, verdict) => webhooks.inc({ provider, verdict }),
  };
}

/** Shows how many calls wait for their turn at the workflow engine. */
export function watchTurns(registry: Registry, turns: { readonly waiting: number }): void {
  const waiting = new Gauge({
    name: 'sarraf_engine_calls_waiting',
    help: 'Calls to the workflow engine that wait for the turn of their merchant',
    registers: [],
    collect() {
      this.set(turns.waiting);
    },
  });
  registry.registerMetric(waiting);
}
