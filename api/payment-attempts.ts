/**
 * From a request for a payment to its row: with the service that was named, or with the first of the route that can be stored. Where
 * a routed payment could not reach its provider, so that surely nothing happened there, the next service of the route gets a payment of
 * its own. Each attempt is a row that knows the one before, and the idempotency key names the latest: a request that is
 * repeated after a crash goes on with it.
 */
import { newId } from '../db/ids.ts';
import type { IdempotencyClaim } from '../db/idempotency.ts';
import type { CustomerJson, Owner, ReturnUrlsJson } from '../db/invoices.ts';
import { insertPayment, type NewPayment, type PaymentRow } from '../db/payments.ts';
import {
  loadRoutingFacts,
  type PaymentRouting,
  type RouteCandidate,
  type SkippedService,
} from '../db/routing.ts';
import type { InvoiceFacts } from '../temporal/invoices.ts';
import type { ApiDependencies } from './dependencies.ts';
import { repetitionOf, type Repetition } from './idempotency.ts';
import {
  authorizesFirst,
  customerField,
  payableOf,
  paymentServices,
  refuseUnpayable,
  serviceCalled,
  tooMuchRefusal,
  explainRefusal,
} from './payment-service.ts';
import { factsOf } from './present.ts';
import { invalidFields, notFound, Problem } from './problem.ts';
import { returnToken } from './return-token.ts';
import { deadEnd, routeOf } from './routing.ts';

/** A payment whose row is there and that the workflow is to send. */
export interface Started {
  readonly type: 'started';
  readonly payment_id: string;
  readonly account_id: string;
  readonly invoice: InvoiceFacts;
}

/** What a request asks for; null: as the invoice has it. */
export interface PaymentRequest {
  readonly owner: Owner;
  readonly invoice_id: string;
  /** Null: the merchant's rules pick one. */
  readonly payment_service: string | null;
  readonly provider_account: string | null;
  /** Minor units. */
  readonly amount: number | null;
  readonly description: string | null;
  readonly customer: CustomerJson;
  readonly return_urls: ReturnUrlsJson;
  /** The id of the API key. */
  readonly requested_by: string;
}

/** A route that leads on: what is true of its next attempt, whichever service that takes. */
type RouteSoFar = Omit<PaymentRouting, 'reason' | 'remaining' | 'skipped'>;

/** Our own word for a payment whose call was lost and that its provider turned out not to have. */
const NEVER_CREATED = 'never_created';

