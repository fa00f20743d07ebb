/** Webhook endpoints: where merchants want to be told of events. Make, list, read, change, delete. */
import type { Request, Response } from 'express';
import type { AuditNote } from '../../db/audit-entries.ts';
import { z } from 'zod';
import type { IdempotencyClaim } from '../../db/idempotency.ts';
import { newId } from '../../db/ids.ts';
import type { Owner } from '../../db/invoices.ts';
import type { Mode } from '../../db/merchants.ts';
import {
  changeEndpoint,
  deleteEndpoint,
  ENDPOINTS_MAX,
  findEndpoint,
  insertEndpoint,
  listEndpoints,
  type WebhookEndpointRow,
} from '../../db/webhook-endpoints.ts';
import { CURRENT_API_VERSION } from '../../domain/api-version.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { noteBy, ownerOf } from '../context.ts';
import type { Columns } from '../csv.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { endpointFields } from '../endpoint-fields.ts';
import type { Reach } from '../../providers/reach.ts';
import { newSecret, withSecretAgain } from '../endpoint-secrets.ts';
import { oneOf } from '../fields.ts';
import { claimOf, repetitionOf, unlessRepeated, type Repetition } from '../idempotency.ts';
import { listHandler } from '../lists.ts';
import { idParameter } from '../path.ts';
import { presentEndpoint } from '../present-endpoint.ts';
import { notFound, Problem } from '../problem.ts';

export const endpointBody = (mode: Mode, reach: Reach) =>
  z.strictObject(endpointFields(mode, reach)).omit({ enabled: true });
export const endpointChange = (mode: Mode, reach: Reach) =>
  z.strictObject(endpointFields(mode, reach)).partial();
export const endpointFilters = {
  enabled: oneOf(['true', 'false'], 'invalid_format', 'true or false').optional(),
};

export function webhookEndpointRoutes({ pool, sealer, reach, now, logger }: ApiDependencies) {
  const present = (row: WebhookEndpointRow) => presentEndpoint(row, now());

  const make = async (owner: Owner, note: AuditNote, body: unknown, claim: IdempotencyClaim | null) => {
    const given = parseBody(endpointBody(owner.mode, reach), body);
    const id = newId('whe');
    const secret = newSecret();
    const at = new Date(now()).toISOString();
    const row: WebhookEndpointRow = {
      id,
      ...owner,
      url: given.url,
      description: given.description ?? null,
      event_types: given.event_types ?? ['*'],
      api_version: given.api_version ?? CURRENT_API_VERSION,
      alias: given.alias ?? null,
      enabled: true,
      disabled_reason: null,
      disabled_at: null,
      secrets: sealer.seal({ secrets: [{ secret, until: null }] }, id),
      previous_until: [],
      revision: 1,
      rotated_at: null,
      failing_since: null,
      warned_at: null,
      created_at: at,
      updated_at: at,
    };
    const stored = { status: 201, body: JSON.stringify({ ...present(row), secret: null }) };
    switch (
      await insertEndpoint(pool, row, claim && { claim, answer: stored }, {
        ...note,
        details: { url: row.url, event_types: row.event_types },
      })
    ) {
      case 'stored': {
        logger.info({ webhook_endpoint: id }, 'a webhook endpoint was made');
        const answer = { status: 201, body: JSON.stringify({ ...present(row), secret }) };
        return { type: 'done', resource_id: id, answer } as const;
      }
      case 'too_many':
        throw new Problem('too_many_webhook_endpoints', `there are ${ENDPOINTS_MAX} endpoints in this mode`);
      case 'key_used':
        return used(claim);
    }
  };

  const used = async (claim: IdempotencyClaim | null): Promise<Repetition> => {
    const repetition = claim && (await repetitionOf(pool, claim));
    if (!repetition) throw new Error('nothing was stored although the key is free');
    return repetition;
  };

  const create = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const body = jsonBody(request);
    const claim = claimOf(request, response, body);
    const outcome = await unlessRepeated(pool, claim, () => make(owner, noteBy(response), body, claim));
    if (outcome.type === 'taken_over') throw new Error('an endpoint is stored together with its answer');
    const { resource_id: id, answer } = outcome;
    response.setHeader('Location', `/v1/webhook_endpoints/${id}`);
    if (outcome.type === 'done') return sendJson(response, answer.status, answer.body);
    const row = await findEndpoint(pool, owner, id);
    replay(response, { ...answer, body: withSecretAgain(sealer, answer.body, row) });
  };

  const list = listHandler({
    prefix: 'whe',
    name: 'webhook_endpoints',
    filters: endpointFilters,
    find: (owner, id) => findEndpoint(pool, owner, id),
    read: (owner, { enabled }, page) =>
      listEndpoints(pool, owner, enabled === undefined ? null : enabled === 'true', page),
    id: ({ id }) => id,
    present,
    columns,
  });

  const read = async (request: Request, response: Response): Promise<void> => {
    const row = await findEndpoint(pool, ownerOf(response), idParameter(request, response, 'whe'));
    if (!row) throw notFound('webhook endpoint');
    sendJson(response, 200, JSON.stringify(present(row)));
  };

  const change = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'whe');
    const owner = ownerOf(response);
    const wanted = parseBody(endpointChange(owner.mode, reach), jsonBody(request));
    const row = await changeEndpoint(
      pool,
      owner,
      id,
      wanted,
      noteBy(response, { changed: Object.keys(wanted) }),
    );
    if (!row) throw notFound('webhook endpoint');
    logger.info({ webhook_endpoint: id, enabled: row.enabled }, 'a webhook endpoint was changed');
    sendJson(response, 200, JSON.stringify(present(row)));
  };

  const remove = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'whe');
    if (!(await deleteEndpoint(pool, ownerOf(response), id, noteBy(response))))
      throw notFound('webhook endpoint');
    logger.info({ webhook_endpoint: id }, 'a webhook endpoint was deleted');
    sendJson(response, 200, JSON.stringify({ object: 'webhook_endpoint', id, deleted: true }));
  };

  return { create, list, read, change, remove };
}

const columns: Columns<WebhookEndpointRow> = {
  id: ({ id }) => id,
  mode: ({ mode }) => mode,
  url: ({ url }) => url,
  description: ({ description }) => description,
  event_types: ({ event_types }) => event_types.join(' '),
  api_version: ({ api_version }) => api_version,
  alias: ({ alias }) => alias,
  enabled: ({ enabled }) => enabled,
  disabled_reason: ({ disabled_reason }) => disabled_reason,
  failing_since: ({ failing_since }) => failing_since,
  created_at: ({ created_at }) => created_at,
};
