/** Picks the payment service for a request that names none: the merchant's rules, minus what cannot take the payment now. */
import { createHash } from 'node:crypto';
import type { NewPayment } from '../db/payments.ts';
import type { MeasuredAccount } from '../db/merchants.ts';
import type { RouteCandidate, RoutingFacts, SkippedService } from '../db/routing.ts';
import {
  matchingRule,
  rank,
  type RankedService,
  type RoutedService,
  type RoutingRule,
} from '../domain/routing.ts';
import type { FieldError } from './problem.ts';
import { invalidFields, Problem } from './problem.ts';
import { accountRefusal, paymentRefusals, type Payable, type PaymentService } from './payment-service.ts';

/** The services that a payment may take, in order, and those that it may not. At least one of either. */
export interface Route {
  readonly rule: RoutingRule;
  readonly index: number;
  readonly candidates: readonly RouteCandidate[];
  readonly skipped: readonly SkippedService[];
  /** Seconds until a service that is skipped now may be back; null: none of them is resting. */
  readonly retryAfter_s: number | null;
}

export type RouteRequest = Pick<NewPayment, 'amount' | 'customer' | 'description'>;

/**
 * The route of a payment. `seed` decides what is left to chance: the same seed draws the same order. Throws `Problem` when
 * no rule matches.
 */
export function routeOf(
  services: ReadonlyMap<string, PaymentService>,
  { routing, accounts }: Pick<RoutingFacts, 'routing' | 'accounts'>,
  payable: Payable,
  wanted: RouteRequest,
  seed: string,
): Route {
  const amount = wanted.amount ?? payable.remaining;
  const country = wanted.customer.country ?? payable.customer.country ?? null;
  const match = matchingRule(routing.rules, { currency: payable.currency, amount, country });
  if (!match) throw invalidFields([noRule(routing.rules, payable.currency)]);
  const { rule, index } = match;
  const ranked = rank(
    rule,
    ({ payment_service, provider_account }) => fraction(`${seed} ${payment_service} ${provider_account}`),
    (service) => measuredOf(services, accounts, service),
  );

  const candidates: RouteCandidate[] = [];
  const skipped: SkippedService[] = [];
  let retryAfter_s: number | null = null;
  for (const { payment_service, provider_account, reason } of ranked) {
    const verdict = judge(services, accounts, payable, wanted, { payment_service, provider_account });
    if ('account' in verdict) {
      candidates.push({ payment_service, provider_account: verdict.account, reason });
      continue;
    }
    const { code, detail, retry_s } = verdict;
    skipped.push({ payment_service, provider_account, code, detail });
    if (retry_s !== null) retryAfter_s = Math.min(retryAfter_s ?? Infinity, retry_s);
  }
  return { rule, index, candidates, skipped, retryAfter_s };
}

/** Why a route without candidates leads nowhere, as the problem to answer. */
export function deadEnd({ rule, index, skipped, retryAfter_s }: Route): Problem {
  const name = rule.name === null ? `rule ${index + 1}` : `rule "${rule.name}"`;
  if (retryAfter_s !== null) {
    const tried = skipped.map(({ payment_service }) => payment_service).join(', ');
    const detail = `no service of ${name} can take the payment now: ${tried}`;
    return new Problem('temporarily_unavailable', detail, { retryAfter_s });
  }
  return invalidFields(
    skipped.map(({ payment_service, code, detail }): FieldError => ({
      pointer: '/payment_service',
      code,
      detail: `${payment_service} of ${name} was passed over: ${detail}`,
      expected: 'an invoice that it can take, another rule, or a payment_service in this request',
    })),
  );
}

type Verdict =
  | { readonly account: string }
  /** `retry_s`: seconds until it may be asked again; null: time does not help. */
  | { readonly code: string; readonly detail: string; readonly retry_s: number | null };

/** Whether a service can take the payment, and with which account. What passes by itself is said last. */
function judge(
  services: ReadonlyMap<string, PaymentService>,
  accounts: readonly MeasuredAccount[],
  payable: Payable,
  wanted: RouteRequest,
  { payment_service, provider_account }: Pick<RankedService, 'payment_service' | 'provider_account'>,
): Verdict {
  const service = services.get(payment_service);
  if (!service) {
    const detail = 'there is no such payment service any more';
    return { code: 'unknown_payment_service', detail, retry_s: null };
  }
  const meant = accountsOf(service, accounts, provider_account);
  const [refusal] = [
    ...[accountRefusal(service, { account_id: provider_account }, meant)].filter((found) => found !== null),
    ...paymentRefusals(service, payable, wanted).map(({ pointer, ...found }) => ({
      ...found,
      detail: pointer.startsWith('/customer/')
        ? `the customer's ${pointer.slice(10)} ${found.detail}`
        : found.detail,
    })),
  ];
  if (refusal) return { code: refusal.code, detail: refusal.detail, retry_s: null };
  const account = meant.find(({ enabled }) => enabled);
  if (!account) throw new Error(`an enabled account of ${payment_service} was found and is not there`);
  if (account.refuses_s === null) return { account: account.id };
  const detail = 'the provider account takes no calls for now';
  return { code: 'temporarily_unavailable', detail, retry_s: account.refuses_s };
}

/** The accounts that a service of a rule could mean. */
export function accountsOf<Account extends { readonly id: string; readonly provider: string }>(
  { manifest }: Pick<PaymentService, 'manifest'>,
  accounts: readonly Account[],
  accountId: string | null,
): Account[] {
  return accounts.filter(
    ({ id, provider }) => provider === manifest.provider && (accountId === null || id === accountId),
  );
}

function measuredOf(
  services: ReadonlyMap<string, PaymentService>,
  accounts: readonly MeasuredAccount[],
  { payment_service, provider_account }: RoutedService,
) {
  const service = services.get(payment_service);
  const account = service && accountsOf(service, accounts, provider_account).find(({ enabled }) => enabled);
  const known = account?.performance[service?.method.method ?? ''];
  return known ? { ...known.payments, call_ms: known.calls.p50_ms } : null;
}

function noRule(rules: readonly RoutingRule[], currency: string): FieldError {
  const detail =
    rules.length === 0
      ? 'is missing, and no routing rules are set that could pick one'
      : `is missing, and no routing rule matches this payment in ${currency}`;
  const expected = 'a payment service, as GET /v1/payment_services lists them, or a rule in PUT /v1/routing';
  return { pointer: '/payment_service', code: 'required', detail, expected };
}

/** A number from 0 up to 1 that looks random and follows from `text`: 48 bits of its hash. */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
