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
