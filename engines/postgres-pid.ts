/** What a Postgres left behind that did not end in order. */
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf } from '../config/system-error.ts';

const run = promisify(execFile);

/** After a kill -9 of its parent the guardian is still ending the server: worth waiting for. */
const ENDING_WITHIN_MS = 12_000;

/**
 * Removes the pid file of a server that is gone. Postgres itself trusts any living process with that id, which
 * after a restart of the machine may be anything. Throws when a server really runs on this directory.
 */
export async function removeStalePid(cluster: string): Promise<void> {
  const file = join(cluster, 'postmaster.pid');
  const deadline = Date.now() + ENDING_WITHIN_MS;
  for (;;) {
    const pid = await readPid(file);
    if (pid === null) return;
    if (!(await isPostgres(pid))) return rm(file, { force: true });
    if (Date.now() > deadline) {
      throw new Error(
        `another Postgres (process ${pid}) is running on ${cluster}: is Sarraf already running? Stop it, or choose another SARRAF_DATA_DIR`,
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

/** True when a process of that id lives and its program is called postgres. */
async function isPostgres(pid: number): Promise<boolean> {
  try {
    const { stdout } = await run('ps', ['-o', 'command=', '-p', String(pid)]);
    return /(^|\/)postgres(\s|$)/.test(stdout.trim());
  } catch (error) {
    // `ps` says "no such process" with exit code 1; a system without `ps` cannot tell, so Postgres decides.
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
