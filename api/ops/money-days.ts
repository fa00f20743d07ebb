/**
 * Money in by day, for all merchants together: what has been counted once is kept, and only what came since is counted again. A day
 * with a hundred thousand payments takes a second to count, and nobody who looks at the overview waits for fourteen of them.
 */
import type pg from 'pg';
import type { Logger } from 'pino';
import { countMoney, type CountedMoney, type MoneyOfDay } from '../../db/ops-overview.ts';
import { asService } from '../../db/scope.ts';
import type { Scope } from './page.ts';

const DAY_MS = 86_400_000;
/** A statement may commit this long after the moment that its rows have. */
const SETTLED_MS = 60_000;
/** How long a page waits for what is not counted yet. */
const PATIENCE_MS = 200;
/** What is missing of a day, and no page waits for. */
const LAG_MS = 15 * 60_000;
/** A failure is not repeated at once. */
const REST_MS = 5_000;

interface Day {
  /** Counted up to here, for good. */
  until: number;
  readonly sums: Map<string, CountedMoney>;
}

export interface MoneyDays {
  /** What came in on each of these days (`2027-01-31`, UTC). `is_whole` false: some are being counted, so ask again. */
  read(
    scope: Scope,
    days: readonly string[],
  ): Promise<{ readonly money: MoneyOfDay[]; readonly is_whole: boolean }>;
}

export function createMoneyDays({
  pool,
  now,
  logger,
}: {
  readonly pool: pg.Pool;
  readonly now: () => number;
  readonly logger: Logger;
}): MoneyDays {
  const kept = new Map<string, Day>();
  let counting: Promise<void> | null = null;
  let failed_at = -Infinity;

  const startOf = (day: string): number => Date.parse(`${day}T00:00:00Z`);
  const dueOf = (day: string): number => Math.min(startOf(day) + DAY_MS, now() - SETTLED_MS);
  const untilOf = (day: string): number => kept.get(day)?.until ?? startOf(day);
  const isBehind = (day: string): boolean => untilOf(day) < startOf(day) + DAY_MS;
  const lags = (day: string): boolean => dueOf(day) - untilOf(day) > LAG_MS;

  /** Counts what is missing, the newest day first, and forgets days that nobody asks for any more. */
  const count = async (days: readonly string[]): Promise<void> => {
    for (const day of kept.keys()) if (!days.includes(day)) kept.delete(day);
    for (const day of days.toReversed().filter(isBehind)) {
      const [from, until] = [untilOf(day), dueOf(day)];
      if (until <= from) continue;
      const rows = await asService(() => countMoney(pool, new Date(from), new Date(until)));
      const sums = kept.get(day)?.sums ?? new Map<string, CountedMoney>();
      for (const row of rows) add(sums, row);
      kept.set(day, { until, sums });
    }
  };

  const catchUp = (days: readonly string[]): Promise<void> => {
    if (now() < failed_at + REST_MS) return Promise.resolve();
    counting ??= count(days)
      .catch((error: unknown) => {
        failed_at = now();
        logger.warn({ err: error }, 'the money of the last days could not be counted');
      })
      .finally(() => {
        counting = null;
      });
    return counting;
  };

  /** What is not counted for good: the last minute, mostly, which around midnight is of two days. */
  const latest = async (days: readonly string[]): Promise<readonly CountedMoney[]> => {
    const open = days.filter((day) => isBehind(day) && !lags(day));
    if (open.length === 0) return [];
    const from = Math.min(...open.map(untilOf));
    return asService(() => countMoney(pool, new Date(from), new Date(now() + DAY_MS)));
  };

  return {
    async read({ merchant_id, mode }, days) {
      await withPatience(catchUp(days));
      const fresh = await latest(days);
      const sums = new Map<string, CountedMoney>();
      const counted = days.flatMap((day) => [...(kept.get(day)?.sums.values() ?? [])]);
      for (const row of [...counted, ...fresh]) {
        if (row.mode !== mode || (merchant_id !== null && row.merchant_id !== merchant_id)) continue;
        add(sums, { ...row, merchant_id: '' });
      }
      const money = [...sums.values()].map(({ day, provider, currency, amount, transfers }) => ({
        day,
        provider,
        currency,
        amount,
        transfers,
      }));
      const order = (row: MoneyOfDay): string => `${row.day} ${row.provider} ${row.currency}`;
      return {
        money: money.sort((one, other) => (order(one) < order(other) ? -1 : 1)),
        is_whole: !days.some(lags),
      };
    },
  };
}

function add(sums: Map<string, CountedMoney>, row: CountedMoney): void {
  const key = [row.day, row.merchant_id, row.mode, row.provider, row.currency].join(' ');
  const before = sums.get(key);
  sums.set(key, {
    ...row,
    amount: row.amount + (before?.amount ?? 0),
    transfers: row.transfers + (before?.transfers ?? 0),
  });
}

/** Resolves when `work` has, or when it takes too long for somebody who waits. */
async function withPatience(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE_MS);
  });
  await Promise.race([work, enough]).finally(() => clearTimeout(timer));
}
