/** Work that goes on after a request has been answered, so that shutdown can wait for it. */

export interface Background {
  /** Lets `work` go on; it must not reject. */
  run(work: Promise<void>): void;
  /** Resolves when nothing is under way any more. */
  settled(): Promise<void>;
}

export function createBackground(): Background {
  const under_way = new Set<Promise<void>>();
  return {
    run(work) {
      const done = work.finally(() => under_way.delete(done));
      under_way.add(done);
    },
    async settled() {
      while (under_way.size > 0) await Promise.allSettled(under_way);
    },
  };
}