/** Stores payments for requests. */
export function createPaymentAttempts({
  pool,
  connectors,
  now,
  publicUrl,
  apiKeyPepper,
}: Pick<ApiDependencies, 'pool' | 'connectors' | 'now' | 'publicUrl' | 'apiKeyPepper'>) {
  const services = paymentServices(connectors);

  const newPayment = (
    id: string,
    request: PaymentRequest,
    serviceId: string,
    account_id: string | null,
    routing: PaymentRouting | null,
  ): NewPayment => {
    const service = serviceCalled(services, serviceId);
    const { manifest, method } = service;
    const { payment_service: _, provider_account: __, ...wanted } = request;
    return {
      ...wanted,
      id,
      provider: manifest.provider,
      method: method.method,
      account_id,
      return_url: `${publicUrl}/return/${returnToken(id, apiKeyPepper)}`,
      limits: method.amounts,
      requires: method.requires.map(customerField),
      description_max: method.description_max,
      authorizes_first: authorizesFirst(service),
      routing,
      created_at: new Date(now()).toISOString(),
    };
  };

  /** Stores the payment, or says why not: a repetition of the request, or what is wrong with it. */
  const store = async (payment: NewPayment, serviceId: string, claim: IdempotencyClaim | null) => {
    const result = await insertPayment(pool, payment, claim);
    const { made, allowed, invoice, account_id } = result;
    if (made && invoice && account_id !== null) {
      const { id: payment_id } = payment;
      return { type: 'started', payment_id, account_id, invoice: factsOf(invoice) } satisfies Started;
    }
    const repetition = allowed && claim ? await repetitionOf(pool, claim) : null;
    return repetition ?? explainRefusal(serviceCalled(services, serviceId), payment, result);
  };

  /** Stores a payment with the first candidate that can be taken. A problem: none of them can, and why the last one cannot. */
  const storeFirst = async (
    request: PaymentRequest,
    firstId: string,
    soFar: RouteSoFar,
    candidates: readonly RouteCandidate[],
    passedOver: readonly SkippedService[],
    claim: IdempotencyClaim | null,
  ): Promise<Started | Repetition | Problem> => {
    const skipped = [...passedOver];
    let problem: Problem | null = null;
    for (const [place, { payment_service, provider_account, reason }] of candidates.entries()) {
      const remaining = candidates.slice(place + 1);
      const routing: PaymentRouting = { ...soFar, reason, skipped: [...skipped], remaining };
      const id = place === 0 ? firstId : newId('pay');
      const payment = newPayment(id, request, payment_service, provider_account, routing);
      const stored = await store(payment, payment_service, claim);
      if (!(stored instanceof Problem)) return stored;
      // It was fine a moment ago: disabled since, or resting.
      problem = stored;
      skipped.push({ payment_service, provider_account, code: stored.code, detail: stored.message });
    }
    return problem ?? new Problem('temporarily_unavailable', 'no service is left', { retryAfter_s: 1 });
  };

  const startRouted = async (
    request: PaymentRequest,
    claim: IdempotencyClaim | null,
  ): Promise<Started | Repetition> => {
    if (request.provider_account !== null) throw invalidFields([ACCOUNT_ALONE]);
    const { invoice_id, owner } = request;
    const facts = await loadRoutingFacts(pool, owner, invoice_id);
    if (facts.invoice === null) throw notFound('invoice');
    refuseUnpayable(facts.invoice);
    const payable = payableOf(facts.invoice);
    const { currency, remaining } = payable;
    const tooMuch = tooMuchRefusal(currency, remaining, request.amount ?? remaining);
    if (tooMuch !== null) throw invalidFields([{ pointer: '/amount', ...tooMuch }]);

    const id = newId('pay');
    const route = routeOf(services, facts, payable, request, id);
    if (route.candidates.length === 0) throw deadEnd(route);
    const { rule, index, candidates, skipped } = route;
    const soFar: RouteSoFar = {
      revision: facts.routing.revision,
      rule: index,
      rule_name: rule.name,
      strategy: rule.strategy,
      fallback: rule.fallback,
      attempt: 1,
      fallback_of: null,
    };
    const stored = await storeFirst(request, id, soFar, candidates, skipped, claim);
    if (stored instanceof Problem) throw stored;
    return stored;
  };

  return {
    /** Stores the first payment of a request. Throws `Problem` when there can be none. */
    async start(request: PaymentRequest, claim: IdempotencyClaim | null): Promise<Started | Repetition> {
      const { payment_service, provider_account } = request;
      if (payment_service === null) return startRouted(request, claim);
      const payment = newPayment(newId('pay'), request, payment_service, provider_account, null);
      const stored = await store(payment, payment_service, claim);
      if (stored instanceof Problem) throw stored;
      return stored;
    },

    /**
     * Stores the payment that takes the place of `failed`, which surely had no effect anywhere. Null: it has no successor. Throws
     * `Problem` when another request with the same key has gone on with it.
     */
    async fallBack(
      request: PaymentRequest,
      failed: PaymentRow,
      claim: IdempotencyClaim | null,
    ): Promise<Started | null> {
      const { routing } = failed;
      // Its call had been lost: that nothing came of it is believed, but not so firmly that a second provider is asked.
      if (!routing?.fallback || failed.failure?.code === NEVER_CREATED) return null;
      const { reason: _, remaining, skipped, ...before } = routing;
      const soFar: RouteSoFar = { ...before, attempt: before.attempt + 1, fallback_of: failed.id };
      const stored = await storeFirst(request, newId('pay'), soFar, remaining, skipped, claim);
      if (stored instanceof Problem) return null;
      if (stored.type === 'started') return stored;
      const detail = 'another request with this Idempotency-Key is going on with this payment';
      throw new Problem('idempotency_in_progress', detail, { retryAfter_s: 1 });
    },
  };
}

const ACCOUNT_ALONE = {
  pointer: '/provider_account',
  code: 'conflict',
  detail: 'cannot be given without a payment_service: the routing rules pick both',
  expected: 'a payment_service beside it, or no provider_account',
};
