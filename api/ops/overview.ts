/** The first page: how money comes in, how the providers do, and what needs somebody. */
import { countAttention, MANY, ratesByService, type Attention } from '../../db/ops-overview.ts';
import { overviewBody, type Need } from '../../pages/ops/overview.ts';
import { runProbes, type ProbeResult } from '../probes.ts';
import { createShortCache } from '../short-cache.ts';
import { shown } from '../shown.ts';
import { createMoneyDays } from './money-days.ts';
import type { OpsPart, Visit } from './page.ts';

const DAYS = 14;
const DAY_MS = 86_400_000;
/** What counts days is read again this often, what needs somebody sooner. */
const CACHED_MS = { charts: 15_000, needs: 3_000 } as const;
const CACHED = 500;

export const overviewPart: OpsPart = ({ pool, now, probes, logger }) => {
  const moneyDays = createMoneyDays({ pool, now, logger });
  const charts = createShortCache<Awaited<ReturnType<typeof readMoney>>>(now, CACHED_MS.charts, CACHED);
  const rates = createShortCache<Awaited<ReturnType<typeof ratesByService>>>(now, CACHED_MS.charts, CACHED);
  const needs = createShortCache<readonly [Attention, readonly ProbeResult[]]>(now, CACHED_MS.needs, CACHED);

  const readMoney = async ({ scope }: Visit) => {
    const today = new Date(new Date(now()).toISOString().slice(0, 10)).getTime();
    const since = new Date(today - (DAYS - 1) * DAY_MS);
    const days = Array.from({ length: DAYS }, (_, index) =>
      new Date(since.getTime() + index * DAY_MS).toISOString().slice(0, 10),
    );
    return { days, ...(await moneyDays.read(scope, days)) };
  };

  return {
    pages: [
      {
        path: '/ops',
        nav: 'Overview',
        async show(visit) {
          const { scope, operator, href } = visit;
          // What the database lets an operator see depends on who it is, so it is kept for each kind of them.
          const key = `${operator.merchant_id ?? ''} ${scope.merchant_id ?? ''} ${scope.mode}`;
          const [{ days, money, is_whole }, services, [attention, health]] = await Promise.all([
            charts.get(key, () => readMoney(visit)),
            rates.get(key, () => ratesByService(pool, scope, new Date(now() - DAY_MS))),
            needs.get(key, () => Promise.all([countAttention(pool, scope), runProbes(probes)])),
          ]);
          if (!is_whole) charts.forget(key);
          return {
            title: 'Overview',
            topics: ['invoices'],
            body: overviewBody({
              days,
              money,
              is_whole,
              rates: services,
              needs: needsOf(attention, health, visit),
              show: (minor, currency) => shown(minor, currency).display,
              ofDay: (currency, day) => href('/ops/invoices', { currency, from: day, to: day }),
              ofProvider: (provider) => href('/ops/invoices', { provider }),
            }),
          };
        },
      },
    ],
    actions: [],
  };
};

function needsOf(attention: Attention, health: readonly ProbeResult[], visit: Visit): Need[] {
  const all: readonly (readonly [number, string, string, string])[] = [
    [attention.cases, 'case that a person has to decide', 'cases that a person has to decide', '/ops/cases'],
    [
      attention.stuck_invoices,
      'invoice is past its due time and not ended',
      'invoices are past their due time and not ended',
      '/ops/invoices',
    ],
    [
      attention.dead_webhooks,
      'webhook was given up this week',
      'webhooks were given up this week',
      '/ops/webhooks',
    ],
    [
      attention.waiting_webhooks,
      'webhook has waited for minutes',
      'webhooks have waited for minutes',
      '/ops/webhooks',
    ],
    [
      attention.failing_endpoints,
      'endpoint of a merchant fails',
      'endpoints of merchants fail',
      '/ops/deliveries',
    ],
    [attention.open_breakers, 'circuit breaker is open', 'circuit breakers are open', '/ops/providers'],
    [
      attention.open_incidents,
      'incident at a provider goes on',
      'incidents at providers go on',
      '/ops/providers',
    ],
  ];
  const broken = health
    .filter(({ ok }) => !ok)
    .map(({ name, error = 'it does not answer' }): Need => ({
      count: null,
      text: `${name}: ${error}`,
      href: null,
    }));
  const counted = all
    .filter(([count]) => count > 0)
    .map(([count, one, many, path]): Need => ({
      count: count >= MANY ? `${MANY}+` : String(count),
      text: count === 1 ? one : many,
      href: visit.has(path) ? visit.href(path) : null,
    }));
  return [...broken, ...counted];
}
