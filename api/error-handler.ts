/** Answers whatever a handler has thrown as problem details. Only what is ours to explain is explained. */
import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { sendJson } from './answer.ts';
import { contextOf } from './context.ts';
import { Problem, problemBody } from './problem.ts';

export function answerErrors(logger: Logger, publicUrl: string): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const { request_id, route, invoice_id } = contextOf(response);
    const problem = toProblem(error);
    if (problem.code === 'internal_error' || problem.cause !== undefined) {
      logger.error({ err: problem.cause ?? error, request_id, route, invoice_id }, 'a request failed');
    }
    if (response.headersSent) {
      // Too late for another answer: break the connection, so that half an answer is not taken for a whole one.
      response.destroy();
      return;
    }
    send(response, problem, problemBody(problem, request_id, publicUrl));
  };
}

function send(response: Response, problem: Problem, body: string): void {
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  sendJson(response, problem.status, body, 'application/problem+json');
}

/** What an error means to the caller. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (isDatabaseAway(error)) {
    return new Problem('temporarily_unavailable', 'the database cannot be reached', {
      retryAfter_s: 2,
      cause: error,
    });
  }
  return (
    fromExpress(error) ??
    new Problem('internal_error', 'something went wrong; the request id leads to the log', { cause: error })
  );
}

/** Errors of Express and its body reader carry a `status` and often a `type`. */
function fromExpress(error: unknown): Problem | null {
  if (!(error instanceof Error) || !('status' in error)) return null;
  const type = 'type' in error ? error.type : undefined;
  switch (type) {
    case 'entity.too.large':
      return new Problem('body_too_large', 'the body is larger than this address accepts');
    case 'encoding.unsupported':
      return new Problem('unsupported_media_type', 'send the body without a Content-Encoding');
    default:
      return error.status === 400 || error instanceof URIError
        ? new Problem('malformed_request', 'the request cannot be read')
        : null;
  }
}

/** Classes 08 (connection), 53 (resources) and 57 (the server goes down or is coming up), and the socket's own errors. */
function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return (
    /^(08|53|57)\w{3}$/.test(code) ||
    /^(ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOENT|EHOSTUNREACH)$/.test(code) ||
    /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(
      error.message,
    )
  );
}
