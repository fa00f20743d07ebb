/**
 * The fast lane. A provider call made inside a workflow task saves two trips through the server, but holds one of
 * the worker's workflow-task slots until the provider answers. So each provider account may hold only a few of
 * them at a time; a call that finds its lane full runs as an ordinary activity instead. A slow provider fills
 * its own lane and slows nobody else.
 */
export interface Lanes {
  /** Takes a place in the account's lane; returns how to leave it, or null when the lane is full. */
  enter(accountId: string): (() => void) | null;
}

/** `width`: calls per account that may be under way at once in this process. */
export function createLanes(width: number): Lanes {
  const taken = new Map<string, number>();
  return {
    enter(accountId) {
      const count = taken.get(accountId) ?? 0;
      if (count >= width) return null;
      taken.set(accountId, count + 1);
      let left = false;
      return () => {
        if (left) return;
        left = true;
        const now = (taken.get(accountId) ?? 1) - 1;
        if (now === 0) taken.delete(accountId);
        else taken.set(accountId, now);
      };
    },
  };
}
