/**
 * Idempotency keys: the same key with the same request gives the same answer, however often and however much at
 * once. The claim of a key is stored by the very statement that makes the object; here is how requests use it.
 */
import { createHash, createHmac } from 'node:crypto';
import type { Request, Response } from 'express';
import type pg from 'pg';
import { findKey, takeOver, type IdempotencyClaim, type StoredAnswer } from '../db/idempotency.ts';
import type { Owner } from '../db/invoices.ts';
import { ownerOf } from './context.ts';
import { Problem } from './problem.ts';

/**
 * The claim that a request makes with its `Idempotency-Key`, or null without one. Throws `Problem` for an unusable key.
 * `hashKey` is for bodies with secrets: a plain hash of a body whose every other field is known would let whoever reads
 * the database try out short secrets, so theirs is keyed with what the database never sees.
 */
export function claimOf(
  request: Request,
  response: Response,
  body: unknown,
  hashKey?: Uint8Array,
): IdempotencyClaim | null {
  return claimFor(ownerOf(response), request, body, hashKey);
}

/** The same for a merchant whom the request names in another way than by its API key. */
export function claimFor(
  { merchant_id, mode }: Owner,
  request: Request,
  body: unknown,
  hashKey?: Uint8Array,
): IdempotencyClaim | null {
  const key = idempotencyKeyOf(request);
  if (key === null) return null;
  const hash = hashKey === undefined ? createHash('sha256') : createHmac('sha256', hashKey);
  const request_hash = hash.update(`${request.method} ${request.path}\n${canonicalJson(body)}`).digest();
  return { merchant_id, mode, key, request_hash };
}

/** The `Idempotency-Key` of a request; null: none. Throws `Problem` for an unusable one. */
export function idempotencyKeyOf(request: Request): string | null {
  const values = request.headersDistinct['idempotency-key'];
  if (values === undefined) return null;
  const [key = ''] = values;
  if (values.length > 1 || !/^[\x20-\x7e]{1,255}$/.test(key) || key.trim() === '') {
    throw new Problem(
      'invalid_idempotency_key',
      'an Idempotency-Key is 1 to 255 printable ASCII characters, sent once',
    );
  }
  return key;
}

/** The `hashKey` of requests with secrets, made of the pepper of API keys. */
export function secretHashKey(apiKeyPepper: Uint8Array): Buffer {
  return createHmac('sha256', apiKeyPepper).update('idempotency of requests with secrets').digest();
}

/** What to do with a request whose key has been used before. */
export type Repetition =
  | { readonly type: 'answered'; readonly resource_id: string; readonly answer: StoredAnswer }
  /** Its first run was given up; this one goes on with the same object. */
  | { readonly type: 'taken_over'; readonly resource_id: string };

/**
 * How to go on with a key that was not free, or null when it is unknown after all. Throws `Problem` when it belongs
 * to another request, or when that request is still running.
 */
export async function repetitionOf(pool: pg.Pool, claim: IdempotencyClaim): Promise<Repetition | null> {
  const known = await findKey(pool, claim);
  if (known === null) return null;
  const { resource_id, answer, same_request } = known;
  if (!same_request) {
    throw new Problem(
      'idempotency_key_reused',
      'this Idempotency-Key was used for a request with another body or path',
    );
  }
  if (answer !== null) return { type: 'answered', resource_id, answer };
  if (await takeOver(pool, claim)) return { type: 'taken_over', resource_id };
  throw new Problem(
    'idempotency_in_progress',
    'the first request with this Idempotency-Key has not been answered yet',
    {
      retryAfter_s: 1,
    },
  );
}

/**
 * Runs `work`. When it throws a problem although the key has been used before, the repetition counts and not the
 * problem: a request that was fine then may not be fine now (its due time has passed, the invoice is paid).
 */
export async function unlessRepeated<T>(
  pool: pg.Pool,
  claim: IdempotencyClaim | null,
  work: () => Promise<T>,
): Promise<T | Repetition> {
  try {
    return await work();
  } catch (error) {
    if (claim === null || !(error instanceof Problem)) throw error;
    const repetition = await repetitionOf(pool, claim);
    if (repetition === null) throw error;
    return repetition;
  }
}

/** JSON with the fields of every object in one order, so that the same request has the same hash. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
