/** The worker process. Says `{"ready":true}` on standard output when it polls; stops gracefully on SIGTERM and SIGINT. */
import { loadServiceConfig } from '../config/index.ts';
import type { FailPoint } from '../activities/dependencies.ts';
import { createLogger } from './log.ts';
import { startWorker } from './run.ts';

const config = loadServiceConfig();
const logger = createLogger('worker', config.log.level);

/** Crashes the process at a named point, as a power cut would: for tests of what a restart finds. Never in production. */
function crashAt(wanted: string | undefined): ((name: FailPoint) => void) | undefined {
  if (wanted === undefined || config.environment === 'production') return undefined;
  return (name) => {
    if (name === wanted) process.kill(process.pid, 'SIGKILL');
  };
}

const worker = await startWorker(config, logger, crashAt(process.env.SARRAF_CRASH_AT));
process.stdout.write(
  `${JSON.stringify({ ready: true, metrics_url: worker.metricsUrl, pid: process.pid })}\n`,
);
logger.info({ task_queue: config.temporal.taskQueue }, 'worker is polling');

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void worker.stop());
await worker.stopped;
logger.info('worker has stopped');
