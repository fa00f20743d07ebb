/**
 * Routing: which payment services may take a payment, and in which order. A merchant's rules are tried from the top; the first
 * that matches decides. Pure: chance and measurements are handed in.
 */

export const STRATEGIES = ['in_order', 'weighted', 'success_rate', 'latency'] as const;
export type RoutingStrategy = (typeof STRATEGIES)[number];

export interface RoutedService {
  /** `finan.bank_transfer` */
  readonly payment_service: string;
  /** Null: the merchant's only enabled account at this provider. */
  readonly provider_account: string | null;
  /** Counts with `weighted`: the share of payments relative to the other weights. 0: only to fall back on. */
  readonly weight: number;
}

export interface RoutingRule {
  readonly name: string | null;
  readonly currency: string;
  /** Minor units, inclusive; null: no bound. */
  readonly amount_gte: number | null;
  readonly amount_lte: number | null;
  /** ISO 3166 codes of the customer's country; null: any, also an unknown one. */
  readonly countries: readonly string[] | null;
  readonly strategy: RoutingStrategy;
  /** True: when a service cannot be reached the next one is tried. */
  readonly fallback: boolean;
  readonly services: readonly RoutedService[];
}

/** What is to be paid, and by whom. */
export interface RoutingSubject {
  readonly currency: string;
  /** Minor units. */
  readonly amount: number;
  readonly country: string | null;
}

/** How a service has done lately. */
export interface ServiceMeasure {
  /** Payments by their end; those that are still open do not count. */
  readonly paid: number;
  readonly ended: number;
  /** How long the middle one of its calls took, milliseconds; null: there were none. */
  readonly call_ms: number | null;
}

/** A service in its place, and why it stands there, for people. */
export interface RankedService extends RoutedService {
  readonly reason: string;
}

/** The first rule that matches, with its place from 0 on; null when none does. */
export function matchingRule(
  rules: readonly RoutingRule[],
  { currency, amount, country }: RoutingSubject,
): { readonly rule: RoutingRule; readonly index: number } | null {
  const index = rules.findIndex(
    (rule) =>
      rule.currency === currency &&
      (rule.amount_gte === null || amount >= rule.amount_gte) &&
      (rule.amount_lte === null || amount <= rule.amount_lte) &&
      (rule.countries === null || (country !== null && rule.countries.includes(country))),
  );
  const rule = rules[index];
  return rule ? { rule, index } : null;
}

/** True when every payment of the currency matches, so that no later rule of this currency is ever reached. */
export function matchesAll({ amount_gte, amount_lte, countries }: RoutingRule): boolean {
  return amount_gte === null && amount_lte === null && countries === null;
}

/**
 * The services of a rule in the order in which they are tried. `draw` gives a number from 0 up to 1 for each service, the same
 * whenever it is asked about the same payment; `measured` how it has done, null when nothing is known.
 */
export function rank(
  { strategy, services }: RoutingRule,
  draw: (service: RoutedService) => number,
  measured: (service: RoutedService) => ServiceMeasure | null,
): RankedService[] {
  switch (strategy) {
    case 'in_order':
      return services.map((service, place) => ({ ...service, reason: `${ordinal(place)} of the list` }));
    case 'weighted': {
      const sum = services.reduce((total, { weight }) => total + weight, 0);
      return sortedBy(services, (service) => -drawKey(service.weight, draw(service))).map((service) => ({
        ...service,
        reason: `drawn by its weight, ${service.weight} of ${sum}`,
      }));
    }
    case 'success_rate':
      return sortedBy(services, (service) => -smoothed(measured(service))).map((service) => ({
        ...service,
        reason: rateReason(measured(service)),
      }));
    case 'latency':
      return sortedBy(services, (service) => latency(measured(service))).map((service) => ({
        ...service,
        reason: latencyReason(measured(service)),
      }));
  }
}

/**
 * The larger, the earlier. Sorting by u^(1/weight) with u uniform gives each service the first place as often as its weight
 * says, and so on among those that are left (Efraimidis and Spirakis).
 */
function drawKey(weight: number, fraction: number): number {
  return weight === 0 ? -1 : Math.pow(fraction, 1 / weight);
}

/** Payments that every service is given in advance: few measurements must not decide, and a new service gets its chance. */
const GIVEN = { paid: 9, ended: 10 } as const;

/** The success rate that counts, between 0 and 1. */
function smoothed(count: ServiceMeasure | null): number {
  const { paid, ended } = count ?? { paid: 0, ended: 0 };
  return (paid + GIVEN.paid) / (ended + GIVEN.ended);
}

function rateReason(count: ServiceMeasure | null): string {
  if (count === null || count.ended === 0) return 'by success rate, of which nothing is known yet';
  return `by success rate, ${count.paid} of ${count.ended} payments paid`;
}

/**
 * The duration that counts, in steps: a few milliseconds more or less must not move all payments from one service to another.
 * One that nobody has measured comes first: that is how it is measured.
 */
function latency(measure: ServiceMeasure | null): number {
  return Math.ceil((measure?.call_ms ?? 0) / LATENCY_STEP_MS);
}
const LATENCY_STEP_MS = 100;

function latencyReason(measure: ServiceMeasure | null): string {
  if (measure === null || measure.call_ms === null) return 'by latency, of which nothing is known yet';
  return `by latency, calls take ${Math.round(measure.call_ms)} ms`;
}

/** Ties stay in the order of the list. */
function sortedBy(
  services: readonly RoutedService[],
  key: (service: RoutedService) => number,
): RoutedService[] {
  return services
    .map((service) => ({ service, key: key(service) }))
    .sort((a, b) => a.key - b.key)
    .map(({ service }) => service);
}

const ORDINALS = ['first', 'second', 'third'];
const ordinal = (place: number): string => ORDINALS[place] ?? `number ${place + 1}`;
