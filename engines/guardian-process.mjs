/**
 * Ends the processes it was told of when the process that started it is gone, however that ended. It notices by
 * the end of its input: the system closes the pipe even after a kill -9. Started by `guardian.ts`.
 *
 * Input lines: `watch <pid> <signal>` and `forget <pid>`.
 */
import { createInterface } from 'node:readline';

const FORCE_AFTER_MS = 10_000;

/** @type {Map<number, NodeJS.Signals>} */
const watched = new Map();

/** @param {number} pid @param {NodeJS.Signals | 0} signal */
function send(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const [verb, pid, signal] = line.split(' ');
  if (verb === 'watch') watched.set(Number(pid), /** @type {NodeJS.Signals} */ (signal));
  else watched.delete(Number(pid));
});
lines.on('close', () => {
  const alive = [...watched].filter(([pid, signal]) => send(pid, signal)).map(([pid]) => pid);
  if (alive.length === 0) process.exit();
  const deadline = Date.now() + FORCE_AFTER_MS;
  setInterval(() => {
    const left = alive.filter((pid) => send(pid, 0));
    if (left.length > 0 && Date.now() < deadline) return;
    for (const pid of left) send(pid, 'SIGKILL');
    process.exit();
  }, 200);
});

// It lives in the terminal's session: Ctrl-C is for the process that it watches over, not for this one.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
