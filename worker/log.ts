/** Logs: JSON lines, one per activity, and what Temporal's own runtime has to say. Ids, kinds and times only. */
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type LogLevel } from '@temporalio/worker';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { destination, pino, type Logger } from 'pino';
import { BULKHEAD_FULL } from '../activities/index.ts';
import { isElsewhere } from '../activities/lanes.ts';

/** Fields that must never be written, wherever they turn up: a second line of defence behind not logging them. */
const SECRET_FIELDS = [
  'credentials',
  'secret',
  'authorization',
  'apikey',
  'api_key',
  'password',
  'token',
  'customer',
  'phone',
  'email',
  'headers',
  'body',
  'description',
  'metadata',
  // What Postgres says of a refused row, and what a query was given: values from requests.
  'detail',
  'parameters',
];

export function createLogger(name: string, level: string): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`, `*.*.*.${field}`]);
  return pino(
    { name, level, redact: { paths, censor: '[secret]' }, timestamp: pino.stdTimeFunctions.isoTime },
    // Lines of the same moment in one write, which costs more than making them.
    destination({ fd: 2, sync: false, minLength: 4096, periodicFlush: 100 }),
  );
}

const LEVELS = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** Temporal's runtime through our logger. Its metadata is reduced to ids, because errors can carry payloads. */
export function temporalLogger(logger: Logger, level: LogLevel): DefaultLogger {
  return new DefaultLogger(level, ({ level: entryLevel, message, meta }) => {
    const { workflowId, runId, activityType, taskQueue, error } = (meta ?? {}) as Record<string, unknown>;
    const reason = error instanceof Error ? error.message : undefined;
    logger[LEVELS[entryLevel]]({ workflowId, runId, activityType, taskQueue, reason }, message);
  });
}

/** What an activity's input may say of what it is about, and of the request that asks for it. */
const ABOUT = ['invoice_id', 'payment_id', 'webhook_id', 'operation_id', 'request_id'] as const;

function aboutOf(workflowId: string | undefined, [input]: readonly unknown[]): Record<string, string> {
  const [, invoice_id] = /^invoice\/(.+)$/.exec(workflowId ?? '') ?? [];
  const given = Object(input) as Readonly<Record<string, unknown>>;
  const ids = ABOUT.flatMap((name): [string, string][] => {
    const id = given[name];
    return typeof id === 'string' ? [[name, id]] : [];
  });
  return { ...(invoice_id === undefined ? {} : { invoice_id }), ...Object.fromEntries(ids) };
}

/** One line per activity: which, for what, asked for by which request, how long, how it ended. */
export function activityLog(logger: Logger): ActivityInterceptorsFactory {
  // All fields of this line are made here: looking for secrets in them would cost more than the line.
  const done = logger.child({}, { redact: [] });
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const started = performance.now();
        const facts = {
          activity: info.activityType,
          workflow_id: info.workflowExecution?.workflowId,
          ...aboutOf(info.workflowExecution?.workflowId, input.args),
          attempt: info.attempt,
          local: info.isLocal,
        };
        const ms = (): number => Math.round(performance.now() - started);
        try {
          const result = await next(input);
          done.info({ ...facts, ms: ms() }, isElsewhere(result) ? 'activity handed over' : 'activity done');
          return result;
        } catch (error) {
          if (error instanceof ApplicationFailure && error.type === BULKHEAD_FULL)
            logger.debug(facts, 'activity waits for a place at its provider');
          else logger.error({ ...facts, ms: ms(), err: error }, 'activity failed');
          throw error;
        }
      },
    },
  });
}
