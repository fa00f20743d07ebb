/** Routing: the merchant's rules for payments that name no service, and what they would pick. */
import type { Request, Response } from 'express';
import { z } from 'zod';
import { linkedAccounts, type AccountInUse, type Mode } from '../../db/merchants.ts';
import { findRouting, loadRoutingFacts, replaceRouting, type RoutingRow } from '../../db/routing.ts';
import { newId } from '../../db/ids.ts';
import { matchesAll, STRATEGIES, type RoutingRule } from '../../domain/routing.ts';
import { sendJson } from '../answer.ts';
import { jsonBody, parseBody } from '../body.ts';
import { holderOf, noteBy, ownerOf } from '../context.ts';
import type { ApiDependencies } from '../dependencies.ts';
import {
  amount,
  countryCode,
  currencyCode,
  customer,
  DESCRIPTION_MAX,
  flag,
  integer,
  oneOf,
  optionalText,
  text,
} from '../fields.ts';
import {
  accountRefusal,
  currencyRefusal,
  paymentServices,
  unknownService,
  type PaymentService,
} from '../payment-service.ts';
import { invalidFields, Problem, type FieldError } from '../problem.ts';
import { accountsOf, routeOf } from '../routing.ts';
import type { routing, routingPreview } from '../schemas/account.ts';
import type { Shown } from '../schemas/parts.ts';
import { defined } from './invoices.ts';

const RULES_MAX = 50;
const SERVICES_MAX = 20;
const WEIGHT_MAX = 1_000_000;
const REVISION_MAX = 2_000_000_000;

/** What is null in the answer may be null in the request: so an answer, changed a little, can be sent back. */
export const routingBody = z.strictObject({
  revision: integer(0, REVISION_MAX, 'changes').nullish(),
  rules: z
    .array(
      z.strictObject({
        name: text(100).nullish(),
        currency: currencyCode(),
        amount_gte: amount().nullish(),
        amount_lte: amount().nullish(),
        countries: z.array(countryCode()).min(1).max(250).nullish(),
        strategy: oneOf(STRATEGIES, 'unknown_strategy', 'a strategy').nullish(),
        fallback: flag().nullish(),
        services: z
          .array(
            z.strictObject({
              payment_service: text(64),
              provider_account: text(64).nullish(),
              weight: integer(0, WEIGHT_MAX, 'parts').nullish(),
            }),
          )
          .min(1)
          .max(SERVICES_MAX),
      }),
    )
    .max(RULES_MAX),
});

export const previewBody = z.strictObject({
  currency: currencyCode(),
  amount: amount(),
  capture_method: oneOf(['automatic', 'manual'], 'unknown_capture_method', 'a way to capture').optional(),
  customer: customer().optional(),
  description: optionalText(DESCRIPTION_MAX),
});

