/**
 * API keys: `Authorization: Bearer sk_sandbox_…`, or the key as the user name of HTTP Basic.
 *
 * A key is looked up at most every ten seconds per process, so a revoked one is taken for up to ten seconds more by other
 * processes than the one that revoked it. Unknown ids, wrong secrets and wrong modes take the same path, and secrets are
 * compared by their hashes in constant time: nothing can be learned from the answer or from how long it takes.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { findApiKey, hashSecret, type KnownApiKey } from '../db/api-keys.ts';
import { asService } from '../db/scope.ts';
import { contextOf, type Holder } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import type { FailedAttempts } from './failed-attempts.ts';
import { Problem } from './problem.ts';
import { createShortCache, type ShortCache } from './short-cache.ts';

const CACHED_MS = 10_000;
const CACHED_KEYS = 10_000;
const KEY = /^sk_(live|sandbox)_([0-7][0-9a-hjkmnp-tv-z]{25})_([\w-]{43})$/;
/** Compared with when there is no such key; no secret has this hash. */
const NO_HASH = Buffer.alloc(32);

/** The keys that this process has seen within the last seconds, by their ids without the prefix. */
export type KeyCache = ShortCache<KnownApiKey | null>;

export function createKeyCache(now: () => number): KeyCache {
  return createShortCache<KnownApiKey | null>(now, CACHED_MS, CACHED_KEYS);
}

/** Has a key looked up anew the next time; for changes that this process has made. */
export function forgetKey(cache: KeyCache, keyId: string): void {
  cache.forget(keyId.slice('key_'.length));
}

/** Lets a request with a valid API key through and notes whose it is; answers all others with 401. */
export function requireKey(
  { pool, apiKeyPepper, now, keyUses }: ApiDependencies,
  cache: KeyCache,
  failures: FailedAttempts,
): RequestHandler {
  const holderWith = async (key: string): Promise<Holder | null> => {
    const [, mode, id, secret] = KEY.exec(key) ?? [];
    if (id === undefined || secret === undefined) return null;
    const row = await cache.get(id, () => asService(() => findApiKey(pool, `key_${id}`)));
    const matches = timingSafeEqual(hashSecret(secret, apiKeyPepper), row?.secret_hash ?? NO_HASH);
    if (!matches || row === null || row.mode !== mode) return null;
    if (row.expires_at !== null && Date.parse(row.expires_at) <= now()) return null;
    const { merchant_id, scopes, policies } = row;
    return { owner: { merchant_id, mode: row.mode }, key_id: row.id, scopes, policies };
  };

  return async (request, response, next) => {
    const holder = await holderWith(keyIn(request));
    if (holder === null) {
      await failures.note(request);
      throw unauthenticated('send a valid API key: Authorization: Bearer sk_…');
    }
    contextOf(response).holder = holder;
    keyUses.note(holder.key_id);
    next();
  };
}

/** Lets operators through. `hashes`: SHA-256 of each key that counts; without any, nobody is one. */
export function requireOperator(hashes: readonly Buffer[], failures: FailedAttempts): RequestHandler {
  return async (request, _response, next) => {
    const given = createHash('sha256').update(keyIn(request)).digest();
    // All are compared, so that the time says nothing of which.
    const matches = hashes.filter((hash) => timingSafeEqual(given, hash));
    if (matches.length === 0) {
      await failures.note(request);
      throw unauthenticated('send the key of an operator: Authorization: Bearer sk_operator_…');
    }
    next();
  };
}

const unauthenticated = (detail: string): Problem =>
  new Problem('unauthenticated', detail, { headers: { 'WWW-Authenticate': 'Bearer' } });

/** The key in the `Authorization` header, or an empty string. */
function keyIn({ headers }: Request): string {
  const [, scheme = '', value = ''] =
    /^(bearer|basic) +([\w+/=.~-]{1,400}) *$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() !== 'basic') return value;
  const [user = ''] = Buffer.from(value, 'base64').toString('latin1').split(':');
  return user;
}
