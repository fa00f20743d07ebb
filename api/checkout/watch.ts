/**
 * Tells open pages that something became known of their invoice. However many pages are open, one process asks the
 * database one thing a second: how far all the invoices are that somebody looks at. Nobody looking: no question.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface InvoiceWatch {
  /** Calls `tell` with each version that is news after `known`. Returns how to end it, or null when too many are watched. */
  watch(invoiceId: string, known: number, tell: (version: number) => void): (() => void) | null;
  /** The version at the next look, within about a second; null when too many are watched, or nobody can say. */
  next(invoiceId: string): Promise<number | null>;
}

export interface WatchOptions {
  readonly load: (invoiceIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /** Invoices at most; also the largest question the database is asked. */
  readonly limit: number;
  readonly every_ms: number;
  readonly onError: (error: unknown) => void;
}

/** How long somebody who asked once waits, at most. */
const PATIENCE_MS = 5_000;

type Listener = (version: number) => void;

export function createInvoiceWatch({ load, limit, every_ms, onError }: WatchOptions): InvoiceWatch {
  const watched = new Map<string, Set<Listener>>();
  let isLooking = false;

  const look = async (): Promise<void> => {
    const ids = [...watched.keys()];
    try {
      const versions = await load(ids);
      for (const [id, version] of versions) for (const tell of watched.get(id) ?? []) tell(version);
    } catch (error) {
      onError(error);
    }
  };

  /** Goes on for as long as somebody watches. Looks never overlap, so a slow database is asked less often. */
  const goOn = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    while (watched.size > 0) {
      await sleep(every_ms, undefined, { ref: false });
      await look();
    }
    isLooking = false;
  };

  const add = (id: string, listener: Listener): (() => void) | null => {
    const listeners = watched.get(id) ?? new Set();
    if (!watched.has(id) && watched.size >= limit) return null;
    watched.set(id, listeners.add(listener));
    void goOn();
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && watched.get(id) === listeners) watched.delete(id);
    };
  };

  return {
    watch(id, known, tell) {
      let last = known;
      return add(id, (version) => {
        if (version === last) return;
        last = version;
        tell(version);
      });
    },
    async next(id) {
      let end: (() => void) | null = null;
      const told = new Promise<number | null>((resolve) => {
        end = add(id, resolve);
        if (end === null) resolve(null);
      });
      const version = await Promise.race([told, sleep(PATIENCE_MS, null, { ref: false })]);
      (end as (() => void) | null)?.();
      return version;
    },
  };
}
