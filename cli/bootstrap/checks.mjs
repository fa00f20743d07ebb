/** `npm run check`: types, lint, format, dead code. One line each; the output of what failed. */
import { join } from 'node:path';
import { runQuiet } from './run.mjs';

/** Title, program within node_modules, arguments. */
/** @typedef {[string, string, string[]]} Check */

/** @type {Check[]} */
const CHECKS = [
  ['types', 'typescript/bin/tsc', ['--noEmit', '-p', '.']],
  ['lint', 'oxlint/bin/oxlint', ['--type-aware', '--deny-warnings']],
  ['dead code', 'knip/bin/knip.js', ['--no-progress']],
];
/**
 * The longest, and on one processor only: it goes beside the others.
 * @type {Check}
 */
const FORMAT = ['format', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']];

/**
 * Runs all checks, also after one has failed. Resolves with the exit code: 1 when any failed.
 * @param {import('./steps.mjs').Steps} steps
 */
export async function runChecks(steps) {
  const formatting = run(FORMAT);
  let failed = 0;
  for (const check of CHECKS) failed += await tell(steps, check, run(check));
  failed += await tell(steps, FORMAT, formatting);
  return failed > 0 ? 1 : 0;
}

/** @param {Check} check */
function run([, program, args]) {
  return runQuiet(process.execPath, [join('node_modules', program), ...args]);
}

/**
 * Shows how a check ends. Resolves with 1 when it has failed, 0 otherwise.
 * @param {import('./steps.mjs').Steps} steps @param {Check} check @param {ReturnType<typeof run>} running
 */
async function tell(steps, [title], running) {
  const step = steps.step(title);
  const { code, output } = await running;
  if (code === 0) {
    step.done();
    return 0;
  }
  step.failed(`exit code ${code}`);
  console.error(output.trimEnd());
  return 1;
}
