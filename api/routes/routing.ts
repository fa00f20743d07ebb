/** Routing: the merchant's rules for payments that name no service, and what they would pick. */
import type { Request, Response } from 'express';
import type { Mode } from '../../db/merchants.ts';
import { findRouting, type RoutingRow } from '../../db/routing.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { holderOf, noteBy, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { createRuleKeeper, previewBody, routingBody, ruleOf } from '../routing-rules.ts';
import type { routing, routingPreview } from '../schemas/account.ts';
import type { Shown } from '../schemas/parts.ts';
import { defined } from './invoices.ts';

export function routingRoutes(dependencies: ApiDependencies) {
  const { pool, logger } = dependencies;
  const keeper = createRuleKeeper(dependencies);

  const read = async (_request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    sendJson(response, 200, present(await findRouting(pool, owner), owner.mode));
  };

  /** All rules at once, so that no payment ever sees half of a change. */
  const replace = async (request: Request, response: Response): Promise<void> => {
    const { owner, key_id } = holderOf(response);
    const { revision = null, rules: wanted } = parseBody(routingBody, jsonBody(request));
    const rules = wanted.map(ruleOf);
    const row = await keeper.replace(owner, rules, revision, noteBy(response, { rules }));
    logger.info({ revision: row.revision, rules: rules.length, key_id }, 'the routing was changed');
    sendJson(response, 200, present(row, owner.mode));
  };

  /** What a payment of this kind would take now. Nothing is stored; what is left to chance is drawn anew each time. */
  const preview = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const body = parseBody(previewBody, jsonBody(request));
    const { revision, rule, index, candidates, skipped } = await keeper.preview(owner, {
      currency: body.currency,
      remaining: body.amount,
      capture_method: body.capture_method ?? 'automatic',
      customer: defined(body.customer ?? {}),
      description: body.description ?? null,
    });
    const answer: Shown<typeof routingPreview> = {
      object: 'routing_preview',
      mode: owner.mode,
      revision,
      rule: { index, name: rule.name },
      strategy: rule.strategy,
      fallback: rule.fallback,
      services: candidates,
      skipped,
    };
    sendJson(response, 200, JSON.stringify(answer));
  };

  return { read, replace, preview };
}

function present({ revision, rules, updated_at }: RoutingRow, mode: Mode): string {
  const answer: Shown<typeof routing> = { object: 'routing', mode, revision, rules, updated_at };
  return JSON.stringify(answer);
}
