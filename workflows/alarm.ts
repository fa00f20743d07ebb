/** One timer at most: the next thing to do by itself. Its summary tells an operator what the workflow waits for. */
import { CancellationScope, isCancellation, patched, sleep } from '@temporalio/workflow';
import { TIME_COUNTS } from './patches.ts';

export interface Alarm {
  /**
   * Rings at `at` (milliseconds, workflow clock), at once when that has passed; keeps the running timer when it is the same moment.
   * Null: no timer.
   */
  set(at: number | null, summary: string): void;
  /** True from the moment on for which it was set. */
  readonly rings: boolean;
}

/**
 * A timer can be late or not come: when a signal arrives in the very moment in which the test clock reaches a timer, the server
 * passes over it.
 */
const hasPassed = (at: number | null): boolean => at !== null && at <= Date.now();

export function createAlarm(): Alarm {
  let moment: number | null = null;
  let rang = false;
  let scope: CancellationScope | null = null;

  const start = async (own: CancellationScope, at: number, summary: string): Promise<void> => {
    try {
      await own.run(() => sleep(Math.max(1, at - Date.now()), { summary }));
      if (scope === own) rang = true;
    } catch (error) {
      if (!isCancellation(error)) throw error;
    }
  };

  return {
    set(at, summary) {
      if (at === moment && !rang && !(hasPassed(at) && patched(TIME_COUNTS))) return;
      scope?.cancel();
      moment = at;
      rang = hasPassed(at);
      scope = null;
      if (at === null || rang) return;
      scope = new CancellationScope();
      void start(scope, at, summary);
    },
    get rings() {
      return rang;
    },
  };
}
