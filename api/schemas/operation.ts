/** Captures, voids and refunds in answers. */
import { z } from 'zod';
import { OPERATION_STATUSES } from '../../domain/operations.ts';
import { count, currency, display, failure, id, minor, named, object, text, time } from './parts.ts';

const fields = {
  object: z.enum(['capture', 'void', 'refund']),
  id: id('cap', 'void', 'rfd'),
  payment: id('pay'),
  invoice: id('inv'),
  status: z.enum(OPERATION_STATUSES),
  amount: minor()
    .nullable()
    .meta({ description: 'Minor units; null while it is not decided how much all that is left is.' }),
  display: display().nullable(),
  currency: currency(),
  reason: text().nullable(),
  reference: text('Yours.').nullable(),
  metadata: z.record(z.string(), z.string()),
  requested_by: text(
    'The id of the API key, `provider` for one made there, or the policy that asked for it.',
  ),
  provider_operation_id: text().nullable(),
  failure: failure.nullable(),
  created_at: time(),
  updated_at: time(),
};

export const operation = named('Operation', 'A capture, a void or a refund.', object(fields));

export const operationLog = object({
  history: z.array(
    object({
      status: z.enum(['requested', 'unknown', 'accepted', 'failed', 'canceled', 'succeeded']),
      at: time(),
      failure: failure.nullable(),
    }),
  ),
  attempts: z.array(
    object({
      at: time(),
      outcome: z.enum(['answered', 'refused', 'not_taken', 'unknown']),
      http_status: count().nullable(),
      failure: object({ code: text(), message: text() }).nullable(),
      duration_ms: count(),
      exchange: id('exc'),
    }),
  ),
});

export const operationWithLog = named(
  'OperationWithHistory',
  'A capture, a void or a refund with what has become of it, and each call that asked the provider for it.',
  object({ ...fields, ...operationLog.shape }),
);
