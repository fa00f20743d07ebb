/**
 * Makes API keys for requests, safe to repeat. The answer that is kept for repetitions holds no secret: whoever has lost the first
 * answer revokes that key and makes another.
 */
import type { Response } from 'express';
import type { z } from 'zod';
import { mintKey, type ApiKeyRow, type NewApiKey } from '../db/api-keys.ts';
import type { IdempotencyClaim } from '../db/idempotency.ts';
import type { Owner } from '../db/invoices.ts';
import type { Idempotency } from '../db/provider-accounts.ts';
import { SCOPES, type Scope } from '../domain/scopes.ts';
import { replay, sendJson } from './answer.ts';
import type { ApiDependencies } from './dependencies.ts';
import { checked } from './field-errors.ts';
import { momentAhead } from './fields.ts';
import { repetitionOf, unlessRepeated } from './idempotency.ts';
import { presentKey } from './present-key.ts';
import { Problem } from './problem.ts';

export const KEY_LABEL_MAX = 100;
const YEAR_S = 366 * 86_400;

/** Some of the scopes, at least one, each once. */
export const scopes = () =>
  checked<readonly Scope[]>(
    (value) => {
      const expected = `a list of some of ${SCOPES.join(', ')}`;
      if (!Array.isArray(value)) return { code: 'invalid_type', detail: 'must be a list', expected };
      if (value.length === 0) return { code: 'too_short', detail: 'must name at least one scope', expected };
      const unknown = value.filter((scope) => !SCOPES.some((known) => known === scope));
      if (unknown.length > 0) return { code: 'unknown_scope', detail: 'names what is not a scope', expected };
      return new Set(value).size === value.length
        ? null
        : { code: 'repeated', detail: 'names a scope twice', expected };
    },
    { type: 'array', items: { type: 'string', enum: SCOPES }, minItems: 1, uniqueItems: true },
  );

/** As they are always shown. */
export const inOrder = (some: readonly Scope[]): Scope[] => SCOPES.filter((scope) => some.includes(scope));

export const keyEnd = (now: () => number) => momentAhead(now, 60, YEAR_S);

/** How one was stored, or why not. */
type Stored = 'stored' | 'too_many' | 'ended' | 'key_used';

interface Wanted {
  readonly owner: Owner;
  readonly label: string;
  readonly scopes: readonly Scope[];
  readonly expires_at: string | null;
}

export function createKeyMaker({ pool, apiKeyPepper, now, logger }: ApiDependencies) {
  const make = async (
    wanted: () => Promise<Wanted>,
    claim: IdempotencyClaim | null,
    more: object,
    store: (row: NewApiKey, idempotency: Idempotency | null) => Promise<Stored>,
  ) => {
    const { owner, label, scopes: unordered, expires_at } = await wanted();
    const granted = inOrder(unordered);
    const { id, key, secret_hash } = mintKey(owner.mode, apiKeyPepper);
    const created_at = new Date(now()).toISOString();
    const row: ApiKeyRow = {
      id,
      mode: owner.mode,
      label,
      scopes: granted,
      created_at,
      last_used_at: null,
      expires_at,
      revoked_at: null,
    };
    const body = { ...presentKey(row, now()), ...more };
    const kept = { status: 201, body: JSON.stringify({ ...body, secret: null }) };
    const stored = await store(
      { id, owner, label, scopes: granted, secret_hash, created_at, expires_at },
      claim && { claim, answer: kept },
    );
    switch (stored) {
      case 'stored':
        logger.info({ key_id: id, merchant_id: owner.merchant_id, scopes: granted }, 'an API key was made');
        return { type: 'made', id, text: JSON.stringify({ ...body, secret: key }) } as const;
      case 'too_many':
        throw tooManyKeys(label);
      case 'ended':
        throw keyEnded();
      case 'key_used': {
        const repetition = claim && (await repetitionOf(pool, claim));
        if (!repetition) throw new Error('no API key was stored although the idempotency key is free');
        return repetition;
      }
    }
  };

  /** Makes the key that `wanted` describes and answers with it. `more`: what else the answer says. */
  return async (
    response: Response,
    wanted: () => Promise<Wanted>,
    claim: IdempotencyClaim | null,
    more: object,
    store: (row: NewApiKey, idempotency: Idempotency | null) => Promise<Stored>,
  ): Promise<void> => {
    const outcome = await unlessRepeated(pool, claim, () => make(wanted, claim, more, store));
    if (outcome.type === 'taken_over') throw new Error('an API key is stored together with its answer');
    if (outcome.type === 'made') {
      response.setHeader('Location', `/v1/api_keys/${outcome.id}`);
      return sendJson(response, 201, outcome.text);
    }
    response.setHeader('Location', `/v1/api_keys/${outcome.resource_id}`);
    replay(response, outcome.answer);
  };
}

export const tooManyKeys = (label: string): Problem =>
  new Problem('too_many_api_keys', `two keys with the label "${label}" are active`);

export const keyEnded = (): Problem => new Problem('api_key_ended', 'the API key is revoked or has expired');

/** Of a new key's body, whoever makes it. */
export const newKeyFields = (now: () => number) => ({
  scopes: scopes().optional(),
  expires_at: keyEnd(now).optional(),
});

export type NewKeyFields = z.output<z.ZodObject<ReturnType<typeof newKeyFields>>>;
