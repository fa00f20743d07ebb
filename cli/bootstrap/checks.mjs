/** `npm run check`: types, lint, format, dead code. One line each; the output of what failed. */
import { join } from 'node:path';
import { runQuiet } from './run.mjs';

/** Title, program within node_modules, arguments. */
/** @type {[string, string, string[]][]} */
const CHECKS = [
  ['types', 'typescript/bin/tsc', ['--noEmit', '-p', '.']],
  ['lint', 'oxlint/bin/oxlint', ['--type-aware', '--deny-warnings']],
  ['format', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']],
  ['dead code', 'knip/bin/knip.js', ['--no-progress']],
];

/**
 * Runs all checks, also after one has failed. Resolves with the exit code: 1 when any failed.
 * @param {import('./steps.mjs').Steps} steps
 */
export async function runChecks(steps) {
  let failed = false;
  for (const [title, program, args] of CHECKS) {
    const step = steps.step(title);
    const { code, output } = await runQuiet(process.execPath, [join('node_modules', program), ...args]);
    if (code === 0) {
      step.done();
      continue;
    }
    failed = true;
    step.failed(`exit code ${code}`);
    console.error(output.trimEnd());
  }
  return failed ? 1 : 0;
}
