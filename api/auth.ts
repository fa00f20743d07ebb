/**
 * API keys: `Authorization: Bearer sk_sandbox_…`, or the key as the user name of HTTP Basic.
 *
 * A key is looked up at most every ten seconds per process, so a revoked one is taken for up to ten seconds more.
 * Unknown ids, wrong secrets and wrong modes take the same path, and secrets are compared by their hashes in
 * constant time: nothing can be learned from the answer or from how long it takes.
 */
import { timingSafeEqual } from 'node:crypto';
import type { RequestHandler } from 'express';
import { findApiKey, hashSecret, type ApiKeyRow } from '../db/merchants.ts';
import { contextOf, type Holder } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { Problem } from './problem.ts';
import { createShortCache } from './short-cache.ts';

const CACHED_MS = 10_000;
const CACHED_KEYS = 10_000;
const KEY = /^sk_(live|sandbox)_([0-7][0-9a-hjkmnp-tv-z]{25})_([\w-]{43})$/;
/** Compared with when there is no such key; no secret has this hash. */
const NO_HASH = Buffer.alloc(32);

/** Lets a request with a valid API key through and notes whose it is; answers all others with 401. */
export function requireKey({ pool, apiKeyPepper, now }: ApiDependencies): RequestHandler {
  const cache = createShortCache<ApiKeyRow | null>(now, CACHED_MS, CACHED_KEYS);

  const holderWith = async (key: string): Promise<Holder | null> => {
    const [, mode, id, secret] = KEY.exec(key) ?? [];
    if (id === undefined || secret === undefined) return null;
    const row = await cache.get(id, () => findApiKey(pool, `key_${id}`));
    const matches = timingSafeEqual(hashSecret(secret, apiKeyPepper), row?.secret_hash ?? NO_HASH);
    return matches && row !== null && row.mode === mode
      ? { owner: { merchant_id: row.merchant_id, mode: row.mode }, key_id: row.id, policies: row.policies }
      : null;
  };

  return async (request, response, next) => {
    const holder = await holderWith(keyIn(request.headers.authorization ?? ''));
    if (holder === null) {
      throw new Problem('unauthenticated', 'send a valid API key: Authorization: Bearer sk_…', {
        headers: { 'WWW-Authenticate': 'Bearer' },
      });
    }
    contextOf(response).holder = holder;
    next();
  };
}

/** The key in an `Authorization` header, or an empty string. */
function keyIn(header: string): string {
  const [, scheme = '', value = ''] = /^(bearer|basic) +([\w+/=.~-]{1,400}) *$/i.exec(header) ?? [];
  if (scheme.toLowerCase() !== 'basic') return value;
  const [user = ''] = Buffer.from(value, 'base64').toString('latin1').split(':');
  return user;
}
