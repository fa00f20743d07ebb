/** Chooses what to do. Each command ends this process with the exit code of what it ran. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runChecks } from './checks.mjs';
import { basicFindings, printFindings } from './findings.mjs';
import { ensurePackages, packagesState } from './packages.mjs';
import { ROOT, runVisible } from './run.mjs';
import { createSteps } from './steps.mjs';

const JEST = join('node_modules', 'jest', 'bin', 'jest.js');
/** Commands that are a TypeScript file of the same name. */
const SCRIPTS = ['start', 'demo', 'bench', 'doctor', 'docs', 'sarraf', 'audit'];
const COMMANDS = [...SCRIPTS, 'check', 'nightly', 'test'];
/** Invoices of the simulated day. */
const NIGHTLY_INVOICES = '2000';

/** @param {string[]} argv the command and its arguments */
export async function main([command = '', ...args]) {
  process.exitCode = await run(command, args);
}

/** @param {string} command @param {string[]} args @returns {Promise<number>} the exit code */
async function run(command, args) {
  if (!COMMANDS.includes(command)) {
    console.error(`unknown command "${command}"; there are: ${COMMANDS.join(', ')}`);
    return 2;
  }
  if (command === 'doctor' && packagesState().state !== 'current') return doctorWithoutPackages(args);

  const steps = createSteps(process.stderr);
  if (!(await ensurePackages(steps))) return 1;
  if (command === 'check') return runChecks(steps);
  if (command === 'test') return test(steps, args);
  if (command === 'nightly') return nightly(args);
  return runScript(command, args);
}

/** @param {string} name @param {string[]} args */
function runScript(name, args) {
  const script = join('cli', `${name}.ts`);
  if (!existsSync(join(ROOT, script))) {
    console.error(`${script} is missing: this checkout is not complete`);
    return Promise.resolve(1);
  }
  return runVisible(process.execPath, ['--import', 'tsx/esm', script, ...args]);
}

/** The simulated day: a test that takes minutes at this size. @param {string[]} args for jest */
function nightly(args) {
  process.env.SARRAF_DAY ??= NIGHTLY_INVOICES;
  return runVisible(process.execPath, [JEST, 'test/day.test.ts', ...args]);
}

/** Checks and tests, both always, so that one run shows all that is wrong. */
/** @param {import('./steps.mjs').Steps} steps @param {string[]} args for jest */
async function test(steps, args) {
  const checks = await runChecks(steps);
  const jest = await runVisible(process.execPath, [JEST, ...args]);
  return checks || jest;
}

/** The doctor proper is TypeScript and needs the packages; this much can be said without them. */
/** @param {string[]} args */
async function doctorWithoutPackages(args) {
  const findings = await basicFindings();
  if (args.includes('--json')) console.log(JSON.stringify({ findings }, null, 2));
  else printFindings(findings);
  return findings.some(({ status }) => status === 'bad') ? 1 : 0;
}
