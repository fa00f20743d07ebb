/** An engine as a child process: its output in a log file, out of reach of Ctrl-C, ended with us. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { guard } from './guardian.ts';
import { messageOf } from '../config/system-error.ts';

const TAIL_LINES = 15;
const TAIL_BYTES = 16_384;

export interface EngineCommand {
  /** For messages: `Postgres`. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** Appended to. */
  readonly logFile: string;
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Milliseconds between the stop signal and SIGKILL. */
  readonly stopWithinMs: number;
}

export interface EngineProcess {
  readonly pid: number;
  /** Resolves with a sentence about how it ended. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** The engine ended, or did not get ready; the message ends with the last lines of its log. */
export class EngineFailedError extends Error {
  readonly log: string;

  constructor(message: string, log: string, logFile: string) {
    super(`${message}\n${indent(log)}\n  (all of it: ${logFile})`);
    this.name = 'EngineFailedError';
    this.log = log;
  }
}

/** Starts the engine. Throws when the program cannot be run at all. */
export async function startEngineProcess(options: EngineCommand): Promise<EngineProcess> {
  const { name, command, args, env, uid, gid, logFile, stopSignal, stopWithinMs } = options;
  await mkdir(dirname(logFile), { recursive: true });
  const log = await open(logFile, 'a', 0o600);
  const child = spawn(command, args, {
    // A group of its own: Ctrl-C in the terminal must not end an engine before the processes that use it.
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    ...(env ? { env } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  await once(child, 'spawn').finally(() => log.close());
  const { pid } = child;
  if (pid === undefined) throw new Error(`${name} has no process id`);

  const forget = guard(pid, stopSignal);
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      forget();
      resolve(`${name} ended ${signal ? `by ${signal}` : `with exit code ${code}`}`);
    });
  });

  const stop = async (): Promise<void> => {
    child.kill(stopSignal);
    const force = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
    await ended;
    clearTimeout(force);
  };
  return { pid, ended, stop };
}

/**
 * Asks `probe` until it answers. Throws `EngineFailedError` when the engine ends first or `withinMs` is over;
 * then the engine is stopped.
 */
export async function untilReady<T>(
  engine: EngineProcess,
  { name, logFile }: Pick<EngineCommand, 'name' | 'logFile'>,
  probe: () => Promise<T>,
  withinMs: number,
): Promise<T> {
  const deadline = Date.now() + withinMs;
  let ending: string | undefined;
  void engine.ended.then((sentence) => (ending = sentence));
  let lastError: unknown;
  for (;;) {
    if (ending !== undefined) throw new EngineFailedError(ending, await tail(logFile), logFile);
    if (Date.now() > deadline) {
      await engine.stop();
      const why = lastError === undefined ? '' : `: ${messageOf(lastError)}`;
      throw new EngineFailedError(
        `${name} was not ready after ${Math.round(withinMs / 1000)} s${why}`,
        await tail(logFile),
        logFile,
      );
    }
    try {
      return await probe();
    } catch (error) {
      lastError = error;
      await sleep(50);
    }
  }
}

/** The last lines of a log file, or nothing when it cannot be read. */
export async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.slice(-TAIL_BYTES).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  | ');
}
