/** Signing in and out of the operations pages. */
import type { Request, Response } from 'express';
import {
  beginSession,
  countAttempt,
  findForSignIn,
  forgiveAttempt,
  OPERATOR_NAME,
  type Attempt,
} from '../../db/operators.ts';
import { logRefusal } from '../../db/operator-log.ts';
import { isPassword } from '../../db/passwords.ts';
import { signInPage } from '../../pages/ops/sign-in.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { toProblem } from '../error-handler.ts';
import { seeOther, sendPage } from '../page-answer.ts';
import { Problem } from '../problem.ts';
import { formOf } from './area.ts';
import { requireFormToken, requireOwnOrigin, type Sessions } from './session.ts';

const PASSWORD_MAX = 1_000;

export function signInRoutes(dependencies: ApiDependencies, sessions: Sessions) {
  const { pool, apiKeyPepper, logger, publicUrl } = dependencies;

  const show = async (request: Request, response: Response): Promise<void> => {
    const next = nextOf(new URL(request.originalUrl, 'http://here').searchParams);
    if ((await sessions.find(request, false)) !== null) return seeOther(response, next);
    sendPage(response, 200, signInPage({ next, name: '', problem: null }), 'en');
  };

  /** The token of a new session. Throws `Problem`. */
  const begin = async (request: Request, name: string, password: string): Promise<string> => {
    const attempt: Attempt = { name, address: request.ip ?? '' };
    const wait_s = await countAttempt(pool, apiKeyPepper, attempt);
    if (wait_s > 0) {
      logger.warn('an attempt to sign in came too early after others that failed');
      throw new Problem('sign_in_blocked', `too many attempts have failed; try again in ${wait_s} seconds`, {
        retryAfter_s: wait_s,
      });
    }
    const found = OPERATOR_NAME.test(name) ? await findForSignIn(pool, name) : null;
    const isRight = await isPassword(password.slice(0, PASSWORD_MAX), found?.password_hash ?? null);
    if (!isRight || found === null || found.is_disabled) {
      const reason = isRight && found?.is_disabled === true ? 'disabled' : 'wrong';
      await logRefusal(pool, { name: found?.name ?? null, address: attempt.address, reason });
      logger.warn({ operator: found?.name ?? null }, 'an attempt to sign in failed');
      throw new Problem('sign_in_refused', 'name and password do not fit');
    }
    await forgiveAttempt(pool, apiKeyPepper, attempt);
    logger.info({ operator: found.name, role: found.role }, 'an operator signed in');
    return beginSession(pool, found.id, {
      replaced: sessions.tokenOf(request),
      address: attempt.address,
    });
  };

  const enter = async (request: Request, response: Response): Promise<void> => {
    const form = formOf(request);
    const name = (form.get('name') ?? '').trim().toLowerCase();
    const next = nextOf(form);
    try {
      requireOwnOrigin(request, publicUrl);
      sessions.give(response, await begin(request, name, form.get('password') ?? ''));
      seeOther(response, next);
    } catch (error) {
      const problem = toProblem(error);
      if (problem.status >= 500) logger.error({ err: problem.cause ?? error }, 'signing in failed');
      for (const [header, value] of Object.entries(problem.headers)) response.setHeader(header, value);
      sendPage(response, problem.status, signInPage({ next, name, problem: problem.message }), 'en');
    }
  };

  const leave = async (request: Request, response: Response): Promise<void> => {
    requireOwnOrigin(request, publicUrl);
    const visitor = await sessions.find(request, false);
    if (visitor !== null) {
      requireFormToken(formOf(request), visitor);
      await sessions.end(request, response);
      logger.info({ operator: visitor.operator.name }, 'an operator signed out');
    }
    seeOther(response, '/ops/sign-in');
  };

  return { show, enter, leave };
}

/** Where to go after signing in: a page of this area and nowhere else. */
function nextOf(parameters: URLSearchParams): string {
  const next = parameters.get('next') ?? '';
  const base = 'http://here';
  const url = URL.canParse(next, base) ? new URL(next, base) : null;
  const isOurs =
    url !== null &&
    url.origin === base &&
    /^\/ops(?:\/|$)/.test(url.pathname) &&
    !url.pathname.startsWith('/ops/sign-');
  return isOurs ? url.pathname + url.search : '/ops';
}
