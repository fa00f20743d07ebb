/** For whoever runs this installation: merchants, and the first keys of each. Everything else is the merchant's own. */
import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { insertApiKey } from '../../db/api-keys.ts';
import { findAnyMerchant, insertMerchant, listMerchants } from '../../db/operator.ts';
import { OPERATOR, type MerchantRow } from '../../db/merchants.ts';
import { SCOPES } from '../../domain/scopes.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { oneOf, optionalText, text } from '../fields.ts';
import { claimFor, idempotencyKeyOf } from '../idempotency.ts';
import { exactText } from '../lists.ts';
import { createKeyMaker, KEY_LABEL_MAX, newKeyFields } from '../new-keys.ts';
import { listText, pageOf, pageParameters, refuseCursor } from '../pages.ts';
import { idParameter } from '../path.ts';
import { notFound, Problem } from '../problem.ts';
import { parseQuery } from '../query.ts';
import type { merchant as schema } from '../schemas/merchant.ts';
import type { Shown } from '../schemas/parts.ts';

const NAME_MAX = 200;
const LABEL_DEFAULT = 'main';

export const merchantBody = z.strictObject({ name: text(NAME_MAX) });
export const merchantQuery = z.strictObject({
  name: exactText(NAME_MAX).optional(),
  ...pageParameters('mer'),
});

export const merchantKeyBody = (now: () => number) =>
  z.strictObject({
    mode: oneOf(['live', 'sandbox'], 'invalid_format', 'live or sandbox'),
    label: optionalText(KEY_LABEL_MAX),
    ...newKeyFields(now),
  });

export function operatorRoutes(dependencies: ApiDependencies) {
  const { pool, now, logger } = dependencies;
  const makeKey = createKeyMaker(dependencies);
  const keyBody = merchantKeyBody(now);

  /** A repetition with the same `Idempotency-Key` finds the merchant that the first has made. */
  const create = async (request: Request, response: Response): Promise<void> => {
    const { name } = parseBody(merchantBody, jsonBody(request));
    const key = idempotencyKeyOf(request);
    const creation = key === null ? null : { key, request_hash: createHash('sha256').update(name).digest() };
    const { merchant, made, same_request } = await insertMerchant(pool, name, creation, {
      actor: OPERATOR,
      details: { name },
    });
    if (!same_request) {
      throw new Problem(
        'idempotency_key_reused',
        'this Idempotency-Key was used for a merchant of another name',
      );
    }
    if (made) logger.info({ merchant_id: merchant.id }, 'a merchant was made');
    else response.setHeader('Idempotent-Replayed', 'true');
    response.setHeader('Location', `/v1/merchants/${merchant.id}`);
    sendJson(response, 201, JSON.stringify(present(merchant)));
  };

  const list = async (request: Request, response: Response): Promise<void> => {
    const query = parseQuery(merchantQuery, request);
    const page = pageOf(query);
    const cursor = page.after ?? page.before;
    if (cursor !== null && !(await findAnyMerchant(pool, cursor))) refuseCursor('mer', page);
    const { rows, has_more } = await listMerchants(pool, query.name ?? null, page);
    sendJson(response, 200, listText(rows.map(present), has_more));
  };

  const mustFind = async (request: Request, response: Response): Promise<MerchantRow> => {
    const merchant = await findAnyMerchant(pool, idParameter(request, response, 'mer'));
    if (!merchant) throw notFound('merchant');
    return merchant;
  };

  const read = async (request: Request, response: Response): Promise<void> =>
    sendJson(response, 200, JSON.stringify(present(await mustFind(request, response))));

  const createKey = async (request: Request, response: Response): Promise<void> => {
    const { id } = await mustFind(request, response);
    const body = jsonBody(request);
    const { mode, label = LABEL_DEFAULT, scopes = SCOPES, expires_at = null } = parseBody(keyBody, body);
    const owner = { merchant_id: id, mode };
    const wanted = async () => ({
      owner,
      label,
      scopes,
      expires_at: expires_at && new Date(expires_at).toISOString(),
    });
    const claim = claimFor(owner, request, body);
    await makeKey(response, wanted, claim, { merchant: id }, (row, idempotency) =>
      insertApiKey(
        pool,
        row,
        { actor: OPERATOR, details: { label: row.label, scopes: row.scopes } },
        idempotency,
      ),
    );
  };

  return { create, list, read, createKey };
}

const present = (merchant: MerchantRow): Shown<typeof schema> => ({ object: 'merchant', ...merchant });
