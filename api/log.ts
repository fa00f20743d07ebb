/** Logs: one JSON line per request, with ids, times and outcomes. Never headers, bodies or full URLs. */
import type { RequestHandler } from 'express';
import { destination, pino, type DestinationStream, type Logger } from 'pino';
import { newId } from '../db/ids.ts';
import type { ApiMetrics } from '../metrics/api-metrics.ts';
import { contextOf, type RequestContext } from './context.ts';
import { withRequestId } from './request-id.ts';

/** Fields that are never written, wherever they turn up: a second line of defence behind not logging them. */
const SECRET_FIELDS = [
  'authorization',
  'credentials',
  'secret',
  'secret_hash',
  'api_key',
  'apikey',
  'key',
  'password',
  'token',
  'headers',
  'body',
  'customer',
  'email',
  'phone',
  'description',
  'metadata',
  // What Postgres says of a refused row, and what a query was given: values from requests.
  'detail',
  'parameters',
];

/** To standard error; lines of the same moment in one write, which costs more than making them. */
const standardError = () => destination({ fd: 2, sync: false, minLength: 4096, periodicFlush: 100 });

/** The API's logger. Writes to standard error unless told otherwise. */
export function createApiLogger(level: string, stream: DestinationStream = standardError()): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]);
  return pino(
    { name: 'api', level, redact: { paths, censor: '[secret]' }, timestamp: pino.stdTimeFunctions.isoTime },
    stream,
  );
}

/** An id that a proxy or a caller may give a request: it goes into logs and headers as it is. */
const SANE_ID = /^[\w.:-]{8,128}$/;

/** Gives the request its id and its context, and writes its line and counts it when it has been answered or given up. */
export function logRequests(logger: Logger, metrics?: ApiMetrics): RequestHandler {
  // All its fields are made here: looking for secrets in them would cost more than the line.
  const requests = logger.child({}, { redact: [] });
  return (request, response, next) => {
    const started = performance.now();
    const given = request.headers['x-request-id'];
    const request_id = typeof given === 'string' && SANE_ID.test(given) ? given : newId('req');
    const context: RequestContext = {
      request_id,
      holder: null,
      invoice_id: null,
      webhook_id: null,
      route: null,
      keepAnswer: null,
    };
    response.locals.context = context;
    response.setHeader('Request-Id', request_id);
    response.once('close', () => {
      const { holder, invoice_id, webhook_id, route } = contextOf(response);
      const elapsed_ms = performance.now() - started;
      metrics?.request(request.method, route, response.statusCode, elapsed_ms / 1000);
      const line = {
        request_id,
        method: request.method,
        route,
        status: response.statusCode,
        ms: Math.round(elapsed_ms * 10) / 10,
        ...(holder === null ? {} : { merchant_id: holder.owner.merchant_id }),
        ...(invoice_id === null ? {} : { invoice_id }),
        ...(webhook_id === null ? {} : { webhook_id }),
        ...(response.writableFinished ? {} : { aborted: true }),
      };
      if (response.statusCode >= 500) requests.error(line, 'request');
      else requests.info(line, 'request');
    });
    withRequestId(request_id, next);
  };
}
