/** What the probes of a load balancer are answered, and every error. */
import { z } from 'zod';
import { errorCodes, type ErrorCode } from '../error-catalogue.ts';
import { count, named, object, text, url } from './parts.ts';

export const health = named(
  'Health',
  'The process is up.',
  object({ status: z.literal('ok'), uptime_s: count() }),
);

export const readiness = named(
  'Readiness',
  'What the process needs to do its work.',
  object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.array(object({ name: text(), ok: z.boolean(), ms: z.number(), error: text().optional() })),
  }),
);

const fieldError = named(
  'FieldError',
  'One field at fault.',
  object({
    pointer: text('A JSON pointer (RFC 6901) into the body, or `?name` for a query parameter.'),
    code: text('Stable; decide by it.'),
    detail: text('For people.'),
    expected: text('What would be right, for people.'),
  }),
);

export const problem = named(
  'Problem',
  'Every error (RFC 9457). Decide by `code`; title and detail are for people and may change.',
  object({
    type: url().meta({ description: 'The page that explains the code.' }),
    title: text(),
    status: count(),
    detail: text(),
    code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
    request_id: text('Also in the `Request-Id` header, and in the log.'),
    resource_id: text('What was stored although the request failed.').optional(),
    errors: z.array(fieldError).optional(),
  }),
);
