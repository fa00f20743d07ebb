/** How long work tells a person what it is doing. `cli/console.ts` prints it; tests keep quiet. */

/** One step under way. It ends with exactly one of `done`, `failed`. */
export interface Step {
  /** How far a download is, in bytes; `total` null when the other side does not say. */
  progress(done: number, total: number | null): void;
  done(detail?: string): void;
  failed(detail?: string): void;
}

export interface Report {
  step(title: string): Step;
}

const nothing = (): void => undefined;

/** Says nothing. */
export const silentReport: Report = {
  step: () => ({ progress: nothing, done: nothing, failed: nothing }),
};

/** Runs `work` as one step: done with the text that `describe` makes of its result, failed when it throws. */
export async function reportStep<T>(
  report: Report,
  title: string,
  work: (step: Step) => Promise<T>,
  describe: (result: T) => string,
): Promise<T> {
  const step = report.step(title);
  try {
    const result = await work(step);
    step.done(describe(result));
    return result;
  } catch (error) {
    step.failed();
    throw error;
  }
}
