/**
 * Who may call a route, and whose rows its statements may touch. Every route of the table says it; from that follow the checks
 * in front of its handlers, so a route cannot be forgotten.
 */
import type { RequestHandler, Response } from 'express';
import { asMerchant, asService } from '../db/scope.ts';
import type { Scope } from '../domain/scopes.ts';
import { requireKey, requireOperator, type KeyCache } from './auth.ts';
import { holderOf } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { createFailedAttempts } from './failed-attempts.ts';
import { limitKeys } from './key-limit.ts';
import { Problem } from './problem.ts';

/**
 * A scope: whoever has a key with it, for this merchant's rows. `operator`: whoever runs this installation. `public`: anybody; such
 * a route asks for a proof of its own, or shows what is no secret.
 */
export type Access = Scope | 'operator' | 'public';

/** Wraps handlers with the checks that their access needs. */
export type Guard = (access: Access, handlers: readonly RequestHandler[]) => RequestHandler[];

export function createGuard(dependencies: ApiDependencies, cache: KeyCache): Guard {
  const { limits, operatorKeys } = dependencies;
  const failures = createFailedAttempts(limits.failuresPerAddress);
  const key = requireKey(dependencies, cache, failures);
  const limit = limitKeys(limits.requestsPerKey);
  const operator = requireOperator(operatorKeys, failures);

  return (access, handlers) => {
    switch (access) {
      case 'public':
        return handlers.map((handler) => within(handler, asAnybody));
      case 'operator':
        return [operator, ...handlers.map((handler) => within(handler, asAnybody))];
      default:
        return [key, limit, requireScope(access), ...handlers.map((handler) => within(handler, asHolder))];
    }
  };
}

/** 403 names the scope: whoever has the key may know what it lacks. */
function requireScope(scope: Scope): RequestHandler {
  return (_request, response, next) => {
    if (holderOf(response).scopes.includes(scope)) return next();
    throw insufficientScope([scope]);
  };
}

/** The problem of a key that lacks these scopes. */
export function insufficientScope(missing: readonly Scope[]): Problem {
  const names = missing.map((scope) => `"${scope}"`).join(', ');
  return new Problem('insufficient_scope', `the API key does not have the scope ${names}`, {
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${missing.join(' ')}"` },
  });
}

type Runner = <T>(response: Response, work: () => T) => T;

const asAnybody: Runner = (_response, work) => asService(work);
const asHolder: Runner = (response, work) => asMerchant(holderOf(response).owner.merchant_id, work);

const within =
  (handler: RequestHandler, run: Runner): RequestHandler =>
  (request, response, next) =>
    run(response, () => handler(request, response, next));
