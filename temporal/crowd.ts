/**
 * Order in the crowd before one workflow. The server refuses a workflow's eleventh update that is under way (its
 * default), and the client then backs off for seconds; an invoice does its work one piece at a time anyway. So calls
 * for one invoice wait their turn here, first come, first served, and calls for different invoices never meet.
 */
export interface Crowd {
  /** Runs `call` as soon as fewer than `width` calls with this key are under way; gives its outcome. */
  run<Result>(key: string, call: () => Promise<Result>): Promise<Result>;
}

interface Place {
  underWay: number;
  readonly waiting: (() => void)[];
}

/** `width`: how many calls with one key may be under way at once in this process. */
export function createCrowd(width: number): Crowd {
  const places = new Map<string, Place>();

  const enter = async (key: string): Promise<void> => {
    const place = places.get(key) ?? { underWay: 0, waiting: [] };
    places.set(key, place);
    if (place.underWay < width) place.underWay += 1;
    else await new Promise<void>((turn) => place.waiting.push(turn));
  };

  /** Hands the place to whoever has waited longest. */
  const leave = (key: string): void => {
    const place = places.get(key);
    if (!place) return;
    const next = place.waiting.shift();
    if (next) return next();
    place.underWay -= 1;
    if (place.underWay === 0) places.delete(key);
  };

  return {
    async run(key, call) {
      await enter(key);
      try {
        return await call();
      } finally {
        leave(key);
      }
    },
  };
}
