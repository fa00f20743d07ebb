/**
 * A simulator's own clock: the wall clock plus whatever it was moved by. Link expiry and webhook retries hang on it,
 * so that a test can make 24 hours pass at once. Signature time checks must not use it: callers sign with the wall clock.
 */

/** Something that will happen at a moment of the simulator's time. */
export interface ScheduledTask {
  cancel(): void;
}

interface Entry {
  readonly due: number;
  readonly task: () => void | Promise<void>;
  timer: NodeJS.Timeout | null;
}

/** The longest delay that setTimeout takes; longer ones are armed again when it runs out. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

export class SimulatorClock {
  #offsetMs = 0;
  /** The moment that a move forward has come to; null while time passes by itself. */
  #standsAt: number | null = null;
  #stopped = false;
  readonly #entries = new Set<Entry>();
  #advancing: Promise<unknown> = Promise.resolve();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** The simulator's time, in milliseconds since the epoch. */
  now(): number {
    return this.#standsAt ?? Date.now() + this.#offsetMs;
  }

  /** How far the clock was moved, in seconds. */
  offsetS(): number {
    return this.#offsetMs / 1000;
  }

  /** Runs `task` once, `delayMs` of simulator time from now. */
  schedule(delayMs: number, task: () => void | Promise<void>): ScheduledTask {
    const entry: Entry = { due: this.now() + Math.max(0, delayMs), task, timer: null };
    this.#entries.add(entry);
    this.#arm(entry);
    return {
      cancel: () => {
        this.#drop(entry);
      },
    };
  }

  /**
   * Moves the clock forward. Everything that falls due on the way runs in order, each task at its own moment and
   * finished before the next starts, so that a failed retry can schedule the retry that follows it. On the way the clock
   * stands still but for its moves: how long the tasks take decides nothing. Returns how many tasks ran.
   */
  async advance(seconds: number, settled: () => Promise<void>): Promise<number> {
    const run = this.#advancing.then(async () => {
      await settled();
      return this.#moveBy(seconds * 1000, settled);
    });
    this.#advancing = run.catch(() => undefined);
    return run;
  }

  /** Forgets all scheduled tasks and sets the clock back to the wall clock. */
  reset(): void {
    for (const entry of this.#entries) this.#drop(entry);
    this.#offsetMs = 0;
  }

  stop(): void {
    this.#stopped = true;
    this.reset();
  }

  async #moveBy(ms: number, settled: () => Promise<void>): Promise<number> {
    const offsetMs = this.#offsetMs + ms;
    this.#standsAt = this.now();
    const target = this.#standsAt + ms;
    let ran = 0;
    try {
      for (let next = this.#earliest(target); next !== null; next = this.#earliest(target)) {
        this.#standsAt = Math.max(this.now(), next.due);
        await this.#run(next);
        await settled();
        ran += 1;
      }
    } finally {
      this.#standsAt = null;
      this.#offsetMs = offsetMs;
    }
    for (const entry of this.#entries) this.#arm(entry);
    return ran;
  }

  #earliest(until: number): Entry | null {
    let earliest: Entry | null = null;
    for (const entry of this.#entries) {
      if (entry.due <= until && (earliest === null || entry.due < earliest.due)) earliest = entry;
    }
    return earliest;
  }

  #arm(entry: Entry): void {
    if (this.#stopped) return;
    if (entry.timer !== null) clearTimeout(entry.timer);
    const waitMs = Math.min(Math.max(0, entry.due - this.now()), MAX_TIMEOUT_MS);
    entry.timer = setTimeout(() => {
      if (entry.due > this.now()) this.#arm(entry);
      else void this.#run(entry);
    }, waitMs);
    entry.timer.unref();
  }

  async #run(entry: Entry): Promise<void> {
    if (!this.#entries.has(entry)) return;
    this.#drop(entry);
    try {
      await entry.task();
    } catch (error) {
      this.#onError(error);
    }
  }

  #drop(entry: Entry): void {
    this.#entries.delete(entry);
    if (entry.timer !== null) clearTimeout(entry.timer);
  }
}
