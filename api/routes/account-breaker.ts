/** An operator's word over the circuit breaker of a provider account: open, closed, or by itself again. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { findProviderAccount } from '../../db/provider-accounts.ts';
import { forceBreaker } from '../../db/provider-health.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { holderOf, noteBy } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { oneOf, optionalText } from '../fields.ts';
import { idParameter } from '../path.ts';
import { createAccountPresenter } from '../present-account.ts';
import { invalidFields, notFound } from '../problem.ts';
import type { AccountFinder } from '../provider-accounts.ts';

const REASON_MAX = 300;

export const forceBody = z.strictObject({
  state: oneOf(['open', 'closed', 'automatic'], 'invalid_format', 'a state of the breaker'),
  reason: optionalText(REASON_MAX),
});

export function accountBreakerRoutes(dependencies: ApiDependencies, finder: AccountFinder) {
  const { pool, logger } = dependencies;
  const present = createAccountPresenter(dependencies);

  /** Workers notice by the account's revision, with the next call. */
  const force = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'pacc');
    const { owner, key_id } = holderOf(response);
    const { state, reason } = parseBody(forceBody, jsonBody(request));
    if (state !== 'automatic' && reason === undefined) throw invalidFields([reasonNeeded]);
    const forced = state === 'automatic' ? null : { state, reason: reason ?? '' };
    const note = noteBy(response, { state, reason: reason ?? null });
    if (!(await forceBreaker(pool, owner, id, forced, note))) throw notFound('provider account');
    finder.forget(id);
    logger.warn({ provider_account: id, state, key_id }, 'the circuit breaker of an account was set');
    const row = await findProviderAccount(pool, owner, id);
    if (!row) throw notFound('provider account');
    sendJson(response, 200, present(row));
  };

  return { force };
}

const reasonNeeded = {
  pointer: '/reason',
  code: 'required',
  detail: 'is needed to force the breaker',
  expected: `text of 1 to ${REASON_MAX} characters: why, for whoever finds it like this`,
};
