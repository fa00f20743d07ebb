/** What an engine left behind that did not end in order, and what says that one is still running. */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from '../config/system-error.ts';

const run = promisify(execFile);

/** After a kill -9 of its parent the guardian is still ending the engine: worth waiting for. */
const ENDING_WITHIN_MS = 12_000;

export interface PidFile {
  /** Its first line is the process id. */
  readonly path: string;
  /** For messages: `Postgres`. */
  readonly engine: string;
  /** What the engine works on. */
  readonly data: string;
  /** True for the command line of such an engine. */
  readonly isEngine: (command: string) => boolean;
}

/**
 * Removes the pid file of an engine that is gone. Not every living process with that id is the engine: after a restart of the
 * machine it may be anything. Throws when an engine really runs on this data.
 */
export async function removeStalePid({ path, engine, data, isEngine }: PidFile): Promise<void> {
  const deadline = Date.now() + ENDING_WITHIN_MS;
  for (;;) {
    const pid = await readPid(path);
    if (pid === null) return;
    if (!(await runs(pid, isEngine))) return rm(path, { force: true });
    if (Date.now() > deadline) {
      throw new Error(
        `another ${engine} (process ${pid}) is running on ${data}: is Sarraf already running? Stop it, or choose another SARRAF_DATA_DIR`,
      );
    }
    await sleep(200);
  }
}

async function readPid(file: string): Promise<number | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  const pid = Number.parseInt(text ?? '', 10);
  return Number.isInteger(pid) && pid > 0 ? pid : null;
}

/** True when a process of that id lives and is the engine. */
async function runs(pid: number, isEngine: PidFile['isEngine']): Promise<boolean> {
  try {
    const { stdout } = await run('ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
    return isEngine(stdout.trim());
  } catch (error) {
    // `ps` says "no such process" with exit code 1; a system without `ps` cannot tell which it is.
    return codeOf(error) === 'ENOENT' ? processLives(pid) : false;
  }
}

function processLives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
