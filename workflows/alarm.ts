/** One timer at most: the next thing to do by itself. Its summary tells an operator what the workflow waits for. */
import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

export interface Alarm {
  /** Rings at `at` (milliseconds, workflow clock); keeps the running timer when it is the same moment. Null: no timer. */
  set(at: number | null, summary: string): void;
  /** True from the moment on for which it was set. */
  readonly rings: boolean;
}

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
      if (at === moment && !rang) return;
      scope?.cancel();
      moment = at;
      rang = at !== null && at <= Date.now();
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
