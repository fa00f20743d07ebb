/** The API keys of a merchant in one mode: made, listed, changed, replaced, revoked by a key with the scope `admin`. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import {
  changeApiKey,
  findMerchantKey,
  insertApiKey,
  listApiKeys,
  replaceApiKey,
  revokeMerchantKey,
  type ApiKeyRow,
} from '../../db/api-keys.ts';
import type { Scope } from '../../domain/scopes.ts';
import { insufficientScope } from '../access.ts';
import { sendJson } from '../answer.ts';
import { forgetKey, type KeyCache } from '../auth.ts';
import { jsonBody, parseBody } from '../body.ts';
import { holderOf, noteBy, ownerOf, type Holder } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { integer, noFields, oneOf, optionalText } from '../fields.ts';
import { claimOf } from '../idempotency.ts';
import { exactText, listHandler } from '../lists.ts';
import {
  createKeyMaker,
  inOrder,
  KEY_LABEL_MAX,
  keyEnd,
  keyEnded,
  newKeyFields,
  scopes,
  tooManyKeys,
} from '../new-keys.ts';
import { idParameter } from '../path.ts';
import { presentKey, statusOf } from '../present-key.ts';
import { notFound } from '../problem.ts';

const LABEL_DEFAULT = 'main';
const DAY_S = 86_400;
const OVERLAP_MAX_S = 30 * DAY_S;

export const keyBody = (now: () => number) =>
  z.strictObject({ label: optionalText(KEY_LABEL_MAX), ...newKeyFields(now) });
export const keyChange = z.strictObject({
  label: optionalText(KEY_LABEL_MAX),
  scopes: scopes().optional(),
});
export const keyRotation = (now: () => number) =>
  z.strictObject({
    overlap_s: integer(0, OVERLAP_MAX_S, 'seconds').optional(),
    expires_at: keyEnd(now).optional(),
  });
export const keyFilters = {
  label: exactText(KEY_LABEL_MAX).optional(),
  active: oneOf(['true', 'false'], 'invalid_format', 'true or false').optional(),
};

export function apiKeyRoutes(dependencies: ApiDependencies, keys: KeyCache) {
  const { pool, now, logger } = dependencies;
  const makeKey = createKeyMaker(dependencies);
  const show = (response: Response, key: ApiKeyRow): void =>
    sendJson(response, 200, JSON.stringify(presentKey(key, now())));

  const createBody = keyBody(now);

  const create = (request: Request, response: Response): Promise<void> => {
    const holder = holderOf(response);
    const body = jsonBody(request);
    const wanted = async () => {
      const given = parseBody(createBody, body);
      const { label = LABEL_DEFAULT, scopes: granted = holder.scopes, expires_at = null } = given;
      mayGrant(holder, granted);
      return { owner: holder.owner, label, scopes: granted, expires_at: utc(expires_at) };
    };
    return makeKey(response, wanted, claimOf(request, response, body), {}, (row, idempotency) =>
      insertApiKey(pool, row, noteBy(response, { label: row.label, scopes: row.scopes }), idempotency),
    );
  };

  const list = listHandler({
    prefix: 'key',
    name: 'api_keys',
    filters: keyFilters,
    find: (owner, id) => findMerchantKey(pool, owner, id),
    read: (owner, { label, active }, page) => {
      const filter = { label: label ?? null, active: active === undefined ? null : active === 'true' };
      return listApiKeys(pool, owner, filter, page);
    },
    id: ({ id }) => id,
    present: (key) => presentKey(key, now()),
    columns: {
      id: ({ id }) => id,
      mode: ({ mode }) => mode,
      label: ({ label }) => label,
      scopes: (key) => key.scopes.join(' '),
      status: (key) => statusOf(key, now()),
      created_at: ({ created_at }) => created_at,
      last_used_at: ({ last_used_at }) => last_used_at,
      expires_at: ({ expires_at }) => expires_at,
      revoked_at: ({ revoked_at }) => revoked_at,
    },
  });

  const mustFind = async (request: Request, response: Response): Promise<ApiKeyRow> => {
    const found = await findMerchantKey(pool, ownerOf(response), idParameter(request, response, 'key'));
    if (!found) throw notFound('API key');
    return found;
  };

  const read = async (request: Request, response: Response): Promise<void> =>
    show(response, await mustFind(request, response));

  const change = async (request: Request, response: Response): Promise<void> => {
    const before = await mustFind(request, response);
    const { label = null, scopes: granted = null } = parseBody(keyChange, jsonBody(request));
    const holder = holderOf(response);
    if (granted !== null)
      mayGrant(
        holder,
        granted.filter((scope) => !before.scopes.includes(scope)),
      );
    const wanted = {
      label,
      scopes: granted && inOrder(granted),
    };
    const changed = await changeApiKey(pool, holder.owner, before, wanted, noteBy(response, wanted));
    if (changed === 'too_many') throw tooManyKeys(label ?? before.label);
    if (changed === 'ended') throw keyEnded();
    forgetKey(keys, changed.id);
    logger.info({ key_id: changed.id, scopes: changed.scopes, by: holder.key_id }, 'an API key was changed');
    show(response, changed);
  };

  const revoke = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'key');
    parseBody(noFields, jsonBody(request));
    const revoked = await revokeMerchantKey(pool, ownerOf(response), id, noteBy(response));
    if (revoked === null) throw notFound('API key');
    forgetKey(keys, id);
    logger.info({ key_id: id, by: holderOf(response).key_id }, 'an API key was revoked');
    show(response, revoked);
  };

  const rotateBody = keyRotation(now);

  /** Whoever replaces a key gets its scopes in hand, so they have to be among their own. */
  const rotate = async (request: Request, response: Response): Promise<void> => {
    const old = await mustFind(request, response);
    const holder = holderOf(response);
    const body = jsonBody(request);
    let until: string | null = null;
    const wanted = async () => {
      mayGrant(holder, old.scopes);
      const { overlap_s = DAY_S, expires_at = null } = parseBody(rotateBody, body);
      until = overlap_s === 0 ? null : new Date(now() + overlap_s * 1000).toISOString();
      return { owner: holder.owner, label: old.label, scopes: old.scopes, expires_at: utc(expires_at) };
    };
    const claim = claimOf(request, response, body);
    await makeKey(response, wanted, claim, { replaces: old.id }, (row, idempotency) =>
      replaceApiKey(
        pool,
        row,
        old.id,
        until,
        noteBy(response, { label: row.label, replaces: old.id, until }),
        idempotency,
      ),
    );
    forgetKey(keys, old.id);
  };

  return { create, list, read, change, revoke, rotate };
}

/** Nobody can hand out what they do not have: a key with `admin` alone could otherwise make itself one that refunds. */
function mayGrant({ scopes: own }: Holder, wanted: readonly Scope[]): void {
  const missing = wanted.filter((scope) => !own.includes(scope));
  if (missing.length > 0) throw insufficientScope(missing);
}

const utc = (moment: string | null): string | null => moment && new Date(moment).toISOString();
