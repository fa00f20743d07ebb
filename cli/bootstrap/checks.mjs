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
  ['format', 'oxfmt/bin/oxfmt', ['--check', '.']],
];

/**
 * Runs all checks, also after one has failed. Resolves with the exit code: 1 when any failed.
 * @param {import('./steps.mjs').Steps} steps
 */
export async function runChecks(steps) {
  let failed = 0;
  for (const check of CHECKS) failed += await tell(steps, check);
  return failed > 0 ? 1 : 0;
}

/**
 * Shows how a check ends. Resolves with 1 when it has failed, 0 otherwise.
 * @param {import('./steps.mjs').Steps} steps @param {Check} check
 */
async function tell(steps, [title, program, args]) {
  const step = steps.step(title);
  const { code, output } = await runQuiet(process.execPath, [join('node_modules', program), ...args]);
  if (code === 0) {
    step.done();
    return 0;
  }
  step.failed(`exit code ${code}`);
  console.error(output.trimEnd());
  return 1;
}
