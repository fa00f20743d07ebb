/** One run of one of the project's processes. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { tail } from '../engines/engine-process.ts';
import { guard } from '../engines/guardian.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const READY_WITHIN_MS = 60_000;

/** What a process prints when it is ready, without the word itself: ports, URLs, whatever it likes. */
export type ReadyLine = Readonly<Record<string, unknown>>;

export interface ProcessSpec {
  /** Unique; names the log file. */
  readonly name: string;
  /** TypeScript, or JavaScript that was made of it; relative to the project or absolute. */
  readonly script: string;
  readonly args?: readonly string[];
  /** The whole environment of the process. */
  readonly env: NodeJS.ProcessEnv;
  /** Added to `env` after a crash, for example the port it had before. */
  readonly envOnRestart?: (ready: ReadyLine) => NodeJS.ProcessEnv;
  /** Milliseconds; default 60,000. */
  readonly readyWithinMs?: number;
  /** Milliseconds between SIGTERM and SIGKILL; default 15,000. */
  readonly stopWithinMs?: number;
}

export interface Launched {
  readonly pid: number;
  /** Rejects when the process ends first or takes too long; the message ends with the end of its log. */
  readonly ready: Promise<ReadyLine>;
  /** Resolves with a sentence about how it ended. */
  readonly ended: Promise<string>;
  kill(signal: NodeJS.Signals): void;
  stop(withinMs: number): Promise<void>;
}

/** Starts the process. Throws when it cannot be started at all. */
export async function launch(spec: ProcessSpec, logDir: string): Promise<Launched> {
  await mkdir(logDir, { recursive: true });
  const logFile = join(logDir, `${spec.name}.log`);
  const child = await spawnLogged(spec, logFile);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${spec.name} has no process id`);

  const forget = guard(pid, 'SIGTERM');
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      forget();
      resolve(`${spec.name} ended ${signal ? `by ${signal}` : `with exit code ${code}`}`);
    });
  });
  const ready = untilReady(spec, child, ended, logFile);
  // Whether it is awaited or not, its failure must not end this process.
  ready.catch(() => undefined);

  return {
    pid,
    ready,
    ended,
    kill: (signal) => void child.kill(signal),
    async stop(withinMs) {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), withinMs);
      await ended;
      clearTimeout(force);
    },
  };
}

async function spawnLogged(spec: ProcessSpec, logFile: string): Promise<ChildProcess> {
  const log = await open(logFile, 'a', 0o600);
  const loader = /\.m?ts$/.test(spec.script) ? ['--import', 'tsx/esm'] : ['--enable-source-maps'];
  const child = spawn(process.execPath, [...loader, spec.script, ...(spec.args ?? [])], {
    cwd: ROOT,
    env: spec.env,
    // A group of its own: on Ctrl-C the order of stopping is ours, not the terminal's.
    detached: true,
    stdio: ['ignore', 'pipe', log.fd],
  });
  await once(child, 'spawn').finally(() => log.close());
  return child;
}

async function untilReady(
  spec: ProcessSpec,
  child: ChildProcess,
  ended: Promise<string>,
  logFile: string,
): Promise<ReadyLine> {
  const withinMs = spec.readyWithinMs ?? READY_WITHIN_MS;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`${spec.name} was not ready after ${withinMs / 1000} s`), withinMs);
  });
  const result = await Promise.race([readyLine(child.stdout, logFile), ended, late]);
  clearTimeout(timer);
  if (typeof result !== 'string') return result;
  const lines = (await tail(logFile)).replaceAll(/^/gm, '  | ');
  throw new Error(`${result}\n${lines}\n  (all of it: ${logFile})`);
}

/** Resolves with the first line that says ready; every other line goes to the log. */
function readyLine(stdout: Readable | null, logFile: string): Promise<ReadyLine> {
  return new Promise((resolve) => {
    if (stdout === null) return;
    const log = createWriteStream(logFile, { flags: 'a' });
    const lines = createInterface({ input: stdout });
    lines.on('line', (line) => {
      const ready = parseReady(line);
      if (ready) resolve(ready);
      else log.write(`${line}\n`);
    });
    lines.once('close', () => log.end());
  });
}

function parseReady(line: string): ReadyLine | null {
  if (!line.startsWith('{')) return null;
  try {
    const { ready, ...rest } = JSON.parse(line) as Record<string, unknown>;
    return ready === true ? rest : null;
  } catch {
    return null;
  }
}