export function routingRoutes({ pool, connectors, logger }: ApiDependencies) {
  const services = paymentServices(connectors);

  const read = async (_request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    sendJson(response, 200, present(await findRouting(pool, owner), owner.mode));
  };

  /** All rules at once, so that no payment ever sees half of a change. */
  const replace = async (request: Request, response: Response): Promise<void> => {
    const { owner, key_id } = holderOf(response);
    const { revision = null, rules: wanted } = parseBody(routingBody, jsonBody(request));
    const rules = wanted.map(ruleOf);
    const accounts = await linkedAccounts(pool, owner.merchant_id, owner.mode);
    const errors = rules.flatMap((rule, index) => [
      ...ruleErrors(rules, rule, index),
      ...rule.services.flatMap((_, place) => serviceErrors(services, accounts, rule, index, place)),
    ]);
    if (errors.length > 0) throw invalidFields(errors);
    const row = await replaceRouting(pool, owner, rules, revision, noteBy(response, { rules }));
    if (row === null) {
      const now = await findRouting(pool, owner);
      throw new Problem(
        'routing_changed',
        `the rules are of revision ${now.revision} by now, not ${revision ?? 0}`,
      );
    }
    logger.info({ revision: row.revision, rules: rules.length, key_id }, 'the routing was changed');
    sendJson(response, 200, present(row, owner.mode));
  };

  /** What a payment of this kind would take now. Nothing is stored; what is left to chance is drawn anew each time. */
  const preview = async (request: Request, response: Response): Promise<void> => {
    const owner = ownerOf(response);
    const body = parseBody(previewBody, jsonBody(request));
    const facts = await loadRoutingFacts(pool, owner, null);
    const payable = {
      currency: body.currency,
      remaining: body.amount,
      capture_method: body.capture_method ?? 'automatic',
      customer: defined(body.customer ?? {}),
      description: body.description ?? null,
    };
    const wanted = { amount: null, customer: {}, description: null };
    const { rule, index, candidates, skipped } = routeOf(services, facts, payable, wanted, newId('pay'));
    const answer: Shown<typeof routingPreview> = {
      object: 'routing_preview',
      mode: owner.mode,
      revision: facts.routing.revision,
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

function ruleOf(rule: z.output<typeof routingBody>['rules'][number]): RoutingRule {
  return {
    name: rule.name ?? null,
    currency: rule.currency,
    amount_gte: rule.amount_gte ?? null,
    amount_lte: rule.amount_lte ?? null,
    countries: rule.countries ?? null,
    strategy: rule.strategy ?? 'in_order',
    fallback: rule.fallback ?? true,
    services: rule.services.map(({ payment_service, provider_account, weight }) => ({
      payment_service,
      provider_account: provider_account ?? null,
      weight: weight ?? 1,
    })),
  };
}

/** What is wrong with a rule as such. */
function ruleErrors(rules: readonly RoutingRule[], rule: RoutingRule, index: number): FieldError[] {
  const { amount_gte, amount_lte, strategy, services, countries } = rule;
  const at = `/rules/${index}`;
  const errors: FieldError[] = [];
  if (amount_gte !== null && amount_lte !== null && amount_lte < amount_gte) {
    const detail = 'is less than amount_gte, so that no payment would match';
    errors.push({
      pointer: `${at}/amount_lte`,
      code: 'conflict',
      detail,
      expected: `${amount_gte} or more`,
    });
  }
  (countries ?? []).forEach((code, place) => {
    if (countries?.indexOf(code) !== place) errors.push(duplicate(`${at}/countries/${place}`));
  });
  if (strategy === 'weighted' && services.every(({ weight }) => weight === 0)) {
    errors.push({
      pointer: `${at}/services`,
      code: 'no_weight',
      detail: 'have no weight, so that none could be drawn',
      expected: 'a weight above 0 for at least one service',
    });
  }
  const earlier = rules.findIndex((other) => other.currency === rule.currency && matchesAll(other));
  if (earlier !== -1 && earlier < index) {
    errors.push({
      pointer: at,
      code: 'unreachable',
      detail: `is never reached: rule ${earlier + 1} takes every payment in ${rule.currency}`,
      expected: 'the rule without conditions as the last one of its currency',
    });
  }
  return errors;
}

/** What is wrong with one service of a rule. */
function serviceErrors(
  services: ReadonlyMap<string, PaymentService>,
  accounts: readonly AccountInUse[],
  rule: RoutingRule,
  index: number,
  place: number,
): FieldError[] {
  const at = `/rules/${index}/services/${place}`;
  const wanted = rule.services[place];
  if (!wanted) return [];
  const same = rule.services.findIndex(
    ({ payment_service, provider_account }) =>
      payment_service === wanted.payment_service && provider_account === wanted.provider_account,
  );
  if (same !== place) return [duplicate(at)];
  const service = services.get(wanted.payment_service);
  if (!service)
    return [{ pointer: `${at}/payment_service`, ...unknownService(services, wanted.payment_service) }];
  const meant = accountsOf(service, accounts, wanted.provider_account);
  // One that is disabled now may be enabled again: it is only passed over.
  const known = meant.length === 1 ? meant.map((account) => ({ ...account, enabled: true })) : meant;
  const account = accountRefusal(service, { account_id: wanted.provider_account }, known);
  const currency = currencyRefusal(service, rule.currency);
  return [
    ...(account === null ? [] : [{ pointer: `${at}/provider_account`, ...account }]),
    ...(currency === null
      ? []
      : [
          {
            pointer: `${at}/payment_service`,
            ...currency,
            expected: `a service that takes ${rule.currency}`,
          },
        ]),
  ];
}

const duplicate = (pointer: string): FieldError => ({
  pointer,
  code: 'duplicate',
  detail: 'is there already',
  expected: 'each one once',
});
