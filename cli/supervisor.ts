/**
 * Runs the project's own processes (api, worker, sandbox) on one machine: waits until each is ready, starts a
 * crashed one again, stops them in order. For `npm start` and the demo; in production that is the platform's work.
 *
 * A process says that it is ready by one line on stdout: `{"ready":true, …}`. Its stderr goes straight to
 * `<logDir>/<name>.log`; the rest of its stdout goes there too, but through this process: log to stderr.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../config/system-error.ts';
import { launch } from './supervised-process.ts';
import type { Launched, ProcessSpec, ReadyLine } from './supervised-process.ts';

export type { ProcessSpec, ReadyLine } from './supervised-process.ts';

const FIRST_BACKOFF_MS = 100;
const LAST_BACKOFF_MS = 5_000;
/** A process that ran so long was healthy: its next crash starts with the short backoff again. */
const HEALTHY_AFTER_MS = 30_000;
const STOP_WITHIN_MS = 15_000;

export type SupervisorEvent =
  /** It ended without being asked to; `how` is a sentence. It is started again after `restart_in_ms`. */
  | { readonly type: 'crashed'; readonly name: string; readonly how: string; readonly restart_in_ms: number }
  | { readonly type: 'restarted'; readonly name: string; readonly pid: number; readonly ready: ReadyLine };

export interface SupervisorOptions {
  readonly logDir: string;
  readonly onEvent?: (event: SupervisorEvent) => void;
}

export interface Supervised {
  readonly name: string;
  /** Of the run that is going on, or of the last one. */
  readonly pid: number;
  /** What the process said when it got ready. */
  readonly ready: ReadyLine;
  /** Sends a signal as if it came from outside: the process counts as crashed and comes back. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process has come back the next time. Ask before `kill`. */
  restarted(): Promise<ReadyLine>;
}

export interface Supervisor {
  /** Starts a process and waits until it is ready. Throws, with the end of its log, when it does not get there. */
  start(spec: ProcessSpec): Promise<Supervised>;
  /** Stops all, one after the other: the last started first, or in the order given. */
  stop(order?: readonly string[]): Promise<void>;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const keepers = new Map<string, Keeper>();
  return {
    async start(spec) {
      if (keepers.has(spec.name)) throw new Error(`${spec.name} is already running`);
      const keeper = new Keeper(spec, options);
      keepers.set(spec.name, keeper);
      try {
        await keeper.start();
      } catch (error) {
        keepers.delete(spec.name);
        throw error;
      }
      return keeper;
    },
    async stop(order = [...keepers.keys()].reverse()) {
      const names = [...order, ...[...keepers.keys()].filter((name) => !order.includes(name))];
      for (const name of names) await keepers.get(name)?.stop();
      keepers.clear();
    },
  };
}

/** Keeps one process running. */
class Keeper implements Supervised {
  readonly name: string;
  readonly #spec: ProcessSpec;
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  #current: Launched | undefined;
  #ready: ReadyLine = {};
  #waiting: ((ready: ReadyLine) => void)[] = [];
  /** Ends when the process has been stopped for good. */
  #kept: Promise<void> = Promise.resolve();

  constructor(spec: ProcessSpec, options: SupervisorOptions) {
    this.name = spec.name;
    this.#spec = spec;
    this.#options = options;
  }

  get pid(): number {
    return this.#current?.pid ?? 0;
  }

  get ready(): ReadyLine {
    return this.#ready;
  }

  kill(signal: NodeJS.Signals): void {
    this.#current?.kill(signal);
  }

  restarted(): Promise<ReadyLine> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async start(): Promise<void> {
    await this.#launch(this.#spec.env);
    this.#kept = this.#keep();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#current?.stop(this.#spec.stopWithinMs ?? STOP_WITHIN_MS);
    await this.#kept;
  }

  async #launch(env: ProcessSpec['env']): Promise<void> {
    const launched = await launch({ ...this.#spec, env }, this.#options.logDir);
    this.#current = launched;
    try {
      this.#ready = await launched.ready;
    } catch (error) {
      await launched.stop(0);
      throw error;
    }
  }

  /** One turn for each run of the process. */
  async #keep(): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    let startedAt = Date.now();
    let how = await this.#current?.ended;
    while (!this.#stopping.signal.aborted) {
      if (Date.now() - startedAt > HEALTHY_AFTER_MS) backoff = FIRST_BACKOFF_MS;
      this.#tell({ type: 'crashed', name: this.name, how: how ?? 'ended', restart_in_ms: backoff });
      await sleep(backoff, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      backoff = Math.min(backoff * 2, LAST_BACKOFF_MS);
      if (this.#stopping.signal.aborted) return;
      startedAt = Date.now();
      how = await this.#runAgain();
    }
  }

  /** Resolves with how the new run ended, whether it got ready or not. */
  async #runAgain(): Promise<string> {
    const { env, envOnRestart } = this.#spec;
    try {
      await this.#launch({ ...env, ...envOnRestart?.(this.#ready) });
    } catch (error) {
      return messageOf(error);
    }
    this.#tell({ type: 'restarted', name: this.name, pid: this.pid, ready: this.#ready });
    for (const resolve of this.#waiting.splice(0)) resolve(this.#ready);
    return (await this.#current?.ended) ?? 'ended';
  }

  #tell(event: SupervisorEvent): void {
    this.#options.onEvent?.(event);
  }
}
