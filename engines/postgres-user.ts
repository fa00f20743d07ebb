/**
 * Postgres refuses to run as root. When we are root its programs run as another user.
 */
import { execFile } from 'node:child_process';
import { chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who the Postgres programs run as. */
export interface PostgresUser {
  readonly uid: number;
  readonly gid: number;
}

/** The user for Postgres: null when that is simply us. Throws when we are root and there is no other user. */
export async function postgresUser(): Promise<PostgresUser | null> {
  if (process.getuid?.() !== 0) return null;
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all([userId(name, '-u'), userId(name, '-g')]);
    if (ids[0] !== null && ids[1] !== null) return { uid: ids[0], gid: ids[1] };
  }
  throw new Error(
    'Postgres cannot run as root, and this system has neither a user "postgres" nor "nobody": run as an ordinary user, or set DATABASE_URL',
  );
}

async function userId(name: string, flag: '-u' | '-g'): Promise<number | null> {
  try {
    const { stdout } = await run('id', [flag, name]);
    return Number.parseInt(stdout, 10);
  } catch {
    return null;
  }
}

/** How to spawn a program as another user. */
export interface RunAs {
  /** What stands before the program and its arguments. */
  readonly prefix: readonly string[];
  readonly uid?: number;
  readonly gid?: number;
}

/**
 * How to run a program as `user` so that it reaches `paths`. A checkout below `/root` is closed to everybody else:
 * then the program gets, from root, the right to pass through directories. Throws when that is needed and impossible.
 */
export async function runAs(user: PostgresUser | null, paths: readonly string[]): Promise<RunAs> {
  if (user === null) return { prefix: [] };
  const closed = await firstClosedDirectory(paths, user);
  if (closed === null) return { prefix: [], ...user };
  if (!(await hasSetpriv())) {
    throw new Error(
      `Postgres cannot run as root, and the user it runs as cannot enter ${closed}: allow that (chmod o+x ${closed}), run as an ordinary user, or set DATABASE_URL`,
    );
  }
  const rights = ['--inh-caps=-all,+dac_override', '--ambient-caps=-all,+dac_override'];
  return {
    prefix: ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', ...rights, '--'],
  };
}

/** The program and its arguments, as they are spawned. */
export function commandAs(
  { prefix, uid, gid }: RunAs,
  program: string,
  args: readonly string[],
): { command: string; args: string[]; uid?: number; gid?: number } {
  const [command = program, ...rest] = [...prefix, program, ...args];
  return {
    command,
    args: rest,
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  };
}

/** Gives a file or directory to `user`; nothing to do when that is us. */
export async function giveTo(user: PostgresUser | null, path: string): Promise<void> {
  if (user !== null) await chown(path, user.uid, user.gid);
}

async function hasSetpriv(): Promise<boolean> {
  try {
    await run('setpriv', ['--version']);
    return true;
  } catch {
    return false;
  }
}

/** The first directory on the way to one of `paths` that `user` may not pass through. */
async function firstClosedDirectory(paths: readonly string[], user: PostgresUser): Promise<string | null> {
  for (const path of paths) {
    for (let directory = dirname(path); directory !== dirname(directory); directory = dirname(directory)) {
      const { mode, uid, gid } = await stat(directory);
      const searchBit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & searchBit) === 0) return directory;
    }
  }
  return null;
}
