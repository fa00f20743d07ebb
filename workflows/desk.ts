/** The queue in front of an invoice: everything that arrives waits here and is done one after the other. */
type Job = () => Promise<void>;

export interface Desk {
  readonly isEmpty: boolean;
  /** Leaves a job; nobody waits for it. */
  leave(job: Job): void;
  /** Leaves a job and waits for its result. */
  ask<Result>(job: () => Promise<Result>): Promise<Result>;
  /** Does all jobs, also those that arrive meanwhile. */
  clear(): Promise<void>;
}

export function createDesk(): Desk {
  const jobs: Job[] = [];
  return {
    get isEmpty() {
      return jobs.length === 0;
    },
    leave(job) {
      jobs.push(job);
    },
    ask<Result>(job: () => Promise<Result>) {
      return new Promise<Result>((resolve) => {
        jobs.push(() => job().then(resolve));
      });
    },
    async clear() {
      for (let job = jobs.shift(); job; job = jobs.shift()) await job();
    },
  };
}
