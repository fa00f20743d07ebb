/** Which errors an operation can be answered with: those of its kind, and its own. */
import type { ErrorCode } from '../error-catalogue.ts';
import { takesIdempotencyKey, type Operation } from './operation.ts';

const ANY: readonly ErrorCode[] = ['malformed_request', 'internal_error', 'temporarily_unavailable'];
const WITH_KEY: readonly ErrorCode[] = ['unknown_version', 'unauthenticated', 'too_many_requests'];
const WITH_BODY: readonly ErrorCode[] = [
  'invalid_json',
  'nesting_too_deep',
  'body_too_large',
  'unsupported_media_type',
  'validation_failed',
];
const IDEMPOTENT: readonly ErrorCode[] = [
  'invalid_idempotency_key',
  'idempotency_in_progress',
  'idempotency_key_reused',
];

/** Each once. */
export function errorsOf(operation: Operation): ErrorCode[] {
  const { access, method, path, body, query, errors = [] } = operation;
  // Readings refuse every parameter that they do not take.
  const minds = query !== undefined || (method === 'get' && access !== 'public');
  return [
    ...new Set<ErrorCode>([
      ...ANY,
      ...(access === 'public' ? [] : WITH_KEY),
      ...(access === 'public' || access === 'operator' ? [] : (['insufficient_scope'] as const)),
      ...(path.includes(':id') ? (['not_found'] as const) : []),
      ...(body === undefined ? [] : WITH_BODY),
      ...(minds ? (['validation_failed'] as const) : []),
      ...(takesIdempotencyKey(operation) ? IDEMPOTENT : []),
      ...errors,
    ]),
  ];
}
