/** Makes sure that `node_modules` is what the lock file says. */
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, ROOT, runQuiet } from './run.mjs';

const LOCK = join(ROOT, 'package-lock.json');
const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');
/** The hash of the lock file whose packages are installed. */
const STAMP = join(ROOT, 'node_modules', '.sarraf-lock-hash');

/** @typedef {Record<string, { version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }>} Packages */

/**
 * `missing`: nothing is there. `stale`: something else than the lock file says is there.
 * @returns {{ state: 'current' | 'stale' | 'missing' }}
 */
export function packagesState() {
  const installed = readText(INSTALLED);
  if (installed === null) return { state: 'missing' };
  const hash = lockHash();
  if (readText(STAMP) === hash) return { state: 'current' };
  // No stamp of ours, or an old one: somebody may have run npm by hand, and everything may be right.
  if (!sameVersions(packagesOf(readText(LOCK)), packagesOf(installed))) return { state: 'stale' };
  stamp(hash);
  return { state: 'current' };
}

/**
 * Installs the packages if need be. Resolves with false, and has said why, when that failed.
 * @param {import('./steps.mjs').Steps} steps
 */
export async function ensurePackages(steps) {
  const { state } = packagesState();
  if (state === 'current') return true;
  const step = steps.step('packages');
  rmSync(STAMP, { force: true });
  // Install scripts: npm 12 does not run them and npm 11 warns, so nothing here may need them.
  const [npm = 'npm', ...start] = npmCommand();
  const { code, output } = await runQuiet(npm, [
    ...start,
    'ci',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    // `npm run --silent` would pass its silence on, and hide why it failed.
    '--loglevel=error',
  ]);
  if (code !== 0) {
    step.failed(`npm ci, exit code ${code}`);
    console.error(output.trimEnd());
    console.error(
      '\nThe packages could not be installed. Is the package registry reachable (npm ping)? Is the disk full?',
    );
    return false;
  }
  stamp(lockHash());
  step.done(state === 'stale' ? 'npm ci, the lock file had changed' : 'npm ci');
  return true;
}

/** Every package of the lock file is there in its version, except optional ones for other platforms. */
/** @param {Packages} wanted @param {Packages} installed */
function sameVersions(wanted, installed) {
  return Object.entries(wanted).every(([path, { version, optional, devOptional, peer }]) => {
    const there = installed[path];
    if (path === '') return true;
    return there ? there.version === version : Boolean(optional || devOptional || peer);
  });
}

/** @param {string | null} lock @returns {Packages} */
function packagesOf(lock) {
  try {
    return JSON.parse(lock ?? '{}').packages ?? {};
  } catch {
    return {};
  }
}

function lockHash() {
  return createHash('sha256')
    .update(readText(LOCK) ?? '')
    .digest('hex');
}

/** @param {string} hash */
function stamp(hash) {
  try {
    writeFileSync(STAMP, hash);
  } catch {
    // A read-only installation is fine; it is only compared again next time.
  }
}

/** @param {string} path */
function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
