/**
 * Rotation: new credentials for a provider account, all of them or some. Webhooks proved with the old ones are believed for
 * an overlap, because the provider goes on using them until somebody has changed them there too. Everything else uses the
 * new ones at once.
 */
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { AuditNote } from '../../db/audit-entries.ts';
import type { IdempotencyClaim } from '../../db/idempotency.ts';
import type { Owner } from '../../db/invoices.ts';
import {
  findProviderAccount,
  rotateCredentials,
  type ProviderAccountRow,
} from '../../db/provider-accounts.ts';
import { openCredentials, parseWithCredentials } from '../account-credentials.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody } from '../body.ts';
import { noteBy, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { integer } from '../fields.ts';
import { claimOf, repetitionOf, secretHashKey, unlessRepeated } from '../idempotency.ts';
import { idParameter } from '../path.ts';
import { createAccountPresenter } from '../present-account.ts';
import { invalidFields, notFound, Problem, type FieldError } from '../problem.ts';
import type { AccountFinder } from '../provider-accounts.ts';

const DAY_S = 86_400;
const OVERLAP_DEFAULT_S = DAY_S;
const OVERLAP_MAX_S = 30 * DAY_S;
/** Each of them is tried on a webhook that the present credentials do not prove. */
const PREVIOUS_MAX = 10;
/** How often a rotation is made again from the account as somebody else has just left it. */
const ROTATION_ATTEMPTS = 5;

/** `credentials`: the connector's schema; some of them are enough in a request. */
export const rotationBody = <Credentials extends z.ZodType>(credentials: Credentials) =>
  z.strictObject({ credentials, overlap_s: integer(0, OVERLAP_MAX_S, 'seconds').optional() });

/** Rotates the credentials of an account, whoever asks for it. */
export function createRotator(dependencies: ApiDependencies) {
  const { pool, sealer, connectors, now, logger } = dependencies;
  const byProvider = new Map(connectors.map((connector) => [connector.manifest.provider, connector]));
  const present = createAccountPresenter(dependencies);
  /** What the request makes of the account as it is now: given credentials replace, null removes, the rest stays. */
  const rotated = (row: ProviderAccountRow, body: unknown) => {
    const connector = byProvider.get(row.provider);
    if (!connector) throw notFound('provider account');
    const schema = rotationBody(connector.credentials);
    const given: unknown = Reflect.get(Object(body), 'credentials');
    const isSome = typeof given === 'object' && given !== null && !Array.isArray(given);
    if (isSome && Object.keys(given).length === 0) throw invalidFields([NOTHING_GIVEN]);
    const merged = isSome ? { ...Object(body), credentials: laidOver(presentOf(row), given) } : body;
    const { credentials, overlap_s = OVERLAP_DEFAULT_S } = parseWithCredentials(schema, merged, connector);
    if (overlap_s > 0 && row.previous_until.length >= PREVIOUS_MAX) {
      throw new Problem(
        'too_many_rotations',
        `${row.previous_until.length} earlier sets of credentials still count`,
      );
    }
    return { credentials, overlap_s };
  };

  /** Empty when they cannot be decrypted: then all of them have to be given. */
  const presentOf = (row: ProviderAccountRow): Readonly<Record<string, unknown>> => {
    try {
      return openCredentials(sealer, row);
    } catch {
      return {};
    }
  };

  /** `body` is that of the API: `credentials`, and `overlap_s`. Throws `Problem`. */
  return async (
    owner: Owner,
    id: string,
    body: unknown,
    claim: IdempotencyClaim | null,
    noteWith: (details: AuditNote['details']) => AuditNote,
  ) => {
    for (let attempt = 1; attempt <= ROTATION_ATTEMPTS; attempt += 1) {
      const row = await findProviderAccount(pool, owner, id);
      if (!row) throw notFound('provider account');
      const { credentials, overlap_s } = rotated(row, body);
      const at = new Date(now()).toISOString();
      const overlap_until = overlap_s === 0 ? null : new Date(now() + overlap_s * 1000).toISOString();
      const after: ProviderAccountRow = {
        ...row,
        credentials: sealer.seal(credentials, id),
        revision: row.revision + 1,
        previous_until: overlap_until === null ? [] : [overlap_until, ...row.previous_until],
        rotated_at: at,
        updated_at: at,
        // What was learnt with the old credentials does not count.
        health: null,
      };
      const answer = { status: 200, body: present(after) };
      const rotation = {
        owner,
        account_id: id,
        revision: row.revision,
        credentials: after.credentials,
        at,
        overlap_until,
        note: noteWith({ revision: after.revision, overlap_until }),
      };
      if (await rotateCredentials(pool, rotation, claim && { claim, answer })) {
        logger.info(
          { provider_account: id, revision: after.revision, overlap_until },
          'credentials were rotated',
        );
        return { type: 'done', resource_id: id, answer } as const;
      }
      const repetition = claim && (await repetitionOf(pool, claim));
      if (repetition) return repetition;
    }
    throw new Problem('provider_account_changed', 'the account is being changed by others', {
      retryAfter_s: 1,
    });
  };
}

export function accountRotationRoutes(dependencies: ApiDependencies, finder: AccountFinder) {
  const { pool } = dependencies;
  const tryRotate = createRotator(dependencies);
  const hashKey = secretHashKey(dependencies.apiKeyPepper);

  const rotate = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'pacc');
    const body = jsonBody(request);
    const claim = claimOf(request, response, body, hashKey);
    const outcome = await unlessRepeated(pool, claim, () =>
      tryRotate(ownerOf(response), id, body, claim, (details) => noteBy(response, details)),
    );
    finder.forget(id);
    if (outcome.type === 'taken_over') throw new Error('a rotation is stored together with its answer');
    if (outcome.type === 'answered') replay(response, outcome.answer);
    else sendJson(response, outcome.answer.status, outcome.answer.body);
  };

  return { rotate };
}

const NOTHING_GIVEN: FieldError = {
  pointer: '/credentials',
  code: 'required',
  detail: 'names no credential',
  expected: 'all credentials, or those that change',
};

/** The present credentials with the given ones over them; null takes one away. */
function laidOver(before: Readonly<Record<string, unknown>>, given: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...before, ...given }).filter(([, value]) => value !== null));
}
