/** How many requests a key may send, told in the headers `RateLimit` and `RateLimit-Policy` of the IETF's draft. */
import type { RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import { holderOf } from './context.ts';
import { Problem } from './problem.ts';

const WINDOW_S = 60;

/** Behind `requireKey`. `limit`: requests per key and minute, in this process; null: any number. */
export function limitKeys(limit: number | null): RequestHandler {
  if (limit === null) return (_request, _response, next) => next();
  return rateLimit({
    windowMs: WINDOW_S * 1000,
    limit,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'per-key',
    keyGenerator: (_request, response) => holderOf(response).key_id,
    // `Retry-After` is set already, from the moment the window ends.
    handler: (_request, _response, next) =>
      next(new Problem('too_many_requests', `a key may send ${limit} requests a minute`)),
    // They are about addresses and proxies, which nothing is counted by here.
    validate: false,
  });
}
