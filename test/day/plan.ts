/** A day at a shop, made up from a seed: which invoices there are, and what becomes of each. */
import type { Dice } from '../model/seed.ts';
import type { Provider } from '../setup/shop.ts';

/**
 * `paid`: at once. `lost`: paid, and the provider's webhook never comes. `doubled`: paid, and the webhook comes three times at once.
 * `abandoned`: never paid. `late`: paid when all was over.
 */
export const FATES = ['paid', 'lost', 'doubled', 'abandoned', 'late'] as const;
export type Fate = (typeof FATES)[number];

/** How an invoice meets the outage: `asks` for a payment while it lasts, or has one already that the customer `pays` then. */
export type Outage = 'asks' | 'pays';

export interface Plan {
  readonly provider: Provider;
  readonly fate: Fate;
  /** From its creation to its due time, seconds. */
  readonly due_s: number;
  /** Null for all but some at the provider that is down for a while. */
  readonly outage: Outage | null;
}

const PROVIDERS = [
  'finan',
  'fapshi',
  'fib',
  'tabby',
  'tamara',
  'myfatoorah',
  'zaincash',
  'rehive',
] as const satisfies readonly Provider[];

/** It only hints at payments, so that its webhooks cannot be applied while it is down. */
export const DOWN: Provider = 'fapshi';

/** Whose customers can pay what has expired. */
const TAKES_LATE: readonly [Provider, ...Provider[]] = ['finan', 'fapshi'];

const PERCENT: Readonly<Record<Exclude<Fate, 'paid'>, number>> = {
  lost: 10,
  doubled: 5,
  late: 2,
  abandoned: 8,
};
/** Those who meet the outage can still pay when it is over. */
const OUTLASTING_S = 3 * 3600;
const HOURS: readonly [number, ...number[]] = [1, 2, 3];

/** The shifts of the day, each with the invoices that are made in it. At least one invoice has each fate. */
export function planDay(count: number, shifts: number, dice: Dice): Plan[][] {
  const fates = fatesOf(count);
  const day = Array.from({ length: shifts }, (): Plan[] => []);
  const outageIn = Math.floor(shifts / 2);
  for (let left = fates; left.length > 0;) {
    const fate = left[dice.roll(left.length)] ?? 'paid';
    left = left.toSpliced(left.indexOf(fate), 1);
    const index = left.length;
    const shift = index % shifts;
    const provider =
      fate === 'late'
        ? dice.pick(TAKES_LATE)
        : (PROVIDERS[Math.floor(index / shifts) % PROVIDERS.length] ?? 'fib');
    const meets = shift === outageIn && provider === DOWN && fate === 'paid';
    const outage = meets ? (index % 2 === 0 ? 'asks' : 'pays') : null;
    day[shift]?.push({
      provider,
      fate,
      due_s: outage === null ? dice.pick(HOURS) * 3600 : OUTLASTING_S,
      outage,
    });
  }
  // However small the day is, somebody meets the outage in each way.
  for (const outage of ['asks', 'pays'] as const) {
    if (day[outageIn]?.every((plan) => plan.outage !== outage))
      day[outageIn]?.push({ provider: DOWN, fate: 'paid', due_s: OUTLASTING_S, outage });
  }
  return day;
}

function fatesOf(count: number): Fate[] {
  const rare = Object.entries(PERCENT).flatMap(([fate, percent]) =>
    Array.from({ length: Math.max(1, Math.round((count * percent) / 100)) }, () => fate as Fate),
  );
  return [...rare, ...Array.from({ length: Math.max(0, count - rare.length) }, (): Fate => 'paid')];
}

/** Every provider that the day's invoices use. */
export function providersOf(day: readonly (readonly Plan[])[]): Provider[] {
  return [...new Set(day.flat().map(({ provider }) => provider))];
}
