/** What decides about random tests from outside: `SARRAF_SEED` repeats a run, `SARRAF_RUNS` makes it longer or shorter. */

/** The seed of this run: that of `SARRAF_SEED`, else another one each time. */
export function seedOf(): number {
  const given = process.env['SARRAF_SEED'];
  if (given === undefined || given === '') return Date.now() % 0x7f_ff_ff_ff;
  return wholeNumber('SARRAF_SEED', given);
}

/** How many runs: `SARRAF_RUNS`, else `usual`. */
export function howOften(usual: number): number {
  const given = process.env['SARRAF_RUNS'];
  return given === undefined || given === '' ? usual : wholeNumber('SARRAF_RUNS', given);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0)
    throw new Error(`${name} has to be a whole number, not "${text}"`);
  return value;
}

/** Dice that fall the same way for the same seed. */
export interface Dice {
  /** A whole number from 0 to `sides` - 1. */
  roll(sides: number): number;
  /** True once in so many times, on average. */
  oneIn(times: number): boolean;
  pick<One>(list: readonly [One, ...One[]]): One;
  anyOf<One>(list: readonly One[]): One | undefined;
}

/** Mulberry32: small, and good enough for choosing. */
export function dice(seed: number): Dice {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d_2b_79_f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const roll = (sides: number): number => next() % sides;
  return {
    roll,
    oneIn: (times) => roll(times) === 0,
    pick: (list) => list[roll(list.length)] ?? list[0],
    anyOf: (list) => list[roll(list.length || 1)],
  };
}
