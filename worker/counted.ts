/** Has the worker's metrics see what passes, without anybody else noticing. */
import type { BreakerChange } from '../activities/breakers.ts';
import type { ExchangeRecorder } from '../activities/dependencies.ts';
import type { Activities } from '../activities/index.ts';
import type { WorkerMetrics } from '../metrics/worker-metrics.ts';
import type { HealthReporter } from './health-reporter.ts';

/** The recorder that counts each call, too. */
export function countedCalls(recorder: ExchangeRecorder, metrics: WorkerMetrics): ExchangeRecorder {
  return {
    record(exchange) {
      const { account_id, provider, seen } = exchange;
      const { outcome, duration_ms, request } = seen;
      metrics.providerCall({
        account_id,
        provider,
        operation: request.operation,
        outcome:
          outcome.type === 'answered'
            ? `${Math.floor(outcome.response.status / 100)}xx`
            : outcome.failure.code,
        seconds: duration_ms / 1000,
      });
      recorder.record(exchange);
    },
  };
}

/** What breakers tell of their changes, that shows their states, too. */
export function countedChanges(
  health: HealthReporter,
  metrics: WorkerMetrics,
): (change: BreakerChange) => void {
  return (change) => {
    metrics.breaker(change);
    health.changed(change);
  };
}

/** The activities, with each sweep counted. */
export function countedSweeps(activities: Activities, metrics: WorkerMetrics): Activities {
  return {
    ...activities,
    async sweep() {
      const report = await activities.sweep();
      metrics.swept(report);
      return report;
    },
  };
}
