/**
 * No child outlives us. A child process that ends the others when this process is gone, even by kill -9;
 * one for all of them, started with the first.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('./guardian-process.mjs', import.meta.url));

let guardian: ChildProcess | undefined;

/**
 * Sees to it that process `pid` gets `signal` when this process ends without having ended it, and SIGKILL ten
 * seconds later. Call the answer when the child has ended, so that a later process with its id is left alone.
 */
export function guard(pid: number, signal: 'SIGINT' | 'SIGTERM'): () => void {
  guardian ??= startGuardian();
  tell(`watch ${pid} ${signal}`);
  return () => tell(`forget ${pid}`);
}

function tell(line: string): void {
  guardian?.stdin?.write(`${line}\n`);
}

function startGuardian(): ChildProcess {
  const child = spawn(process.execPath, [SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.unref();
  if (child.stdin instanceof Socket) child.stdin.unref();
  // Without it the children are only unguarded; nothing else depends on it.
  child.stdin?.on('error', () => undefined);
  child.on('error', () => undefined);
  return child;
}
