/**
 * Idempotency keys of requests that change what is there already (a cancellation, a decision, a resending). Those that
 * make an object claim their key in the statement that makes it (`idempotency.ts`); these claim it before they begin.
 */
import type { Request, RequestHandler, Response } from 'express';
import type pg from 'pg';
import {
  claimKey,
  forgetKey,
  leaveOpen,
  storeAnswer,
  type IdempotencyClaim,
  type StoredAnswer,
} from '../db/idempotency.ts';
import { replay } from './answer.ts';
import { jsonBody } from './body.ts';
import { contextOf } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { claimOf, repetitionOf, secretHashKey } from './idempotency.ts';
import { Problem } from './problem.ts';

type Handler = (request: Request, response: Response) => Promise<void>;

/**
 * Makes handlers keep their answer under the request's `Idempotency-Key`, and give it again to the same request. A
 * refusal is not kept: nothing came of the request, so that a repetition is looked at afresh. `location`: the path of
 * what a handler has made, by its id.
 */
export function createRepeatable({ pool, logger, apiKeyPepper }: ApiDependencies) {
  // Bodies may name a person: whoever reads the database could try out phone numbers against a plain hash.
  const hashKey = secretHashKey(apiKeyPepper);

  const keep = async (response: Response, claim: IdempotencyClaim, answer: StoredAnswer): Promise<void> => {
    try {
      await storeAnswer(pool, claim, answer, answer.status === 201 ? idIn(answer) : null);
    } catch (err) {
      // What was asked for is done. A repetition does it once more, as if this process had died here.
      const { request_id, route } = contextOf(response);
      logger.error({ err, request_id, route }, 'an answer could not be kept for repetitions');
    }
  };

  const letGo = async (claim: IdempotencyClaim, error: unknown): Promise<void> => {
    const isRefusal = error instanceof Problem && error.status < 500;
    // A failure leaves a claim that is given up after a minute.
    await (isRefusal ? forgetKey : leaveOpen)(pool, claim).catch(() => undefined);
  };

  return (handler: Handler, location?: (id: string) => string): RequestHandler =>
    async (request, response) => {
      const claim = claimOf(request, response, jsonBody(request), hashKey);
      if (claim === null) return handler(request, response);
      const answer = await claimOrAnswer(pool, claim, resourceOf(request));
      if (answer !== null) {
        if (location) response.setHeader('Location', location(idIn(answer)));
        return replay(response, answer);
      }
      const context = contextOf(response);
      context.keepAnswer = (given) => keep(response, claim, given);
      try {
        await handler(request, response);
      } catch (error) {
        context.keepAnswer = null;
        await letGo(claim, error);
        throw error;
      }
    };
}

/** Null: the key is ours, and the request is to be carried out. Throws `Problem`. */
async function claimOrAnswer(
  pool: pg.Pool,
  claim: IdempotencyClaim,
  resource_id: string,
): Promise<StoredAnswer | null> {
  for (;;) {
    if (await claimKey(pool, claim, resource_id)) return null;
    const known = await repetitionOf(pool, claim);
    // Null: its first request was refused between the two statements, and has let go of the key.
    if (known !== null) return known.type === 'answered' ? known.answer : null;
  }
}

/** What the request is about: an invoice's erasure goes through the answers that are kept for its requests. */
function resourceOf({ params, path }: Request): string {
  return typeof params['id'] === 'string' ? params['id'] : path;
}

function idIn({ body }: StoredAnswer): string {
  return String((JSON.parse(body) as { id?: unknown }).id);
}
