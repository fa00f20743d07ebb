/** What can be done with a webhook endpoint: rotate its secret, send it a test event, have everything that failed sent again. */
import type { Request, Response } from 'express';
import type { AuditNote } from '../../db/audit-entries.ts';
import { z } from 'zod';
import { findDelivery, resendFailed } from '../../db/delivery-list.ts';
import { insertTestEvent } from '../../db/endpoint-events.ts';
import type { IdempotencyClaim } from '../../db/idempotency.ts';
import type { Owner } from '../../db/invoices.ts';
import { findEndpoint, rotateSecrets, type WebhookEndpointRow } from '../../db/webhook-endpoints.ts';
import { replay, sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { noteBy, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { openSecrets, rotatedSecrets, withSecretAgain } from '../endpoint-secrets.ts';
import { integer, moment, noFields } from '../fields.ts';
import { claimOf, repetitionOf, unlessRepeated } from '../idempotency.ts';
import { idParameter } from '../path.ts';
import { presentDelivery } from '../present-delivery.ts';
import { presentEndpoint } from '../present-endpoint.ts';
import { notFound, Problem } from '../problem.ts';
import { createDeliveryWaker } from '../wake-deliveries.ts';

const DAY_S = 86_400;
const OVERLAP_DEFAULT_S = DAY_S;
const OVERLAP_MAX_S = 30 * DAY_S;
/** Each of them signs every webhook. */
const PREVIOUS_MAX = 10;
/** How often a rotation is made again from the endpoint as somebody else has just left it. */
const ROTATION_ATTEMPTS = 5;

export const rotateSecretBody = z.strictObject({
  overlap_s: integer(0, OVERLAP_MAX_S, 'seconds').optional(),
});
export const resendBody = z.strictObject({ since: moment() });

export function webhookEndpointActions(dependencies: ApiDependencies) {
  const { pool, sealer, now, logger } = dependencies;
  const wake = createDeliveryWaker(dependencies);

  const mustFind = async (owner: Owner, id: string): Promise<WebhookEndpointRow> => {
    const row = await findEndpoint(pool, owner, id);
    if (!row) throw notFound('webhook endpoint');
    return row;
  };

  const tryRotate = async (
    owner: Owner,
    id: string,
    note: AuditNote,
    body: unknown,
    claim: IdempotencyClaim | null,
  ) => {
    const { overlap_s = OVERLAP_DEFAULT_S } = parseBody(rotateSecretBody, body);
    for (let attempt = 1; attempt <= ROTATION_ATTEMPTS; attempt += 1) {
      const row = await mustFind(owner, id);
      const at_ms = now();
      const at = new Date(at_ms).toISOString();
      const overlap_until = overlap_s === 0 ? null : new Date(at_ms + overlap_s * 1000).toISOString();
      const secrets = rotatedSecrets(openSecrets(sealer, row), overlap_until, at_ms);
      const previous_until = secrets.flatMap(({ until }) => (until === null ? [] : [until]));
      if (previous_until.length > PREVIOUS_MAX)
        throw new Problem('too_many_rotations', `${PREVIOUS_MAX} earlier secrets still count`);
      const sealed = sealer.seal({ secrets }, id);
      const after = { ...row, previous_until, rotated_at: at, updated_at: at };
      const shown = presentEndpoint(after, at_ms);
      const stored = { status: 200, body: JSON.stringify({ ...shown, secret: null }) };
      const { revision } = row;
      const rotation = { owner, endpoint_id: id, revision, secrets: sealed, previous_until, at };
      if (
        await rotateSecrets(pool, rotation, claim && { claim, answer: stored }, {
          ...note,
          details: { overlap_until },
        })
      ) {
        logger.info({ webhook_endpoint: id, overlap_until }, 'the secret of a webhook endpoint was rotated');
        const answer = { status: 200, body: JSON.stringify({ ...shown, secret: secrets[0]?.secret }) };
        return { type: 'done', resource_id: id, answer } as const;
      }
      const repetition = claim && (await repetitionOf(pool, claim));
      if (repetition) return repetition;
    }
    throw new Problem('webhook_endpoint_changed', 'the endpoint is being changed by others', {
      retryAfter_s: 1,
    });
  };

  const rotate = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'whe');
    const owner = ownerOf(response);
    const body = jsonBody(request);
    const claim = claimOf(request, response, body);
    const outcome = await unlessRepeated(pool, claim, () =>
      tryRotate(owner, id, noteBy(response), body, claim),
    );
    if (outcome.type === 'taken_over') throw new Error('a rotation is stored together with its answer');
    const { answer } = outcome;
    if (outcome.type === 'done') return sendJson(response, answer.status, answer.body);
    const row = await findEndpoint(pool, owner, id);
    replay(response, { ...answer, body: withSecretAgain(sealer, answer.body, row) });
  };

  const test = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'whe');
    const owner = ownerOf(response);
    parseBody(noFields, jsonBody(request));
    await mustFind(owner, id);
    const made = await insertTestEvent(pool, owner, id);
    if (!made) throw endpointDisabled();
    wake([{ endpoint_id: id, subject: made.event_id }], 'new');
    const delivery = await findDelivery(pool, owner, made.delivery_id);
    if (!delivery) throw new Error(`${made.delivery_id} was stored and is not there`);
    response.setHeader('Location', `/v1/deliveries/${delivery.id}`);
    sendJson(response, 201, JSON.stringify(presentDelivery(delivery)));
  };

  const resend = async (request: Request, response: Response): Promise<void> => {
    const id = idParameter(request, response, 'whe');
    const { since } = parseBody(resendBody, jsonBody(request));
    const endpoint = await mustFind(ownerOf(response), id);
    if (!endpoint.enabled) throw endpointDisabled();
    const { count, queues, has_more } = await resendFailed(pool, id, since);
    wake(queues, 'resend');
    logger.info({ webhook_endpoint: id, since, count }, 'failed deliveries are sent again');
    sendJson(
      response,
      200,
      JSON.stringify({ object: 'resend', webhook_endpoint: id, since, count, has_more }),
    );
  };

  return { rotate, test, resend };
}

/** Nothing would come of sending. */
export function endpointDisabled(): Problem {
  return new Problem('webhook_endpoint_disabled', 'the endpoint is disabled: nothing is sent to it');
}
