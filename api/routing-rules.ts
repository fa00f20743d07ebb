/** A merchant's routing rules, whoever sets them: what makes a rule right, how all are replaced, and what they would pick. */
import { z } from 'zod';
import type { AuditNote } from '../db/audit-entries.ts';
import { newId } from '../db/ids.ts';
import type { Owner } from '../db/invoices.ts';
import { linkedAccounts, type AccountInUse } from '../db/merchants.ts';
import { findRouting, loadRoutingFacts, replaceRouting, type RoutingRow } from '../db/routing.ts';
import { matchesAll, STRATEGIES, type RoutingRule } from '../domain/routing.ts';
import type { ApiDependencies } from './dependencies.ts';
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
} from './fields.ts';
import {
  accountRefusal,
  currencyRefusal,
  paymentServices,
  unknownService,
  type Payable,
  type PaymentService,
} from './payment-service.ts';
import { invalidFields, Problem, type FieldError } from './problem.ts';
import { accountsOf, routeOf, type Route } from './routing.ts';

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

export interface RuleKeeper {
  /** Replaces all rules. `revision`: those that are to be replaced; null: whatever they are. Throws `Problem`. */
  replace(
    owner: Owner,
    rules: readonly RoutingRule[],
    revision: number | null,
    note: AuditNote,
  ): Promise<RoutingRow>;
  /** What such a payment would take now, drawn anew each time. Throws `Problem` when no rule matches. */
  preview(owner: Owner, payable: Payable): Promise<Route & { readonly revision: number }>;
}

export function createRuleKeeper({
  pool,
  connectors,
}: Pick<ApiDependencies, 'pool' | 'connectors'>): RuleKeeper {
  const services = paymentServices(connectors);
  return {
    async replace(owner, rules, revision, note) {
      const accounts = await linkedAccounts(pool, owner.merchant_id, owner.mode);
      const errors = rules.flatMap((rule, index) => [
        ...ruleErrors(rules, rule, index),
        ...rule.services.flatMap((_, place) => serviceErrors(services, accounts, rule, index, place)),
      ]);
      if (errors.length > 0) throw invalidFields(errors);
      const row = await replaceRouting(pool, owner, rules, revision, note);
      if (row !== null) return row;
      const now = await findRouting(pool, owner);
      throw new Problem(
        'routing_changed',
        `the rules are of revision ${now.revision} by now, not ${revision ?? 0}`,
      );
    },
    async preview(owner, payable) {
      const facts = await loadRoutingFacts(pool, owner, null);
      const wanted = { amount: null, customer: {}, description: null };
      const route = routeOf(services, facts, payable, wanted, newId('pay'));
      return { ...route, revision: facts.routing.revision };
    },
  };
}

/** The rule that a request means, with what it has left out. */
export function ruleOf(rule: z.output<typeof routingBody>['rules'][number]): RoutingRule {
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
  const pointer = `${at}/payment_service`;
  return [
    ...(account === null ? [] : [{ pointer: `${at}/provider_account`, ...account }]),
    ...(currency === null
      ? []
      : [{ pointer, ...currency, expected: `a service that takes ${rule.currency}` }]),
    ...rangeErrors(service, rule, pointer),
  ];
}

/** A service that takes no amount between the rule's bounds would be passed over for ever. */
function rangeErrors({ id, method }: PaymentService, rule: RoutingRule, pointer: string): FieldError[] {
  const taken = method.amounts.find(({ currency }) => currency === rule.currency);
  if (!taken) return [];
  const expected = `a service that takes such amounts; this one takes ${taken.min} to ${taken.max} minor units`;
  if (rule.amount_lte !== null && rule.amount_lte < taken.min) {
    const detail = `${id} takes nothing as small as the rule's amount_lte`;
    return [{ pointer, code: 'amount_too_small', detail, expected }];
  }
  if (rule.amount_gte !== null && rule.amount_gte > taken.max) {
    const detail = `${id} takes nothing as large as the rule's amount_gte`;
    return [{ pointer, code: 'amount_too_large', detail, expected }];
  }
  return [];
}

const duplicate = (pointer: string): FieldError => ({
  pointer,
  code: 'duplicate',
  detail: 'is there already',
  expected: 'each one once',
});
